/** The SQL of the SQLite store, prepared once, and the form in which its rows come. */
import type Sqlite from 'better-sqlite3'
import { NEXT_CHAIN } from './audit_chain.ts'
import { AUDIT_COLUMNS } from './audit_rows.ts'
import {
  DETAIL_COLUMNS,
  FAILURE_COLUMNS,
  PROGRESS_COLUMNS,
  TOKEN_COLUMNS,
  type TokenRow,
  USE_COLUMNS,
  WRITTEN_PROGRESS_COLUMNS,
} from './token_rows.ts'

/** Rows as arrays, in the order of TOKEN_COLUMNS and PROGRESS_COLUMNS: the driver takes its time to make objects. */
export type StoredToken = [number, string, string | null, Uint8Array]
export type StoredProgress = [
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

export function rowOf([id, serial, user_key, sealed]: StoredToken, progress: StoredProgress): TokenRow {
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

export type Statements = ReturnType<typeof prepareStatements>

export function prepareStatements(database: Sqlite.Database) {
  const token = `SELECT ${TOKEN_COLUMNS.join(', ')} FROM tokens`
  const named = (columns: readonly string[]) => columns.map((column) => `@${column}`).join(', ')
  const set = (columns: readonly string[]) => columns.map((column) => `${column} = @${column}`).join(', ')
  // The counter as a second lock against replay: never lower than it was.
  const updateProgress = (columns: readonly string[]) =>
    database.prepare(
      `UPDATE token_progress SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE token_id = ? AND version = ? AND counter <= ?`,
    )
  return {
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
    ofUser: database.prepare(`${token} WHERE user_key = ? ORDER BY id`).raw(),
    unassigned: database.prepare(`${token} WHERE serial = ? AND user_key IS NULL`).raw(),
    progress: database
      .prepare(`SELECT ${PROGRESS_COLUMNS.join(', ')} FROM token_progress WHERE token_id = ?`)
      .raw(),
    // SQLite rewrites an index whose column is set, changed or not: a login without failures sets none that has one.
    updateUse: updateProgress(USE_COLUMNS),
    updateFailures: updateProgress([...USE_COLUMNS, ...FAILURE_COLUMNS]),
    updateDetail: database.prepare(`UPDATE tokens SET ${set(DETAIL_COLUMNS)} WHERE id = @id`),
    insertDetail: database.prepare(
      `INSERT INTO tokens (${DETAIL_COLUMNS.join(', ')}) VALUES (${named(DETAIL_COLUMNS)}) ON CONFLICT DO NOTHING`,
    ),
    insertProgress: database.prepare(
      `INSERT INTO token_progress (token_id, ${WRITTEN_PROGRESS_COLUMNS.join(', ')}) VALUES (@token_id, ${named(WRITTEN_PROGRESS_COLUMNS)})`,
    ),
    deleteProgress: database.prepare('DELETE FROM token_progress WHERE token_id = ? AND version = ?'),
    deleteDetail: database.prepare('DELETE FROM tokens WHERE id = ?'),
    insertAudit: database.prepare(
      `INSERT INTO audit (${AUDIT_COLUMNS.join(', ')}) VALUES (${AUDIT_COLUMNS.map(() => '?').join(', ')})`,
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
