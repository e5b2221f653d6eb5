/** How every connection to the SQLite database is set: durable before all. */
import type Sqlite from 'better-sqlite3'

export function pragmas(database: Sqlite.Database): void {
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('busy_timeout = 5000')
  database.pragma('temp_store = MEMORY')
}
