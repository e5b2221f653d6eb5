/** Commits logins to the SQLite file that it is given until it is killed, and tells of each when it is durable. */
import { writeSync } from 'node:fs'
import { deriveKeys } from '../../src/seal.ts'
import { openDatabase } from '../../src/storage/open_store.ts'
import { changed, entry, loadOne } from './stored.ts'

const database = await openDatabase(process.argv[2] as string)
const store = await database.store(deriveKeys(new Uint8Array(32).fill(1)), 'child')
for (let counter = 1; ; counter++) {
  const token = await loadOne(store, 'user:alice')
  const losers = await store.commit([changed(token, { counter })], [entry({ detail: String(counter) })])
  if (losers.size > 0) throw new Error('lost')
  writeSync(1, `${counter}\n`)
}
