/** Accounts as the SQLite database has them, with what is in the journal and not yet in their rows. */
import type Sqlite from 'better-sqlite3'
import { type Account, type AccountKey, type AccountRecord, isUserKey, nameIn } from '../auth/account.ts'
import type { ProgressRow, UserRow } from './columns.ts'
import {
  progressOf,
  type ReadStatements,
  rowOf,
  type StoredProgress,
  type StoredToken,
} from './sqlite_statements.ts'
import { isStorable } from './stored_text.ts'
import type { TokenRows } from './token_rows.ts'
import type { Unswept } from './unswept.ts'
import type { UserRows } from './user_rows.ts'

export class SqliteAccounts {
  readonly #database: Sqlite.Database
  readonly #statements: ReadStatements
  readonly #rows: TokenRows
  readonly #records: UserRows
  readonly #unswept: Unswept

  constructor(
    database: Sqlite.Database,
    statements: ReadStatements,
    rows: TokenRows,
    records: UserRows,
    unswept: Unswept,
  ) {
    this.#database = database
    this.#statements = statements
    this.#rows = rows
    this.#records = records
    this.#unswept = unswept
  }

  /** In one transaction: a statement by itself asks whether others have written, and then reads its pages anew. */
  read(keys: readonly AccountKey[]): Account[] {
    if (keys.length === 0) return []
    this.#statements.begin.run()
    try {
      return keys.map((key) => this.#readAccount(key))
    } finally {
      // After some errors SQLite has ended it by itself.
      if (this.#database.inTransaction) this.#statements.end.run()
    }
  }

  #readAccount(key: AccountKey): Account {
    if (!isStorable(key)) return { key, tokens: [] }
    const name = nameIn(key)
    const statement = isUserKey(key) ? this.#statements.ofUser : this.#statements.unassigned
    const tokens = (statement.all(name) as StoredToken[]).map((stored) =>
      this.#rows.toToken(rowOf(stored, this.progressOf(stored[0])!)),
    )
    return { key, tokens, record: isUserKey(key) ? this.#recordOf(name) : undefined }
  }

  #recordOf(userKey: string): AccountRecord | undefined {
    const row = this.#statements.record.get(userKey) as UserRow | undefined
    return row && this.#records.toRecord(row)
  }

  /** As it is now, whether or not it has reached its row. */
  progressOf(id: number): ProgressRow | undefined {
    const later = this.#unswept.get(id)
    if (later !== undefined) return later
    const stored = this.#statements.progress.get(id) as StoredProgress | undefined
    return stored && progressOf(stored)
  }
}
