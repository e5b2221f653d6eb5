import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { enroll } from '../../src/admin/enroll.ts'
import { type Edit, editToken } from '../../src/admin/token_change.ts'
import { assign, setActive, setPin, unassign } from '../../src/admin/token_commands.ts'
import { type AccountKey, type Token, userKey } from '../../src/auth/account.ts'
import type { Action } from '../../src/auth/action.ts'
import { authenticate } from '../../src/auth/authenticate.ts'
import { resync } from '../../src/auth/resync.ts'
import type { Verdict } from '../../src/auth/verdict.ts'
import { Committer } from '../../src/server/committer.ts'
import { verifyAudit } from '../../src/storage/audit_chain.ts'
import type { Store } from '../../src/storage/store.ts'
import { makeLogin, makeToken, NOW, otpAt, POLICY } from '../auth/make_token.ts'
import { inserts, loadOne, put } from '../storage/stored.ts'
import { KEYS, POSTGRES, type TestDatabase } from '../support/databases.ts'
import { watched } from './gated_store.ts'

// Two nodes on one PostgreSQL. A node decides by what it remembers only where its commit proves that it is still so.
const PIN = '1234'
const OTHER_PIN = makeToken({ serial: 'OTHER', pin: '9999' }).pin
const BY = { actor: 'admin:carol', source: 'socket' }
const TOKEN = makeToken({ serial: 'A', pin: PIN, window: 10, syncWindow: 40, maxFail: 3 })
const SECOND = makeToken({ serial: 'B', pin: PIN })

class Node {
  readonly store: Store
  /** Keys that were asked of the database. */
  readonly loaded: AccountKey[] = []
  readonly #committer: Committer

  constructor(store: Store, now: () => number = () => NOW) {
    this.store = store
    const seen = watched(store)
    this.#committer = new Committer({
      store: {
        commitsInFlight: store.commitsInFlight,
        isAlone: store.isAlone,
        recall: (key) => store.recall(key),
        commit: seen.commit,
        load: async (keys) => {
          this.loaded.push(...keys)
          return await store.load(keys)
        },
      },
      now,
    })
  }

  login(password: string, user = 'alice'): Promise<Verdict> {
    return this.#committer.transact(userKey(user), authenticate(makeLogin(password, user), POLICY))
  }

  async reason(password: string, user = 'alice'): Promise<string> {
    const verdict = await this.login(password, user)
    return verdict.kind === 'challenge' ? verdict.kind : verdict.reason
  }

  async edit(serial: string, edit: Edit): Promise<void> {
    const key = await this.store.locate(serial)
    if (key !== null) await this.run(key, editToken('token edit', serial, BY, edit))
  }

  run<R>(key: AccountKey, action: Action<R>): Promise<R> {
    return this.#committer.transact(key, action)
  }

  close(): Promise<void> {
    return this.#committer.close()
  }
}

let database: TestDatabase
let here: Node
let there: Node
beforeEach(async () => {
  database = await POSTGRES.create()
  here = new Node(await database.open('a'))
  there = new Node(await database.open('b'))
  await put(here.store, inserts(TOKEN, SECOND))
})
afterEach(() => database.drop())

const password = (counter: number, token = TOKEN, pin = PIN) => pin + otpAt(token, counter)

test('the next login of a known account asks the database nothing but to commit', async () => {
  expect(await here.reason(password(0))).toBe('otp-accepted')
  expect(here.loaded).toEqual(['user:alice'])
  expect(await here.reason(password(1))).toBe('otp-accepted')
  expect(await here.reason(password(2))).toBe('otp-accepted')
  expect(here.loaded).toEqual(['user:alice'])
})

test.each([
  { name: 'a wrong PIN', given: () => password(1, TOKEN, '0000') },
  { name: 'a wrong OTP', given: () => `${PIN}000000` },
  { name: 'an OTP that was used', given: () => password(0) },
])('a Reject rests on what the database has: $name', async ({ given }) => {
  await here.login(password(0))
  here.loaded.length = 0
  expect((await here.login(given())).kind).toBe('reject')
  expect(here.loaded).toEqual(['user:alice'])
})

test('in one batch, only accounts whose decision is not proven are loaded', async () => {
  await put(
    here.store,
    inserts(makeToken({ serial: 'C', user: 'carol' }), makeToken({ serial: 'D', user: 'dave' })),
  )
  const carol = makeToken({ serial: 'C', user: 'carol' })
  const dave = makeToken({ serial: 'D', user: 'dave' })
  await Promise.all([here.login(otpAt(carol, 0), 'carol'), here.login(otpAt(dave, 0), 'dave')])
  here.loaded.length = 0
  const verdicts = await Promise.all([
    here.login(otpAt(carol, 1), 'carol'),
    here.login('000000', 'dave'),
    here.login(otpAt(carol, 2), 'carol'),
  ])
  expect(verdicts.map(({ kind }) => kind)).toEqual(['accept', 'reject', 'accept'])
  expect(here.loaded).toEqual(['user:dave'])
})

