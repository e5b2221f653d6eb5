import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { SessionSweep } from '../../../src/server/accounting/session_sweep.ts'
import { SessionWriter } from '../../../src/server/accounting/session_writer.ts'
import { Overloaded } from '../../../src/server/committer.ts'
import type { SessionUpdate, SessionWrite } from '../../../src/storage/session.ts'
import type { Store } from '../../../src/storage/store.ts'
import { StoreUnavailable } from '../../../src/storage/store.ts'
import { NOW } from '../../auth/make_token.ts'
import { SQLITE, type TestDatabase } from '../../support/databases.ts'

let database: TestDatabase
let store: Store
beforeEach(async () => {
  database = await SQLITE.create()
  store = await database.open()
})
afterEach(() => database.drop())

function start(sessionId: string, at = NOW): SessionUpdate {
  return {
    kind: 'start',
    at,
    client: 'vpn',
    nasAddress: null,
    nasIdentifier: 'gw',
    sessionId,
    source: '10.0.0.7',
    user: 'alice',
    seconds: 0,
    inputOctets: 0,
    outputOctets: 0,
    framedAddress: null,
    callingStation: null,
    class: null,
    cause: null,
  }
}

/** The real store, and what came to it. */
function seen() {
  const batches: number[] = []
  const writeSessions = async (writes: readonly SessionWrite[]) => {
    batches.push(writes.length)
    await store.writeSessions(writes)
  }
  return { batches, writeSessions }
}

const ids = async () =>
  (await store.listSessions({ limit: 1000, cursor: null })).rows.map(({ sessionId }) => sessionId)

test('what arrives together, and while others are written, shares a transaction, and is durable when it is told', async () => {
  const watched = seen()
  const writer = new SessionWriter({ store: watched, maxBatch: 20 })
  await Promise.all(
    Array.from({ length: 50 }, async (_, i) => {
      await writer.write(start(`S${i}`))
      expect(await ids()).toContain(`S${i}`)
    }),
  )
  expect(watched.batches).toEqual([20, 20, 10])
})

test('a lone one does not wait for others', async () => {
  const writer = new SessionWriter({ store })
  const begun = performance.now()
  await writer.write(start('S'))
  expect(performance.now() - begun).toBeLessThan(1000)
})

test('the queue has an end, and closing answers what is in it', async () => {
  const writer = new SessionWriter({ store, maxQueue: 3 })
  const asked = Array.from({ length: 5 }, (_, i) => writer.write(start(`S${i}`)))
  expect(writer.depth).toBe(3)
  const closed = writer.close()
  const settled = await Promise.allSettled([...asked, writer.write(start('late'))])
  await closed
  expect(settled.map((each) => (each.status === 'fulfilled' ? 'done' : each.reason))).toEqual([
    'done',
    'done',
    'done',
    expect.any(Overloaded),
    expect.any(Overloaded),
    expect.any(Overloaded),
  ])
  expect(await ids()).toHaveLength(3)
  await writer.close()
})

test('a database that fails is told to each, and the next are tried', async () => {
  const writer = new SessionWriter({ store })
  await database.query('ALTER TABLE sessions RENAME TO away')
  const refused = await Promise.allSettled([writer.write(start('S1')), writer.write(start('S2'))])
  expect(refused.map((each) => each.status === 'rejected' && each.reason)).toEqual([
    expect.any(StoreUnavailable),
    expect.any(StoreUnavailable),
  ])
  await database.query('ALTER TABLE away RENAME TO sessions')
  await writer.write(start('S3'))
  expect(await ids()).toEqual(['S3'])
})

test('the sweep removes what is older than it is kept, however much it is', async () => {
  const writer = new SessionWriter({ store })
  const old = Array.from({ length: 1200 }, (_, i) => start(`old${i}`, NOW - 2000))
  const ended = old.slice(0, 600).map((write): SessionUpdate => ({ ...write, kind: 'stop' }))
  await store.writeSessions([...old, ...ended, start('young', NOW)])
  const sweep = new SessionSweep({ store, writer, keepMs: () => 1000, now: () => NOW })
  expect(await sweep.run()).toBe(1200)
  expect(await ids()).toEqual(['young'])
  expect(await sweep.run()).toBe(0)
  await sweep.stop()
})

test('the sweep begins by itself, and stops when told', async () => {
  await store.writeSessions([start('old', NOW - 2000)])
  const sweep = new SessionSweep({
    store,
    writer: new SessionWriter({ store }),
    keepMs: () => 1000,
    now: () => NOW,
    everyMs: 5,
  })
  while ((await ids()).length > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await sweep.stop()
  await store.writeSessions([start('old', NOW - 2000)])
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(await ids()).toEqual(['old'])
})
