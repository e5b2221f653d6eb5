/** What a crash would leave: a copy of the files of a SQLite database that is open, as kill -9 leaves them to the next start. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { openDatabase } from '../../src/storage/open_store.ts'
import type { Store } from '../../src/storage/store.ts'
import { KEYS, type Row, type TestDatabase } from '../support/databases.ts'

export interface Crashed {
  /** Before the next start: how many rows the journal has kept. */
  readonly journaled: number
  /** After it. */
  readonly store: Store
  query(sql: string): Row[]
}

/** While nothing is being written. */
export async function afterCrash<T>(
  { directory }: TestDatabase,
  look: (crashed: Crashed) => Promise<T>,
): Promise<T> {
  const copy = mkdtempSync(join(tmpdir(), 'sallyport-crashed-'))
  try {
    for (const name of ['sallyport.db', 'sallyport.db-wal']) {
      const from = join(directory as string, name)
      if (existsSync(from)) copyFileSync(from, join(copy, name))
    }
    const path = join(copy, 'sallyport.db')
    const query = (sql: string) => {
      const database = new Sqlite(path)
      try {
        return database.prepare(sql).all() as Row[]
      } finally {
        database.close()
      }
    }
    const journaled = query('SELECT id FROM progress_journal').length
    const store = await (await openDatabase(`sqlite:${path}`)).store(KEYS, 'after')
    try {
      return await look({ journaled, store, query })
    } finally {
      await store.close()
    }
  } finally {
    rmSync(copy, { recursive: true })
  }
}
