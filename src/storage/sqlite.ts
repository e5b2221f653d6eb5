/**
 * The embedded database: better-sqlite3, WAL, synchronous=FULL. One process owns the file, by a lock that its death
 * releases. Opens and refuses; what is done with it stands in sqlite_store.ts.
 */
import { closeSync, existsSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import Sqlite from 'better-sqlite3'
import createKnex, { type Knex } from 'knex'
import { CACHED_TOKENS } from './account_cache.ts'
import { fillExpiries } from './expiry.ts'
import { claim, readFingerprint } from './key_check.ts'
import { migrate } from './migrate.ts'
import { SILENT } from './reads.ts'
import { pragmas } from './sqlite_pragmas.ts'
import { SqliteStore } from './sqlite_store.ts'
import { type Database, StoreRefused } from './store.ts'
import { TokenRows } from './token_rows.ts'
import { UserRows } from './user_rows.ts'

/** Of the connection for lists. */
const LISTS_PAGES_KIB = 16_384

export async function openSqlite(path: string): Promise<Database> {
  const lock = own(path)
  let knex: Knex | undefined
  try {
    createPrivate(path)
    knex = createKnex({
      client: 'better-sqlite3',
      connection: { filename: path },
      useNullAsDefault: true,
      log: SILENT,
      pool: { min: 1, max: 1, afterCreate: configure },
    })
    await migrate(knex)
  } catch (error) {
    await knex?.destroy()
    lock.close()
    throw refusal(path, error)
  }
  const opened = knex
  const close = async () => {
    await opened.destroy()
    lock.close()
  }
  return {
    keyFingerprint: () => readFingerprint(opened),
    store: async (keys, node, report = () => {}, { cachedTokens = CACHED_TOKENS, progress } = {}) => {
      await claim(opened, keys)
      const rows = new TokenRows(keys, report)
      const records = new UserRows(keys, report)
      await fillExpiries(opened, rows, progress)
      return await SqliteStore.open({ path, knex: opened, rows, records, keys, node, cachedTokens, close })
    },
    close,
  }
}

/** A lock that the system releases when we die: an exclusive transaction on an empty database beside ours. */
function own(path: string): Sqlite.Database {
  if (!existsSync(dirname(path))) {
    throw new StoreRefused(`${dirname(path)} does not exist`, 'create it, or set database.url')
  }
  let lock: Sqlite.Database | undefined
  try {
    createPrivate(`${path}.lock`)
    lock = new Sqlite(`${path}.lock`, { timeout: 0 })
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock?.close()
    if (!isSqliteError(error, 'SQLITE_BUSY')) throw refusal(path, error)
    throw new StoreRefused(
      `another server has ${path} open`,
      'stop it first; several servers share one PostgreSQL, never one SQLite file',
    )
  }
}

function createPrivate(path: string): void {
  closeSync(openSync(path, 'a', 0o600))
}

function configure(connection: Sqlite.Database, done: (error: unknown, connection: unknown) => void): void {
  pragmas(connection)
  connection.pragma(`cache_size = -${LISTS_PAGES_KIB}`)
  done(null, connection)
}

function isSqliteError(error: unknown, code: string): boolean {
  return String((error as NodeJS.ErrnoException).code).startsWith(code)
}

function refusal(path: string, error: unknown): Error {
  if (error instanceof StoreRefused) return error
  const { message } = error as Error
  if (isSqliteError(error, 'SQLITE_NOTADB')) {
    return new StoreRefused(
      `${path} is not a SQLite database`,
      'name another file in database.url, or restore a backup',
    )
  }
  if (
    isSqliteError(error, 'EACCES') ||
    isSqliteError(error, 'SQLITE_CANTOPEN') ||
    isSqliteError(error, 'SQLITE_READONLY')
  ) {
    return new StoreRefused(
      `${path} cannot be written: ${message}`,
      'let the server own its data directory: chown -R USER DIRECTORY',
      { cause: error },
    )
  }
  return new StoreRefused(`${path} cannot be opened: ${message}`, 'see database.url', { cause: error })
}
