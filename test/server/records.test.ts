/** Two nodes on one PostgreSQL: whoever has decided by an old record finds out before anybody is let in by it. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { setRecord } from '../../src/admin/user_set.ts'
import { userKey } from '../../src/auth/account.ts'
import { authenticate } from '../../src/auth/authenticate.ts'
import type { Verdict } from '../../src/auth/verdict.ts'
import { Committer } from '../../src/server/committer.ts'
import type { Store } from '../../src/storage/store.ts'
import { makeLogin, makeToken, NOW, otpAt, POLICY } from '../auth/make_token.ts'
import { inserts, put } from '../storage/stored.ts'
import { POSTGRES, type TestDatabase } from '../support/databases.ts'
import { hold } from './gated_store.ts'

const TOKEN = makeToken({ serial: 'A' })
const REPLIES = { groups: ['staff', 'guests'], problemWith: () => null, namesFor: () => [] }
const BY = { actor: 'admin:carol', source: 'socket', replies: REPLIES }

let database: TestDatabase
let here: Store
let there: Store
beforeEach(async () => {
  database = await POSTGRES.create()
  here = await database.open('a')
  there = await database.open('b')
  await put(here, inserts(TOKEN))
})
afterEach(() => database.drop())

const login = (committer: Committer, counter: number): Promise<Verdict> =>
  committer.transact(userKey('alice'), authenticate(makeLogin(otpAt(TOKEN, counter)), POLICY))
const set = (committer: Committer, groups: string[]) =>
  committer.transact(userKey('alice'), setRecord('alice', { groups }, BY))
const groupsOf = (verdict: Verdict) => [verdict.kind, verdict.kind === 'accept' && verdict.record?.groups]

test('another node that remembers the account sees a change at once', async () => {
  const [a, b] = [here, there].map((store) => new Committer({ store, now: () => NOW }))
  expect(groupsOf(await login(a!, 0))).toEqual(['accept', undefined])
  expect(here.recall('user:alice')).toBeDefined()
  await set(b!, ['staff'])
  // Node a has not heard of it.
  expect(here.recall('user:alice')?.record).toBeUndefined()
  expect(groupsOf(await login(a!, 1))).toEqual(['accept', ['staff']])
  expect(a!.counters.lostRaces).toBe(1)
  await set(b!, ['guests'])
  expect(groupsOf(await login(a!, 2))).toEqual(['accept', ['guests']])
  expect(groupsOf(await login(b!, 3))).toEqual(['accept', ['guests']])
})

test('a change that comes between a decision and its commit is in the answer', async () => {
  const held = hold(here, 'commit')
  const a = new Committer({ store: held, now: () => NOW })
  const b = new Committer({ store: there, now: () => NOW })
  const verdict = login(a, 0)
  await held.reached(1)
  await set(b, ['staff'])
  held.release()
  expect(groupsOf(await verdict)).toEqual(['accept', ['staff']])
  expect(held.commits.length).toBe(2)
})

test('a login between the loading and the commit of a change: both take place', async () => {
  const held = hold(there, 'commit')
  const a = new Committer({ store: here, now: () => NOW })
  const b = new Committer({ store: held, now: () => NOW })
  const change = set(b, ['staff'])
  await held.reached(1)
  expect(groupsOf(await login(a, 0))).toEqual(['accept', undefined])
  held.release()
  expect((await change).record.groups).toEqual(['staff'])
  expect(groupsOf(await login(a, 0))).toEqual(['reject', false])
  expect(groupsOf(await login(a, 1))).toEqual(['accept', ['staff']])
})
