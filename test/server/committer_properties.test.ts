import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Account, type AccountKey, keyOf, type Token } from '../../src/auth/account.ts'
import { type Action, Failed, runBatch } from '../../src/auth/action.ts'
import { authenticate, type Policy } from '../../src/auth/authenticate.ts'
import { withFailCountReset } from '../../src/auth/limits.ts'
import { resync } from '../../src/auth/resync.ts'
import type { Verdict } from '../../src/auth/verdict.ts'
import { Committer } from '../../src/server/committer.ts'
import { verifyAudit } from '../../src/storage/audit_chain.ts'
import { makeLogin, makeToken, NOW, otpAt, POLICY } from '../auth/make_token.ts'
import { entry, inserts, plainToken, put } from '../storage/stored.ts'
import { KEYS, SQLITE } from '../support/databases.ts'

// The pure decision on a Map is the model; a real database behind a real committer must agree with it after anything.
const TOKENS: readonly Token[] = [
  makeToken({ serial: 'H', pin: '1234', digits: 8, maxFail: 4, window: 4, syncWindow: 30, version: 1 }),
  makeToken({ serial: 'I', pin: '1234', digits: 8, maxFail: 0, window: 4, syncWindow: 30, user: 'Alice' }),
  makeToken({ serial: 'B', digits: 8, maxFail: 3, window: 4, syncWindow: 30, user: 'bob' }),
]
const REACH = 24
const codes = new Map(
  TOKENS.map((token) => [
    token.serial,
    Array.from({ length: REACH + 3 }, (_, counter) => otpAt(token, counter)),
  ]),
)
const OWNERS = ['alice', 'bob', null] as const
const serials = fc.constantFrom(...TOKENS.map(({ serial }) => serial))

type Work =
  | {
      readonly kind: 'login'
      readonly user: 'alice' | 'bob'
      readonly serial: string
      readonly code: number
      readonly pin: string
    }
  | { readonly kind: 'resync'; readonly serial: string; readonly code: number }
  | { readonly kind: 'reset' | 'toggle'; readonly serial: string }
type Step =
  /** Handed in at once; the committer makes batches of them. */
  | { readonly kind: 'together'; readonly works: readonly Work[] }
  | { readonly kind: 'give'; readonly serial: string; readonly to: (typeof OWNERS)[number] }
  | { readonly kind: 'restart' }
  | { readonly kind: 'wait'; readonly seconds: number }

const works: fc.Arbitrary<Work> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('login' as const),
      user: fc.constantFrom('alice', 'alice', 'bob'),
      serial: serials,
      code: fc.oneof(fc.nat(REACH), fc.nat(6)),
      pin: fc.constantFrom('1234', '1234', '', '9999'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('resync' as const), serial: serials, code: fc.nat(REACH) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('reset', 'toggle'), serial: serials }) },
)
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('together' as const),
        works: fc.array(works, { minLength: 1, maxLength: 12 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('give' as const),
        serial: serials,
        to: fc.constantFrom(...OWNERS),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(1, 300) }),
    },
  ),
  { minLength: 2, maxLength: 15 },
)
const policies: fc.Arbitrary<Policy> = fc.record({
  ...Object.fromEntries(Object.entries(POLICY).map(([name, value]) => [name, fc.constant(value)])),
  autoResync: fc.boolean(),
  resetFailCounters: fc.constantFrom('token', 'account'),
  unlockAfterMs: fc.constantFrom(0, 60_000),
} as never)

