/** The Store on SQLite: logins by prepared statements on a connection of ours, lists by knex on another. */
import Sqlite from 'better-sqlite3'
import type { Knex } from 'knex'
import { type Account, type AccountKey, type AuditEntry, keyOf, type Token } from '../auth/account.ts'
import type { TokenChange } from '../auth/action.ts'
import { BoundedMap } from '../bounded_map.ts'
import type { Keys } from '../seal.ts'
import { authenticateHead, type ChainPosition, rollOf, startOfChain } from './audit_chain.ts'
import { chainedRows } from './audit_rows.ts'
import { Reads } from './reads.ts'
import { pragmas } from './sqlite_pragmas.ts'
import {
  prepareStatements,
  rowOf,
  type Statements,
  type StoredProgress,
  type StoredToken,
} from './sqlite_statements.ts'
import { type Store, unavailable } from './store.ts'
import { isStorable } from './stored_text.ts'
import { onlyProgressChanged, type TokenRows, toProgress } from './token_rows.ts'

class LostRace extends Error {}

const PAGES_KEPT_KIB = 16_384
/** About 1 kB each with one token. */
const ACCOUNTS_KEPT = 16_000

export class SqliteStore extends Reads implements Store {
  readonly commitsInFlight = 1
  readonly description: string
  readonly #database: Sqlite.Database
  readonly #rows: TokenRows
  readonly #keys: Keys
  readonly #node: string
  readonly #closeDatabase: () => Promise<void>
  readonly #statements: Statements
  /** Ours alone; begun with our first commit. */
  #chain: ChainPosition | null = null
  /** Nobody else writes this database, so that what we have read and written stays true. */
  readonly #accounts = new BoundedMap<AccountKey, Account>(ACCOUNTS_KEPT)

  constructor(
    path: string,
    knex: Knex,
    rows: TokenRows,
    keys: Keys,
    node: string,
    close: () => Promise<void>,
  ) {
    super(knex, rows)
    this.description = `sqlite:${path}`
    this.#rows = rows
    this.#keys = keys
    this.#node = node
    this.#closeDatabase = close
    this.#database = new Sqlite(path)
    pragmas(this.#database)
    this.#database.pragma(`cache_size = -${PAGES_KEPT_KIB}`)
    this.#statements = prepareStatements(this.#database)
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
    const isLogin = onlyProgressChanged(before, after)
    const p = toProgress(after)
    const use = [
      p.version,
      p.counter,
      p.drift,
      p.attempt_count,
      p.success_count,
      p.last_used_at,
      p.locked_at,
      p.pending,
    ]
    const where = [before.id, before.version, p.counter]
    const { changes } =
      isLogin && before.failCount === after.failCount
        ? this.#statements.updateUse.run(...use, ...where)
        : this.#statements.updateFailures.run(...use, p.fail_count, p.facet, ...where)
    if (changes !== 1) return false
    if (!isLogin) this.#statements.updateDetail.run({ ...this.#rows.toDetail(after), id: before.id })
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
    const { rows, end } = chainedRows(this.#chain ?? this.#beginChain(), audit)
    for (const row of rows) this.#statements.insertAudit.run(...row)
    this.#statements.moveHead.run(end.seq, end.hash, authenticateHead(this.#keys.audit, end), end.id)
    return end
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
