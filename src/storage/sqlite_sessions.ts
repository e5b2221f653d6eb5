/** Sessions on SQLite, of accounting and of EAP: prepared here, written by the thread that writes. Holds nothing. */
import type Sqlite from 'better-sqlite3'
import { NAS_REBOOT, type SessionWrite } from './session.ts'
import { endSql, isRested, mergeSql, nasKey, rowOfUpdate, SESSION_COLUMNS } from './session_rows.ts'

/** A statement's name and its values. */
export type SessionStatement = readonly [name: keyof SessionStatements, values: readonly unknown[]]

export type SessionStatements = ReturnType<typeof prepareSessionWrites>

export function prepareSessionWrites(database: Sqlite.Database) {
  const places = SESSION_COLUMNS.map(() => '?').join(', ')
  return {
    retire: database.prepare(
      `UPDATE sessions SET session_key = NULL WHERE session_key = ? AND ${isRested('?', `'${NAS_REBOOT}'`)}`,
    ),
    put: database.prepare(
      `INSERT INTO sessions AS s (${SESSION_COLUMNS.join(', ')}) VALUES (${places}) ${mergeSql('max', 'min')}`,
    ),
    end: database.prepare(endSql({ client: '?', nas: '?', at: '?', cause: `'${NAS_REBOOT}'` })),
    remove: database.prepare('DELETE FROM sessions WHERE id = ? AND coalesce(stopped_at, updated_at) < ?'),
    keepEap: database.prepare(
      'INSERT OR REPLACE INTO eap_sessions (name, sealed, expires_at) VALUES (?, ?, ?)',
    ),
  }
}

export function sessionStatements(writes: readonly SessionWrite[]): SessionStatement[] {
  return writes.flatMap((write): SessionStatement[] => {
    switch (write.kind) {
      case 'end':
        return [['end', [write.at, write.client, nasKey(write), write.at]]]
      case 'remove':
        return write.ids.map((id) => ['remove', [id, write.before]])
      default: {
        const row = rowOfUpdate(write)
        const put: SessionStatement = ['put', SESSION_COLUMNS.map((column) => row[column])]
        return write.kind === 'start' ? [['retire', [row.session_key, row.started_at]], put] : [put]
      }
    }
  })
}