test('a database behind a committer holds what the pure decision says, after any logins, operations and restarts', async () => {
  const until = performance.now() + 8000
  await fc.assert(
    fc.asyncProperty(steps, policies, async (sequence, policy) => {
      if (performance.now() > until) return
      const database = await SQLITE.create()
      try {
        let now = NOW
        let store = await database.open()
        await put(store, inserts(...TOKENS))
        let committer = new Committer({ store, now: () => now, maxBatch: 5 })
        const model = new Model()
        const accepted: string[] = []
        let decided = 0

        const run = async (works: readonly { key: AccountKey; action: Action<unknown>; otp?: string }[]) => {
          const results = await Promise.all(works.map(({ key, action }) => committer.transact(key, action)))
          expect(results).toEqual(works.map(({ key, action }) => model.run(key, action, now)))
          decided += works.length
          for (const [i, { otp }] of works.entries()) {
            if (otp !== undefined && (results[i] as Verdict).kind === 'accept') accepted.push(otp)
          }
        }
        for (const step of sequence) {
          if (step.kind === 'wait') now += step.seconds * 1000
          else if (step.kind === 'together') await run(step.works.map((work) => model.workOf(work, policy)))
          else if (step.kind === 'give') await run([model.give(step.serial, step.to)])
          else {
            await committer.close()
            await database.close(store)
            store = await database.open()
            committer = new Committer({ store, now: () => now, maxBatch: 5 })
          }
        }
        await committer.close()
        expect(new Set(accepted).size).toBe(accepted.length)
        const { rows } = await store.listTokens({
          order: 'serial',
          descending: false,
          limit: 99,
          cursor: null,
        })
        expect(rows.map(ofLogins)).toEqual(model.tokens().map(ofLogins))
        for (const key of ['user:alice', 'user:bob'] as const) {
          const loaded = (await store.load([key])).get(key)?.tokens ?? []
          expect(loaded.map(ofLogins)).toEqual(model.account(key).tokens.map(ofLogins))
        }
        for (const { failCount, maxFail } of rows) {
          expect(failCount).toBeGreaterThanOrEqual(0)
          if (maxFail > 0) expect(failCount).toBeLessThanOrEqual(maxFail)
        }
        expect(model.fallen).toEqual([])
        expect(await verifyAudit(store, KEYS.audit)).toEqual({ entries: decided, firstBad: null })
      } finally {
        await database.drop()
      }
    }),
    { numRuns: 150 },
  )
}, 20_000)

/** Accounts in a Map, one work at a time; versions, ids and where the trail stands are the database's own affair. */
class Model {
  readonly fallen: string[] = []
  readonly #tokens = new Map(TOKENS.map((token) => [token.serial, token]))

  tokens(): Token[] {
    return [...this.#tokens.values()].toSorted((a, b) => (a.serial < b.serial ? -1 : 1))
  }

  account(key: AccountKey): Account {
    return { key, tokens: [...this.#tokens.values()].filter((token) => keyOf(token) === key) }
  }

  run(key: AccountKey, action: Action<unknown>, now: number): unknown {
    const { outcomes, changes } = runBatch([{ key, action }], new Map([[key, this.account(key)]]), now)
    for (const { before, after } of changes) {
      if (after!.counter < before!.counter) this.fallen.push(after!.serial)
      this.#tokens.set(after!.serial, after as Token)
    }
    const [outcome] = outcomes
    if (outcome === undefined || outcome instanceof Failed) throw new Error('no outcome')
    return outcome.result
  }

  workOf(work: Work, policy: Policy): { key: AccountKey; action: Action<unknown>; otp?: string } {
    const otps = codes.get(work.serial) as string[]
    if (work.kind === 'login') {
      const otp = otps[work.code] as string
      return {
        key: `user:${work.user}`,
        action: authenticate(makeLogin(work.pin + otp, work.user), policy),
        otp,
      }
    }
    return this.#edit(work.serial, (token, now) => {
      if (work.kind === 'reset') return withFailCountReset(token)
      if (work.kind === 'resync') {
        return resync(token, otps[work.code] as string, otps[work.code + 1] as string, now) ?? token
      }
      return { ...token, active: !token.active }
    })
  }

  give(serial: string, user: string | null) {
    return this.#edit(serial, (token) => ({ ...token, user }))
  }

  #edit(
    serial: string,
    change: (token: Token, now: number) => Token,
  ): { key: AccountKey; action: Action<null> } {
    const action: Action<null> = ({ tokens }, now) => ({
      result: null,
      tokens: tokens.map((token) => (token.serial === serial ? change(token, now) : token)),
      audit: [entry({ action: 'edit' })],
    })
    return { key: keyOf(this.#tokens.get(serial) as Token), action }
  }
}

/** Without what storage keeps for itself. */
function ofLogins(token: Token) {
  const { version: _, auditHead: _head, ...fields } = plainToken(token)
  return fields
}
