/**
 * What a commit on PostgreSQL does within its transaction beside the one statement that moves counters, and, when it was
 * refused, who has overtaken it.
 */
import { hash } from 'node:crypto'
import { type AccountKey, type AuditEntry, isUserKey, keyOf, nameIn, type Token } from '../auth/account.ts'
import type { RecordChange, TokenChange } from '../auth/action.ts'
import { DETAIL_COLUMNS, type DetailRow, type UserRow, WRITTEN_PROGRESS_COLUMNS } from './columns.ts'
import type { Connection } from './postgres_connections.ts'
import {
  DELETE_DETAIL,
  DELETE_PROGRESS,
  INSERT_DETAIL,
  INSERT_PROGRESS,
  INSERT_RECORD,
  LOCK_TOKENS,
  LOCK_USERS,
  RECORD_VERSIONS,
  TAKEN,
  TOUCH_OTHERS,
  UPDATE_DETAIL,
  UPDATE_RECORD,
  VERSIONS,
} from './postgres_statements.ts'
import { type TokenRows, toProgress } from './token_rows.ts'
import type { UserRows } from './user_rows.ts'

export interface Commit {
  readonly changes: readonly TokenChange[]
  readonly audit: readonly AuditEntry[]
  readonly records: readonly RecordChange[]
}

export class PostgresChanges {
  readonly #rows: TokenRows
  readonly #records: UserRows

  constructor(rows: TokenRows, records: UserRows) {
    this.#rows = rows
    this.#records = records
  }

  /**
   * `others`: of the commit's changes, those of more than progress. False: one of them is lost. Who remembers a user to whom a token
   * came, or whose record was set, holds less than there is: all his tokens move on, so that nobody accepts by such a memory.
   */
  async apply(client: Connection, commit: Commit, others: readonly TokenChange[]): Promise<boolean> {
    const done = idsOf(commit.changes)
    for (const change of others) if (!(await this.#apply(client, change, done))) return false
    // Rows are locked in one order, as by every other commit.
    for (const change of commit.records.toSorted((a, b) => (a.key < b.key ? -1 : 1)))
      if (!(await this.#applyRecord(client, change))) return false
    const users = usersThatGrew(commit)
    if (users.length > 0) await client.query(TOUCH_OTHERS, [users, done])
    return true
  }

  /** Before anything else of such a commit, so that rows are locked by rising id here too. */
  async lock(client: Connection, commit: Commit): Promise<void> {
    const users = usersThatGrew(commit)
    if (users.length === 0) return
    await client.query(LOCK_USERS, [lockNumbers(users)])
    await client.query(LOCK_TOKENS, [users, idsOf(commit.changes)])
  }

  /** A change that no login makes, or a lock that begins or ends. False: lost. */
  async #apply(client: Connection, { before, after }: TokenChange, done: number[]): Promise<boolean> {
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
    done.push(row.id)
    const progress = { ...toProgress(after), facet: detail.facet }
    const written = WRITTEN_PROGRESS_COLUMNS.map((column) => progress[column])
    await client.query(INSERT_PROGRESS, [row.id, ...written])
    return true
  }

  /** False: lost. */
  async #applyRecord(client: Connection, change: RecordChange): Promise<boolean> {
    const { user_key, version, sealed, administrator } = this.#records.toRow(change)
    const statement = change.before === undefined ? INSERT_RECORD : UPDATE_RECORD
    const written = await client.query(statement, [user_key, version, sealed, administrator])
    return written.rowCount === 1
  }
}

function idsOf(changes: readonly TokenChange[]): number[] {
  return changes.flatMap(({ before }) => (before === null ? [] : [before.id]))
}

/** Rising, so that two commits of the same users wait for each other but never in a circle; users who share one lose nothing by it. */
function lockNumbers(users: readonly string[]): number[] {
  const numbers = users.map((user) => hash('sha256', user, 'buffer').readInt32BE(0))
  return [...new Set(numbers)].sort((a, b) => a - b)
}

/** To whom a token comes, or whose record is set. */
function usersThatGrew({ changes, records }: Commit): string[] {
  const joined = changes.flatMap(({ key, before, after }) =>
    after !== null && (before === null || keyOf(after) !== key) ? [keyOf(after)] : [],
  )
  const keys = new Set([...joined, ...records.map(({ key }) => key)])
  return [...keys].filter(isUserKey).map(nameIn)
}

/** Whose tokens or record are no longer as they were taken to be. */
export async function losersOf(client: Connection, { changes, records }: Commit): Promise<Set<AccountKey>> {
  const ids = idsOf(changes)
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
  const keys = records.map(({ key }) => nameIn(key))
  const stored = keys.length === 0 ? { rows: [] } : await client.query<UserVersion>(RECORD_VERSIONS, [keys])
  const versions = new Map(stored.rows.map(({ user_key, version }) => [`user:${user_key}`, version]))
  const overtaken = records.filter(({ key, before }) => versions.get(key) !== before?.version)
  return new Set([...lost, ...overtaken].map(({ key }) => key))
}

type UserVersion = Pick<UserRow, 'user_key' | 'version'>
