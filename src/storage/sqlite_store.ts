/**
 * The Store on SQLite. Nobody else writes this file, so what was read and written here stays true: accounts are remembered,
 * and the compare-and-swap is made against memory. Reads are made here; everything is written by a thread of its own.
 */
import Sqlite from 'better-sqlite3'
import type { Knex } from 'knex'
import type { Account, AccountKey, AuditEntry, Token } from '../auth/account.ts'
import type { RecordChange, TokenChange } from '../auth/action.ts'
import type { Keys } from '../seal.ts'
import { AccountCache } from './account_cache.ts'
import type { ProgressRow } from './columns.ts'
import { LatestUses } from './latest_uses.ts'
import { encodeProgress } from './progress_octets.ts'
import { Reads } from './reads.ts'
import type { SessionWrite } from './session.ts'
import { SqliteAccounts } from './sqlite_accounts.ts'
import { pragmas } from './sqlite_pragmas.ts'
import { type SessionStatement, sessionStatements } from './sqlite_sessions.ts'
import { prepareReads, type ReadStatements } from './sqlite_statements.ts'
import { SqliteTrail } from './sqlite_trail.ts'
import { type EapSession, type Store, unavailable } from './store.ts'
import { onlyProgressChanged, type TokenRows } from './token_rows.ts'
import { Unswept } from './unswept.ts'
import type { UserRows } from './user_rows.ts'
import type { DetailWrite } from './writer_messages.ts'
import { WriterThread } from './writer_thread.ts'

/** Larger commits leave their tokens' rows for later, by the journal: only then are there pages to be saved. */
const WRITTEN_AT_ONCE = 16

export class SqliteStore extends Reads implements Store {
  readonly commitsInFlight = 1
  readonly isAlone = true
  readonly description: string
  readonly #database: Sqlite.Database
  readonly #rows: TokenRows
  readonly #records: UserRows
  readonly #closeDatabase: () => Promise<void>
  readonly #statements: ReadStatements
  readonly #accounts: SqliteAccounts
  /** Accounts as they were last seen. */
  readonly #known: AccountCache
  readonly #startWriter: () => Promise<WriterThread>
  #writer: WriterThread
  #restarting: Promise<void> | null = null
  readonly #trail: SqliteTrail
  readonly #unswept: Unswept
  readonly #uses: LatestUses
  #committing = false
  #isClosed = false

