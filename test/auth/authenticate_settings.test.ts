import { describe } from '@jest/globals'
import { accepted, failed, rejected, spentAt, testLogins } from './login_rows.ts'
import { makeToken, NOW, otpAt, strayOtp } from './make_token.ts'

// The settings of spec/authentication.md that change the decision.
const A = makeToken({ serial: 'A', pin: '1234' })
const STRAY = strayOtp(A)

describe('reset_fail_counters = "account"', () => {
  const B = makeToken({ serial: 'B', pin: '5678', failCount: 3 })
  const C = makeToken({ serial: 'C', pin: '5678', failCount: 10, lockedAt: NOW - 1 })
  testLogins([
    {
      name: 'a success clears the fail counters of all enabled tokens, and so their locks',
      given: {
        tokens: [{ ...A, failCount: 2 }, B, C, makeToken({ serial: 'D' })],
        policy: { resetFailCounters: 'account' },
        logins: [`1234${otpAt(A, 0)}`],
      },
      expect: {
        verdicts: [accepted('A')],
        changes: { A: spentAt(0), B: { failCount: 0 }, C: { failCount: 0, lockedAt: null } },
      },
    },
    {
      name: 'a failure clears nothing',
      given: { tokens: [A, B], policy: { resetFailCounters: 'account' }, logins: [`1234${STRAY}`] },
      expect: { verdicts: [rejected('wrong-otp', 'A')], changes: { A: failed(1) } },
    },
    {
      name: 'off, a success leaves the others locked',
      given: { tokens: [A, B, C], logins: [`1234${otpAt(A, 0)}`] },
      expect: { verdicts: [accepted('A')], changes: { A: spentAt(0) } },
    },
  ])
})

describe('unlock_after', () => {
  const unlockAfterMs = 600_000
  const RIGHT = `1234${otpAt(A, 0)}`
  const lockedFor = (ms: number) => ({ ...A, failCount: 10, lockedAt: NOW - ms })
  testLogins([
    {
      name: 'a millisecond too early the token is locked still',
      given: { tokens: [lockedFor(599_999)], policy: { unlockAfterMs }, logins: [RIGHT] },
      expect: { verdicts: [rejected('token-locked', 'A')] },
    },
    {
      name: 'after this time it may be tried again, and a success ends the lock',
      given: { tokens: [lockedFor(600_000)], policy: { unlockAfterMs }, logins: [RIGHT] },
      expect: { verdicts: [accepted('A')], changes: { A: { ...spentAt(0), lockedAt: null } } },
    },
    {
      name: 'off, time does not end a lock',
      given: { tokens: [lockedFor(1e12)], policy: { unlockAfterMs: 0 }, logins: [RIGHT] },
      expect: { verdicts: [rejected('token-locked', 'A')] },
    },
    {
      name: 'a wrong OTP then locks it anew, from now on, and is an attempt',
      given: {
        tokens: [lockedFor(600_000)],
        policy: { unlockAfterMs },
        logins: [`1234${STRAY}`, { at: NOW + 599_999, password: RIGHT }],
      },
      expect: {
        verdicts: [rejected('wrong-otp', 'A'), rejected('token-locked', 'A')],
        changes: { A: { attemptCount: 1, lockedAt: NOW } },
      },
    },
    {
      name: 'a wrong PIN then locks it anew, from now on, and is an attempt',
      given: {
        tokens: [lockedFor(600_000)],
        policy: { unlockAfterMs },
        logins: [`9999${STRAY}`, { at: NOW + 599_999, password: RIGHT }],
      },
      expect: {
        verdicts: [rejected('wrong-pin', 'A'), rejected('token-locked', 'A')],
        changes: { A: { attemptCount: 1, lockedAt: NOW } },
      },
    },
    {
      name: 'what is tried while it is locked does not prolong the lock',
      given: {
        tokens: [lockedFor(1)],
        policy: { unlockAfterMs },
        logins: [`9999${STRAY}`, `1234${STRAY}`, { at: NOW + 599_999, password: RIGHT }],
      },
      expect: {
        verdicts: [rejected('wrong-pin', 'A'), rejected('token-locked', 'A'), accepted('A')],
        changes: { A: { ...spentAt(0, NOW + 599_999), lockedAt: null } },
      },
    },
    {
      name: 'it opens no other limit',
      given: {
        tokens: [{ ...lockedFor(600_000), maxAttempts: 12, attemptCount: 12 }],
        policy: { unlockAfterMs },
        logins: [RIGHT],
      },
      expect: { verdicts: [rejected('attempts-used-up', 'A')] },
    },
    {
      name: 'a token that was locked before its validity began is not locked for ever',
      given: {
        tokens: [{ ...A, maxFail: 1, validFrom: NOW + 600_000 }],
        policy: { unlockAfterMs },
        logins: [`9999${STRAY}`, { at: NOW + 600_000, password: RIGHT }],
      },
      expect: {
        verdicts: [rejected('wrong-pin', 'A'), accepted('A')],
        changes: { A: spentAt(0, NOW + 600_000) },
      },
    },
  ])
})
