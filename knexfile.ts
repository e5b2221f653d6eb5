/** For the knex command line, in development: `npx knex migrate:status`. The server migrates by itself when it starts. */
import type { Knex } from 'knex'
import { MIGRATIONS_TABLE, migrationSource } from './src/storage/migrate.ts'

const url = process.env.SALLYPORT_DATABASE__URL ?? 'sqlite:./data/sallyport.db'

const config: Knex.Config = {
  ...(url.startsWith('sqlite:')
    ? {
        client: 'better-sqlite3',
        connection: { filename: url.slice('sqlite:'.length) },
        useNullAsDefault: true,
      }
    : { client: 'pg', connection: url }),
  migrations: { migrationSource, tableName: MIGRATIONS_TABLE },
}

export default config
