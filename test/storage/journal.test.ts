import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Token, userKey } from '../../src/auth/account.ts'
import { verifyAudit } from '../../src/storage/audit_chain.ts'
import type { Store } from '../../src/storage/store.ts'
import { makeToken, NOW } from '../auth/make_token.ts'
import { KEYS, SQLITE, type TestDatabase } from '../support/databases.ts'
import { until } from '../support/until.ts'
import { TOKENS, usersOf } from './commit_batches.ts'
import { afterCrash } from './crashed.ts'
import { changed, deleted, entry, inserts, load, loadOne, plainToken, put } from './stored.ts'

// SQLite: commits of more than sixteen changes reach their tokens' own rows later, by a journal.
const MANY = 40
const user = (i: number) => `user ${i}`
const made = (count: number) =>
  Array.from({ length: count }, (_, i) => makeToken({ serial: `T${i}`, user: user(i) }))

let database: TestDatabase
let store: Store
beforeEach(async () => {
  database = await SQLITE.create()
  store = await database.open()
})
afterEach(() => database.drop())

const tokenOf = (from: Store, i: number) => loadOne(from, userKey(user(i)))
const listed = async (from: Store) =>
  (await from.listTokens({ order: 'serial', descending: false, limit: 999, cursor: null })).rows
const counterInRow = async (serial: string) => {
  const sql = 'SELECT counter FROM token_progress p JOIN tokens t ON t.id = p.token_id WHERE t.serial = ?'
  return (await database.query(sql, serial))[0]?.counter
}
const journaled = async () => (await database.query('SELECT id FROM progress_journal')).length

/** One login of each of `count` users. */
async function logins(count = MANY, at = NOW): Promise<void> {
  const accounts = await store.load(Array.from({ length: count }, (_, i) => userKey(user(i))))
  const tokens = [...accounts.values()].map(({ tokens: [token] }) => token as Token)
  await put(
    store,
    tokens.map((token) => changed(token, { counter: token.counter + 1, lastUsedAt: at })),
    tokens.map((token) => entry({ user: token.user, serials: [token.serial] })),
  )
}

