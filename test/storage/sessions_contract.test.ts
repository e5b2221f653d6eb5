import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Session, SessionUpdate } from '../../src/storage/session.ts'
import { BadCursor, type Store, StoreUnavailable } from '../../src/storage/store.ts'
import { NOW } from '../auth/make_token.ts'
import { DATABASES, SQLITE, type TestDatabase } from '../support/databases.ts'

const NAS = { client: 'vpn', nasAddress: '10.0.0.7', nasIdentifier: 'gw' }

function update(kind: SessionUpdate['kind'], at: number, change: Partial<SessionUpdate> = {}): SessionUpdate {
  return {
    kind,
    at: NOW + at,
    ...NAS,
    sessionId: 'A1',
    source: '10.0.0.7',
    user: 'Alice',
    seconds: 0,
    inputOctets: 0,
    outputOctets: 0,
    framedAddress: null,
    callingStation: null,
    class: null,
    cause: null,
    ...change,
  }
}

const START = update('start', 0, { framedAddress: '192.168.0.5', callingStation: '198.51.100.9' })
const INTERIM = update('interim', 60_000, { seconds: 60, inputOctets: 1000, outputOctets: 9_000_000_000_000 })
const STOP = update('stop', 90_000, {
  seconds: 90,
  inputOctets: 2000,
  outputOctets: 9_000_000_000_001,
  cause: 'user-request',
})
const ENDED = {
  ...NAS,
  sessionId: 'A1',
  source: '10.0.0.7',
  user: 'Alice',
  startedAt: NOW,
  updatedAt: NOW + 90_000,
  stoppedAt: NOW + 90_000,
  seconds: 90,
  inputOctets: 2000,
  outputOctets: 9_000_000_000_001,
  framedAddress: '192.168.0.5',
  callingStation: '198.51.100.9',
  class: null,
  cause: 'user-request',
}

/** All orders of the records. */
function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]]
  return items.flatMap((item, i) =>
    permutations(items.filter((_, other) => other !== i)).map((rest) => [item, ...rest]),
  )
}

