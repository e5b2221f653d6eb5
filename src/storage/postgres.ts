/**
 * PostgreSQL, shared by any number of nodes. Logins take two round trips: one to load, and one statement that moves the
 * counters, adds the audit rows and moves the head of the chain, or fails whole. Two commits are in flight at once, each
 * on a lane of its own: a connection and an audit chain.
 */
import createKnex, { type Knex } from 'knex'
import pg from 'pg'
import type { Account, AccountKey, AuditEntry, Token } from '../auth/account.ts'
import type { TokenChange } from '../auth/action.ts'
import type { Keys } from '../seal.ts'
import {
  authenticateHead,
  type ChainPosition,
  extend,
  isStorable,
  NEXT_CHAIN,
  rollOf,
  startOfChain,
  storable,
  userKeyOf,
} from './audit_chain.ts'
import { claim, readFingerprint } from './key_check.ts'
import { migrate } from './migrate.ts'
import type { Database } from './open_store.ts'
import { Reads, SILENT } from './reads.ts'
import { type Store, StoreRefused, StoreUnavailable, unavailable } from './store.ts'
import {
  DETAIL_COLUMNS,
  type DetailRow,
  onlyProgressChanged,
  PROGRESS_COLUMNS,
  TOKEN_COLUMNS,
  type TokenRow,
  TokenRows,
  toProgress,
} from './token_rows.ts'

const LANES = 2
const ATTEMPTS = 3
const OPENED_STATES = 50_000
const CONNECT_TIMEOUT_MS = 3000
/** A database that is paused or cut off must not hold us longer than a RADIUS client waits. */
const QUERY_TIMEOUT_MS = 4000

// int8 as a number: ids, counters and times in ms stay far below 2^53.
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === 20 ? Number : pg.types.getTypeParser(oid, format),
} as typeof pg.types

export async function openPostgres(url: string): Promise<Database> {
  const settings: pg.ClientConfig = {
    connectionString: url,
    application_name: 'sallyport',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    types,
  }
  const knex = createKnex({
    client: 'pg',
    connection: settings as Knex.PgConnectionConfig,
    pool: { min: 0, max: 4 },
    log: SILENT,
  })
  try {
    await migrateLocked(settings, knex)
  } catch (error) {
    await knex.destroy()
    throw refusal(url, error)
  }
  return {
    keyFingerprint: () => readFingerprint(knex),
    store: async (keys, node) => {
      await claim(knex, keys)
      return new PostgresStore(
        describe(url),
        { ...settings, query_timeout: QUERY_TIMEOUT_MS },
        knex,
        keys,
        node,
      )
    },
    close: () => knex.destroy(),
  }
}

// Any number will do that no other program on this database uses.
const MIGRATION_LOCK = 0x5a11_f047

/** Of several nodes that start together one migrates and the others wait; the lock goes with its connection. */
async function migrateLocked(settings: pg.ClientConfig, knex: Knex): Promise<void> {
  const client = new pg.Client(settings)
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
    await migrate(knex)
  } finally {
    await client.end()
  }
}

function describe(url: string): string {
  const { protocol, hostname, port, pathname } = new URL(url)
  return `${protocol}//${hostname}${port === '' ? '' : `:${port}`}${pathname}`
}

const REFUSALS: Record<string, string> = {
  '28P01': 'the password is wrong: see database.url',
  '28000': 'the server does not admit this user: see pg_hba.conf and database.url',
  '3D000': 'create it first: createdb --owner=USER NAME',
  '42501': 'the user needs to own the database, or CREATE on its schema, to set up the tables',
}

function refusal(url: string, error: unknown): Error {
  if (error instanceof StoreRefused) return error
  const { code = '', message } = error as NodeJS.ErrnoException
  const hint = REFUSALS[code]
  if (hint !== undefined) return new StoreRefused(`${describe(url)}: ${message}`, hint, { cause: error })
  return new StoreUnavailable(`${describe(url)} does not answer: ${message || code}`, { cause: error })
}

/** A connection for commits with an audit chain of its own; either is null until it is needed, and after a failure. */
interface Lane {
  client: pg.Client | null
  chain: ChainPosition | null
  busy: boolean
}

