/**
 * The connections of the logins' road to PostgreSQL. A query that is overdue may be slow, or it or its answer was lost:
 * a firewall has forgotten the connection, a failover sent no reset. Which of the two, the database itself is asked over
 * a new connection: where it is not at work for us, all connections are given up at once. A slow one is left its time,
 * for what became of a commit that is given up is unknown, and its OTP may be spent.
 */
import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** A time-out in time for a RADIUS client's next try, but more than the second after which TCP sends a lost SYN again. */
const CONNECT_TIMEOUT_MS = 1200
const QUERY_TIMEOUT_MS = 4000
/** Before our own time-out: then it is known that nothing has happened. */
const STATEMENT_TIMEOUT_MS = 3500
const OVERDUE_MS = 700
const LOOK_EVERY_MS = 200
/** An answer that is on its way arrives. */
const GRACE_MS = 100
const KEEPALIVE_MS = 10_000

const SETTINGS: Readonly<Record<string, string>> = {
  statement_timeout: String(STATEMENT_TIMEOUT_MS),
  // A transaction that has lost us releases its rows, and a connection that has lost us ends.
  idle_in_transaction_session_timeout: String(QUERY_TIMEOUT_MS),
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '2',
  tcp_keepalives_count: '5',
  // With nested loops alone, rows are locked in the order that we give them in, by id: two nodes with the same accounts
  // in their batches wait for each other, but never in a circle.
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  // A commit that has waited for a lock must see what was committed meanwhile.
  default_transaction_isolation: 'read committed',
}
// Commits are never weaker than on disk, whatever the server's default is; a stronger default stays.
const BEGIN = `SELECT pg_backend_pid() AS pid, set_config('synchronous_commit',
  CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false),
  ${Object.entries(SETTINGS).map(([name, value]) => `set_config('${name}', '${value}', false)`)}`
const AT_WORK = "SELECT pid FROM pg_stat_activity WHERE pid = ANY($1::integer[]) AND state NOT LIKE 'idle%'"

export interface ConnectionsOptions {
  readonly settings: pg.ClientConfig
  readonly max: number
  /** One was lost: others to this database are likely to be. */
  readonly onLost: () => void
  /** One has ended, while it was in use or idle: who answers next may be another server. */
  readonly onEnded: () => void
}

export class Connections {
  readonly #options: ConnectionsOptions
  readonly #open = new Set<Connection>()
  readonly #idle: Connection[] = []
  #free: number
  #waiting: PromiseWithResolvers<void>[] = []
  #looking = false
  #closed = false
  readonly #watch: NodeJS.Timeout

