/**
 * Fresh databases for tests: a SQLite file in a directory of its own, or a database on the test run's PostgreSQL. Both
 * can also be looked at and tampered with past our code, as somebody with a database prompt would.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import pg from 'pg'
import { deriveKeys, type Keys } from '../../src/seal.ts'
import { openDatabase } from '../../src/storage/open_store.ts'
import type { Store } from '../../src/storage/store.ts'

export const KEYS = deriveKeys(new Uint8Array(32).fill(1))

export type Row = Record<string, unknown>

export interface TestDatabase {
  readonly url: string
  /** Of SQLite: where its files are. */
  readonly directory: string | null
  /** A store as the server opens it; `drop` closes it unless `close` has. */
  open(node?: string, keys?: Keys): Promise<Store>
  close(store: Store): Promise<void>
  /** One statement past our code, with `?` for each value. */
  query(sql: string, ...values: unknown[]): Promise<Row[]>
  /** Closes what is open and removes the database. */
  drop(): Promise<void>
}

export interface DatabaseKind {
  readonly name: 'SQLite' | 'PostgreSQL'
  create(): Promise<TestDatabase>
}

export const SQLITE: DatabaseKind = {
  name: 'SQLite',
  create: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sallyport-test-'))
    const path = join(directory, 'sallyport.db')
    return {
      url: `sqlite:${path}`,
      directory,
      ...stores(`sqlite:${path}`, async () => rmSync(directory, { recursive: true, force: true })),
      query: async (sql, ...values) => {
        const database = new Sqlite(path)
        try {
          const statement = database.prepare(sql)
          if (statement.reader) return statement.all(...values) as Row[]
          statement.run(...values)
          return []
        } finally {
          database.close()
        }
      },
    }
  },
}

export const POSTGRES: DatabaseKind = {
  name: 'PostgreSQL',
  create: async () => {
    const name = `test_${randomBytes(8).toString('hex')}`
    const url = `${postgresServer()}/${name}`
    await askPostgres(`${postgresServer()}/postgres`, `CREATE DATABASE ${name} STRATEGY file_copy`)
    const remove = async () => {
      await askPostgres(`${postgresServer()}/postgres`, `DROP DATABASE ${name} WITH (FORCE)`)
    }
    return {
      url,
      directory: null,
      ...stores(url, remove),
      query: async (sql, ...values) => {
        let index = 0
        return await askPostgres(
          url,
          sql.replace(/\?/g, () => `$${++index}`),
          values,
        )
      },
    }
  },
}

/** For `describe.each`: the contract holds on every one of them. */
export const DATABASES: readonly DatabaseKind[] = [SQLITE, POSTGRES]

/** The URL of the test run's PostgreSQL, without a database. */
export function postgresServer(): string {
  const { SALLYPORT_TEST_POSTGRES: url, SALLYPORT_TEST_POSTGRES_PROBLEM: problem } = process.env
  if (url === undefined) throw new Error(`no PostgreSQL to test with: ${problem}`)
  return url
}

/** A connection of its own to PostgreSQL, for tests that hold a lock; the caller ends it. */
export async function connectPostgres(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, types })
  client.on('error', () => {})
  await client.connect()
  return client
}

const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === 20 ? Number : pg.types.getTypeParser(oid, format),
} as typeof pg.types

export async function askPostgres(url: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = await connectPostgres(url)
  try {
    return (await client.query(sql, values)).rows
  } finally {
    await client.end()
  }
}

function stores(url: string, remove: () => Promise<void>) {
  const opened = new Set<Store>()
  const close = async (store: Store) => {
    opened.delete(store)
    await store.close()
  }
  return {
    open: async (node = 'a', keys = KEYS) => {
      const database = await openDatabase(url)
      try {
        const store = await database.store(keys, node)
        opened.add(store)
        return store
      } catch (error) {
        await database.close()
        throw error
      }
    },
    close,
    drop: async () => {
      await Promise.all([...opened].map(close))
      await remove()
    },
  }
}