class PostgresStore extends Reads implements Store {
  readonly commitsInFlight = LANES
  readonly description: string
  readonly #settings: pg.ClientConfig
  readonly #loads: pg.Pool
  readonly #lanes: Lane[] = Array.from({ length: LANES }, () => ({ client: null, chain: null, busy: false }))
  readonly #knex: Knex
  readonly #rows: TokenRows
  readonly #keys: Keys
  readonly #node: string

  constructor(description: string, settings: pg.ClientConfig, knex: Knex, keys: Keys, node: string) {
    const rows = new TokenRows(keys, OPENED_STATES)
    super(knex, rows)
    this.description = description
    this.#settings = settings
    this.#loads = new pg.Pool({ ...settings, max: LANES })
    // A connection that breaks while idle is replaced when it is next needed.
    this.#loads.on('error', () => {})
    this.#knex = knex
    this.#rows = rows
    this.#keys = keys
    this.#node = node
  }

  async load(keys: readonly AccountKey[]): Promise<Map<AccountKey, Account>> {
    const tokens = new Map<AccountKey, Token[]>(keys.map((key) => [key, []]))
    const names = (prefix: string) =>
      keys.filter((key) => key.startsWith(prefix) && isStorable(key)).map((key) => key.slice(prefix.length))
    const users = names('user:')
    const serials = names('token:')
    try {
      for (const query of [
        users.length > 0 && loadUsers(users),
        serials.length > 0 && loadUnassigned(serials),
      ]) {
        if (query === false) continue
        const { rows } = await this.#loads.query<TokenRow>(query)
        for (const row of rows) tokens.get(keyOfRow(row))?.push(this.#rows.toToken(row))
      }
    } catch (error) {
      throw unavailable(error)
    }
    return new Map(keys.map((key) => [key, { key, tokens: tokens.get(key) as Token[] }]))
  }

  async commit(
    changes: readonly TokenChange[],
    audit: readonly AuditEntry[],
  ): Promise<ReadonlySet<AccountKey>> {
    const lane = this.#lanes.find(({ busy }) => !busy)
    if (lane === undefined) throw new Error('more commits at once than commitsInFlight')
    lane.busy = true
    try {
      const client = await this.#connected(lane)
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const chain = lane.chain ?? (await this.#beginChain(client))
        lane.chain = chain
        const after = await this.#tryCommit(client, chain, changes, audit)
        if (after !== null) {
          lane.chain = after
          return new Set()
        }
        const losers = await this.#losers(client, changes)
        if (losers.size > 0) return losers
        // No token was changed by others: then somebody wrote to our chain. We leave it to him and begin another.
        lane.chain = null
      }
      throw new Error('the commit was refused again and again, though nobody else changed its tokens')
    } catch (error) {
      // What became of the commit is unknown, so that the chain may be further than we think: both are begun anew.
      lane.client?.end().catch(() => {})
      lane.client = null
      lane.chain = null
      throw unavailable(error)
    } finally {
      lane.busy = false
    }
  }

  async #connected(lane: Lane): Promise<pg.Client> {
    if (lane.client !== null) return lane.client
    const client = new pg.Client(this.#settings)
    client.on('error', () => {
      if (lane.client === client) lane.client = null
    })
    // From here on a failure ends it with the lane.
    lane.client = client
    await client.connect()
    // Never weaker than a commit on disk, whatever the server's default is; a stronger default stays.
    await client.query(
      "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
    )
    // With nested loops alone, rows are locked in the order that we give them in, by id: two nodes with the same
    // accounts in their batches wait for each other, but never in a circle.
    await client.query(
      "SELECT set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false)",
    )
    return client
  }

  /** The chain's position after the commit, or null if it was refused. */
  async #tryCommit(
    client: pg.Client,
    chain: ChainPosition,
    changes: readonly TokenChange[],
    audit: readonly AuditEntry[],
  ): Promise<ChainPosition | null> {
    const moved = changes.filter(({ before, after }) => before !== null && after !== null)
    const others = changes.filter(
      ({ before, after }) => before === null || after === null || !onlyProgressChanged(before, after),
    )
    const { statement, position } = this.#loginStatement(chain, moved, audit.map(storable))
    try {
      if (others.length === 0) {
        await client.query(statement)
        return position
      }
      await client.query('BEGIN')
      await client.query(statement)
      for (const change of others) {
        if (await this.#apply(client, change)) continue
        await client.query('ROLLBACK')
        return null
      }
      await client.query('COMMIT')
      return position
    } catch (error) {
      if (!isRefused(error)) throw error
      if (others.length > 0) await client.query('ROLLBACK')
      return null
    }
  }

  #loginStatement(chain: ChainPosition, moved: readonly TokenChange[], audit: readonly AuditEntry[]) {
    const inOrder = moved.toSorted((a, b) => (a.before as Token).id - (b.before as Token).id)
    const progress = inOrder.map(({ after }) => toProgress(after as Token))
    let position = chain
    const userKeys = audit.map(userKeyOf)
    const positions = audit.map((entry, index) => {
      position = extend(position, entry, userKeys[index])
      return position
    })
    const values = [
      chain.id,
      chain.seq,
      position.seq,
      position.hash,
      authenticateHead(this.#keys.audit, position),
      inOrder.map(({ before }) => (before as Token).id),
      inOrder.map(({ before }) => (before as Token).version),
      ...PROGRESS_COLUMNS.map((column) => progress.map((row) => row[column])),
      this.#node,
      positions.map(({ seq }) => seq),
      positions.map(({ hash }) => hash),
      audit.map(({ at }) => at),
      audit.map(({ actor }) => actor),
      audit.map(({ source }) => source),
      userKeys,
      audit.map(({ user }) => user),
      audit.map(({ serials }) => serials[0] ?? null),
      audit.map(({ serials }) => (serials.length > 1 ? JSON.stringify(serials) : null)),
      audit.map(({ action }) => action),
      audit.map(({ outcome }) => outcome),
      audit.map(({ reason }) => reason),
      audit.map(({ detail }) => detail),
    ]
    return { statement: { name: 'commit', text: COMMIT, values }, position }
  }

  /** A change that no login makes. False: lost. */
  async #apply(client: pg.Client, { before, after }: TokenChange): Promise<boolean> {
    if (after === null) {
      const { id, version } = before as Token
      const deleted = await client.query(DELETE_PROGRESS, [id, version])
      await client.query(DELETE_DETAIL, [id])
      return deleted.rowCount === 1
    }
    const detail: DetailRow = this.#rows.toDetail(after)
    const values = DETAIL_COLUMNS.map((column) => detail[column])
    if (before !== null) {
      await client.query(UPDATE_DETAIL, [before.id, ...values])
      return true
    }
    const inserted = await client.query<{ id: number }>(INSERT_DETAIL, values)
    const [row] = inserted.rows
    if (row === undefined) return false
    const progress = toProgress(after)
    await client.query(INSERT_PROGRESS, [row.id, ...PROGRESS_COLUMNS.map((column) => progress[column])])
    return true
  }

