import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Token } from '../../src/auth/account.ts'
import { isLocked, obstacle, withFailCountReset, withFailure } from '../../src/auth/limits.ts'
import { makeToken, NOW, type TokenInput } from './make_token.ts'

describe('isLocked', () => {
  const rows = [
    { name: 'not before maxFail', given: { failCount: 9, maxFail: 10 }, expect: false },
    { name: 'at maxFail', given: { failCount: 10, maxFail: 10 }, expect: true },
    { name: 'above a maxFail that was lowered', given: { failCount: 10, maxFail: 3 }, expect: true },
    { name: 'never without a limit', given: { failCount: 1e6, maxFail: 0 }, expect: false },
    { name: 'never unused', given: { failCount: 0, maxFail: 0 }, expect: false },
  ]
  test.each(rows)('$name', ({ given, expect: expected }) => {
    expect(isLocked(given)).toBe(expected)
  })
})

describe('obstacle', () => {
  const locked = { failCount: 10, lockedAt: NOW - 1000 }
  const rows: { name: string; given: TokenInput; unlockAfterMs?: number; expect: string | null }[] = [
    { name: 'none without limits', given: {}, expect: null },
    { name: 'none on the first millisecond', given: { validFrom: NOW }, expect: null },
    { name: 'the millisecond before', given: { validFrom: NOW + 1 }, expect: 'token-not-yet-valid' },
    { name: 'none on the last millisecond', given: { validUntil: NOW }, expect: null },
    { name: 'the millisecond after', given: { validUntil: NOW - 1 }, expect: 'token-expired' },
    { name: 'none for one moment', given: { validFrom: NOW, validUntil: NOW }, expect: null },
    { name: 'none with an attempt left', given: { maxAttempts: 5, attemptCount: 4 }, expect: null },
    { name: 'no attempt left', given: { maxAttempts: 5, attemptCount: 5 }, expect: 'attempts-used-up' },
    {
      name: 'a limit below the count',
      given: { maxAttempts: 5, attemptCount: 9 },
      expect: 'attempts-used-up',
    },
    { name: 'none with a success left', given: { maxSuccesses: 5, successCount: 4 }, expect: null },
    { name: 'no success left', given: { maxSuccesses: 5, successCount: 5 }, expect: 'successes-used-up' },
    { name: 'a limit of 0', given: { maxSuccesses: 0 }, expect: 'successes-used-up' },
    { name: 'a lock', given: locked, expect: 'token-locked' },
    { name: 'a lock before all others', given: { ...locked, validUntil: 0 }, expect: 'token-locked' },
    { name: 'a lock of unknown age', given: { failCount: 10 }, unlockAfterMs: 1, expect: 'token-locked' },
    { name: 'a lock not old enough', given: locked, unlockAfterMs: 1001, expect: 'token-locked' },
    { name: 'none from a lock that has ended', given: locked, unlockAfterMs: 1000, expect: null },
  ]
  test.each(rows)('$name', ({ given, unlockAfterMs = 0, expect: expected }) => {
    expect(obstacle(makeToken(given), unlockAfterMs, NOW)).toBe(expected)
  })
})

describe('withFailure', () => {
  const locked = { failCount: 10, lockedAt: NOW - 1000 }
  const rows: { name: string; given: TokenInput; counted: boolean; expect: Partial<Token> | 'same' }[] = [
    { name: 'counts', given: {}, counted: true, expect: { failCount: 1, attemptCount: 1 } },
    { name: 'counts no attempt', given: {}, counted: false, expect: { failCount: 1 } },
    {
      name: 'notes when it locks',
      given: { failCount: 9 },
      counted: true,
      expect: { failCount: 10, attemptCount: 1, lockedAt: NOW },
    },
    {
      name: 'notes when it locks a token that could not have been used',
      given: { failCount: 9 },
      counted: false,
      expect: { failCount: 10, lockedAt: NOW },
    },
    { name: 'leaves a locked token alone', given: locked, counted: false, expect: 'same' },
    {
      name: 'locks anew when the lock had ended',
      given: locked,
      counted: true,
      expect: { attemptCount: 1, lockedAt: NOW },
    },
    {
      name: 'locks nothing without a limit',
      given: { maxFail: 0, failCount: 99 },
      counted: true,
      expect: { failCount: 100, attemptCount: 1 },
    },
    {
      name: 'locks at once with a limit of 1',
      given: { maxFail: 1 },
      counted: true,
      expect: { failCount: 1, attemptCount: 1, lockedAt: NOW },
    },
  ]
  test.each(rows)('$name', ({ given, counted, expect: expected }) => {
    const token = makeToken(given)
    const after = withFailure(token, counted, NOW)
    if (expected === 'same') expect(after).toBe(token)
    else expect(after).toEqual({ ...token, ...expected })
  })

  test('never brings the fail counter beyond maxFail, and notes the first moment there', () => {
    const rows = fc.record({ maxFail: fc.integer({ min: 1, max: 20 }), failures: fc.nat(30) })
    fc.assert(
      fc.property(rows, ({ maxFail, failures }) => {
        const unused = makeToken({ maxFail })
        let token = unused
        for (let i = 0; i < failures; i++) token = withFailure(token, false, NOW + i)
        const lockedAt = failures >= maxFail ? NOW + maxFail - 1 : null
        expect(token).toEqual({ ...unused, failCount: Math.min(failures, maxFail), lockedAt })
      }),
    )
  })
})

describe('withFailCountReset', () => {
  test('clears the failures and the lock', () => {
    const token = makeToken({ failCount: 10, lockedAt: NOW, attemptCount: 10 })
    expect(withFailCountReset(token)).toEqual({ ...token, failCount: 0, lockedAt: null })
  })

  test('leaves a token without failures the very same', () => {
    const token = makeToken({ attemptCount: 10 })
    expect(withFailCountReset(token)).toBe(token)
  })
})
