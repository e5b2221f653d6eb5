/** What is set about a user, on every database: loaded with his account, changed by a compare-and-swap, bound to him. */
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type pg from 'pg'
import { type AccountKey, type AccountRecord, userKey } from '../../src/auth/account.ts'
import type { RecordChange } from '../../src/auth/action.ts'
import { verifyAudit } from '../../src/storage/audit_chain.ts'
import type { Store } from '../../src/storage/store.ts'
import { makeToken } from '../auth/make_token.ts'
import { connectPostgres, DATABASES, KEYS, POSTGRES, type TestDatabase } from '../support/databases.ts'
import { until } from '../support/until.ts'
import { changed, entry, inserts, load, loadOne, put } from './stored.ts'

const FIRST: AccountRecord = {
  name: 'Alice',
  version: 1,
  groups: ['staff', 'vpn'],
  reply: ['Filter-Id = a'],
  isReadable: true,
  others: {},
}

function first(fields: Partial<AccountRecord> = {}): RecordChange {
  const after = { ...FIRST, ...fields }
  return { key: userKey(after.name), before: undefined, after }
}

/** As runBatch makes it: one version later. */
function next(before: AccountRecord, fields: Partial<AccountRecord>): RecordChange {
  return { key: userKey(before.name), before, after: { ...before, ...fields, version: before.version + 1 } }
}

async function recordOf(store: Store, key: AccountKey = 'user:alice'): Promise<AccountRecord | undefined> {
  return (await store.load([key])).get(key)!.record
}

