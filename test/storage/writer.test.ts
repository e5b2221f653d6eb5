import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type AuditEntry, type Token, userKey } from '../../src/auth/account.ts'
import type { TokenChange } from '../../src/auth/action.ts'
import { authenticate } from '../../src/auth/authenticate.ts'
import { Committer } from '../../src/server/committer.ts'
import { verifyAudit } from '../../src/storage/audit_chain.ts'
import { type Store, StoreUnavailable } from '../../src/storage/store.ts'
import { makeLogin, makeToken, NOW, otpAt, POLICY } from '../auth/make_token.ts'
import { KEYS, SQLITE, type TestDatabase } from '../support/databases.ts'
import { until } from '../support/until.ts'
import { afterCrash } from './crashed.ts'
import { changed, deleted, entry, inserts, loadOne, plainToken, put } from './stored.ts'

// SQLite is written by a thread of its own: what becomes of a commit that it cannot make, and of those after it.
const TOKENS = Array.from({ length: 40 }, (_, i) => makeToken({ serial: `T${i}`, user: `user ${i}` }))

type Commit = [changes: TokenChange[], audit: AuditEntry[]]

let database: TestDatabase
let store: Store
beforeEach(async () => {
  database = await SQLITE.create()
  store = await database.open()
  await put(store, inserts(...TOKENS), [entry()])
})
afterEach(() => database.drop())

const tokenOf = (i: number) => loadOne(store, `user:user ${i}`)
const listed = async (from: Store = store) =>
  (await from.listTokens({ order: 'serial', descending: false, limit: 99, cursor: null })).rows.map(
    plainToken,
  )

/** A login of each of the first `count`. */
async function loginsOf(count: number): Promise<Commit> {
  const accounts = await store.load(TOKENS.slice(0, count).map((token) => userKey(token.user as string)))
  const tokens = [...accounts.values()].map(({ tokens: [token] }) => token as Token)
  const changes = tokens.map((token) => changed(token, { counter: token.counter + 1, lastUsedAt: NOW }))
  return [changes, tokens.map(({ serial, user }) => entry({ serials: [serial], user }))]
}

async function expectWhole(entries: number): Promise<void> {
  const now = await listed()
  expect(await verifyAudit(store, KEYS.audit)).toEqual({ entries, firstBad: null })
  await afterCrash(database, async (crashed) => {
    expect(await listed(crashed.store)).toEqual(now)
    expect((await verifyAudit(crashed.store, KEYS.audit)).firstBad).toBeNull()
  })
}

describe('a commit that the database refuses', () => {
  // ABORT undoes the statement, ROLLBACK the whole transaction by itself, as a full disk may; FAIL leaves what it did.
  const refusals = ['ABORT', 'ROLLBACK', 'FAIL'].flatMap((how) =>
    [
      { table: 'audit', on: 'INSERT' },
      { table: 'audit_chains', on: 'UPDATE' },
      { table: 'audit_index', on: 'INSERT' },
      { table: 'progress_journal', on: 'INSERT' },
      { table: 'token_progress', on: 'UPDATE' },
    ].map((place) => ({ ...place, how })),
  )
  test.each(refusals)(
    '$how of the $on of $table: it is as if it had not been',
    async ({ how, on, table }) => {
      await put(store, ...(await loginsOf(40)))
      const before = await listed()
      await database.query(
        `CREATE TRIGGER full AFTER ${on} ON ${table} BEGIN SELECT RAISE(${how}, 'database or disk is full'); END`,
      )
      let failures = 0
      for (let attempt = 0; attempt < 2; attempt++) {
        for (const commit of await everyKind()) {
          const committed = await store.commit(...commit).then(
            () => true,
            (error) => {
              expect(error).toBeInstanceOf(StoreUnavailable)
              expect(error.message).toBe('database or disk is full')
              return false
            },
          )
          if (!committed) failures++
          else await undo(before)
          expect(await listed()).toEqual(before)
        }
      }
      expect(failures).toBeGreaterThan(1)
      await database.query('DROP TRIGGER full')
      for (const commit of await everyKind()) await put(store, ...commit)
      const now = await listed()
      expect(now).not.toEqual(before)
      const { entries } = await verifyAudit(store, KEYS.audit)
      await expectWhole(entries)
      await database.close(store)
      store = await database.open()
      expect(await listed()).toEqual(now)
    },
  )

  /** By the journal, at once, with a detail, an operation; each on tokens of its own. */
  async function everyKind(): Promise<Commit[]> {
    const [many, audit] = await loginsOf(30)
    return [
      [many, audit],
      [[changed(await tokenOf(31), { failCount: 1 })], [entry({ serials: ['T31'], user: 'user 31' })]],
      [[changed(await tokenOf(32), { description: 'x' })], [entry({ action: 'token set', outcome: 'done' })]],
    ]
  }

  /** The kinds that do not touch what refuses go through; what they did is of no interest. */
  async function undo(before: unknown[]): Promise<void> {
    before.splice(0, before.length, ...(await listed()))
  }
})

test('rows that cannot follow now follow when they can, and every read is right meanwhile', async () => {
  await put(store, ...(await loginsOf(40)))
  const before = await listed()
  await refuse('token_progress')
  await new Promise((resolve) => setTimeout(resolve, 1300))
  expect(await listed()).toEqual(before)
  await database.query('DROP TRIGGER full')
  await put(store, [], [entry()])
  await until('the sweep', async () => (await database.query('SELECT id FROM progress_journal')).length === 0)
  expect(await listed()).toEqual(before)
  expect(
    new Set((await database.query('SELECT counter FROM token_progress')).map(({ counter }) => counter)),
  ).toEqual(new Set([1]))
})

