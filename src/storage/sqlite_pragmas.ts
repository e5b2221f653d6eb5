/** How every connection to the SQLite database is set: durable before all. */
import type Sqlite from 'better-sqlite3'

/** Each reads most pages once: accounts are remembered, and sweeps go through a table in its order. */
const PAGES_KEPT_KIB = 4096

export function pragmas(database: Sqlite.Database): void {
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('busy_timeout = 5000')
  database.pragma('temp_store = MEMORY')
  database.pragma(`cache_size = -${PAGES_KEPT_KIB}`)
}
