/** The SQL of the SQLite store, prepared once: what the store reads, and what its writer writes. */
import type Sqlite from 'better-sqlite3'
import {
  BLOCK_COLUMNS,
  DETAIL_COLUMNS,
  PROGRESS_COLUMNS,
  type ProgressRow,
  TOKEN_COLUMNS,
  type TokenRow,
  USE_COLUMNS,
  WRITTEN_PROGRESS_COLUMNS,
} from './columns.ts'

/** Rows as arrays, in the order of the columns: the driver takes its time to make objects. */
export type StoredToken = readonly [id: number, serial: string, userKey: string | null, sealed: Uint8Array]
export type StoredProgress = readonly [
  version: number,
  counter: number,
  drift: number,
  attemptCount: number,
  successCount: number,
  lastUsedAt: number | null,
  lockedAt: number | null,
  pending: string | null,
  auditHead: number,
  failCount: number,
]

export function rowOf([id, serial, user_key, sealed]: StoredToken, progress: ProgressRow): TokenRow {
  return { id, serial, user_key, sealed, ...progress }
}

export function progressOf(stored: StoredProgress): ProgressRow {
  const [
    version,
    counter,
    drift,
    attemptCount,
    successCount,
    lastUsedAt,
    lockedAt,
    pending,
    head,
    failCount,
  ] = stored
  return {
    version,
    counter,
    drift,
    fail_count: failCount,
    attempt_count: attemptCount,
    success_count: successCount,
    last_used_at: lastUsedAt,
    locked_at: lockedAt,
    pending,
    audit_head: head,
  }
}

export type ReadStatements = ReturnType<typeof prepareReads>

export function prepareReads(database: Sqlite.Database) {
  const token = `SELECT ${TOKEN_COLUMNS.join(', ')} FROM tokens`
  return {
    begin: database.prepare('BEGIN'),
    end: database.prepare('COMMIT'),
    // `+?`: because of the order SQLite would look at the value to choose an index, and so prepare anew each time: 48 µs of 61.
    ofUser: database.prepare(`${token} WHERE user_key = +? ORDER BY id`).raw(),
    unassigned: database.prepare(`${token} WHERE serial = ? AND user_key IS NULL`).raw(),
    // Apart from the token: the driver takes longer over a join of both than over each alone.
    progress: database
      .prepare(`SELECT ${PROGRESS_COLUMNS.join(', ')} FROM token_progress WHERE token_id = ?`)
      .raw(),
    record: database.prepare('SELECT user_key, version, sealed FROM users WHERE user_key = ?'),
    taken: database.prepare('SELECT 1 FROM tokens WHERE serial = ?'),
    eapSession: database.prepare('SELECT sealed FROM eap_sessions WHERE name = ? AND expires_at > ?').pluck(),
    ping: database.prepare('SELECT 1 FROM settings'),
  }
}

export type WriteStatements = ReturnType<typeof prepareWrites>

export function prepareWrites(database: Sqlite.Database) {
  const named = (columns: readonly string[]) => columns.map((column) => `@${column}`).join(', ')
  const set = (columns: readonly string[]) => columns.map((column) => `${column} = @${column}`).join(', ')
  // Whatever is written late, or twice after a crash: a row only goes on, and its counter never falls.
  const updateProgress = (columns: readonly string[]) =>
    database.prepare(
      `UPDATE token_progress SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE token_id = ? AND version < ? AND counter <= ?`,
    )
  const places = (count: number) => Array(count).fill('?').join(', ')
  return {
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
    // SQLite rewrites an index whose column is set, changed or not: a login without failures sets none that has one.
    updateUse: updateProgress(USE_COLUMNS),
    updateFailures: updateProgress(PROGRESS_COLUMNS),
    updateFacet: database.prepare(
      'UPDATE token_progress SET facet = @facet WHERE token_id = @id AND facet <> @facet',
    ),
    insertProgress: database.prepare(
      `INSERT INTO token_progress (${WRITTEN_PROGRESS_COLUMNS.join(', ')}, token_id) VALUES (${places(WRITTEN_PROGRESS_COLUMNS.length + 1)})`,
    ),
    deleteProgress: database.prepare('DELETE FROM token_progress WHERE token_id = ?'),
    insertDetail: database.prepare(
      `INSERT INTO tokens (${DETAIL_COLUMNS.join(', ')}) VALUES (${named(DETAIL_COLUMNS)}) ON CONFLICT DO NOTHING`,
    ),
    updateDetail: database.prepare(`UPDATE tokens SET ${set(DETAIL_COLUMNS)} WHERE id = @id`),
    deleteDetail: database.prepare('DELETE FROM tokens WHERE id = ?'),
    insertRecord: database.prepare(
      'INSERT INTO users (user_key, version, sealed, administrator) VALUES (@user_key, @version, @sealed, @administrator) ON CONFLICT DO NOTHING',
    ),
    updateRecord: database.prepare(
      'UPDATE users SET version = @version, sealed = @sealed, administrator = @administrator WHERE user_key = @user_key AND version = @version - 1',
    ),
    insertBlock: database.prepare(
      `INSERT INTO audit (${BLOCK_COLUMNS.join(', ')}) VALUES (${places(BLOCK_COLUMNS.length)})`,
    ),
    index: database.prepare('INSERT INTO audit_index (subject, block) VALUES (?, ?) ON CONFLICT DO NOTHING'),
    insertChain: database.prepare(
      'INSERT INTO audit_chains (id, node, seq, hash, mac) VALUES (?, ?, ?, ?, ?)',
    ),
    moveRoll: database.prepare(
      'UPDATE audit_chains SET seq = ?, mac = ? WHERE id = 0 AND seq = ? AND mac = ?',
    ),
    moveHead: database.prepare('UPDATE audit_chains SET seq = ?, hash = ?, mac = ? WHERE id = ?'),
    insertJournal: database.prepare('INSERT INTO progress_journal (id, progress) VALUES (?, ?)'),
    // Some 256 tokens a row at most, so 27 MB in all.
    readJournal: database.prepare('SELECT id, progress FROM progress_journal ORDER BY id LIMIT 1024'),
    trimJournal: database.prepare(
      'DELETE FROM progress_journal WHERE id IN (SELECT id FROM progress_journal WHERE id <= ? ORDER BY id LIMIT ?)',
    ),
  }
}
