import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Account, AccountKey, AuditEntry, Token } from '../../src/auth/account.ts'
import { type Action, Failed, runBatch, type Work } from '../../src/auth/action.ts'
import { authenticate, type Policy } from '../../src/auth/authenticate.ts'
import { withFailCountReset } from '../../src/auth/limits.ts'
import { resync } from '../../src/auth/resync.ts'
import type { Verdict } from '../../src/auth/verdict.ts'
import type { Instant } from '../../src/tokens/token_type.ts'
import { makeAccount, makeLogin, makeToken, NOW, otpAt, POLICY, T } from './make_token.ts'

// What must hold after any sequence of logins and operations (spec/authentication.md; ARCHITECTURE, invariants).
const ALICE: AccountKey = 'user:alice'
const PINS: Record<string, string> = { H: '1234', I: '1234', T: '5678', OFF: '1234' }
const TOKENS: readonly Token[] = [
  makeToken({ serial: 'H', pin: '1234', digits: 8, maxFail: 5, window: 5, syncWindow: 40 }),
  makeToken({ serial: 'I', pin: '1234', digits: 8, maxFail: 0, maxAttempts: 5, window: 5, syncWindow: 40 }),
  makeToken({ serial: 'T', pin: '5678', digits: 8, kind: 'totp', maxFail: 5, syncWindow: 20 }),
  makeToken({ serial: 'OFF', pin: '1234', digits: 8, active: false }),
]

/** Movements of the codes of one token; small, so that codes come again and follow each other. */
const REACH = 60
const codes = new Map(
  TOKENS.map((token) => {
    const first = token.kind === 'totp' ? T - REACH / 2 : 0
    return [token.serial, Array.from({ length: 2 * REACH }, (_, i) => otpAt(token, first + i))]
  }),
)

type Step =
  | { readonly kind: 'login'; readonly serial: string; readonly code: number; readonly pin: boolean }
  | { readonly kind: 'resync'; readonly serial: string; readonly code: number; readonly gap: number }
  | { readonly kind: 'reset' | 'disable' | 'enable'; readonly serial: string }
  /** Time goes by, and the batch that was gathered so far is committed. */
  | { readonly kind: 'wait'; readonly seconds: number }

const serials = fc.constantFrom(...TOKENS.map(({ serial }) => serial))
const code = fc.oneof(fc.nat(REACH), fc.nat(8))
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('login' as const),
        serial: serials,
        code,
        pin: fc.oneof(
          { weight: 6, arbitrary: fc.constant(true) },
          { weight: 1, arbitrary: fc.constant(false) },
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('resync' as const),
        serial: serials,
        code,
        gap: fc.constantFrom(1, 1, 0, 2),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constantFrom('reset', 'disable', 'enable'), serial: serials }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(1, 30, 60, 300) }),
    },
  ),
  { minLength: 1, maxLength: 60 },
)
const policies: fc.Arbitrary<Policy> = fc.record({
  pinKey: fc.constant(POLICY.pinKey),
  autoResync: fc.boolean(),
  autoResyncTimeoutMs: fc.constant(240_000),
  resetFailCounters: fc.constantFrom('token', 'account'),
  unlockAfterMs: fc.constantFrom(0, 60_000),
})

interface Seen {
  readonly step: Step
  readonly result: unknown
  readonly before: readonly Token[]
  readonly after: readonly Token[]
}

interface History {
  readonly seen: readonly Seen[]
  readonly audit: readonly AuditEntry[]
}

/** Runs the steps in batches, as the committer does, on accounts that are kept in a Map. */
function play(steps: readonly Step[], policy: Policy): History {
  let accounts: ReadonlyMap<AccountKey, Account> = new Map([[ALICE, deepFreeze(makeAccount(TOKENS))]])
  const seen: Seen[] = []
  const audit: AuditEntry[] = []
  let batch: Work[] = []
  let now = NOW
  const commit = () => {
    const result = runBatch(batch, accounts, now)
    for (const outcome of result.outcomes) if (outcome instanceof Failed) throw outcome.error
    for (const change of result.changes) {
      expect(change.after?.version).toBe((change.before?.version ?? 0) + 1)
    }
    accounts = new Map([...accounts, ...result.accounts].map(([key, account]) => [key, deepFreeze(account)]))
    audit.push(...result.audit)
    batch = []
  }
  for (const step of steps) {
    if (step.kind === 'wait') {
      commit()
      now += step.seconds * 1000
    } else {
      const action = actionOf(step, policy)
      batch.push({ key: ALICE, action: watched(step, action, seen) })
    }
  }
  commit()
  return { seen, audit }
}

function watched(step: Step, action: Action<unknown>, seen: Seen[]): Action<unknown> {
  return (account, now) => {
    const outcome = action(account, now)
    seen.push({ step, result: outcome.result, before: account.tokens, after: outcome.tokens })
    return outcome
  }
}

function actionOf(step: Exclude<Step, { kind: 'wait' }>, policy: Policy): Action<unknown> {
  const { serial } = step
  switch (step.kind) {
    case 'login':
      return authenticate(makeLogin(passwordOf(step)), policy)
    case 'resync': {
      const otps = codes.get(serial)!
      return edit(serial, (token, now) => {
        return resync(token, otps[step.code]!, otps[step.code + step.gap]!, now) ?? token
      })
    }
    case 'reset':
      return edit(serial, withFailCountReset)
    case 'disable':
      return edit(serial, (token) => ({ ...token, active: false }))
    case 'enable':
      return edit(serial, (token) => ({ ...token, active: true }))
  }
}

