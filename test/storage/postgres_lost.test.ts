/** Connections that die without a word: logins, lists and pings notice it in time, and nothing is decided twice. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { verifyAudit } from '../../src/storage/audit_chain.ts'
import { openDatabase } from '../../src/storage/open_store.ts'
import { type Store, StoreUnavailable } from '../../src/storage/store.ts'
import { makeToken } from '../auth/make_token.ts'
import { connectPostgres, KEYS, POSTGRES, type TestDatabase } from '../support/databases.ts'
import { Wire } from '../support/wire.ts'
import { changed, entry, inserts, loadOne, put } from './stored.ts'

describe('a network that loses what is said, and tells nobody', () => {
  let database: TestDatabase
  let wire: Wire
  let store: Store
  beforeEach(async () => {
    database = await POSTGRES.create()
    wire = await Wire.open(new URL(database.url))
    store = await (await openDatabase(wire.url)).store(KEYS, 'a')
    await put(store, inserts(makeToken({ serial: 'A' }), makeToken({ serial: 'B', user: 'bob' })), [entry()])
    await store.listTokens(FIRST)
  })
  afterEach(async () => {
    await Promise.all([store.close(), wire.close()])
    await database.drop()
  })

  const FIRST = { order: 'serial', descending: false, limit: 9, cursor: null } as const

  // The old connections stay silent for ever: each of them would have to time out by itself.
  test.each([
    { name: 'for a moment', lastsMs: 300 },
    { name: 'for longer than a commit may take', lastsMs: 5000 },
  ])('$name: within two seconds of its return logins and lists go on', async ({ lastsMs }) => {
    const tokens = await Promise.all([loadOne(store, 'user:alice'), loadOne(store, 'user:bob')])
    wire.mute()
    const lost = tokens.map((token) => put(store, [changed(token, { counter: 1 })], [entry()]))
    const failed = Promise.all(lost.map((commit) => expect(commit).rejects.toThrow(StoreUnavailable)))
    await sleep(lastsMs)
    wire.mendSilently()
    const mendedAt = performance.now()
    await failed
    for (const user of ['alice', 'bob'] as const) {
      await until(async () => {
        const token = await loadOne(store, `user:${user}`)
        expect(token).toMatchObject({ counter: 0 })
        await put(store, [changed(token, { counter: 1 })], [entry()])
      })
    }
    expect((await store.listTokens(FIRST)).rows).toHaveLength(2)
    expect(performance.now() - mendedAt).toBeLessThan(2000)
    expect(await verifyAudit(store, KEYS.audit)).toEqual({ entries: 3, firstBad: null })
  })

  test('meanwhile a ping fails within 1.5 s, also when many ask', async () => {
    wire.mute()
    for (let round = 0; round < 3; round++) {
      const startedAt = performance.now()
      const pings = Array.from({ length: 50 }, () => store.ping())
      await Promise.all(pings.map((ping) => expect(ping).rejects.toThrow(StoreUnavailable)))
      expect(performance.now() - startedAt).toBeLessThan(1500)
    }
    wire.mendSilently()
    await until(() => store.ping())
  })

  test('a list is given up, though no login has found out, and the next one goes over another connection', async () => {
    wire.mute()
    const startedAt = performance.now()
    await expect(store.listTokens(FIRST)).rejects.toThrow(StoreUnavailable)
    expect(performance.now() - startedAt).toBeLessThan(8000)
    wire.mendSilently()
    expect((await store.listTokens(FIRST)).rows).toHaveLength(2)
  })

  test('a commit that is only slow is left its time', async () => {
    const token = await loadOne(store, 'user:alice')
    const prompt = await connectPostgres(database.url)
    try {
      await prompt.query('BEGIN')
      await prompt.query('SELECT 1 FROM token_progress FOR UPDATE')
      const slow = put(store, [changed(token, { counter: 1 })], [entry()])
      await sleep(2500)
      await prompt.query('ROLLBACK')
      await slow
    } finally {
      await prompt.end()
    }
    expect(await loadOne(store, 'user:alice')).toMatchObject({ counter: 1 })
  })

  test('a change of details that it cut short holds its rows no longer than it may take', async () => {
    const token = await loadOne(store, 'user:alice')
    const prompt = await connectPostgres(database.url)
    try {
      await prompt.query('BEGIN')
      await prompt.query("SELECT 1 FROM tokens WHERE serial = 'A' FOR UPDATE")
      const lost = put(store, [changed(token, { description: 'x' })], [entry()])
      const failed = expect(lost).rejects.toThrow(StoreUnavailable)
      await sleep(200)
      wire.mute()
      // The next statement of the transaction will never come.
      await prompt.query('ROLLBACK')
      const startedAt = performance.now()
      await prompt.query('UPDATE token_progress SET version = version')
      expect(performance.now() - startedAt).toBeLessThan(6000)
      await failed
    } finally {
      await prompt.end()
    }
  })
})

/** As a client does who tries again. */
async function until(call: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      await call()
      return
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      await sleep(50)
    }
  }
  throw new Error('it never came back')
}