describe('before the rows have followed', () => {
  beforeEach(async () => {
    await put(store, inserts(...made(MANY)), [entry({ action: 'token enroll' })])
    await logins(MANY, NOW + 5)
    expect([await counterInRow('T3'), await journaled()]).toEqual([0, 1])
  })

  test('every read sees what is committed', async () => {
    const expected = { counter: 1, version: 2, lastUsedAt: NOW + 5 }
    expect(await tokenOf(store, 3)).toMatchObject(expected)
    for (const token of await listed(store)) expect(token).toMatchObject(expected)
    expect(await store.locate('T3')).toBe('user:user 3')
    const { rows } = await store.listAudit({ user: 'user 3', limit: 9, cursor: null })
    expect(rows.map(({ action }) => action)).toEqual(['login'])
  })

  test('an account that is loaded again has it too, with every column', async () => {
    const before = await tokenOf(store, 3)
    const memory = { movingFactor: 9, error: -1, at: NOW }
    const tokens = await Promise.all(Array.from({ length: MANY }, (_, i) => tokenOf(store, i)))
    const fields = { counter: 5, drift: -2, attemptCount: 7, successCount: 6, pendingResync: memory }
    await put(
      store,
      tokens.map((token) => changed(token, fields)),
    )
    // A token of the same user makes the account be read again.
    await put(store, inserts(makeToken({ serial: 'SECOND', user: user(3) })))
    const [token] = await load(store, 'user:user 3')
    expect(plainToken(token as Token)).toEqual(plainToken({ ...before, ...fields, version: 3 }))
    expect(await counterInRow('T3')).toBe(0)
  })

  test('a change that is written at once goes past it, and stays so when the journal is carried out', async () => {
    await put(store, [changed(await tokenOf(store, 3), { counter: 7, failCount: 1 })])
    await put(store, [changed(await tokenOf(store, 4), { description: 'mobile' })])
    await put(store, [changed(await tokenOf(store, 5), { user: null })])
    expect([await counterInRow('T3'), await counterInRow('T4')]).toEqual([7, 1])
    const then = (await listed(store)).map(plainToken)
    await afterCrash(database, async (crashed) => {
      expect(crashed.journaled).toBe(1)
      expect((await listed(crashed.store)).map(plainToken)).toEqual(then)
    })
    await swept()
    expect((await listed(store)).map(plainToken)).toEqual(then)
    expect(await counterInRow('T3')).toBe(7)
  })

  test('the same token in several rows of the journal ends as the last one says, after a crash too', async () => {
    for (let i = 0; i < 70; i++) await logins()
    const then = (await listed(store)).map(plainToken)
    expect(then[0]).toMatchObject({ counter: 71, version: 72 })
    // More than are read at once, all of them older.
    await database.query(`INSERT INTO progress_journal (id, progress)
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1200)
      SELECT -n, (SELECT progress FROM progress_journal ORDER BY id LIMIT 1) FROM numbers`)
    await afterCrash(database, async (crashed) => {
      expect((await listed(crashed.store)).map(plainToken)).toEqual(then)
      expect(crashed.query('SELECT counter FROM token_progress')).toEqual(Array(MANY).fill({ counter: 71 }))
      expect(crashed.query('SELECT id FROM progress_journal')).toEqual([])
      expect(await verifyAudit(crashed.store, KEYS.audit)).toEqual({ entries: 71 * MANY + 1, firstBad: null })
    })
  })

  test('a token that is deleted stays so, and whoever still holds it loses', async () => {
    const token = await tokenOf(store, 3)
    await put(store, [deleted(token)])
    expect([...(await store.commit([changed(token, { counter: 9 })], [entry()]))]).toEqual(['user:user 3'])
    expect([...(await store.commit([deleted(token)], [entry()]))]).toEqual(['user:user 3'])
    await put(store, inserts(makeToken({ serial: 'T3', user: 'new' })))
    await afterCrash(database, async (crashed) => {
      expect(await loadOne(crashed.store, 'user:new')).toMatchObject({ serial: 'T3', counter: 0 })
      expect(await load(crashed.store, 'user:user 3')).toEqual([])
    })
    await swept()
    expect(await loadOne(store, 'user:new')).toMatchObject({ serial: 'T3', counter: 0 })
    expect((await listed(store)).length).toBe(MANY)
  })

  test('who holds an older version loses, as ever', async () => {
    const [one, other] = [await tokenOf(store, 1), await tokenOf(store, 2)]
    await logins()
    const lost = await store.commit([changed(one, { counter: 9 }), changed(other, { counter: 9 })], [entry()])
    expect([...lost].toSorted()).toEqual(['user:user 1', 'user:user 2'])
    expect(await tokenOf(store, 1)).toMatchObject({ counter: 2, version: 3 })
  })

  test('failures and locks are in the rows at once: lists look there for them', async () => {
    const tokens = await listed(store)
    await put(
      store,
      tokens.map((token) =>
        changed(token, token.serial === 'T3' ? { failCount: 10, lockedAt: NOW } : { counter: 2 }),
      ),
    )
    const query = { order: 'failures', descending: true, limit: 1, cursor: null } as const
    expect((await store.listTokens(query)).rows).toEqual([expect.objectContaining({ serial: 'T3' })])
    expect(await store.countTokens({ locked: true })).toEqual({ total: 1, isExact: true })
    expect((await store.listUsers({ search: 'user 3', limit: 1, cursor: null })).rows[0]?.locked).toBe(1)
  })

  test('what follows by the journal leaves failures and locks as they are, after a crash too', async () => {
    await put(store, [changed(await tokenOf(store, 3), { failCount: 10, lockedAt: NOW })])
    await put(store, [changed(await tokenOf(store, 4), { failCount: 2 })])
    await logins()
    const failures = async (from: Store) => {
      const query = { order: 'failures', descending: true, limit: 3, cursor: null } as const
      const { rows } = await from.listTokens(query)
      return {
        counts: rows.map(({ serial, counter, failCount, lockedAt }) => [
          serial,
          counter,
          failCount,
          lockedAt,
        ]),
        locked: (await from.listTokens({ ...query, locked: true })).rows.map(({ serial }) => serial),
      }
    }
    const expected = {
      counts: [
        ['T3', 2, 10, NOW],
        ['T4', 2, 2, null],
        ['T39', 2, 0, null],
      ],
      locked: ['T3'],
    }
    expect(await counterInRow('T3')).toBe(1)
    expect(await failures(store)).toEqual(expected)
    await afterCrash(database, async (crashed) => {
      expect(crashed.journaled).toBe(2)
      expect(await failures(crashed.store)).toEqual(expected)
    })
    await swept()
    expect(await counterInRow('T3')).toBe(2)
    expect(await failures(store)).toEqual(expected)
  })

  test('a quiet second later the rows have followed, and the journal is empty', async () => {
    await swept()
    expect(await counterInRow('T3')).toBe(1)
    expect((await listed(store))[0]).toMatchObject({ counter: 1, version: 2 })
  })

  test('closing leaves every row right, an empty journal and one file', async () => {
    const then = (await listed(store)).map(plainToken)
    await database.close(store)
    expect(readdirSync(database.directory as string).toSorted()).toEqual([
      'sallyport.db',
      'sallyport.db.lock',
    ])
    expect([await counterInRow('T3'), await journaled()]).toEqual([1, 0])
    store = await database.open()
    expect((await listed(store)).map(plainToken)).toEqual(then)
  })

  const swept = () => until('the journal to be carried out', async () => (await journaled()) === 0)
})

