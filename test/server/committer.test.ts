import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { CommandError } from '../../src/admin/command_error.ts'
import type { AccountKey, AuditEntry, Token } from '../../src/auth/account.ts'
import type { Action } from '../../src/auth/action.ts'
import { Committer, Overloaded } from '../../src/server/committer.ts'
import { type Store, StoreUnavailable } from '../../src/storage/store.ts'
import { makeToken, NOW } from '../auth/make_token.ts'
import { changed, entry, inserts, loadOne, put } from '../storage/stored.ts'
import { DATABASES, SQLITE, type TestDatabase } from '../support/databases.ts'
import { hold, watched } from './gated_store.ts'

describe.each(DATABASES)('$name', ({ create }) => {
  let database: TestDatabase
  let store: Store
  beforeEach(async () => {
    database = await create()
    store = await database.open()
    await put(store, inserts(...['alice', 'bob', 'carol'].map((user) => makeToken({ serial: user, user }))))
  })
  afterEach(() => database.drop())

  const rows = async () =>
    (await store.listAudit({ limit: 1000, cursor: null })).rows.map(({ detail }) => detail).toReversed()

  test('resolves with what the action made, once it is durable', async () => {
    const committer = new Committer({ store, now: () => NOW })
    expect(await committer.transact('user:alice', count('first'))).toEqual([1, NOW])
    expect(await loadOne(await second(store), 'user:alice')).toMatchObject({ counter: 1, version: 2 })
    expect(await rows()).toEqual(['first'])
  })

  test('what comes in one turn shares a few commits, in order for each account', async () => {
    const seen = watched(store)
    const committer = new Committer({ store: seen, now: () => NOW })
    const users = ['alice', 'bob', 'carol']
    const results = await Promise.all(
      Array.from({ length: 300 }, (_, i) => committer.transact(`user:${users[i % 3]}`, count(String(i)))),
    )
    expect(results.map(([counter]) => counter)).toEqual(
      Array.from({ length: 300 }, (_, i) => Math.floor(i / 3) + 1),
    )
    // 256 at most in one.
    expect(seen.commits.map(({ audit }) => audit.length)).toEqual([256, 44])
    expect(await rows()).toEqual(Array.from({ length: 300 }, (_, i) => String(i)))
    expect(committer.counters).toEqual({
      commits: 2,
      committed: 300,
      lostRaces: 0,
      failures: 0,
      overloads: 0,
    })
    expect(committer.depth).toBe(0)
  })

  test('an account is in one batch at a time; others go on beside it', async () => {
    const gated = hold(store, 'commit')
    const committer = new Committer({ store: gated, now: () => NOW })
    const first = [count('a1'), count('a2')].map((action) => committer.transact('user:alice', action))
    await gated.reached(1)
    const later = [
      committer.transact('user:alice', count('a3')),
      committer.transact('user:bob', count('b1')),
      committer.transact('user:alice', count('a4')),
    ]
    if (store.commitsInFlight > 1) await gated.reached(2)
    else await turns(5)
    expect(committer.depth).toBeGreaterThan(0)
    gated.release()
    expect((await Promise.all([...first, ...later])).map(([counter]) => counter)).toEqual([1, 2, 3, 1, 4])
    const batches = gated.commits.map(({ audit }) => audit.map(({ detail }) => detail))
    expect(batches).toEqual(
      store.commitsInFlight > 1
        ? [['a1', 'a2'], ['b1'], ['a3', 'a4']]
        : [
            ['a1', 'a2'],
            ['a3', 'b1', 'a4'],
          ],
    )
  })

  test('no account is ever in two batches, whatever comes when', async () => {
    const seen = watched(store)
    const committer = new Committer({ store: seen, now: () => NOW, maxBatch: 3 })
    const users = ['alice', 'bob', 'carol', 'nobody']
    const all: Promise<unknown>[] = []
    for (let i = 0; i < 200; i++) {
      all.push(committer.transact(`user:${users[(i * i) % 4]}`, count(String(i))))
      if (i % 7 === 0) await turns(i % 3)
    }
    await Promise.all(all)
    expect(seen.overlaps).toEqual([])
    expect(seen.mostInFlight).toBeLessThanOrEqual(store.commitsInFlight)
  })

  test('an action that throws rejects its own promise, and the others are committed', async () => {
    const committer = new Committer({ store, now: () => NOW })
    const refused = new CommandError('conflict', 'no', '')
    const settled = await Promise.allSettled([
      committer.transact('user:alice', count('1')),
      committer.transact('user:alice', () => {
        throw refused
      }),
      committer.transact('user:alice', count('2')),
    ])
    expect(settled).toEqual([
      { status: 'fulfilled', value: [1, NOW] },
      { status: 'rejected', reason: refused },
      { status: 'fulfilled', value: [2, NOW] },
    ])
    expect(await rows()).toEqual(['1', '2'])
  })

  test('what changes nothing costs no commit', async () => {
    const seen = watched(store)
    const committer = new Committer({ store: seen, now: () => NOW })
    const look: Action<number> = ({ tokens }) => ({ result: tokens.length, tokens, audit: [] })
    expect(await committer.transact('user:alice', look)).toBe(1)
    expect(seen.commits).toEqual([])
  })

  test('two enrolments of one serial in one batch: one has it, the other is refused, and a login beside them is decided', async () => {
    const committer = new Committer({ store, now: () => NOW })
    const enroll =
      (user: string): Action<string> =>
      ({ tokens }) => ({
        result: user,
        tokens: [...tokens, makeToken({ serial: 'NEW', user, version: 0 })],
        audit: [],
      })
    const settled = await Promise.allSettled([
      committer.transact('user:dave', enroll('dave')),
      committer.transact('user:erin', enroll('erin')),
      committer.transact('user:alice', count('login')),
    ])
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(settled[1]).toMatchObject({ reason: { code: 'conflict' } })
    expect(await store.locate('NEW')).toBe('user:dave')
  })

  test('an operation that takes a token away, and a login after it in the same batch', async () => {
    const committer = new Committer({ store, now: () => NOW })
    const unassign: Action<number> = ({ tokens }) => ({
      result: tokens.length,
      tokens: tokens.map((token) => ({ ...token, user: null })),
      audit: [entry({ detail: 'unassign' })],
    })
    const look: Action<number> = ({ tokens }) => ({
      result: tokens.length,
      tokens,
      audit: [entry({ detail: 'login' })],
    })
    const found = await Promise.all([
      committer.transact('user:alice', unassign),
      committer.transact('user:alice', look),
      committer.transact('token:alice', look),
    ])
    expect(found).toEqual([1, 0, 0])
    expect(await committer.transact('token:alice', look)).toBe(1)
  })

  describe('lost races', () => {
    test('run again on what is there now; the rest of the batch is committed at once', async () => {
      const gated = hold(store, 'commit')
      const committer = new Committer({ store: gated, now: () => NOW })
      const results = Promise.all([
        committer.transact('user:alice', count('alice')),
        committer.transact('user:bob', count('bob')),
      ])
      await gated.reached(1)
      await changeBehind('user:alice', 10)
      gated.release()
      expect(await results).toEqual([
        [11, NOW],
        [1, NOW],
      ])
      expect(await rows()).toEqual(['bob', 'alice'])
      expect(committer.counters).toMatchObject({ lostRaces: 1, failures: 0 })
    })

    test('are given up when somebody else always wins, and the others are not held up by it', async () => {
      const seen = watched(store, {
        beforeCommit: (changes) =>
          changes.some(({ key }) => key === 'user:alice') ? changeBehind('user:alice', 1) : undefined,
      })
      const committer = new Committer({ store: seen, now: () => NOW })
      const settled = await Promise.allSettled([
        committer.transact('user:alice', count('alice')),
        committer.transact('user:bob', count('bob')),
      ])
      expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
      expect(settled[0]).toMatchObject({ reason: { code: 'conflict', hint: 'try again' } })
      expect(committer.counters.lostRaces).toBeLessThan(20)
      expect(await rows()).toEqual(['bob'])
    })

    /** As another node would, in between. */
    async function changeBehind(key: AccountKey, by: number): Promise<void> {
      const other = await second(store)
      const token = await loadOne(other, key)
      await put(other, [changed(token, { counter: token.counter + by })])
    }
  })

  describe('a database that fails', () => {
    const steps = ['load', 'commit'] as const
    test.each(steps)('in %s: everything in the batch is rejected, and the next batch works', async (step) => {
      const gated = hold(store, step)
      const committer = new Committer({ store: gated, now: () => NOW })
      const batch = ['alice', 'bob', 'alice'].map((user) => committer.transact(`user:${user}`, count(user)))
      await gated.reached(1)
      gated.fail(new StoreUnavailable('the disk is full'))
      const settled = await Promise.allSettled(batch)
      expect(settled).toEqual(
        Array(3).fill({ status: 'rejected', reason: expect.objectContaining({ name: 'StoreUnavailable' }) }),
      )
      gated.release()
      expect(await committer.transact('user:alice', count('again'))).toEqual([1, NOW])
      expect(await rows()).toEqual(['again'])
      expect(committer.counters).toMatchObject({ failures: 1, committed: 1 })
      await committer.close()
    })

    test('what waited behind it is tried for itself', async () => {
      const gated = hold(store, 'commit')
      const committer = new Committer({ store: gated, now: () => NOW })
      const first = committer.transact('user:alice', count('first'))
      await gated.reached(1)
      const later = committer.transact('user:alice', count('later'))
      gated.fail(new StoreUnavailable('gone'))
      await expect(first).rejects.toThrow('gone')
      gated.release()
      expect(await later).toEqual([1, NOW])
    })
  })

  describe('bounds', () => {
    test('past the queue’s bound: Overloaded at once, counted, and nothing of it happens', async () => {
      const gated = hold(store, 'load')
      const committer = new Committer({ store: gated, now: () => NOW, maxQueue: 5 })
      const first = committer.transact('user:alice', count('first'))
      await gated.reached(1)
      const waiting = Array.from({ length: 5 }, (_, i) => committer.transact('user:alice', count(String(i))))
      await turns(3)
      await expect(committer.transact('user:alice', count('one too many'))).rejects.toThrow(Overloaded)
      expect(committer.counters.overloads).toBe(1)
      gated.release()
      expect((await Promise.all([first, ...waiting])).map(([counter]) => counter)).toEqual([1, 2, 3, 4, 5, 6])
      expect(await committer.transact('user:alice', count('room again'))).toEqual([7, NOW])
    })

    test('maxBatch splits what waits', async () => {
      const seen = watched(store)
      const committer = new Committer({ store: seen, now: () => NOW, maxBatch: 4 })
      await Promise.all(
        Array.from({ length: 10 }, (_, i) => committer.transact('user:alice', count(String(i)))),
      )
      expect(seen.commits.map(({ audit }) => audit.length)).toEqual([4, 4, 2])
    })
  })

  test('close answers what was accepted, then refuses', async () => {
    const committer = new Committer({ store, now: () => NOW, maxBatch: 2 })
    const accepted = Promise.all(
      Array.from({ length: 9 }, (_, i) => committer.transact('user:alice', count(String(i)))),
    )
    const closing = committer.close()
    await expect(committer.transact('user:alice', count('late'))).rejects.toThrow('the server is stopping')
    await closing
    expect((await rows()).length).toBe(9)
    expect((await accepted).length).toBe(9)
    await committer.close()
  })

  /** SQLite has one owner, so that "another node" is a second hand on the same store. */
  async function second(first: Store): Promise<Store> {
    return database.directory === null ? await database.open('b') : first
  }
})

