/** knex on a test's database, for tests of what the lists ask it. */
import createKnex, { type Knex } from 'knex'
import pg from 'pg'
import { SILENT } from '../../src/storage/reads.ts'
import type { TestDatabase } from './databases.ts'

export function openKnex({ url }: TestDatabase): Knex {
  if (url.startsWith('sqlite:')) {
    const connection = { filename: url.slice('sqlite:'.length) }
    return createKnex({ client: 'better-sqlite3', connection, useNullAsDefault: true, log: SILENT })
  }
  const types = {
    getTypeParser: (oid: number, format?: 'text' | 'binary') =>
      oid === 20 ? Number : pg.types.getTypeParser(oid, format),
  }
  return createKnex({
    client: 'pg',
    connection: { connectionString: url, types } as Knex.PgConnectionConfig,
    log: SILENT,
  })
}
