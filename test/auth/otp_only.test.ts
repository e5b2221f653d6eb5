import { describe, expect, test } from '@jest/globals'
import type { Token } from '../../src/auth/account.ts'
import { authenticateByOtp } from '../../src/auth/otp_only.ts'
import { makeAccount, makeLogin, makeToken, NOW, otpAt, POLICY, strayOtp } from './make_token.ts'

const A = makeToken({ serial: 'A', pin: '1234' })
const B = makeToken({ serial: 'B', pin: '5678', digits: 8 })
const C = makeToken({ serial: 'C' })

const login = (password: string, tokens: readonly Token[]) =>
  authenticateByOtp(makeLogin(password), POLICY)(makeAccount(tokens), NOW)

describe('a client with otp_only', () => {
  test.each([
    {
      name: 'the OTP alone, whatever the PIN',
      password: otpAt(A, 2),
      expect: ['accept', 'otp-accepted', 'A'],
    },
    { name: 'that of any token', password: otpAt(B, 0), expect: ['accept', 'otp-accepted', 'B'] },
    { name: 'PIN and OTP', password: `1234${otpAt(A, 0)}`, expect: ['reject', 'wrong-otp', 'A', 'B', 'C'] },
    { name: 'the PIN', password: '1234', expect: ['reject', 'wrong-otp', 'A', 'B', 'C'] },
    { name: 'nothing', password: '', expect: ['reject', 'wrong-otp', 'A', 'B', 'C'] },
  ])('$name', ({ password, expect: expected }) => {
    const { result } = login(password, [A, B, C])
    expect([result.kind, result.reason, ...result.serials]).toEqual(expected)
  })

  test('an accepted OTP is spent, and the other tokens are as they were', () => {
    const { tokens, isProvenByCommit } = login(otpAt(A, 2), [A, B])
    expect(tokens).toEqual([{ ...A, counter: 3, attemptCount: 1, successCount: 1, lastUsedAt: NOW }, B])
    expect(isProvenByCommit).toBe(true)
    const again = login(otpAt(A, 2), tokens)
    expect(again.result).toMatchObject({ kind: 'reject', reason: 'otp-already-used' })
  })

  test('a wrong OTP counts for the tokens that it could have been of', () => {
    const { tokens } = login(strayOtp(A), [A, B, C])
    expect(tokens.map(({ failCount }) => failCount)).toEqual([1, 0, 1])
  })

  test('an OTP out of step is remembered, and the next one accepted', () => {
    const { result, tokens } = login(otpAt(A, 400), [A])
    expect(result).toMatchObject({ kind: 'reject', reason: 'otp-out-of-sync' })
    expect(login(otpAt(A, 401), tokens).result).toMatchObject({ kind: 'accept', reason: 'resynced' })
  })

  test.each([
    { name: 'no tokens', tokens: [], expect: 'unknown-user' },
    { name: 'disabled ones', tokens: [{ ...A, active: false }], expect: 'token-disabled' },
    { name: 'locked ones', tokens: [{ ...A, failCount: 10, lockedAt: NOW }], expect: 'token-locked' },
  ])('$name: rejected, nothing counted', ({ tokens, expect: expected }) => {
    const outcome = login(otpAt(A, 0), tokens)
    expect(outcome.result).toMatchObject({ kind: 'reject', reason: expected })
    expect(outcome.tokens).toEqual(tokens)
  })
})
