/**
 * The Store on PostgreSQL. A login takes one round trip: a statement that moves the counters, adds to the audit trail and
 * moves the head of the chain, or fails whole. It loads the account before, unless it is remembered: then the statement
 * also proves that no other node has changed the token since. Two commits are in flight at once, each on a lane of its
 * own: an audit chain.
 */
import type { Knex } from 'knex'
import type pg from 'pg'
import {
  type Account,
  type AccountKey,
  type AccountRecord,
  type AuditEntry,
  isUserKey,
  nameIn,
  type Token,
} from '../auth/account.ts'
import type { RecordChange, TokenChange } from '../auth/action.ts'
import type { Keys } from '../seal.ts'
import { AccountCache } from './account_cache.ts'
import { authenticateHead, type ChainPosition, NEXT_CHAIN, rollOf, startOfChain } from './audit_chain.ts'
import { type Commit, losersOf, PostgresChanges } from './postgres_changes.ts'
import { type Connection, Connections } from './postgres_connections.ts'
import { findEapStatement, keepEapStatement, sessionStatements } from './postgres_sessions.ts'
import {
  BEGIN_CHAIN,
  commitStatement,
  isRefused,
  keyOfRow,
  type LoadedRow,
  loadUnassigned,
  loadUsers,
} from './postgres_statements.ts'
import { Reads } from './reads.ts'
import type { SessionWrite } from './session.ts'
import { type EapSession, type Store, unavailable } from './store.ts'
import { isStorable } from './stored_text.ts'
import { onlyProgressChanged, type TokenRows } from './token_rows.ts'
import type { UserRows } from './user_rows.ts'

const LANES = 2
const ATTEMPTS = 3
/** What is remembered may be wrong about tokens that are not written: one that has joined the account, say. */
const REMEMBERED_MS = 3_600_000
/** Where other nodes log in the same users, each token that they have moved makes a whole commit run again. */
const REMEMBERED_AMONG_NODES_MS = 60_000
/** Since another node was seen to move a token. */
const AMONG_NODES_MS = 3_600_000
/** The commits', as many for what is read, and one each for sessions of accounting and of EAP. */
const CONNECTIONS = 2 * LANES + 2
const PING_TIMEOUT_MS = 1000

/** One commit at a time. Its chain is null until it is needed, and after a failure. */
interface Lane {
  chain: ChainPosition | null
  busy: boolean
}

export class PostgresStore extends Reads implements Store {
  readonly commitsInFlight = LANES
  readonly isAlone = false
  readonly description: string
  readonly #connections: Connections
  readonly #lanes: Lane[] = Array.from({ length: LANES }, () => ({ chain: null, busy: false }))
  readonly #knex: Knex
  readonly #accounts: AccountCache
  readonly #rows: TokenRows
  readonly #records: UserRows
  readonly #changes: PostgresChanges
  readonly #keys: Keys
  readonly #node: string
  #ping: Promise<unknown> | null = null
  #lastOvertakenAt = Number.NEGATIVE_INFINITY
  #lastEndedAt = Number.NEGATIVE_INFINITY

