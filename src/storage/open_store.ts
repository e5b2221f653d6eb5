/** From a URL to a database that is ready: connected, migrated, and known to belong to a master key. */
import { type Database, StoreRefused } from './store.ts'

/** `sqlite:PATH` or `postgres://…`. Throws StoreRefused (cannot be used) or StoreUnavailable (does not answer). */
export async function openDatabase(url: string): Promise<Database> {
  if (url.startsWith('sqlite:'))
    return await (await import('./sqlite.ts')).openSqlite(url.slice('sqlite:'.length))
  if (/^postgres(ql)?:/.test(url)) return await (await import('./postgres.ts')).openPostgres(url)
  throw new StoreRefused('the database URL begins with neither sqlite: nor postgres://', 'set database.url')
}