test.each([0, 1300])('a store whose rows cannot follow closes all the same (%i ms later)', async (ms) => {
  await put(store, ...(await loginsOf(40)))
  const before = await listed()
  await refuse('token_progress')
  await new Promise((resolve) => setTimeout(resolve, ms))
  await database.close(store)
  await expect(database.open()).rejects.toThrow(StoreUnavailable)
  await database.query('DROP TRIGGER full')
  store = await database.open()
  expect(await listed()).toEqual(before)
  await expectWhole(41)
})

describe('the thread that writes ends by itself', () => {
  test('the commit that it was asked is StoreUnavailable, the next starts another', async () => {
    await put(store, ...(await loginsOf(40)))
    const before = await listed()
    await end(await writerOf(() => store.commit([], [entry()])))
    expect(await listed()).toEqual(before)
    await put(store, ...(await loginsOf(40)))
    expect((await tokenOf(3)).counter).toBe(2)
    await expectWhole(82)
  })

  test('while it waits, rows that had not followed are right, and follow', async () => {
    await put(store, ...(await loginsOf(40)))
    const before = await listed()
    await end(await writerOf(async () => await put(store, [], [entry()])))
    expect(await listed()).toEqual(before)
    expect(await tokenOf(3)).toMatchObject({ counter: 1 })
    await put(store, [changed(await tokenOf(3), { counter: 2 })], [entry()])
    await expectWhole(43)
    await database.close(store)
    expect(await database.query('SELECT id FROM progress_journal')).toEqual([])
    store = await database.open()
    expect((await tokenOf(3)).counter).toBe(2)
  })

  // Whether the commit was durable by then is unknown: nothing may be decided twice, whichever it was.
  test.each([0, 1, 2, 3, 5, 8, 13])('in the middle of a commit, %i ms into it', async (ms) => {
    await expectDecidedOnce(async (worker) => {
      await new Promise((resolve) => setTimeout(resolve, ms))
      await end(worker)
    })
  })

  test('after a commit was durable, and before it could say so', async () => {
    const blocks = async () => (await database.query('SELECT id FROM audit')).length
    const told = await expectDecidedOnce(async (worker) => {
      const before = await blocks()
      worker.removeAllListeners('message')
      await until('a commit', async () => (await blocks()) > before)
      await end(worker)
    })
    expect(new Set(told)).toEqual(new Set(['unknown']))
  })

  /** `stop` comes after the logins were handed in. */
  async function expectDecidedOnce(stop: (worker: Worker) => Promise<void>): Promise<string[]> {
    const committer = new Committer({ store, now: () => NOW })
    const login = async (counter: number) => {
      const results = await Promise.allSettled(
        TOKENS.map((token) =>
          committer.transact(
            userKey(token.user as string),
            authenticate(makeLogin(otpAt(token, counter), token.user as string), POLICY),
          ),
        ),
      )
      return results.map((result) => (result.status === 'rejected' ? 'unknown' : result.value.kind))
    }
    expect(new Set(await login(0))).toEqual(new Set(['accept']))
    const worker = await writerOf(() => put(store, [], [entry()]))
    const first = login(1)
    await stop(worker)
    const told = await first
    const again = await login(1)
    // Told or not, durable or not: each OTP is accepted once, and the trail has each Accept that a token counts.
    for (const [i, kind] of told.entries()) if (kind === 'accept') expect(again[i]).toBe('reject')
    const accepts = (await store.listAudit({ outcome: 'accept', limit: 999, cursor: null })).rows
    for (const { serial, successCount, counter } of await listed()) {
      const about = accepts.filter(({ serials }) => serials.includes(serial as string))
      expect([serial, counter, successCount, about.length]).toEqual([serial, 2, 2, 2])
    }
    const { entries, firstBad } = await verifyAudit(store, KEYS.audit)
    expect(firstBad).toBeNull()
    await expectWhole(entries)
    return told
  }

  test('it ends again and again: each time the next commit goes through, on a chain of its own', async () => {
    for (let round = 1; round <= 4; round++) {
      await end(await writerOf(() => store.commit([], [])))
      await put(store, ...(await loginsOf(round % 2 === 0 ? 40 : 4)))
      expect((await tokenOf(3)).counter).toBe(round)
    }
    const heads = await store.readChains()
    expect(heads.length).toBe(1 + 1 + 4)
    await expectWhole(1 + 4 + 40 + 4 + 40)
  })

  test('a store without it closes, with what the journal keeps for the next start', async () => {
    await put(store, ...(await loginsOf(40)))
    const before = await listed()
    await end(await writerOf(() => store.commit([], [])))
    await database.close(store)
    await expect(store.commit([], [entry()])).rejects.toThrow(StoreUnavailable)
    store = await database.open()
    expect(await listed()).toEqual(before)
    await put(store, [deleted(await tokenOf(3))])
  })

  /** The thread that takes a commit while `work` is done: it is nobody's business but the store's otherwise. */
  async function writerOf(work: () => Promise<unknown>): Promise<Worker> {
    const real = Worker.prototype.postMessage
    const workers: Worker[] = []
    Worker.prototype.postMessage = function postMessage(this: Worker, ...message: Parameters<typeof real>) {
      workers.push(this)
      return real.apply(this, message)
    }
    try {
      await work()
    } finally {
      Worker.prototype.postMessage = real
    }
    return workers.at(-1) as Worker
  }

  /** As when it has no memory left: at once, in the middle of whatever it does. */
  async function end(worker: Worker): Promise<void> {
    await worker.terminate()
    await new Promise((resolve) => setImmediate(resolve))
  }
})

function refuse(table: string) {
  return database.query(
    `CREATE TRIGGER full BEFORE UPDATE ON ${table} BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`,
  )
}
