/** The column of expiry: filled in for rows of a version before it, and never what decides. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { openDatabase } from '../../src/storage/open_store.ts'
import { makeToken, NOW } from '../auth/make_token.ts'
import { DATABASES, KEYS, type TestDatabase } from '../support/databases.ts'
import { populate } from '../support/population.ts'
import { inserts, put } from './stored.ts'

const TOKENS = [null, NOW + 1, NOW + 2, null].map((validUntil, i) =>
  makeToken({ serial: `S${i}`, validUntil }),
)
const LIST = { order: 'serial', descending: false, limit: 100, cursor: null } as const

describe.each(DATABASES)('$name', ({ create }) => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await create()
  })
  afterEach(() => database.drop())

  const expiring = async (expiresBefore: number) => {
    const store = await database.open()
    const { rows } = await store.listTokens({ ...LIST, expiresBefore })
    const { total } = await store.countTokens({ expiresBefore })
    await database.close(store)
    return [rows.map(({ serial }) => serial), total]
  }
  const columns = () => database.query('SELECT serial, valid_until FROM tokens ORDER BY serial')

  test('rows from before the column are filled in when the database is opened', async () => {
    const store = await database.open()
    await populate(store, 0, 1200)
    await put(store, inserts(...TOKENS))
    await database.close(store)
    const filled = await columns()
    await database.query('UPDATE tokens SET valid_until = -1')
    expect(await expiring(NOW + 3)).toEqual([['S1', 'S2'], 2])
    expect(await expiring(NOW + 2)).toEqual([['S1'], 1])
    expect(await columns()).toEqual(filled)
  })

  test('it says that it does so, and nothing when there is nothing to do', async () => {
    const store = await database.open()
    await put(store, inserts(...TOKENS))
    await database.close(store)
    await database.query('UPDATE tokens SET valid_until = -1')
    const told: string[] = []
    for (let start = 0; start < 2; start++) {
      const opened = await openDatabase(database.url)
      const again = await opened.store(KEYS, 'node', () => {}, { progress: (message) => told.push(message) })
      await again.close()
    }
    expect(told).toEqual([
      'new in this version: when tokens expire is filled in once, of 4 tokens; then the start goes on',
      'when tokens expire: filled in of all 4',
    ])
  })

  test('what it says is not believed', async () => {
    const store = await database.open()
    await put(store, inserts(...TOKENS))
    await database.close(store)
    await database.query(`UPDATE tokens SET valid_until = 1`)
    expect((await expiring(NOW + 3))[0]).toEqual(['S1', 'S2'])
  })
})