describe('what another node does to a remembered token counts at once', () => {
  const done: {
    name: string
    given: () => Promise<unknown>
    /** What the OTP that was right is answered here then. */
    expect: string
  }[] = [
    {
      name: 'disabled, and no other token left',
      given: async () => {
        await there.edit('A', (token) => setActive(token, false))
        await there.edit('B', (token) => setActive(token, false))
      },
      expect: 'token-disabled',
    },
    {
      name: 'disabled',
      given: () => there.edit('A', (token) => setActive(token, false)),
      expect: 'wrong-otp',
    },
    { name: 'unassigned', given: () => there.edit('A', unassign), expect: 'wrong-otp' },
    { name: 'deleted', given: () => there.edit('A', () => ({ token: null })), expect: 'wrong-otp' },
    {
      name: 'deleted, and its serial enrolled with another secret',
      given: async () => {
        await there.edit('A', () => ({ token: null }))
        const state = makeToken({ serial: 'elsewhere' }).state
        await there.run('user:alice', enroll({ ...TOKEN, state, version: 0 }, BY))
      },
      expect: 'wrong-otp',
    },
    {
      name: 'given to another user',
      given: async () => {
        await there.edit('A', unassign)
        await there.edit('A', (token) => assign(token, 'bob', TOKEN.pin))
      },
      expect: 'wrong-otp',
    },
    {
      name: 'given another PIN',
      given: async () => {
        await there.edit('A', (token) => setPin(token, OTHER_PIN))
        await there.edit('B', (token) => setPin(token, OTHER_PIN))
      },
      expect: 'wrong-pin',
    },
    {
      name: 'logged in with, past this OTP',
      given: () => there.login(password(5)),
      expect: 'otp-already-used',
    },
    {
      name: 'logged in with, by this OTP',
      given: () => there.login(password(1)),
      expect: 'otp-already-used',
    },
    {
      name: 'resynchronized past it',
      given: () =>
        there.edit('A', (token, now) => ({
          token: resync(token, otpAt(TOKEN, 4), otpAt(TOKEN, 5), now),
        })),
      expect: 'otp-already-used',
    },
    {
      name: 'made to expire',
      given: () => there.edit('A', (token) => ({ token: { ...token, validUntil: NOW - 1 } })),
      expect: 'wrong-otp',
    },
  ]
  test.each(done)('$name', async ({ given, expect: reason }) => {
    expect(await here.reason(password(0))).toBe('otp-accepted')
    await given()
    expect(await here.reason(password(1))).toBe(reason)
    await here.close()
    expect((await verifyAudit(there.store, KEYS.audit)).firstBad).toBeNull()
  })

  test('locked by wrong codes', async () => {
    expect(await here.reason(password(0))).toBe('otp-accepted')
    await there.edit('B', () => ({ token: null }))
    for (let i = 0; i < 3; i++) expect(await there.reason(`${PIN}000000`)).toBe('wrong-otp')
    expect(await here.reason(password(1))).toBe('token-locked')
    await there.edit('A', (token) => ({ token: { ...token, failCount: 0, lockedAt: null } }))
    expect(await here.reason(password(1))).toBe('otp-accepted')
  })

  test('whoever got it logs in here, though it is remembered as another’s', async () => {
    await here.login(password(0))
    await there.edit('A', unassign)
    await there.edit('A', (token) => assign(token, 'bob', TOKEN.pin))
    expect(await here.reason(password(1), 'bob')).toBe('otp-accepted')
    expect(await here.reason(password(2))).toBe('wrong-otp')
    expect(await here.reason(password(2), 'bob')).toBe('otp-accepted')
  })

  test('a token that joined an account is taken, though the account is remembered without it', async () => {
    await here.login(password(0))
    await there.run('user:alice', enroll({ ...makeToken({ serial: 'NEW' }), pin: TOKEN.pin, version: 0 }, BY))
    expect(await here.reason(password(0, makeToken({ serial: 'NEW' })))).toBe('otp-accepted')
  })
})

type Step =
  | {
      readonly kind: 'login'
      readonly node: 0 | 1
      readonly user: 'alice' | 'bob'
      readonly serial: 'A' | 'B'
      readonly counter: number
    }
  | {
      readonly kind: 'disable' | 'enable' | 'unassign' | 'delete' | 'resync' | 'enroll'
      readonly node: 0 | 1
      readonly serial: 'A' | 'B'
    }
  | {
      readonly kind: 'assign'
      readonly node: 0 | 1
      readonly serial: 'A' | 'B'
      readonly user: 'alice' | 'bob'
    }