  /** Whose tokens are no longer as `changes` took them to be. */
  async #losers(client: pg.Client, changes: readonly TokenChange[]): Promise<Set<AccountKey>> {
    const ids = changes.flatMap(({ before }) => (before === null ? [] : [before.id]))
    const serials = changes.flatMap(({ before, after }) => (before === null ? [(after as Token).serial] : []))
    const now = await client.query<{ token_id: number; version: number; counter: number }>(VERSIONS, [ids])
    const taken = await client.query<{ serial: string }>(TAKEN, [serials])
    const rows = new Map(now.rows.map((row) => [row.token_id, row]))
    const isTaken = new Set(taken.rows.map(({ serial }) => serial))
    const lost = changes.filter(({ before, after }) => {
      if (before === null) {
        const { serial } = after as Token
        const lost = isTaken.has(serial)
        // Of two in one commit the first may have it.
        isTaken.add(serial)
        return lost
      }
      const row = rows.get(before.id)
      return row?.version !== before.version || row.counter > (after?.counter ?? row.counter)
    })
    return new Set(lost.map(({ key }) => key))
  }

  async #beginChain(client: pg.Client): Promise<ChainPosition> {
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

  async ping(): Promise<void> {
    try {
      await this.#loads.query('SELECT 1 FROM settings')
    } catch (error) {
      throw unavailable(error)
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#lanes.map(({ client }) => client?.end()))
    await this.#loads.end()
    await this.#knex.destroy()
  }
}

const COLUMNS = [
  ...TOKEN_COLUMNS.map((column) => `t.${column}`),
  ...PROGRESS_COLUMNS.map((column) => `p.${column}`),
]
const TOKEN = `SELECT ${COLUMNS.join(', ')} FROM tokens t JOIN token_progress p ON p.token_id = t.id`