describe.each(DATABASES)('$name', ({ create }) => {
  let database: TestDatabase
  let store: Store
  beforeEach(async () => {
    database = await create()
    store = await database.open()
  })
  afterEach(() => database.drop())

  async function all(query: object = {}): Promise<Session[]> {
    const page = await store.listSessions({ limit: 100, cursor: null, ...query })
    return [...page.rows]
  }
  /** Without its number, which tells nothing. */
  async function only(): Promise<Omit<Session, 'id'>> {
    const [{ id, ...session }, ...others] = (await all()) as [Session, ...Session[]]
    expect(others).toEqual([])
    expect(await store.findSession(id)).toEqual({ id, ...session })
    return session
  }

  test('a session is what its Start, Interim-Update and Stop say', async () => {
    await store.writeSessions([START])
    expect(await only()).toMatchObject({ startedAt: NOW, stoppedAt: null, records: 1, inputOctets: 0 })
    await store.writeSessions([INTERIM])
    expect(await only()).toMatchObject({ startedAt: NOW, updatedAt: NOW + 60_000, inputOctets: 1000 })
    await store.writeSessions([STOP])
    expect(await only()).toEqual({ ...ENDED, records: 3 })
  })

  test.each(
    permutations([START, INTERIM, STOP]).map((order) => ({
      order,
      name: order.map(({ kind }) => kind).join(', '),
    })),
  )('in the order $name it is the same, together or one by one', async ({ order }) => {
    await store.writeSessions(order)
    expect(await only()).toEqual({ ...ENDED, records: 3 })
    for (const write of order) await store.writeSessions([write])
    expect(await only()).toEqual({ ...ENDED, records: 6 })
  })

  test('a late Interim-Update changes nothing after the Stop but the number of records', async () => {
    await store.writeSessions([START, STOP])
    const late = { seconds: 500, inputOctets: 5000, framedAddress: '192.168.0.99', class: 'blue' }
    await store.writeSessions([update('interim', 95_000, { ...late, user: 'mallory', source: '10.9.9.9' })])
    // What nobody had told yet is filled in.
    expect(await only()).toEqual({ ...ENDED, class: 'blue', records: 3 })
  })

  test('counts never fall, and the newer address stays', async () => {
    const newer = update('interim', 60_000, { seconds: 60, inputOctets: 10, framedAddress: '192.168.0.6' })
    const older = update('interim', 30_000, { seconds: 30, inputOctets: 5, framedAddress: '192.168.0.5' })
    await store.writeSessions([newer, older])
    await store.writeSessions([older])
    expect(await only()).toMatchObject({
      seconds: 60,
      inputOctets: 10,
      framedAddress: '192.168.0.6',
      records: 3,
    })
  })

  test('a session that is only known by its end is one', async () => {
    await store.writeSessions([STOP])
    expect(await only()).toMatchObject({ startedAt: NOW, stoppedAt: NOW + 90_000 })
  })

  test('a Start long after the end is another session with the same name; soon after, it is a late copy', async () => {
    await store.writeSessions([START, STOP])
    await store.writeSessions([update('start', 100_000)])
    expect((await all()).map(({ startedAt }) => startedAt - NOW)).toEqual([0])
    await store.writeSessions([update('start', 200_000), update('interim', 260_000, { seconds: 60 })])
    expect((await all()).map(({ startedAt, stoppedAt }) => [startedAt - NOW, stoppedAt])).toEqual([
      [200_000, null],
      [0, NOW + 90_000],
    ])
  })

  test('sessions of other NASes, clients and names are others', async () => {
    const others = [
      { nasIdentifier: 'gw2' },
      { nasAddress: '10.0.0.8' },
      { nasAddress: null },
      { client: 'wifi' },
      { sessionId: 'a1' },
    ]
    await store.writeSessions([START, ...others.map((change) => ({ ...START, ...change }))])
    expect(await all()).toHaveLength(6)
  })

  test('Accounting-On ends the sessions of that NAS which were not heard of since, and its names are free at once', async () => {
    await store.writeSessions([
      START,
      { ...START, sessionId: 'A2' },
      { ...START, nasIdentifier: 'other' },
      { ...START, client: 'wifi' },
      update('start', 5000, { sessionId: 'A3' }),
      { ...STOP, sessionId: 'A4' },
      { kind: 'end', ...NAS, at: NOW + 2000 },
      update('start', 3000, { sessionId: 'A2' }),
    ])
    const sessions = await all({ client: 'vpn' })
    const told = sessions.map(({ sessionId, nasIdentifier, stoppedAt, cause }) => [
      `${sessionId} ${nasIdentifier}`,
      stoppedAt === null ? null : stoppedAt - NOW,
      cause,
    ])
    expect(told.sort()).toEqual([
      ['A1 gw', 2000, 'nas-reboot'],
      ['A1 other', null, null],
      ['A2 gw', null, null],
      ['A2 gw', 2000, 'nas-reboot'],
      ['A3 gw', null, null],
      ['A4 gw', 90_000, 'user-request'],
    ])
    expect(await all({ client: 'wifi', active: true })).toHaveLength(1)
  })

  test('a Stop that comes after Accounting-On still tells what the session has counted', async () => {
    await store.writeSessions([START, { kind: 'end', ...NAS, at: NOW + 91_000 }, STOP])
    expect(await only()).toMatchObject({
      seconds: 90,
      inputOctets: 2000,
      cause: 'nas-reboot',
      stoppedAt: NOW + 91_000,
    })
  })

  test('is listed newest first, by user, client and activity, page by page', async () => {
    const writes = Array.from({ length: 25 }, (_, i) =>
      update(i % 3 === 0 ? 'stop' : 'start', i, {
        sessionId: `S${i}`,
        user: ['Zoë', 'bob', null][i % 2 === 0 ? 0 : i % 5 === 0 ? 2 : 1]!,
        client: i % 4 === 0 ? 'wifi' : 'vpn',
      }),
    )
    // Within one write they are numbered in any order.
    for (const write of writes) await store.writeSessions([write])
    const filters = [
      {},
      { user: 'ZOE\u0308' },
      { client: 'wifi' },
      { active: true },
      { active: false },
      { user: 'bob', client: 'vpn', active: true },
    ]
    for (const filter of filters) {
      const expected = writes
        .filter(
          ({ user }) => !('user' in filter) || (filter.user === 'bob' ? user === 'bob' : user === 'Zoë'),
        )
        .filter(({ client }) => !('client' in filter) || client === filter.client)
        .filter(({ kind }) => !('active' in filter) || (kind === 'start') === filter.active)
        .map(({ sessionId }) => sessionId)
        .reverse()
      const found: string[] = []
      for (let cursor: string | null = null; ; ) {
        const page: Awaited<ReturnType<Store['listSessions']>> = await store.listSessions({
          ...filter,
          limit: 4,
          cursor,
        })
        found.push(...page.rows.map(({ sessionId }) => sessionId))
        cursor = page.nextCursor
        if (cursor === null) break
        expect(page.rows).toHaveLength(4)
      }
      expect([filter, found]).toEqual([filter, expected])
    }
    await expect(store.listSessions({ limit: 1, cursor: 'x' })).rejects.toThrow(BadCursor)
    expect(await all({ user: 'no\0body' })).toEqual([])
    expect(await store.findSession(4711)).toBeNull()
  })

  test('keeps any text that a NAS may send', async () => {
    const odd = {
      user: 'e\u0000ve\ud800',
      sessionId: '{a,"b",NULL}',
      class: "o'neil\\%",
      callingStation: 'x'.repeat(253),
    }
    await store.writeSessions([{ ...START, ...odd }])
    expect(await only()).toMatchObject({ ...odd, user: 'e\ufffdve\ufffd' })
  })

  test('what nothing was heard of is found in steps, whether it ended or not, and removed unless it speaks again', async () => {
    await store.writeSessions(
      Array.from({ length: 10 }, (_, i) =>
        update(i % 2 === 0 ? 'stop' : 'start', i * 1000, { sessionId: `S${i}` }),
      ),
    )
    const before = NOW + 5000
    const removed: number[] = []
    let steps = 0
    for (let after: number | null = 0; after !== null; steps++) {
      const { ids, next }: { ids: readonly number[]; next: number | null } = await store.silentSessions(
        before,
        after,
        2,
      )
      expect(ids.length).toBeLessThanOrEqual(4)
      if (steps === 0) await store.writeSessions([update('interim', 9000, { sessionId: 'S1' })])
      await store.writeSessions([{ kind: 'remove', ids, before }])
      removed.push(...ids)
      after = next
    }
    expect(steps).toBeGreaterThan(2)
    expect((await all()).map(({ sessionId }) => sessionId)).toEqual(['S9', 'S8', 'S7', 'S6', 'S5', 'S1'])
  })

  test('numbers are never given again', async () => {
    await store.writeSessions([START])
    const [{ id }] = (await all()) as [Session]
    await store.writeSessions([{ kind: 'remove', ids: [id], before: NOW + 1 }])
    await store.writeSessions([{ ...START, sessionId: 'B' }])
    expect((await all())[0]!.id).toBeGreaterThan(id)
  })

  test('what was written is there after a restart, and a closed store refuses', async () => {
    await store.writeSessions([START, STOP])
    await database.close(store)
    await expect(store.writeSessions([START])).rejects.toThrow(StoreUnavailable)
    store = await database.open('b')
    expect(await only()).toEqual({ ...ENDED, records: 2 })
  })

  test('two at once on the same sessions both take place', async () => {
    const second = create === SQLITE.create ? store : await database.open('b')
    const many = (at: number) =>
      Array.from({ length: 50 }, (_, i) => update('interim', at, { sessionId: `S${i}`, seconds: 1 }))
    const rounds = Array.from({ length: 20 }, (_, i) => i)
    await Promise.all([
      (async () => {
        for (const at of rounds) await store.writeSessions(many(at))
      })(),
      (async () => {
        for (const at of rounds) await second.writeSessions(many(at).reverse())
      })(),
    ])
    expect((await all()).map(({ records, updatedAt }) => [records, updatedAt])).toEqual(
      Array(50).fill([40, NOW + 19]),
    )
  })
})