function passwordOf({ serial, code, pin }: Extract<Step, { kind: 'login' }>): string {
  return `${pin ? PINS[serial] : '9999'}${codes.get(serial)![code]}`
}

function edit(serial: string, change: (token: Token, now: Instant) => Token): Action<null> {
  return ({ tokens }, now) => ({
    result: null,
    tokens: tokens.map((token) => (token.serial === serial ? change(token, now) : token)),
    audit: [],
  })
}

/** An action that wrote into what it was given would throw. Octets cannot be frozen; nothing writes into them. */
function deepFreeze<V>(value: V): V {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  for (const part of Object.values(value)) deepFreeze(part)
  return Object.freeze(value)
}

function always(name: string, rule: (history: History, policy: Policy) => void): void {
  test(name, () => {
    fc.assert(
      fc.property(steps, policies, (sequence, policy) => rule(play(sequence, policy), policy)),
      { numRuns: 300 },
    )
  })
}

function pairs({ before, after }: Seen): [Token, Token][] {
  return before.map((token, i) => [token, after[i]!])
}

describe('after any sequence of logins and operations', () => {
  test('the codes of these tokens are all different, so that a code stands for one counter', () => {
    const all = [...codes.values()].flat()
    expect(new Set(all).size).toBe(all.length)
  })

  always('no OTP was accepted twice', ({ seen }) => {
    const accepted = seen
      .filter(({ result }) => (result as Verdict | null)?.kind === 'accept')
      .map(({ step }) => passwordOf(step as Extract<Step, { kind: 'login' }>).slice(-8))
    expect(new Set(accepted).size).toBe(accepted.length)
  })

  always('no counter ever fell, and each accept raised one', ({ seen }) => {
    for (const one of seen) {
      for (const [before, after] of pairs(one)) expect(after.counter).toBeGreaterThanOrEqual(before.counter)
      const verdict = one.result as Verdict | null
      if (verdict?.kind === 'accept') {
        const risen = pairs(one).filter(([before, after]) => after.counter > before.counter)
        expect(risen.map(([{ serial }]) => serial)).toEqual(verdict.serials)
      }
    }
  })

  always('failCount lies in [0, maxFail], and attemptCount never below successCount', ({ seen }) => {
    for (const { after } of seen) {
      for (const { maxFail, failCount, attemptCount, successCount } of after) {
        expect(failCount).toBeGreaterThanOrEqual(0)
        expect(failCount).toBeLessThanOrEqual(maxFail === 0 ? Number.POSITIVE_INFINITY : maxFail)
        expect(attemptCount).toBeGreaterThanOrEqual(successCount)
      }
    }
  })

  always('no limit of attempts was ever exceeded', ({ seen }) => {
    for (const { after } of seen) {
      for (const { attemptCount, maxAttempts } of after) {
        if (maxAttempts !== null) expect(attemptCount).toBeLessThanOrEqual(maxAttempts)
      }
    }
  })

  always('no login changed a disabled token', ({ seen }) => {
    for (const one of seen.filter(({ step }) => step.kind === 'login')) {
      for (const [before, after] of pairs(one)) if (!before.active) expect(after).toBe(before)
    }
  })

  always('a login changed at most the counts, the clock and the memory of a token', ({ seen }) => {
    for (const one of seen.filter(({ step }) => step.kind === 'login')) {
      for (const [before, after] of pairs(one)) {
        const { counter, drift, failCount, attemptCount, successCount } = after
        const { lastUsedAt, lockedAt, pendingResync } = after
        const counts = { counter, drift, failCount, attemptCount, successCount }
        expect(after).toEqual({ ...before, ...counts, lastUsedAt, lockedAt, pendingResync })
      }
    }
  })

  always('a locked token was changed by no login, unless its lock had an end', ({ seen }, policy) => {
    if (policy.unlockAfterMs > 0 || policy.resetFailCounters === 'account') return
    for (const one of seen.filter(({ step }) => step.kind === 'login')) {
      for (const [before, after] of pairs(one)) {
        if (before.maxFail > 0 && before.failCount >= before.maxFail) expect(after).toBe(before)
      }
    }
  })

  always('each login left one entry in the audit trail, without PIN or OTP', ({ seen, audit }) => {
    const logins = seen.filter(({ step }) => step.kind === 'login')
    expect(audit.map(({ outcome }) => outcome)).toEqual(logins.map(({ result }) => (result as Verdict).kind))
    const secrets = [...Object.values(PINS), ...[...codes.values()].flat()]
    const text = audit.map(({ at: _, ...rest }) => JSON.stringify(rest)).join('\n')
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
  })
})

test('the sequences are worth playing: they accept, resync, lock and reject for many a reason', () => {
  const reasons = new Set<string>()
  for (const [sequence, policy] of fc.sample(fc.tuple(steps, policies), { numRuns: 500, seed: 1 })) {
    for (const { result } of play(sequence, policy).seen) {
      const verdict = result as Verdict | null
      if (verdict !== null && verdict.kind !== 'challenge') reasons.add(verdict.reason)
    }
  }
  expect([...reasons].sort()).toEqual([
    'attempts-used-up',
    'otp-accepted',
    'otp-already-used',
    'otp-out-of-sync',
    'resynced',
    'token-locked',
    'wrong-otp',
    'wrong-pin',
  ])
})
