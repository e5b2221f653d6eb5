import { describe, expect, test } from '@jest/globals'
import type { Token } from '../../src/auth/account.ts'
import { resync } from '../../src/auth/resync.ts'
import type { Instant } from '../../src/tokens/token_type.ts'
import { makeToken, NOW, otpAt, strayOtp, T } from './make_token.ts'

// spec/authentication.md, "Manual resync".
interface Row {
  readonly name: string
  readonly given: readonly [token: Token, otp1: string, otp2: string, at?: Instant]
  /** What is different afterwards; null: nothing was found. */
  readonly expect: Partial<Token> | null
}

function testResync(rows: readonly Row[]): void {
  test.each(rows)('$name', ({ given: [token, otp1, otp2, at = NOW], expect: expected }) => {
    const before = structuredClone({ ...token, state: null })
    expect(resync(token, otp1, otp2, at)).toEqual(expected && { ...token, ...expected })
    expect({ ...token, state: null }).toEqual(before)
  })
}

/** The codes that the token shows at `m` and `n`. */
function pair(token: Token, m: number, n = m + 1): [Token, string, string] {
  return [token, otpAt(token, m), otpAt(token, n)]
}

describe('HOTP', () => {
  const A = makeToken({ counter: 50 })
  const pending = { movingFactor: 700, error: 0, at: NOW - 1 }
  testResync([
    { name: 'the counter stands behind the second OTP', given: pair(A, 500), expect: { counter: 502 } },
    { name: 'the first may be at the counter', given: pair(A, 50), expect: { counter: 52 } },
    {
      name: 'the first may be the last of the sync window',
      given: pair(A, 1049),
      expect: { counter: 1051 },
    },
    { name: 'the first may not lie behind the sync window', given: pair(A, 1050), expect: null },
    { name: 'the first may not lie before the counter', given: pair(A, 49), expect: null },
    { name: 'never moves at or below the counter', given: pair(A, 20), expect: null },
    { name: 'the same OTP twice is no pair', given: pair(A, 500, 500), expect: null },
    { name: 'with one between them they are no pair', given: pair(A, 500, 502), expect: null },
    { name: 'in the wrong order they are no pair', given: pair(A, 501, 500), expect: null },
    { name: 'a wrong second', given: [A, otpAt(A, 500), strayOtp(A)], expect: null },
    { name: 'a wrong first', given: [A, strayOtp(A), otpAt(A, 501)], expect: null },
    { name: 'letters', given: [A, 'secret', 'secret'], expect: null },
    { name: 'empty', given: [A, '', ''], expect: null },
    {
      name: 'a pending autosync is forgotten',
      given: pair({ ...A, pendingResync: pending }, 500),
      expect: { counter: 502, pendingResync: null },
    },
    {
      name: 'failures are forgotten',
      given: pair({ ...A, failCount: 9 }, 500),
      expect: { counter: 502, failCount: 0 },
    },
    {
      name: 'a lock is not released: that is what reset is for',
      given: pair({ ...A, failCount: 10, lockedAt: NOW - 1, pendingResync: pending }, 500),
      expect: { counter: 502, pendingResync: null },
    },
    {
      name: 'maxFail 0 is no lock',
      given: pair({ ...A, failCount: 5000, maxFail: 0 }, 500),
      expect: { counter: 502, failCount: 0 },
    },
    {
      name: 'counts neither attempt nor success',
      given: pair({ ...A, attemptCount: 7, successCount: 3, lastUsedAt: NOW - 5 }, 500),
      expect: { counter: 502 },
    },
    {
      name: 'works on a token that cannot be used now',
      given: pair({ ...A, active: false, validUntil: NOW - 1, maxAttempts: 0 }, 500),
      expect: { counter: 502 },
    },
  ])

  test('an OTP that occurs twice in the sync window is tried at both places', () => {
    const { token, first, again } = tokenThatRepeats()
    expect(otpAt(token, first)).toBe(otpAt(token, again))
    expect(resync(...pair(token, again), NOW)).toEqual({ ...token, counter: again + 2 })
    expect(resync(...pair(token, first), NOW)).toEqual({ ...token, counter: first + 2 })
  })
})

/** Six digits repeat within a thousand counters of many a token: the first such one. */
function tokenThatRepeats(): { token: Token; first: number; again: number } {
  for (let n = 0; ; n++) {
    const token = makeToken({ serial: `R${n}` })
    const seen = new Map<string, number>()
    for (let m = 0; m < 999; m++) {
      const otp = otpAt(token, m)
      const first = seen.get(otp)
      if (first !== undefined) return { token, first, again: m }
      seen.set(otp, m)
    }
  }
}

describe('TOTP', () => {
  const A = makeToken({ kind: 'totp' })
  const minute = makeToken({ kind: 'totp', period: 60 })
  testResync([
    { name: 'a clock that is right', given: pair(A, T - 1), expect: { counter: T + 1, drift: 0 } },
    {
      name: 'the drift leads to the second OTP, which is the one shown now',
      given: pair(A, T + 40),
      expect: { counter: T + 42, drift: 41 * 30 },
    },
    {
      name: 'a slow clock',
      given: pair(A, T - 41),
      expect: { counter: T - 39, drift: -40 * 30 },
    },
    {
      name: 'the drift before does not add up',
      given: pair({ ...A, drift: 300 }, T + 40),
      expect: { counter: T + 42, drift: 41 * 30 },
    },
    {
      name: 'steps of 60 seconds',
      given: pair(minute, T / 2 + 40),
      expect: { counter: T / 2 + 42, drift: 41 * 60 },
    },
    {
      name: 'a hundred steps ahead',
      given: pair(A, T + 100),
      expect: { counter: T + 102, drift: 101 * 30 },
    },
    { name: 'not a hundred and one', given: pair(A, T + 101), expect: null },
    {
      name: 'a hundred steps behind',
      given: pair(A, T - 100),
      expect: { counter: T - 98, drift: -99 * 30 },
    },
    { name: 'not a hundred and one behind', given: pair(A, T - 101), expect: null },
    {
      name: 'the first at the counter',
      given: pair({ ...A, counter: T - 1 }, T - 1),
      expect: { counter: T + 1, drift: 0 },
    },
    { name: 'not below the counter', given: pair({ ...A, counter: T }, T - 1), expect: null },
    { name: 'with one between them they are no pair', given: pair(A, T, T + 2), expect: null },
    {
      name: 'a lock is not released',
      given: pair({ ...A, failCount: 10 }, T - 1),
      expect: { counter: T + 1 },
    },
  ])
})

describe('the temporary password has nothing to resync', () => {
  const temporary = makeToken({ kind: 'password', counter: 5 })
  const { password } = temporary.state as { password: string }
  testResync([
    { name: 'given twice', given: [temporary, password, password], expect: null },
    { name: 'given first', given: [temporary, password, '000000'], expect: null },
  ])
})