test('the journal is carried out while commits go on, and every one of them is seen', async () => {
  await put(store, inserts(...made(MANY)))
  const until = performance.now() + 3500
  let rounds = 0
  let most = 0
  const rowsSeen = new Set<unknown>()
  for (; performance.now() < until; rounds++) {
    await logins()
    if (rounds % 10 === 0) {
      most = Math.max(most, await journaled())
      rowsSeen.add(await counterInRow('T7'))
      expect((await tokenOf(store, 7)).counter).toBe(rounds + 1)
      expect((await listed(store)).map(({ counter }) => counter)).toEqual(Array(MANY).fill(rounds + 1))
    }
  }
  // Its rows came after, more than once, and what the journal held went meanwhile.
  expect(rowsSeen.size).toBeGreaterThan(1)
  expect(most).toBeLessThan(rounds)
  await database.close(store)
  expect([await counterInRow('T7'), await journaled()]).toEqual([rounds, 0])
}, 20_000)

describe('after kill -9 in the middle of batches', () => {
  test('every commit that was told is there whole, the journal is empty, and the trail is whole', async () => {
    const tokens = Array.from({ length: TOKENS }, (_, i) => makeToken({ serial: `T${i}`, user: user(i) }))
    await put(store, inserts(...tokens))
    await database.close(store)
    let done = 0
    const counters = new Map(tokens.map((token) => [token.user as string, 0]))
    let entries = 0
    for (let round = 0; round < 10; round++) {
      const told = await killWhileCommitting(done, 1 + ((round * 37) % 60), round % 4 === 3 ? 1300 : 0)
      expect(told).toBeGreaterThan(done)
      store = await database.open('look')
      expect(await journaled()).toBe(0)
      // One more may have become durable before it could be told: what the trail says decides.
      const { rows } = await store.listAudit({ limit: 1, cursor: null })
      const last = Number(rows[0]?.detail)
      expect([told, told + 1]).toContain(last)
      for (let n = done + 1; n <= last; n++) {
        for (const name of usersOf(n)) counters.set(name, counters.get(name)! + 1)
        entries += usersOf(n).length
      }
      done = last
      const stored = new Map((await listed(store)).map((token) => [token.user as string, token.counter]))
      expect(stored).toEqual(counters)
      for (const name of usersOf(done).slice(0, 3)) {
        expect((await loadOne(store, userKey(name))).counter).toBe(counters.get(name))
        const about = await store.listAudit({ user: name, limit: 999, cursor: null })
        expect(about.rows.length).toBe(counters.get(name))
      }
      expect(await verifyAudit(store, KEYS.audit)).toEqual({ entries, firstBad: null })
      await database.close(store)
    }
  }, 180_000)

  /** The last batch that the child told of before it was killed, after `batches` and so many ms. */
  async function killWhileCommitting(done: number, batches: number, afterMs: number): Promise<number> {
    const script = resolve('test/storage/commit_batches.ts')
    const child = spawn(process.execPath, [script, database.url, String(done)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    let since: number | null = null
    child.stdout.setEncoding('utf8').on('data', (text) => {
      since ??= performance.now()
      output += text
      if (output.split('\n').length > batches && performance.now() - since >= afterMs) child.kill('SIGKILL')
    })
    const [, signal] = await once(child, 'close')
    expect(signal).toBe('SIGKILL')
    return Number(output.slice(0, output.lastIndexOf('\n')).split('\n').at(-1))
  }
})
