/** Brings the schema up to what this version knows, and refuses a newer one. The caller holds the lock. */
import type { Knex } from 'knex'
import * as core from './migrations/0001_core.ts'
import * as users from './migrations/0002_users.ts'
import * as sessions from './migrations/0003_sessions.ts'
import * as eapSessions from './migrations/0004_eap_sessions.ts'
import * as consoleTables from './migrations/0005_console.ts'
import * as validUntil from './migrations/0006_valid_until.ts'
import { StoreRefused } from './store.ts'

interface Migration {
  readonly name: string
  up(knex: Knex): Promise<void>
  down(knex: Knex): Promise<void>
}

/** In order; a new one is added at the end. */
const MIGRATIONS: readonly Migration[] = [core, users, sessions, eapSessions, consoleTables, validUntil]

export const migrationSource: Knex.MigrationSource<Migration> = {
  getMigrations: async () => [...MIGRATIONS],
  getMigrationName: ({ name }) => name,
  getMigration: async (migration) => migration,
}

export const MIGRATIONS_TABLE = 'sallyport_migrations'

export async function migrate(knex: Knex): Promise<void> {
  await refuseNewerSchema(knex)
  const config = { migrationSource, tableName: MIGRATIONS_TABLE }
  // knex keeps a lock of its own in a table; after a crash in the middle it stays behind. We hold a lock that a crash
  // releases, so that whatever stands in the table is stale.
  if (await knex.schema.hasTable(`${MIGRATIONS_TABLE}_lock`))
    await knex.migrate.forceFreeMigrationsLock(config)
  await knex.migrate.latest(config)
}

async function refuseNewerSchema(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable(MIGRATIONS_TABLE))) return
  const known = new Set(MIGRATIONS.map(({ name }) => name))
  const done: string[] = await knex(MIGRATIONS_TABLE).orderBy('id').pluck('name')
  const unknown = done.filter((name) => !known.has(name))
  if (unknown.length === 0) return
  throw new StoreRefused(
    `the database was written by a newer Sallyport: it has the schema ${unknown.at(-1)}, this version knows up to ${MIGRATIONS.at(-1)?.name}`,
    'start the newer version, or restore the backup that was made before it',
  )
}