test('whatever both nodes do, one at a time: each answers as if it remembered nothing', async () => {
  const until = performance.now() + 10_000
  const look = await database.open('look')
  const node = fc.constantFrom<0 | 1>(0, 1)
  const serial = fc.constantFrom<'A' | 'B'>('A', 'B')
  const user = fc.constantFrom<'alice' | 'bob'>('alice', 'alice', 'bob')
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('login' as const), node, user, serial, counter: fc.nat(12) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom('disable', 'enable', 'enable', 'unassign', 'delete', 'resync', 'enroll'),
        node,
        serial,
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('assign' as const), node, serial, user }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (sequence) => {
      if (performance.now() > until) return
      const tokens = { A: { ...TOKEN, version: 0 }, B: { ...SECOND, version: 0, maxFail: 3, window: 10 } }
      for (const name of ['A', 'B'] as const) {
        await here.edit(name, () => ({ token: null }))
        await here.run('user:alice', enroll(tokens[name], BY))
      }
      const spent = new Map<string, number>()
      const nodes = [here, there]
      for (const one of sequence) {
        const at = nodes[one.node] as Node
        if (one.kind === 'login') {
          const given = password(one.counter, tokens[one.serial])
          const key = userKey(one.user)
          const truth = (await look.load([key])).get(key)!
          const model = authenticate(makeLogin(given, one.user), POLICY)(truth, NOW)
          expect(await at.login(given, one.user)).toEqual(model.result)
          if (model.result.kind === 'accept') {
            expect(one.counter).toBeGreaterThan(spent.get(one.serial) ?? -1)
            spent.set(one.serial, one.counter)
          }
        } else if (one.kind === 'enroll') {
          if ((await at.store.locate(one.serial)) !== null) continue
          spent.delete(one.serial)
          await at.run('user:alice', enroll(tokens[one.serial], BY))
        } else await operate(at, one)
      }
    }),
    { numRuns: 60 },
  )
  for (const each of [here, there]) await each.close()
  expect((await verifyAudit(here.store, KEYS.audit)).firstBad).toBeNull()
}, 40_000)

async function operate(node: Node, step: Exclude<Step, { kind: 'login' }>): Promise<void> {
  await node.edit(step.serial, (token, now) => {
    if (step.kind === 'assign') return token.user === null ? assign(token, step.user, TOKEN.pin) : { token }
    if (step.kind === 'unassign') return unassign(token)
    if (step.kind === 'delete') return { token: null }
    if (step.kind !== 'resync') return setActive(token, step.kind === 'enable')
    const genuine = step.serial === 'A' ? TOKEN : SECOND
    return { token: resync(token, otpAt(genuine, 4), otpAt(genuine, 5), now) ?? token }
  })
}

test('both at once, with operations between: every OTP is accepted at most once, and a disabled token by nobody', async () => {
  const users = Array.from({ length: 12 }, (_, i) =>
    makeToken({ serial: `U${i}`, user: `user ${i}`, window: 50, maxFail: 0 }),
  )
  await put(here.store, inserts(...users))
  for (const token of users) for (const node of [here, there]) await node.login(otpAt(token, 0), token.user!)
  const accepts: string[] = []
  const disabled = new Set<string>()
  const attempt = async (node: Node, token: Token, counter: number) => {
    const wasDisabled = disabled.has(token.serial)
    const { kind } = await node.login(otpAt(token, counter), token.user!)
    if (kind === 'accept') {
      accepts.push(`${token.serial} ${counter}`)
      expect(wasDisabled).toBe(false)
    }
  }
  for (let counter = 1; counter <= 15; counter++) {
    const works = users.flatMap((token) =>
      [here, there, here, there].map((node) => attempt(node, token, counter)),
    )
    const victim = users[counter % 12] as Token
    if (counter > 8) {
      works.push(
        there
          .edit(victim.serial, (token) => setActive(token, false))
          .then(() => void disabled.add(victim.serial)),
      )
    }
    await Promise.all(works)
  }
  expect(new Set(accepts).size).toBe(accepts.length)
  expect(accepts.length).toBeGreaterThan(12 * 8)
  for (const { serial, user } of users) {
    const stored = await loadOne(here.store, userKey(user!))
    const mine = accepts.filter((accept) => accept.startsWith(`${serial} `)).length
    // The two of the beginning, of which one was right.
    expect(stored).toMatchObject({ successCount: mine + 1, active: !disabled.has(serial) })
  }
  expect((await verifyAudit(here.store, KEYS.audit)).firstBad).toBeNull()
}, 40_000)
