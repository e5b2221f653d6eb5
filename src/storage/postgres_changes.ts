/**
 * What a commit on PostgreSQL does within its transaction beside the one statement that moves counters, and, when it was
 * refused, who has overtaken it.
 */
import type { AccountKey, AuditEntry, Token } from '../auth/account.ts'
import type { RecordChange, TokenChange } from '../auth/action.ts'
import { DETAIL_COLUMNS, type DetailRow, type UserRow, WRITTEN_PROGRESS_COLUMNS } from './columns.ts'
import type { Connection } from './postgres_connections.ts'
import {
  DELETE_DETAIL,
  DELETE_PROGRESS,
  INSERT_DETAIL,
  INSERT_PROGRESS,
  INSERT_RECORD,
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

  /** False: one of them is lost. */
  async apply(client: Connection, changes: readonly TokenChange[]): Promise<boolean> {
    for (const change of changes) if (!(await this.#apply(client, change))) return false
    return true
  }

  /** False: one of them is lost. */
  async applyRecords(client: Connection, { changes, records }: Commit): Promise<boolean> {
    // Rows are locked in one order, as by every other commit.
    for (const change of records.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
      if (!(await this.#applyRecord(client, change, changes))) return false
    }
    return true
  }

  /** What is more than progress: a change that no login makes, or a lock that begins or ends. False: lost. */
  async #apply(client: Connection, { before, after }: TokenChange): Promise<boolean> {
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
    const progress = { ...toProgress(after), facet: detail.facet }
    const written = WRITTEN_PROGRESS_COLUMNS.map((column) => progress[column])
    await client.query(INSERT_PROGRESS, [row.id, ...written])
    return true
  }

  /** False: lost. */
  async #applyRecord(client: Connection, change: RecordChange, changes: readonly TokenChange[]) {
    const { user_key, version, sealed, administrator } = this.#records.toRow(change)
    const statement = change.before === undefined ? INSERT_RECORD : UPDATE_RECORD
    const written = await client.query(statement, [user_key, version, sealed, administrator])
    const known = changes.flatMap(({ key, before }) =>
      key === change.key && before !== null ? before.id : [],
    )
    await client.query(TOUCH_OTHERS, [user_key, known])
    return written.rowCount === 1
  }
}

/** Whose tokens or record are no longer as they were taken to be. */
export async function losersOf(client: Connection, { changes, records }: Commit): Promise<Set<AccountKey>> {
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
  const keys = records.map(({ key }) => key.slice('user:'.length))
  const stored = keys.length === 0 ? { rows: [] } : await client.query<UserVersion>(RECORD_VERSIONS, [keys])
  const versions = new Map(stored.rows.map(({ user_key, version }) => [`user:${user_key}`, version]))
  const overtaken = records.filter(({ key, before }) => versions.get(key) !== before?.version)
  return new Set([...lost, ...overtaken].map(({ key }) => key))
}

type UserVersion = Pick<UserRow, 'user_key' | 'version'>