  private constructor(
    parts: StoreParts,
    startWriter: () => Promise<WriterThread>,
    writer: WriterThread,
    unswept: Unswept,
  ) {
    const uses = new LatestUses()
    super(parts.knex, parts.rows, parts.records, uses)
    this.#uses = uses
    this.description = `sqlite:${parts.path}`
    this.#known = new AccountCache({ limit: parts.cachedTokens })
    this.#rows = parts.rows
    this.#records = parts.records
    this.#closeDatabase = parts.close
    this.#database = new Sqlite(parts.path)
    pragmas(this.#database)
    this.#statements = prepareReads(this.#database)
    this.#startWriter = startWriter
    this.#writer = writer
    this.#unswept = unswept
    this.#accounts = new SqliteAccounts(this.#database, this.#statements, parts.rows, parts.records, unswept)
    this.#trail = new SqliteTrail(this.#database, parts.keys.audit, parts.node)
  }

  /** When what a crash may have left in the journal is carried out. Throws StoreUnavailable. */
  static async open(parts: StoreParts): Promise<SqliteStore> {
    const unswept = new Unswept()
    const start = () => WriterThread.start(parts.path, unswept)
    try {
      const writer = await start()
      unswept.begin(writer)
      return new SqliteStore(parts, start, writer, unswept)
    } catch (error) {
      throw unavailable(error)
    }
  }

  async #liveWriter(): Promise<void> {
    if (!this.#writer.hasEnded) return
    this.#restarting ??= this.#restartWriter().finally(() => {
      this.#restarting = null
    })
    await this.#restarting
  }

  /** After its thread has ended in the middle: what became of the last commit is unknown, so that all is read anew. */
  async #restartWriter(): Promise<void> {
    if (this.#isClosed) throw new Error('the database is closed')
    this.#writer = await this.#startWriter()
    this.#unswept.begin(this.#writer)
    this.#trail.leaveChain()
    this.#known.clear()
  }

  recall(key: AccountKey): Account | undefined {
    return this.#known.get(key)
  }

  async load(keys: readonly AccountKey[]): Promise<Map<AccountKey, Account>> {
    const missing = keys.filter((key) => !this.#known.has(key))
    try {
      const read = new Map(this.#accounts.read(missing).map((account) => [account.key, account]))
      const accounts = keys.map((key) => [key, read.get(key) ?? this.#known.get(key)!] as const)
      for (const account of read.values()) this.#known.set(account)
      return new Map(accounts)
    } catch (error) {
      throw unavailable(error)
    }
  }

  protected override progressOf(id: number): ProgressRow | undefined {
    return this.#unswept.get(id)
  }

  async commit(
    changes: readonly TokenChange[],
    audit: readonly AuditEntry[],
    records: readonly RecordChange[] = [],
  ): Promise<ReadonlySet<AccountKey>> {
    if (this.#committing) throw new Error('more commits at once than commitsInFlight')
    this.#committing = true
    try {
      await this.#liveWriter()
      const stale = changes.filter((change) => !this.#isCurrent(change))
      if (stale.length > 0) return this.#lost(stale)
      for (const change of changes) this.#uses.willWrite(change)
      const trail = this.#trail.next(changes, audit)
      const { details, writers, failures, uses, later } = this.#sorted(changes)
      for (const change of records) {
        details.push({ kind: 'record', row: this.#records.toRow(change) })
        writers.push(change)
      }
      const written = await this.#writer.write({
        kind: 'commit',
        details,
        failures: encodeProgress(failures, failures.length),
        progress: encodeProgress(uses, uses.length),
        journal: this.#unswept.journal(later),
        trail: trail?.write ?? null,
      })
      if (written.kind === 'lost') return this.#lost(written.details.map((index) => writers[index]!))
      trail?.confirm()
      for (const { id } of failures) this.#unswept.written(id)
      for (const { id } of uses) this.#unswept.written(id)
      this.#unswept.add(later)
      for (const change of changes) {
        if (change.after === null) this.#unswept.written(change.before!.id)
        this.#known.committed(change)
      }
      for (const change of records) this.#known.recordCommitted(change)
      return new Set()
    } catch (error) {
      this.#trail.forget()
      if (this.#writer.hasEnded) this.#known.clear()
      throw unavailable(error)
    } finally {
      this.#committing = false
    }
  }

  /** Between commits, in a transaction of its own. */
  async writeSessions(writes: readonly SessionWrite[]): Promise<void> {
    await this.#write(sessionStatements(writes))
  }

  async findEapSession(name: string, now: number): Promise<Uint8Array | null> {
    try {
      return (this.#statements.eapSession.get(name, now) as Uint8Array | undefined) ?? null
    } catch (error) {
      throw unavailable(error)
    }
  }

  async keepEapSessions(sessions: readonly EapSession[]): Promise<void> {
    await this.#write(sessions.map(({ name, sealed, expiresAt }) => ['keepEap', [name, sealed, expiresAt]]))
  }

  async #write(statements: readonly SessionStatement[]): Promise<void> {
    try {
      await this.#liveWriter()
      await this.#writer.write({ kind: 'sessions', statements })
    } catch (error) {
      throw unavailable(error)
    }
  }

  /** What has to be written how: beside counters, counters with or without failures at once, and counters that may follow. */
  #sorted(changes: readonly TokenChange[]) {
    const details: DetailWrite[] = []
    const writers: { readonly key: AccountKey }[] = []
    const failures: Token[] = []
    const uses: Token[] = []
    const later: Token[] = []
    for (const change of changes) {
      const { before, after } = change
      const detail = this.#detailOf(change)
      if (detail !== null) {
        details.push(detail)
        writers.push(change)
      }
      if (before === null || after === null) continue
      // Lists sort by failures and look for locks: those are in the row when the commit is through.
      const countsFailures = before.failCount !== after.failCount || before.lockedAt !== after.lockedAt
      if (countsFailures) failures.push(after)
      else if (changes.length > WRITTEN_AT_ONCE && detail === null) later.push(after)
      else uses.push(after)
    }
    return { details, writers, failures, uses, later }
  }

  #detailOf({ before, after }: TokenChange): DetailWrite | null {
    if (after === null) return { kind: 'delete', id: before!.id }
    if (before === null) {
      return { kind: 'insert', detail: this.#rows.toDetail(after), progress: encodeProgress([after], 1) }
    }
    if (onlyProgressChanged(before, after)) return null
    return { kind: 'update', id: before.id, detail: this.#rows.toDetail(after) }
  }

  /** Is the token still as the change takes it to be, and does its counter not fall? */
  #isCurrent({ before, after }: TokenChange): boolean {
    if (before === null) return this.#statements.taken.get((after as Token).serial) === undefined
    const now = this.#known.progressOf(before.id) ?? this.#accounts.progressOf(before.id)
    return now?.version === before.version && (after === null || after.counter >= now.counter)
  }

  #lost(changes: readonly { readonly key: AccountKey }[]): Set<AccountKey> {
    for (const { key } of changes) this.#known.delete(key)
    return new Set(changes.map(({ key }) => key))
  }

  async ping(): Promise<void> {
    try {
      this.#statements.ping.get()
    } catch (error) {
      throw unavailable(error)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#unswept.finish()
    await this.#writer.close()
    this.#database.close()
    await this.#closeDatabase()
  }
}

export interface StoreParts {
  readonly path: string
  readonly knex: Knex
  readonly rows: TokenRows
  readonly records: UserRows
  readonly keys: Keys
  readonly node: string
  readonly cachedTokens: number
  readonly close: () => Promise<void>
}
