/** PostgreSQL, shared by any number of nodes: connection settings, migration under a lock, and what refuses the start. */
import { Socket } from 'node:net'
import createKnex, { type Knex } from 'knex'
import pg from 'pg'
import { CACHED_TOKENS } from './account_cache.ts'
import { fillExpiries } from './expiry.ts'
import { claim, readFingerprint } from './key_check.ts'
import { migrate } from './migrate.ts'
import { PostgresStore } from './postgres_store.ts'
import { SILENT } from './reads.ts'
import { type Database, StoreRefused, StoreUnavailable } from './store.ts'
import { TokenRows } from './token_rows.ts'
import { UserRows } from './user_rows.ts'

const CONNECT_TIMEOUT_MS = 3000
/** For lists and other reads: a connection on which nothing has been said for so long is given up. */
const SILENCE_MS = 5000

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
  try {
    await migrateLocked(settings)
  } catch (error) {
    throw refusal(url, error)
  }
  const sockets = new Set<Socket>()
  const knex = open({ ...settings, stream: () => guarded(sockets) })
  const giveUp = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    keyFingerprint: () => readFingerprint(knex),
    store: async (keys, node, report = () => {}, { cachedTokens = CACHED_TOKENS, progress } = {}) => {
      await claim(knex, keys)
      // Who remembers accounts reads a row again only after a while or a change.
      const rows = new TokenRows(keys, report, cachedTokens > 0 ? 0 : OPENED_KEPT)
      const records = new UserRows(keys, report, cachedTokens > 0 ? 0 : RECORDS_KEPT)
      await fillExpiries(knex, rows, progress)
      return new PostgresStore(describe(url), settings, giveUp, knex, rows, records, keys, node, cachedTokens)
    },
    close: () => knex.destroy(),
  }
}

function open(connection: pg.ClientConfig): Knex {
  return createKnex({
    client: 'pg',
    connection: connection as Knex.PgConnectionConfig,
    pool: { min: 0, max: 4 },
    acquireConnectionTimeout: SILENCE_MS,
    log: SILENT,
  })
}

// Not by query_timeout, after which knex would hand the connection, silent as it is, to the next query.
function guarded(sockets: Set<Socket>): Socket {
  const socket = new Socket()
  socket.setTimeout(SILENCE_MS, () => socket.destroy())
  sockets.add(socket)
  return socket.on('close', () => sockets.delete(socket))
}

/** About 1 kB each. */
const OPENED_KEPT = 50_000
/** Up to 10 kB each, and mostly a hundredth of that. */
const RECORDS_KEPT = 10_000

// Any number will do that no other program on this database uses (another: postgres_statements.ts).
const MIGRATION_LOCK = 0x5a11_f047

/** Of several nodes that start together one migrates and the others wait; the lock goes with its connection. */
async function migrateLocked(settings: pg.ClientConfig): Promise<void> {
  const client = new pg.Client(settings)
  client.on('error', () => {})
  await client.connect()
  const knex = open(settings)
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
    await migrate(knex)
  } finally {
    await knex.destroy()
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