  /** `onLost` is told when a connection was lost. */
  constructor(
    description: string,
    settings: pg.ClientConfig,
    onLost: () => void,
    knex: Knex,
    rows: TokenRows,
    records: UserRows,
    keys: Keys,
    node: string,
    cachedTokens: number,
  ) {
    super(knex, rows, records)
    this.description = description
    this.#connections = new Connections({
      settings,
      max: CONNECTIONS,
      onLost,
      onEnded: () => {
        this.#lastEndedAt = performance.now()
      },
    })
    this.#knex = knex
    this.#rows = rows
    this.#records = records
    this.#changes = new PostgresChanges(rows, records)
    this.#keys = keys
    this.#node = node
    this.#accounts = new AccountCache({ maxAgeMs: () => this.#rememberedMs(), limit: cachedTokens })
  }

  #rememberedMs(): number {
    const now = performance.now()
    const isAmongNodes = now - this.#lastOvertakenAt < AMONG_NODES_MS
    // Nothing from before: the database that answers now may be another, which lacks the last commits.
    return Math.min(isAmongNodes ? REMEMBERED_AMONG_NODES_MS : REMEMBERED_MS, now - this.#lastEndedAt)
  }

  recall(key: AccountKey): Account | undefined {
    return this.#accounts.get(key)
  }

  async load(keys: readonly AccountKey[]): Promise<Map<AccountKey, Account>> {
    const tokens = new Map<AccountKey, Token[]>(keys.map((key) => [key, []]))
    const records = new Map<AccountKey, AccountRecord>()
    const storable = keys.filter(isStorable)
    const users = storable.filter(isUserKey).map(nameIn)
    const serials = storable.filter((key) => !isUserKey(key)).map(nameIn)
    try {
      for (const query of [
        users.length > 0 && loadUsers(users),
        serials.length > 0 && loadUnassigned(serials),
      ]) {
        if (query === false) continue
        const { rows } = await this.#connections.use((connection) => connection.query<LoadedRow>(query))
        for (const row of rows) {
          if (row.id === null) records.set(`user:${row.user_key}`, this.#records.toRecord(row))
          else tokens.get(keyOfRow(row))?.push(this.#rows.toToken(row))
        }
      }
    } catch (error) {
      throw unavailable(error)
    }
    const accounts = keys.map(
      (key): Account => ({ key, tokens: tokens.get(key) as Token[], record: records.get(key) }),
    )
    for (const account of accounts) this.#accounts.set(account)
    return new Map(accounts.map((account) => [account.key, account]))
  }

  async commit(
    changes: readonly TokenChange[],
    audit: readonly AuditEntry[],
    records: readonly RecordChange[] = [],
  ): Promise<ReadonlySet<AccountKey>> {
    const lane = this.#lanes.find(({ busy }) => !busy)
    if (lane === undefined) throw new Error('more commits at once than commitsInFlight')
    lane.busy = true
    try {
      return await this.#connections.use((connection) =>
        this.#commitOn(connection, lane, { changes, audit, records }),
      )
    } catch (error) {
      // What became of the commit is unknown, so that the chain may be further than we think: it is begun anew.
      lane.chain = null
      for (const { key } of [...changes, ...records]) this.#accounts.delete(key)
      throw unavailable(error)
    } finally {
      lane.busy = false
    }
  }

  async writeSessions(writes: readonly SessionWrite[]): Promise<void> {
    await this.#use(async (connection) => {
      for (const statement of sessionStatements(writes)) await connection.query(statement)
    })
  }

  async findEapSession(name: string, now: number): Promise<Uint8Array | null> {
    const find = findEapStatement(name, now)
    const { rows } = await this.#use((connection) => connection.query<{ sealed: Uint8Array }>(find))
    return rows[0]?.sealed ?? null
  }

  async keepEapSessions(sessions: readonly EapSession[]): Promise<void> {
    const keep = keepEapStatement(sessions)
    await this.#use((connection) => connection.query(keep))
  }

  async #use<T>(ask: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      return await this.#connections.use(ask)
    } catch (error) {
      throw unavailable(error)
    }
  }

  async #commitOn(client: Connection, lane: Lane, commit: Commit): Promise<ReadonlySet<AccountKey>> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const chain = lane.chain ?? (await this.#beginChain(client))
      lane.chain = chain
      const after = await this.#tryCommit(client, chain, commit)
      if (after !== null) {
        lane.chain = after
        for (const change of commit.changes) this.#accounts.committed(change)
        for (const change of commit.records) this.#accounts.recordCommitted(change)
        return new Set()
      }
      const losers = await losersOf(client, commit)
      for (const key of losers) this.#accounts.delete(key)
      if (losers.size > 0) {
        this.#lastOvertakenAt = performance.now()
        return losers
      }
      // No token was changed by others: then somebody wrote to our chain. We leave it to him and begin another.
      lane.chain = null
    }
    throw new Error('the commit was refused again and again, though nobody else changed its tokens')
  }

  /** The chain's position after the commit, or null if it was refused. */
  async #tryCommit(client: Connection, chain: ChainPosition, commit: Commit): Promise<ChainPosition | null> {
    const { changes, audit, records } = commit
    const moved = changes.filter(({ before, after }) => before !== null && after !== null)
    const others = changes.filter(
      ({ before, after }) => before === null || after === null || !onlyProgressChanged(before, after),
    )
    const { statement, end, about } = commitStatement(this.#keys.audit, chain, moved, changes, audit)
    const isOne = others.length === 0 && records.length === 0
    try {
      if (!isOne) {
        await client.query('BEGIN')
        await this.#changes.lock(client, commit)
      }
      const { rows } = await client.query<{ block: number }>(statement)
      for (const token of about as Mutable<Token>[]) token.auditHead = rows[0]!.block
      if (!isOne && !(await this.#changes.apply(client, commit, others))) {
        await client.query('ROLLBACK')
        return null
      }
      if (!isOne) await client.query('COMMIT')
      return end
    } catch (error) {
      if (!isRefused(error)) throw error
      if (!isOne) await client.query('ROLLBACK')
      return null
    }
  }

  async #beginChain(client: Connection): Promise<ChainPosition> {
    for (;;) {
      const next = await client.query<{ id: number }>(NEXT_CHAIN)
      const chain = startOfChain(next.rows[0]?.id as number, this.#node)
      const mac = authenticateHead(this.#keys.audit, chain)
      // Another lane or node may take the number first; then we take the next.
      const { id, node, seq, hash } = chain
      const rolls = [id, id - 1].map((chains) => authenticateHead(this.#keys.audit, rollOf(chains)))
      const { rowCount } = await client.query(BEGIN_CHAIN, [id, node, seq, hash, mac, ...rolls])
      if (rowCount === 1) return chain
    }
  }

  /** One answers all who ask meanwhile. */
  async ping(): Promise<void> {
    this.#ping ??= this.#pingOnce().finally(() => {
      this.#ping = null
    })
    await this.#ping
  }

  async #pingOnce(): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(reject, PING_TIMEOUT_MS, new Error('the database does not answer'))
    const answer = this.#connections.use((connection) => connection.query('SELECT 1 FROM settings'))
    try {
      await Promise.race([answer, late])
    } catch (error) {
      throw unavailable(error)
    } finally {
      clearTimeout(timer)
      answer.catch(() => {})
    }
  }

  async close(): Promise<void> {
    await this.#connections.close()
    await this.#knex.destroy()
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
