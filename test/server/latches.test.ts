import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Latches } from '../../src/server/latches.ts'
import type { Store } from '../../src/storage/store.ts'
import { NOW } from '../auth/make_token.ts'
import { DATABASES, type TestDatabase } from '../support/databases.ts'

describe.each(DATABASES)('$name', ({ create }) => {
  let database: TestDatabase
  let store: Store
  beforeEach(async () => {
    database = await create()
    store = await database.open()
  })
  afterEach(() => database.drop())

  test('a latch is in force at once, and after a restart', async () => {
    const latches = new Latches(store)
    await latches.refresh()
    expect(latches.has('192.0.2.1')).toBe(false)
    const stored = latches.add('192.0.2.1', NOW)
    expect(latches.has('192.0.2.1')).toBe(true)
    await stored

    const restarted = new Latches(store)
    await restarted.refresh()
    expect(['192.0.2.1', '192.0.2.2'].map((address) => restarted.has(address))).toEqual([true, false])
  })

  test('what another node has latched comes with the next refresh', async () => {
    const [here, there] = [new Latches(store), new Latches(store)]
    await there.add('2001:db8::1', NOW)
    expect(here.has('2001:db8::1')).toBe(false)
    await here.refresh()
    expect(here.has('2001:db8::1')).toBe(true)
  })

  test('one that could not be stored is not in force: the next packet tries again', async () => {
    const latches = new Latches(store)
    await latches.add('192.0.2.1', NOW)
    await database.close(store)
    await expect(latches.add('192.0.2.9', NOW)).rejects.toMatchObject({ name: 'StoreUnavailable' })
    await expect(latches.refresh()).rejects.toMatchObject({ name: 'StoreUnavailable' })
    expect(['192.0.2.1', '192.0.2.9'].map((address) => latches.has(address))).toEqual([true, false])
  })
})
