/** PostgreSQL, shared by any number of nodes: connection settings, migration under a lock, and what refuses the start. */
import createKnex, { type Knex } from 'knex'
import pg from 'pg'
import { claim, readFingerprint } from './key_check.ts'
import { migrate } from './migrate.ts'
import { PostgresStore } from './postgres_store.ts'
import { SILENT } from './reads.ts'
import { type Database, StoreRefused, StoreUnavailable } from './store.ts'
import { TokenRows } from './token_rows.ts'

const CONNECT_TIMEOUT_MS = 3000
/** A database that is paused or cut off must not hold us longer than a RADIUS client waits. */
const QUERY_TIMEOUT_MS = 4000

// int8 as a number: ids, counters and times in ms stay far below 2^53.
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === 20 ? Number : pg.types.getTypeParser(oid, format),
} as typeof pg.types

export async function openPostgres(url: string): Promise<Database> {
  const settings: pg.ClientConfig = {
    connectionString: url,
    application_name: 'sallyport',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    types,
  }
  const knex = createKnex({
    client: 'pg',
    connection: settings as Knex.PgConnectionConfig,
    pool: { min: 0, max: 4 },
    log: SILENT,
  })
  try {
    await migrateLocked(settings, knex)
  } catch (error) {
    await knex.destroy()
    throw refusal(url, error)
  }
  return {
    keyFingerprint: () => readFingerprint(knex),
    store: async (keys, node, report = () => {}, { remembers = true } = {}) => {
      await claim(knex, keys)
      return new PostgresStore(
        describe(url),
        { ...settings, query_timeout: QUERY_TIMEOUT_MS },
        knex,
        new TokenRows(keys, report),
        keys,
        node,
        remembers,
      )
    },
    close: () => knex.destroy(),
  }
}

// Any number will do that no other program on this database uses.
const MIGRATION_LOCK = 0x5a11_f047

/** Of several nodes that start together one migrates and the others wait; the lock goes with its connection. */
async function migrateLocked(settings: pg.ClientConfig, knex: Knex): Promise<void> {
  const client = new pg.Client(settings)
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
    await migrate(knex)
  } finally {
    await client.end()
  }
}

function describe(url: string): string {
  const { protocol, hostname, port, pathname } = new URL(url)
  return `${protocol}//${hostname}${port === '' ? '' : `:${port}`}${pathname}`
}

const REFUSALS: Record<string, string> = {
  '28P01': 'the password is wrong: see database.url',
  '28000': 'the server does not admit this user: see pg_hba.conf and database.url',
  '3D000': 'create it first: createdb --owner=USER NAME',
  '42501': 'the user needs to own the database, or CREATE on its schema, to set up the tables',
}

function refusal(url: string, error: unknown): Error {
  if (error instanceof StoreRefused) return error
  const { code = '', message } = error as NodeJS.ErrnoException
  const hint = REFUSALS[code]
  if (hint !== undefined) return new StoreRefused(`${describe(url)}: ${message}`, hint, { cause: error })
  return new StoreUnavailable(`${describe(url)} does not answer: ${message || code}`, { cause: error })
}
