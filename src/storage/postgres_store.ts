/**
 * The Store on PostgreSQL. A login takes one round trip: a statement that moves the counters, adds to the audit trail and
 * moves the head of the chain, or fails whole. It loads the account before, unless it is remembered: then the statement
 * also proves that no other node has changed the token since. Two commits are in flight at once, each on a lane of its
 * own: a connection and an audit chain.
 */
import type { Knex } from 'knex'
import pg from 'pg'
import type { Account, AccountKey, AuditEntry, Token } from '../auth/account.ts'
import type { TokenChange } from '../auth/action.ts'
import type { Keys } from '../seal.ts'
import { AccountCache } from './account_cache.ts'
import { authenticateHead, type ChainPosition, NEXT_CHAIN, rollOf, startOfChain } from './audit_chain.ts'
import { DETAIL_COLUMNS, type DetailRow, PROGRESS_COLUMNS, type TokenRow } from './columns.ts'
import {
  BEGIN_CHAIN,
  commitStatement,
  DELETE_DETAIL,
  DELETE_PROGRESS,
  INSERT_DETAIL,
  INSERT_PROGRESS,
  isRefused,
  keyOfRow,
  loadUnassigned,
  loadUsers,
  TAKEN,
  UPDATE_DETAIL,
  VERSIONS,
} from './postgres_statements.ts'
import { Reads } from './reads.ts'
import { type Store, unavailable } from './store.ts'
import { isStorable } from './stored_text.ts'
import { onlyProgressChanged, type TokenRows, toProgress } from './token_rows.ts'

const LANES = 2
const ATTEMPTS = 3
/** What is remembered may be wrong about tokens that are not written: one that has joined the account, say. */
const REMEMBERED_MS = 60_000

/** A connection for commits with an audit chain of its own; either is null until it is needed, and after a failure. */
interface Lane {
  client: pg.Client | null
  chain: ChainPosition | null
  busy: boolean
}

export class PostgresStore extends Reads implements Store {
  readonly commitsInFlight = LANES
  readonly isAlone = false
  readonly description: string
  readonly #settings: pg.ClientConfig
  readonly #loads: pg.Pool
  readonly #lanes: Lane[] = Array.from({ length: LANES }, () => ({ client: null, chain: null, busy: false }))
  readonly #knex: Knex
  readonly #accounts: AccountCache
  readonly #rows: TokenRows
  readonly #keys: Keys
  readonly #node: string

  constructor(
    description: string,
    settings: pg.ClientConfig,
    knex: Knex,
    rows: TokenRows,
    keys: Keys,
    node: string,
    remembers = true,
  ) {
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
    this.#accounts = new AccountCache({ maxAgeMs: REMEMBERED_MS, ...(remembers ? {} : { limit: 0 }) })
  }

  recall(key: AccountKey): Account | undefined {
    return this.#accounts.get(key)
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
    const accounts = keys.map((key): Account => ({ key, tokens: tokens.get(key) as Token[] }))
    for (const account of accounts) this.#accounts.set(account)
    return new Map(accounts.map((account) => [account.key, account]))
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
          for (const change of changes) this.#accounts.committed(change)
          return new Set()
        }
        const losers = await this.#losers(client, changes)
        for (const key of losers) this.#accounts.delete(key)
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
      for (const { key } of changes) this.#accounts.delete(key)
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
    const { statement, end, about } = commitStatement(this.#keys.audit, chain, moved, changes, audit)
    try {
      if (others.length > 0) await client.query('BEGIN')
      const { rows } = await client.query<{ block: number }>(statement)
      for (const token of about as Set<Mutable<Token>>) token.auditHead = rows[0]!.block
      for (const change of others) {
        if (await this.#apply(client, change)) continue
        await client.query('ROLLBACK')
        return null
      }
      if (others.length > 0) await client.query('COMMIT')
      return end
    } catch (error) {
      if (!isRefused(error)) throw error
      if (others.length > 0) await client.query('ROLLBACK')
      return null
    }
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

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
