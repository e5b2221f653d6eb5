/** From a URL to a database that is ready: connected, migrated, and known to belong to a master key. */
import type { Keys } from '../seal.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'
import { type Store, StoreRefused } from './store.ts'

/** A migrated database of which we do not know yet whether the master key fits. */
export interface Database {
  /** `fingerprint` of the keys that it was begun with; null while it is new. */
  keyFingerprint(): Promise<string | null>
  /** Throws StoreRefused if the database was begun with another master key. `node` names us in the audit trail. */
  store(keys: Keys, node: string): Promise<Store>
  close(): Promise<void>
}

/** `sqlite:PATH` or `postgres://…`. Throws StoreRefused (cannot be used) or StoreUnavailable (does not answer). */
export async function openDatabase(url: string): Promise<Database> {
  if (url.startsWith('sqlite:')) return await openSqlite(url.slice('sqlite:'.length))
  if (/^postgres(ql)?:/.test(url)) return await openPostgres(url)
  throw new StoreRefused('the database URL begins with neither sqlite: nor postgres://', 'set database.url')
}