  constructor(options: ConnectionsOptions) {
    this.#options = options
    this.#free = options.max
    this.#watch = setInterval(() => {
      for (const connection of this.#open) connection.dropIfLate()
      void this.#look()
    }, LOOK_EVERY_MS).unref()
  }

  /** Hands `work` a connection of its own; if it throws, the connection ends, and what it had begun there. */
  async use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error('the database is closed')
    await this.#turn()
    try {
      if (this.#closed) throw new Error('the database is closed')
      const connection = this.#idle.pop() ?? (await this.#connect())
      try {
        const result = await work(connection)
        if (this.#closed) connection.drop()
        else if (!connection.isLost) this.#idle.push(connection)
        return result
      } catch (error) {
        if (connection.isLost) this.#lost(error)
        connection.drop()
        throw error
      }
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next.resolve()
    }
  }

  async #turn(): Promise<void> {
    if (this.#free > 0) {
      this.#free--
      return
    }
    const waiting = Promise.withResolvers<void>()
    this.#waiting.push(waiting)
    await waiting.promise
  }

  async #connect(): Promise<Connection> {
    try {
      return await this.#begin(QUERY_TIMEOUT_MS, this.#options.onEnded)
    } catch (error) {
      this.#lost(error)
      throw error
    }
  }

  async #begin(queryTimeoutMs: number, onEnded = () => {}): Promise<Connection> {
    const connection = new Connection(this.#options.settings, queryTimeoutMs, () => {
      this.#open.delete(connection)
      const index = this.#idle.indexOf(connection)
      if (index >= 0) this.#idle.splice(index, 1)
      onEnded()
    })
    this.#open.add(connection)
    await connection.begin()
    return connection
  }

  /** Those that are idle are no better, and who waits for one waits in vain. */
  #lost(error: unknown): void {
    for (const connection of [...this.#idle]) connection.drop()
    for (const { reject } of this.#waiting.splice(0)) reject(error)
    this.#options.onLost()
  }

  async #look(): Promise<void> {
    const overdue = [...this.#open].filter(({ isOverdue }) => isOverdue)
    if (this.#looking || overdue.length === 0) return
    this.#looking = true
    const asked = overdue.map(({ queries }) => queries)
    let witness: Connection | undefined
    try {
      witness = await this.#begin(CONNECT_TIMEOUT_MS)
      const { rows } = await witness.query<{ pid: number }>(AT_WORK, [overdue.map(({ pid }) => pid)])
      const atWork = new Set(rows.map(({ pid }) => pid))
      await sleep(GRACE_MS)
      const dead = overdue.filter(
        (one, i) => one.isOverdue && one.queries === asked[i] && !atWork.has(one.pid),
      )
      for (const connection of dead) connection.drop()
      if (dead.length > 0) this.#lost(new Error('the connections to the database were lost'))
    } catch {
      // It does not answer anybody: the next look asks again.
    } finally {
      witness?.drop()
      this.#looking = false
    }
  }

  /** Resolves when the database has let go of those that are idle; the others are dropped. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#watch)
    const idle = this.#idle.splice(0)
    for (const connection of this.#open) if (!idle.includes(connection)) connection.drop()
    await Promise.all(idle.map((connection) => connection.end()))
  }
}

export class Connection {
  /** As the database names it. */
  pid = 0
  /** How many were asked so far. */
  queries = 0
  isLost = false
  readonly #socket = new Socket()
  readonly #client: pg.Client
  readonly #queryTimeoutMs: number
  #askedAt = Number.POSITIVE_INFINITY
  #isLate = false

  constructor(settings: pg.ClientConfig, queryTimeoutMs: number, onEnd: () => void) {
    this.#queryTimeoutMs = queryTimeoutMs
    this.#client = new pg.Client({
      ...settings,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEPALIVE_MS,
      stream: () => this.#socket,
    })
    this.#client.on('error', () => this.drop())
    this.#socket.on('close', () => {
      this.isLost = true
      onEnd()
    })
  }

  async begin(): Promise<void> {
    try {
      await this.#client.connect()
      const { rows } = await this.query<{ pid: number }>(BEGIN)
      this.pid = rows[0]?.pid as number
    } catch (error) {
      this.drop()
      throw error
    }
  }

  /** Throws pg.DatabaseError if the database refuses; after any other error the connection is lost. */
  async query<R extends pg.QueryResultRow>(
    query: string | pg.QueryConfig,
    values?: unknown[],
  ): Promise<pg.QueryResult<R>> {
    this.queries++
    this.#askedAt = performance.now()
    try {
      return await this.#ask<R>(query, values)
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) this.drop()
      throw this.#isLate ? new Error(`no answer from the database within ${this.#queryTimeoutMs} ms`) : error
    } finally {
      this.#askedAt = Number.POSITIVE_INFINITY
    }
  }

  /**
   * Without pg's own promise and its timer for each query: what hangs on them only a full collection finds, and there was one
   * in three seconds at 20,000 logins a second, each of which held them up for a tenth of a second.
   */
  #ask<R extends pg.QueryResultRow>(
    query: string | pg.QueryConfig,
    values: unknown[] = [],
  ): Promise<pg.QueryResult<R>> {
    return new Promise((resolve, reject) => {
      const answer = (error: Error | null | undefined, result: pg.QueryResult<R>) =>
        error ? reject(error) : resolve(result)
      if (typeof query === 'string') this.#client.query(query, values, answer)
      else this.#client.query(query, answer)
    })
  }

  /** No answer within the time-out of a query. */
  dropIfLate(): void {
    this.#isLate ||= performance.now() - this.#askedAt > this.#queryTimeoutMs
    if (this.#isLate) this.drop()
  }

  get isOverdue(): boolean {
    return performance.now() - this.#askedAt > OVERDUE_MS
  }

  async end(): Promise<void> {
    await this.#client.end()
  }

  /** Without a farewell, which nobody may hear; the database rolls back what was not committed. */
  drop(): void {
    this.isLost = true
    this.#socket.destroy()
  }
}