function loadUsers(users: string[]): pg.QueryConfig {
  return {
    name: 'load-users',
    text: `${TOKEN} WHERE t.user_key = ANY($1::text[]) ORDER BY t.id`,
    values: [users],
  }
}

function loadUnassigned(serials: string[]): pg.QueryConfig {
  const text = `${TOKEN} WHERE t.serial = ANY($1::text[]) AND t.user_key IS NULL ORDER BY t.id`
  return { name: 'load-unassigned', text, values: [serials] }
}

function keyOfRow({ user_key, serial }: TokenRow): AccountKey {
  return user_key === null ? `token:${serial}` : `user:${user_key}`
}

// Division by zero is how the commit statement refuses: it ends the statement whole, and every engine that speaks
// PostgreSQL's protocol has it. A deadlock is impossible among ourselves, but not with a person at a psql prompt.
const DIVISION_BY_ZERO = '22012'
const DEADLOCK = '40P01'
const SERIALIZATION_FAILURE = '40001'

function isRefused(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return code === DIVISION_BY_ZERO || code === DEADLOCK || code === SERIALIZATION_FAILURE
}

const PROGRESS_PARAMETERS = PROGRESS_COLUMNS.map(
  (column, index) => `$${index + 8}::${column === 'pending' ? 'text' : 'bigint'}[]`,
).join(', ')
const AFTER_PROGRESS = 8 + PROGRESS_COLUMNS.length
const parameter = (index: number) => `$${AFTER_PROGRESS + index}`

const COMMIT = `
WITH moved AS (
  UPDATE token_progress p SET ${PROGRESS_COLUMNS.map((column) => `${column} = u.${column}`).join(', ')}
  FROM unnest($6::bigint[], $7::bigint[], ${PROGRESS_PARAMETERS})
    AS u (id, known_version, ${PROGRESS_COLUMNS.join(', ')})
  WHERE p.token_id = u.id AND p.version = u.known_version AND p.counter <= u.counter
  RETURNING 1
), logged AS (
  INSERT INTO audit (chain, node, seq, hash, at, actor, source, user_key, user_name, serial, serials, action, outcome, reason, detail)
  SELECT $1::integer, ${parameter(0)}::text, a.* FROM unnest(
    ${parameter(1)}::bigint[], ${parameter(2)}::bytea[], ${parameter(3)}::bigint[],
    ${Array.from({ length: 10 }, (_, index) => `${parameter(4 + index)}::text[]`).join(', ')}
  ) AS a
), head AS (
  UPDATE audit_chains SET seq = $3::bigint, hash = $4::bytea, mac = $5::bytea
  WHERE id = $1::integer AND seq = $2::bigint
  RETURNING 1
)
SELECT 1 / CASE WHEN (SELECT count(*) FROM moved) = cardinality($6::bigint[]) AND (SELECT count(*) FROM head) = 1
  THEN 1 ELSE 0 END AS committed`

const numbered = (columns: readonly string[], from: number) =>
  columns.map((_, index) => `$${index + from}`).join(', ')

const UPDATE_DETAIL = `UPDATE tokens SET (${DETAIL_COLUMNS.join(', ')}) = (${numbered(DETAIL_COLUMNS, 2)}) WHERE id = $1`
const INSERT_DETAIL = `INSERT INTO tokens (${DETAIL_COLUMNS.join(', ')}) VALUES (${numbered(DETAIL_COLUMNS, 1)}) ON CONFLICT DO NOTHING RETURNING id`
const INSERT_PROGRESS = `INSERT INTO token_progress (token_id, ${PROGRESS_COLUMNS.join(', ')}) VALUES (${numbered(['id', ...PROGRESS_COLUMNS], 1)})`
const DELETE_PROGRESS = 'DELETE FROM token_progress WHERE token_id = $1 AND version = $2'
const DELETE_DETAIL = 'DELETE FROM tokens WHERE id = $1'
const BEGIN_CHAIN = `
WITH roll AS (UPDATE audit_chains SET seq = $1, mac = $6 WHERE id = 0 AND seq = $1::integer - 1 AND mac = $7)
INSERT INTO audit_chains (id, node, seq, hash, mac) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`
const VERSIONS = 'SELECT token_id, version, counter FROM token_progress WHERE token_id = ANY($1::bigint[])'
const TAKEN = 'SELECT serial FROM tokens WHERE serial = ANY($1::text[])'
