/**
 * The embedded database: better-sqlite3, WAL, synchronous=FULL. One connection of ours carries the logins by prepared
 * statements; a second one, behind knex, reads for people. One process owns the file.
 */
import { closeSync, existsSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import Sqlite from 'better-sqlite3'
import createKnex, { type Knex } from 'knex'
import { type Account, type AccountKey, type AuditEntry, keyOf, type Token } from '../auth/account.ts'
import type { TokenChange } from '../auth/action.ts'
import { BoundedMap } from '../bounded_map.ts'
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
import { type Store, StoreRefused, unavailable } from './store.ts'
import {
  DETAIL_COLUMNS,
  onlyProgressChanged,
  PROGRESS_COLUMNS,
  TOKEN_COLUMNS,
  type TokenRow,
  TokenRows,
  toProgress,
} from './token_rows.ts'

export async function openSqlite(path: string): Promise<Database> {
  const lock = own(path)
  let knex: Knex | undefined
  try {
    createPrivate(path)
    knex = createKnex({
      client: 'better-sqlite3',
      connection: { filename: path },
      useNullAsDefault: true,
      log: SILENT,
      pool: { min: 1, max: 1, afterCreate: configure },
    })
    await migrate(knex)
  } catch (error) {
    await knex?.destroy()
    lock.close()
    throw refusal(path, error)
  }
  const opened = knex
  const close = async () => {
    await opened.destroy()
    lock.close()
  }
  return {
    keyFingerprint: () => readFingerprint(opened),
    store: async (keys, node) => {
      await claim(opened, keys)
      return new SqliteStore(path, opened, keys, node, close)
    },
    close,
  }
}

/** A lock that the system releases when we die: an exclusive transaction on an empty database beside ours. */
function own(path: string): Sqlite.Database {
  if (!existsSync(dirname(path))) {
    throw new StoreRefused(`${dirname(path)} does not exist`, 'create it, or set database.url')
  }
  let lock: Sqlite.Database | undefined
  try {
    createPrivate(`${path}.lock`)
    lock = new Sqlite(`${path}.lock`, { timeout: 0 })
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock?.close()
    if (!isSqliteError(error, 'SQLITE_BUSY')) throw refusal(path, error)
    throw new StoreRefused(
      `another server has ${path} open`,
      'stop it first; several servers share one PostgreSQL, never one SQLite file',
    )
  }
}

function createPrivate(path: string): void {
  closeSync(openSync(path, 'a', 0o600))
}

function configure(connection: Sqlite.Database, done: (error: unknown, connection: unknown) => void): void {
  pragmas(connection)
  done(null, connection)
}

function pragmas(database: Sqlite.Database): void {
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('busy_timeout = 5000')
  database.pragma('temp_store = MEMORY')
}

function isSqliteError(error: unknown, code: string): boolean {
  return String((error as NodeJS.ErrnoException).code).startsWith(code)
}

function refusal(path: string, error: unknown): Error {
  if (error instanceof StoreRefused) return error
  const { message } = error as Error
  if (isSqliteError(error, 'SQLITE_NOTADB')) {
    return new StoreRefused(
      `${path} is not a SQLite database`,
      'name another file in database.url, or restore a backup',
    )
  }
  if (
    isSqliteError(error, 'EACCES') ||
    isSqliteError(error, 'SQLITE_CANTOPEN') ||
    isSqliteError(error, 'SQLITE_READONLY')
  ) {
    return new StoreRefused(
      `${path} cannot be written: ${message}`,
      'let the server own its data directory: chown -R USER DIRECTORY',
      { cause: error },
    )
  }
  return new StoreRefused(`${path} cannot be opened: ${message}`, 'see database.url', { cause: error })
}

class LostRace extends Error {}

const PAGES_KEPT_KIB = 32_768
/** About 1.5 kB each with one token. */
const ACCOUNTS_KEPT = 50_000

class SqliteStore extends Reads implements Store {
  readonly commitsInFlight = 1
  readonly description: string
  readonly #database: Sqlite.Database
  readonly #rows: TokenRows
  readonly #keys: Keys
  readonly #node: string
  readonly #closeDatabase: () => Promise<void>
  readonly #statements: ReturnType<typeof prepare>
  /** Ours alone; begun with our first commit. */
  #chain: ChainPosition | null = null
  /** Nobody else writes this database, so that what we have read and written stays true. */
  readonly #accounts = new BoundedMap<AccountKey, Account>(ACCOUNTS_KEPT)

  constructor(path: string, knex: Knex, keys: Keys, node: string, close: () => Promise<void>) {
    const rows = new TokenRows(keys, 0)
    super(knex, rows)
    this.description = `sqlite:${path}`
    this.#rows = rows
    this.#keys = keys
    this.#node = node
    this.#closeDatabase = close
    this.#database = new Sqlite(path)
    pragmas(this.#database)
    this.#database.pragma(`cache_size = -${PAGES_KEPT_KIB}`)
    this.#statements = prepare(this.#database)
  }

  async load(keys: readonly AccountKey[]): Promise<Map<AccountKey, Account>> {
    try {
      return new Map(keys.map((key) => [key, this.#accounts.get(key) ?? this.#loadAccount(key)]))
    } catch (error) {
      throw unavailable(error)
    }
  }

  #loadAccount(key: AccountKey): Account {
    if (!isStorable(key)) return { key, tokens: [] }
    const name = key.slice(key.indexOf(':') + 1)
    const statement = key.startsWith('user:') ? this.#statements.ofUser : this.#statements.unassigned
    // Two look-ups by key: the driver takes longer over a join of both than over each alone.
    const tokens = (statement.all(name) as StoredToken[]).map((stored) =>
      this.#rows.toToken(rowOf(stored, this.#statements.progress.get(stored[0]) as StoredProgress)),
    )
    const account = { key, tokens }
    // An unknown user's name is not worth a place: anybody can make up any number of them.
    if (tokens.length > 0) this.#accounts.set(key, account)
    return account
  }

  async commit(
    changes: readonly TokenChange[],
    audit: readonly AuditEntry[],
  ): Promise<ReadonlySet<AccountKey>> {
    const losers = new Set<AccountKey>()
    try {
      const { begin, commit, rollback } = this.#statements
      begin.run()
      try {
        for (const change of changes) if (!this.#apply(change)) losers.add(change.key)
        if (losers.size > 0) throw new LostRace()
        const chain = this.#append(audit)
        commit.run()
        this.#chain = chain
      } catch (error) {
        // After some errors SQLite has rolled back by itself.
        if (this.#database.inTransaction) rollback.run()
        throw error
      }
      for (const change of changes) this.#remember(change)
      return new Set()
    } catch (error) {
      if (!(error instanceof LostRace)) throw unavailable(error)
      for (const key of losers) this.#accounts.delete(key)
      return losers
    }
  }

  /** After a login the account is known; after anything else (a new id, another owner) it is read again. */
  #remember({ key, before, after }: TokenChange): void {
    const account = this.#accounts.get(key)
    if (account !== undefined && before !== null && after !== null && onlyProgressChanged(before, after)) {
      const tokens = account.tokens.map((token) => (token.id === after.id ? after : token))
      this.#accounts.set(key, { key, tokens })
      return
    }
    this.#accounts.delete(key)
    if (after !== null) this.#accounts.delete(keyOf(after))
  }

  /** False: somebody else has changed the token. */
  #apply({ before, after }: TokenChange): boolean {
    if (before === null) return this.#insert(after as Token)
    if (after === null) return this.#delete(before)
    return this.#update(before, after)
  }

  #update(before: Token, after: Token): boolean {
    const p = toProgress(after)
    const { changes } = this.#statements.updateProgress.run(
      p.version,
      p.counter,
      p.drift,
      p.fail_count,
      p.attempt_count,
      p.success_count,
      p.last_used_at,
      p.locked_at,
      p.pending,
      before.id,
      before.version,
      p.counter,
    )
    if (changes !== 1) return false
    if (onlyProgressChanged(before, after)) return true
    this.#statements.updateDetail.run({ ...this.#rows.toDetail(after), id: before.id })
    return true
  }

  #insert(token: Token): boolean {
    const { changes, lastInsertRowid } = this.#statements.insertDetail.run(this.#rows.toDetail(token))
    if (changes !== 1) return false
    this.#statements.insertProgress.run({ ...toProgress(token), token_id: lastInsertRowid })
    return true
  }

  #delete({ id, version }: Token): boolean {
    if (this.#statements.deleteProgress.run(id, version).changes !== 1) return false
    this.#statements.deleteDetail.run(id)
    return true
  }

  #append(audit: readonly AuditEntry[]): ChainPosition | null {
    if (audit.length === 0) return this.#chain
    let chain = this.#chain ?? this.#beginChain()
    for (const entry of audit.map(storable)) {
      const { user, serials } = entry
      const userKey = userKeyOf(entry)
      chain = extend(chain, entry, userKey)
      this.#statements.insertAudit.run(
        chain.id,
        chain.seq,
        chain.node,
        entry.at,
        entry.actor,
        entry.source,
        userKey,
        user,
        serials[0] ?? null,
        serials.length > 1 ? JSON.stringify(serials) : null,
        entry.action,
        entry.outcome,
        entry.reason,
        entry.detail,
        chain.hash,
      )
    }
    const mac = authenticateHead(this.#keys.audit, chain)
    this.#statements.moveHead.run(chain.seq, chain.hash, mac, chain.id)
    return chain
  }

  #beginChain(): ChainPosition {
    const { id } = this.#statements.nextChain.get() as { id: number }
    const chain = startOfChain(id, this.#node)
    this.#statements.insertChain.run(id, chain.node, chain.seq, chain.hash, new Uint8Array())
    const [roll, before] = [id, id - 1].map((chains) => authenticateHead(this.#keys.audit, rollOf(chains)))
    this.#statements.moveRoll.run(id, roll, id - 1, before)
    return chain
  }

  async ping(): Promise<void> {
    try {
      this.#database.prepare('SELECT 1 FROM settings').get()
    } catch (error) {
      throw unavailable(error)
    }
  }

  async close(): Promise<void> {
    this.#database.close()
    await this.#closeDatabase()
  }
}

/** Rows as arrays, in the order of TOKEN_COLUMNS and PROGRESS_COLUMNS: the driver takes its time to make objects. */
type StoredToken = [number, string, string | null, Uint8Array]
type StoredProgress = [
  number,
  number,
  number,
  number,
  number,
  number,
  number | null,
  number | null,
  string | null,
]

function rowOf([id, serial, user_key, sealed]: StoredToken, progress: StoredProgress): TokenRow {
  const [
    version,
    counter,
    drift,
    fail_count,
    attempt_count,
    success_count,
    last_used_at,
    locked_at,
    pending,
  ] = progress
  return {
    id,
    serial,
    user_key,
    sealed,
    version,
    counter,
    drift,
    fail_count,
    attempt_count,
    success_count,
    last_used_at,
    locked_at,
    pending,
  }
}

function prepare(database: Sqlite.Database) {
  const token = `SELECT ${TOKEN_COLUMNS.join(', ')} FROM tokens`
  const named = (columns: readonly string[]) => columns.map((column) => `@${column}`).join(', ')
  const set = (columns: readonly string[]) => columns.map((column) => `${column} = @${column}`).join(', ')
  const progress = PROGRESS_COLUMNS.map((column) => `${column} = ?`).join(', ')
  return {
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
    ofUser: database.prepare(`${token} WHERE user_key = ? ORDER BY id`).raw(),
    unassigned: database.prepare(`${token} WHERE serial = ? AND user_key IS NULL`).raw(),
    progress: database
      .prepare(`SELECT ${PROGRESS_COLUMNS.join(', ')} FROM token_progress WHERE token_id = ?`)
      .raw(),
    // The counter as a second lock against replay: never lower than it was.
    updateProgress: database.prepare(
      `UPDATE token_progress SET ${progress} WHERE token_id = ? AND version = ? AND counter <= ?`,
    ),
    updateDetail: database.prepare(`UPDATE tokens SET ${set(DETAIL_COLUMNS)} WHERE id = @id`),
    insertDetail: database.prepare(
      `INSERT INTO tokens (${DETAIL_COLUMNS.join(', ')}) VALUES (${named(DETAIL_COLUMNS)}) ON CONFLICT DO NOTHING`,
    ),
    insertProgress: database.prepare(
      `INSERT INTO token_progress (token_id, ${PROGRESS_COLUMNS.join(', ')}) VALUES (@token_id, ${named(PROGRESS_COLUMNS)})`,
    ),
    deleteProgress: database.prepare('DELETE FROM token_progress WHERE token_id = ? AND version = ?'),
    deleteDetail: database.prepare('DELETE FROM tokens WHERE id = ?'),
    insertAudit: database.prepare(
      `INSERT INTO audit (chain, seq, node, at, actor, source, user_key, user_name, serial, serials, action, outcome, reason, detail, hash)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    nextChain: database.prepare(NEXT_CHAIN),
    moveRoll: database.prepare(
      'UPDATE audit_chains SET seq = ?, mac = ? WHERE id = 0 AND seq = ? AND mac = ?',
    ),
    insertChain: database.prepare(
      'INSERT INTO audit_chains (id, node, seq, hash, mac) VALUES (?, ?, ?, ?, ?)',
    ),
    moveHead: database.prepare('UPDATE audit_chains SET seq = ?, hash = ?, mac = ? WHERE id = ?'),
  }
}