function isHeld(holder: pg.Client): Promise<void> {
  const waiting = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`
  return until(
    'somebody who waits for an advisory lock',
    async () => (await holder.query(waiting)).rowCount !== 0,
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

  test('most users have none', async () => {
    await put(store, inserts(makeToken({ serial: 'A' })))
    expect(await recordOf(store)).toBeUndefined()
    expect(await recordOf(store, 'token:A')).toBeUndefined()
  })

  test('it is loaded with the account, with and without tokens, and outlives a restart', async () => {
    await put(store, inserts(makeToken({ serial: 'A' })))
    expect(await store.commit([], [entry()], [first(), first({ name: 'Bob', groups: [] })])).toEqual(
      new Set(),
    )
    const accounts = await store.load(['user:alice', 'user:bob', 'user:carol', 'token:A'])
    expect([...accounts.values()].map(({ tokens, record }) => [tokens.length, record])).toEqual([
      [1, FIRST],
      [0, { ...FIRST, name: 'Bob', groups: [] }],
      [0, undefined],
      [0, undefined],
    ])
    await database.close(store)
    store = await database.open()
    expect(await recordOf(store)).toEqual(FIRST)
    expect(await verifyAudit(store, KEYS.audit)).toEqual({ entries: 1, firstBad: null })
  })

  test('a login that is remembered keeps it, and a change of it is seen by the next', async () => {
    await put(store, inserts(makeToken({ serial: 'A' })))
    await store.commit([], [entry()], [first()])
    const token = await loadOne(store, 'user:alice')
    await put(store, [changed(token, { counter: 1 })], [entry()])
    expect(store.recall('user:alice')?.record).toEqual(FIRST)
    await store.commit([], [entry()], [next(FIRST, { groups: [] })])
    expect(store.recall('user:alice')).toBeUndefined()
    expect(await recordOf(store)).toEqual({ ...FIRST, groups: [], version: 2 })
  })

  test('what a later version stores with it is kept', async () => {
    await store.commit([], [entry()], [first({ others: { role: 'helpdesk', password: { kind: 'x' } } })])
    const record = (await recordOf(store))!
    expect(record.others).toEqual({ role: 'helpdesk', password: { kind: 'x' } })
    await store.commit([], [entry()], [next(record, { groups: ['other'] })])
    expect(await recordOf(store)).toEqual({ ...record, groups: ['other'], version: 2 })
  })

  const lost: { name: string; given: () => RecordChange }[] = [
    { name: 'a first one where there is one', given: () => first({ groups: ['other'] }) },
    { name: 'a change of an older version', given: () => next(FIRST, { groups: ['other'] }) },
    { name: 'a change of what is not there', given: () => next({ ...FIRST, name: 'Bob', version: 3 }, {}) },
  ]
  test.each(lost)('$name loses, and nothing of the commit is there', async ({ given }) => {
    await put(store, inserts(makeToken({ serial: 'A' }), makeToken({ serial: 'C', user: 'carol' })))
    await store.commit([], [entry()], [first()])
    const second = next(FIRST, { groups: ['second'] })
    await store.commit([], [entry()], [second])
    const carol = await loadOne(store, 'user:carol')
    const change = given()
    const losers = await store.commit(
      [changed(carol, { counter: 5 }), ...inserts(makeToken({ serial: 'N', user: 'nina' }))],
      [entry({ detail: 'lost' })],
      [first({ name: 'Dora' }), change],
    )
    expect([...losers]).toEqual([change.key])
    expect(await recordOf(store)).toEqual(second.after)
    expect(await recordOf(store, 'user:dora')).toBeUndefined()
    expect(await load(store, 'user:nina')).toEqual([])
    expect((await loadOne(store, 'user:carol')).counter).toBe(0)
    expect(await verifyAudit(store, KEYS.audit)).toEqual({ entries: 2, firstBad: null })
    expect(await store.commit([], [entry()], [first({ name: 'Dora' })])).toEqual(new Set())
  })

  test('lost with its token: neither is changed', async () => {
    await put(store, inserts(makeToken({ serial: 'A' })))
    const token = await loadOne(store, 'user:alice')
    await put(store, [changed(token, { counter: 3 })])
    const losers = await store.commit([changed(token, {})], [entry()], [first()])
    expect([...losers]).toEqual(['user:alice'])
    expect(await recordOf(store)).toBeUndefined()
  })

  test('lists have the groups of each user', async () => {
    await put(
      store,
      inserts(makeToken({ serial: 'A', user: 'Alice' }), makeToken({ serial: 'B', user: 'bob' })),
    )
    await store.commit([], [entry()], [first(), first({ name: 'without tokens' })])
    const { rows } = await store.listUsers({ limit: 10, cursor: null })
    expect(rows.map(({ user, groups }) => [user, groups])).toEqual([
      ['Alice', ['staff', 'vpn']],
      ['bob', []],
    ])
  })

  const altered: { name: string; given: string }[] = [
    {
      name: "another user's",
      given:
        "UPDATE users SET sealed = (SELECT sealed FROM users WHERE user_key = 'bob') WHERE user_key = 'alice'",
    },
    {
      name: "a token's",
      given:
        "UPDATE users SET sealed = (SELECT sealed FROM tokens WHERE serial = 'user') WHERE user_key = 'alice'",
    },
    { name: 'cut off', given: "UPDATE users SET sealed = substr(sealed, 1, 20) WHERE user_key = 'alice'" },
    { name: 'moved to another user', given: "UPDATE users SET user_key = 'carol' WHERE user_key = 'alice'" },
  ]
  test.each(altered)('one that is $name is not readable, and the others are', async ({ name, given }) => {
    await put(store, inserts(makeToken({ serial: 'user', user: 'alice' })))
    await store.commit([], [entry()], [first(), first({ name: 'Bob' })])
    await database.close(store)
    await database.query(given)
    store = await database.open()
    const key = name === 'moved to another user' ? 'user:carol' : 'user:alice'
    const accounts = await store.load([key, 'user:bob'])
    expect(accounts.get(key)!.record).toEqual({
      ...FIRST,
      name: key.slice('user:'.length),
      groups: [],
      reply: [],
      isReadable: false,
    })
    expect(accounts.get('user:bob')!.record).toEqual({ ...FIRST, name: 'Bob' })
    expect((await store.listUsers({ limit: 10, cursor: null })).rows).toMatchObject([{ groups: [] }])
    // It can be set anew.
    const before = accounts.get(key)!.record!
    await store.commit([], [entry()], [{ key, before, after: { ...FIRST, version: 2 } }])
    expect(await recordOf(store, key)).toEqual({ ...FIRST, version: 2 })
  })

  test('nothing of it stands in the database in the clear', async () => {
    await store.commit([], [entry()], [first({ groups: ['very-visible'], reply: ['Class = also-visible'] })])
    const [row] = await database.query('SELECT * FROM users')
    expect(Object.keys(row!)).toEqual(['user_key', 'version', 'sealed', 'administrator'])
    expect(Buffer.from(row!.sealed as Uint8Array).includes('visible')).toBe(false)
  })
})

describe('two stores on one PostgreSQL', () => {
  let database: TestDatabase
  let nodes: [Store, Store]
  beforeEach(async () => {
    database = await POSTGRES.create()
    nodes = [await database.open('a'), await database.open('b')]
  })
  afterEach(() => database.drop())

  test('of two first ones at the same moment exactly one is taken', async () => {
    for (let round = 0; round < 20; round++) {
      const name = `user${round}`
      const lost = await Promise.all(
        nodes.map((node, i) => node.commit([], [entry()], [first({ name, groups: [String(i)] })])),
      )
      expect(lost.map(({ size }) => size).toSorted()).toEqual([0, 1])
      const winner = lost.findIndex(({ size }) => size === 0)
      expect((await recordOf(nodes[0], userKey(name)))!.groups).toEqual([String(winner)])
    }
  })

  test('of two changes at the same moment exactly one is taken, and many in one commit make no deadlock', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `user${i}`)
    await nodes[0].commit(
      [],
      [entry()],
      names.map((name) => first({ name })),
    )
    const work = async (node: Store, order: readonly string[]) => {
      let won = 0
      for (let round = 0; round < 10; round++) {
        const accounts = await node.load(order.map(userKey))
        const records = [...accounts.values()].map(({ record }) => next(record!, {}))
        if ((await node.commit([], [entry()], records)).size === 0) won++
      }
      return won
    }
    const won = await Promise.all([work(nodes[0], names), work(nodes[1], names.toReversed())])
    const after = await nodes[0].load(names.map(userKey))
    expect(new Set([...after.values()].map(({ record }) => record!.version))).toEqual(
      new Set([1 + won[0]! + won[1]!]),
    )
    const [{ deadlocks }] = (await database.query(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    )) as [{ deadlocks: number }]
    expect(deadlocks).toBe(0)
  })

  test.each(['enrolled', 'assigned'])(
    'a token is %s elsewhere: who remembers the user without it must look again',
    async (how) => {
      await put(nodes[0], inserts(makeToken({ serial: 'A' })))
      if (how === 'assigned') await put(nodes[0], inserts(makeToken({ serial: 'B', user: null })))
      const remembered = await loadOne(nodes[1], 'user:alice')
      const ofOthers = await loadOne(nodes[0], 'user:alice')
      if (how === 'enrolled') await put(nodes[0], inserts(makeToken({ serial: 'B' })))
      else await put(nodes[0], [changed(await loadOne(nodes[0], 'token:B'), { user: 'alice' })])
      const versions = async () =>
        (await load(nodes[0], 'user:alice')).map(({ serial, version }) => [serial, version])
      expect(await versions()).toEqual([
        ['A', ofOthers.version + 1],
        ['B', how === 'enrolled' ? 1 : 2],
      ])
      const lost = await nodes[1].commit([changed(remembered, { counter: 1 })], [entry()])
      expect([...lost]).toEqual(['user:alice'])
      expect((await load(nodes[1], 'user:alice')).map(({ serial }) => serial)).toEqual(['A', 'B'])
    },
  )

  test('a record is set while the first token comes elsewhere: who looks between the two accepts by neither', async () => {
    // The node that sets the record has done all but its COMMIT, and is held there.
    await database.query(`CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END'`)
    await database.query(`CREATE CONSTRAINT TRIGGER held AFTER INSERT ON users
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()`)
    const holder = await connectPostgres(database.url)
    try {
      await holder.query('SELECT pg_advisory_lock(1)')
      const record = nodes[0].commit([], [entry()], [first({ groups: ['guests'] })])
      await isHeld(holder)
      const token = put(nodes[1], inserts(makeToken({ serial: 'A' })), [entry()])
      await Promise.race([token, setTimeout(300)])
      const third = await database.open('c')
      await third.load(['user:alice'])
      await holder.query('SELECT pg_advisory_unlock(1)')
      expect([...(await record)]).toEqual([])
      await token
      const remembered = third.recall('user:alice')
      if (remembered !== undefined) {
        const change = changed(remembered.tokens[0]!, { counter: 1 })
        expect([...(await third.commit([change], [entry()]))]).toEqual(['user:alice'])
      }
      expect((await recordOf(third))?.groups).toEqual(['guests'])
      expect((await load(third, 'user:alice')).map(({ serial }) => serial)).toEqual(['A'])
    } finally {
      await holder.end()
    }
  })

  test('logins and tokens that come, of the same users at two nodes at once, make no deadlock', async () => {
    const names = Array.from({ length: 8 }, (_, i) => `user${i}`)
    await put(nodes[0], inserts(...names.map((user) => makeToken({ serial: `A-${user}`, user }))))
    const logIns = async () => {
      for (let round = 0; round < 30; round++) {
        const accounts = await nodes[0].load(names.map(userKey))
        const tokens = [...accounts.values()].map(({ tokens }) => tokens[0]!)
        await nodes[0].commit(
          tokens.map((token) => changed(token, { counter: token.counter + 1 })),
          [entry()],
        )
      }
    }
    const enroll = async () => {
      for (let round = 0; round < 30; round++) {
        // With a login in the same commit, of a token that is neither the first nor the last.
        const token = (await load(nodes[1], userKey(names[4]!)))[0]!
        const added = names.toReversed().map((user) => makeToken({ serial: `${round}-${user}`, user }))
        await nodes[1].commit(
          [changed(token, { counter: token.counter + 1 }), ...inserts(...added)],
          [entry()],
        )
      }
    }
    await Promise.all([logIns(), enroll()])
    const [{ deadlocks }] = (await database.query(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    )) as [{ deadlocks: number }]
    expect(deadlocks).toBe(0)
  })

  test('a token that has come since the account was loaded is moved on too: who remembers it must look again', async () => {
    await put(nodes[1], inserts(makeToken({ serial: 'A' })))
    const remembered = await loadOne(nodes[1], 'user:alice')
    // Node a knows of no token.
    expect(await nodes[0].commit([], [entry()], [first()])).toEqual(new Set())
    expect(nodes[1].recall('user:alice')?.record).toBeUndefined()
    const lost = await nodes[1].commit([changed(remembered, { counter: 1 })], [entry()])
    expect([...lost]).toEqual(['user:alice'])
    expect(await recordOf(nodes[1])).toEqual(FIRST)
  })
})