test('closing an idle committer is immediate', async () => {
  const database = await SQLITE.create()
  try {
    await new Committer({ store: await database.open(), now: () => NOW }).close()
  } finally {
    await database.drop()
  }
})

/** Moves the first token's counter by one, and answers it with the time. */
function count(detail: string): Action<[counter: number, now: number]> {
  return ({ tokens }, now) => {
    const [token, ...others] = tokens as [Token?, ...Token[]]
    const audit: AuditEntry[] = [entry({ detail })]
    if (token === undefined) return { result: [0, now], tokens, audit }
    const moved = { ...token, counter: token.counter + 1 }
    return { result: [moved.counter, now], tokens: [moved, ...others], audit }
  }
}

async function turns(number: number): Promise<void> {
  for (let i = 0; i < number; i++) await new Promise((resolve) => setImmediate(resolve))
}

describe('logins that have waited', () => {
  let database: TestDatabase
  let store: Store
  let now = 0
  const said: string[] = []
  beforeEach(async () => {
    database = await SQLITE.create()
    store = await database.open()
    now = 0
    said.length = 0
    const users = ['first', ...Array.from({ length: 6 }, (_, i) => `u${i}`)]
    await put(store, inserts(...users.map((user) => makeToken({ serial: user, user }))))
  })
  afterEach(() => database.drop())

  const told = (name: string) => ({
    done: () => void said.push(`${name} done`),
    failed: (error: unknown) =>
      void said.push(`${name} ${error instanceof Overloaded ? 'overloaded' : error}`),
  })

  /** One commit is held while the others come, a second apart. */
  async function behindAHeldCommit(seconds: number, then: (committer: Committer) => void): Promise<void> {
    const gated = hold(store, 'commit')
    const committer = new Committer({ store: gated, now: () => NOW, monotonicNow: () => now, maxBatch: 2 })
    committer.run('user:first', count('first'), told('first'))
    await gated.reached(1)
    for (let i = 0; i < 6; i++) {
      committer.run(`user:u${i}`, count(String(i)), told(`u${i}`))
      now += (1000 * seconds) / 6
    }
    then(committer)
    gated.release()
    await committer.close()
  }

  test('are decided in their order while none has waited long', async () => {
    await behindAHeldCommit(0.3, () => {})
    expect(said).toEqual(['first', 'u0', 'u1', 'u2', 'u3', 'u4', 'u5'].map((name) => `${name} done`))
  })

  test('are decided newest first when the oldest have waited half a second', async () => {
    await behindAHeldCommit(1.2, () => {})
    expect(said).toEqual(['first', 'u5', 'u4', 'u3', 'u2', 'u0', 'u1'].map((name) => `${name} done`))
  })

  test('are dropped, with nothing decided, when nobody waits for them any more; operations wait', async () => {
    let operation: Promise<unknown> = Promise.resolve()
    await behindAHeldCommit(3, (committer) => {
      operation = committer.transact('user:u0', count('operation'))
      now += 1000
      expect(committer.counters.overloads).toBe(0)
    })
    await operation
    expect(said.toSorted()).toEqual(
      [
        'first done',
        'u0 overloaded',
        'u1 overloaded',
        'u2 overloaded',
        'u3 overloaded',
        'u4 done',
        'u5 done',
      ].toSorted(),
    )
    expect((await loadOne(store, 'user:u0')).counter).toBe(1)
    expect((await loadOne(store, 'user:u1')).counter).toBe(0)
  })

  test('all of them dropped, it still ends', async () => {
    await behindAHeldCommit(60, () => {})
    expect(said.filter((text) => text.endsWith('done'))).toEqual(['first done'])
  })
})
