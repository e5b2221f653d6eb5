/**
 * The embedded database: better-sqlite3, WAL, synchronous=FULL. One connection of ours carries the logins by prepared
 * statements; a second one, behind knex, reads for people. One process owns the file.
 */
import { closeSync, existsSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import Sqlite from 'better-sqlite3'
import createKnex, { type Knex } from 'knex'
import {
  type Account,
  type AccountKey,
  type AuditEntry,
  foldCase,
  keyOf,
  type Token,
} from '../auth/account.ts'
import type { TokenChange } from '../auth/action.ts'
import { BoundedMap } from '../bounded_map.ts'
import type { Keys } from '../seal.ts'
import { authenticateHead, type ChainPosition, extend, startOfChain } from './audit_chain.ts'
import { claim, readFingerprint } from './key_check.ts'
import { migrate } from './migrate.ts'
import type { Database } from './open_store.ts'
import { Reads } from './reads.ts'
import { type Store, StoreRefused, StoreUnavailable } from './store.ts'
import {
  DETAIL_COLUMNS,
  onlyProgressChanged,
  PROGRESS_COLUMNS,
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
  return error instanceof Error && 'code' in error && String(error.code).startsWith(code)
}

function refusal(path: string, error: unknown): Error {
  if (error instanceof StoreRefused || !(error instanceof Error)) return error as Error
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
      `${path} cannot be written: ${error.message}`,
      'let the server own its data directory: chown -R USER DIRECTORY',
      { cause: error },
    )
  }
  return new StoreRefused(`${path} cannot be opened: ${error.message}`, 'see database.url', { cause: error })
}

class LostRace extends Error {
  readonly key: AccountKey

  constructor(key: AccountKey) {
    super('lost race')
    this.key = key
  }
}

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
    const name = key.slice(key.indexOf(':') + 1)
    const statement = key.startsWith('user:') ? this.#statements.ofUser : this.#statements.unassigned
    const rows = statement.all(name) as TokenRow[]
    const account = { key, tokens: rows.map((row) => this.#rows.toToken(row)) }
    // An unknown user's name is not worth a place: anybody can make up any number of them.
    if (rows.length > 0) this.#accounts.set(key, account)
    return account
  }

  async commit(
    changes: readonly TokenChange[],
    audit: readonly AuditEntry[],
  ): Promise<ReadonlySet<AccountKey>> {
    try {
      const { begin, commit, rollback } = this.#statements
      begin.run()
      try {
        for (const change of changes) this.#apply(change)
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
      if (error instanceof LostRace) {
        this.#accounts.delete(error.key)
        return new Set([error.key])
      }
      throw unavailable(error)
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

  #apply({ key, before, after }: TokenChange): void {
    if (before === null) this.#insert(key, after as Token)
    else if (after === null) this.#delete(key, before)
    else this.#update(key, before, after)
  }

  #update(key: AccountKey, before: Token, after: Token): void {
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
      p.pending_factor,
      p.pending_error,
      p.pending_at,
      before.id,
      before.version,
      p.counter,
    )
    if (changes !== 1) throw new LostRace(key)
    if (onlyProgressChanged(before, after)) return
    this.#statements.updateDetail.run({ ...this.#rows.toDetail(after), id: before.id })
  }

  #insert(key: AccountKey, token: Token): void {
    const { changes, lastInsertRowid } = this.#statements.insertDetail.run(this.#rows.toDetail(token))
    if (changes !== 1) throw new LostRace(key)
    this.#statements.insertProgress.run({ ...toProgress(token), token_id: lastInsertRowid })
  }

  #delete(key: AccountKey, { id, version }: Token): void {
    if (this.#statements.deleteProgress.run(id, version).changes !== 1) throw new LostRace(key)
    this.#statements.deleteDetail.run(id)
  }

  #append(audit: readonly AuditEntry[]): ChainPosition | null {
    if (audit.length === 0) return this.#chain
    let chain = this.#chain ?? this.#beginChain()
    for (const entry of audit) {
      chain = extend(chain, entry)
      const { user, serials } = entry
      this.#statements.insertAudit.run(
        chain.id,
        chain.seq,
        chain.node,
        entry.at,
        entry.actor,
        entry.source,
        user === null ? null : foldCase(user),
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

function unavailable(error: unknown): StoreUnavailable {
  return new StoreUnavailable(error instanceof Error ? error.message : String(error), { cause: error })
}

function prepare(database: Sqlite.Database) {
  const token = 'SELECT t.*, p.* FROM tokens t JOIN token_progress p ON p.token_id = t.id'
  const named = (columns: readonly string[]) => columns.map((column) => `@${column}`).join(', ')
  const set = (columns: readonly string[]) => columns.map((column) => `${column} = @${column}`).join(', ')
  const progress = PROGRESS_COLUMNS.map((column) => `${column} = ?`).join(', ')
  return {
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
    ofUser: database.prepare(`${token} WHERE t.user_key = ? ORDER BY t.id`),
    unassigned: database.prepare(`${token} WHERE t.serial = ? AND t.user_key IS NULL`),
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
    nextChain: database.prepare('SELECT coalesce(max(id), 0) + 1 AS id FROM audit_chains'),
    insertChain: database.prepare(
      'INSERT INTO audit_chains (id, node, seq, hash, mac) VALUES (?, ?, ?, ?, ?)',
    ),
    moveHead: database.prepare('UPDATE audit_chains SET seq = ?, hash = ?, mac = ? WHERE id = ?'),
  }
}
