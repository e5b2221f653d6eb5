import { describe } from '@jest/globals'
import { accepted, failed, rejected, spentAt, testLogins } from './login_rows.ts'
import { makeToken, NOW, otpAt, strayOtp } from './make_token.ts'

// Step 6 of spec/authentication.md, "The decision, for one account".
const A = makeToken({ serial: 'A', pin: '1234' })
const STRAY = strayOtp(A)

describe('6. found', () => {
  const B = makeToken({ serial: 'B', pin: '1234' })
  const twin = { ...A, serial: 'TWIN', counter: 2 }
  const busy = { ...A, failCount: 4, attemptCount: 20, successCount: 15, lastUsedAt: NOW - 1 }
  testLogins([
    {
      name: 'the token is spent: counter behind the match, one attempt and one success more, no failures',
      given: { tokens: [busy], logins: [`1234${otpAt(A, 3)}`] },
      expect: {
        verdicts: [accepted('A')],
        changes: { A: { counter: 4, failCount: 0, attemptCount: 21, successCount: 16, lastUsedAt: NOW } },
      },
    },
    {
      name: 'the fail counters of the other tokens stay, whether their PIN matched or not',
      given: {
        tokens: [A, { ...B, failCount: 3 }, makeToken({ serial: 'C', pin: '5678', failCount: 2 })],
        logins: [`1234${otpAt(A, 0)}`],
      },
      expect: { verdicts: [accepted('A')], changes: { A: spentAt(0) } },
    },
    {
      name: 'every token on which it matched spends it',
      given: { tokens: [A, twin], logins: [`1234${otpAt(A, 5)}`] },
      expect: { verdicts: [accepted('A', 'TWIN')], changes: { A: spentAt(5), TWIN: spentAt(5) } },
    },
    {
      name: 'a token that it passed over already does not spend it again',
      given: { tokens: [A, twin], logins: [`1234${otpAt(A, 1)}`] },
      expect: { verdicts: [accepted('A')], changes: { A: spentAt(1) } },
    },
    {
      name: 'a locked twin spends nothing',
      given: { tokens: [A, { ...twin, failCount: 10 }], logins: [`1234${otpAt(A, 5)}`] },
      expect: { verdicts: [accepted('A')], changes: { A: spentAt(5) } },
    },
    {
      name: 'an OTP is accepted once',
      given: { tokens: [A], logins: [`1234${otpAt(A, 0)}`, `1234${otpAt(A, 0)}`] },
      expect: {
        verdicts: [accepted('A'), rejected('otp-already-used', 'A')],
        changes: { A: { ...spentAt(0), attemptCount: 2, failCount: 1 } },
      },
    },
    {
      name: 'an OTP that was passed over is not accepted afterwards',
      given: { tokens: [A], logins: [`1234${otpAt(A, 5)}`, `1234${otpAt(A, 4)}`] },
      expect: {
        verdicts: [accepted('A'), rejected('otp-already-used', 'A')],
        changes: { A: { ...spentAt(5), attemptCount: 2, failCount: 1 } },
      },
    },
    {
      name: 'the next OTP is accepted',
      given: { tokens: [A], logins: [`1234${otpAt(A, 0)}`, `1234${otpAt(A, 1)}`] },
      expect: {
        verdicts: [accepted('A'), accepted('A')],
        changes: { A: { ...spentAt(1), attemptCount: 2, successCount: 2 } },
      },
    },
  ])
})

describe('6. found nowhere', () => {
  const B = makeToken({ serial: 'B', pin: '1234' })
  const C = makeToken({ serial: 'C', pin: '5678' })
  testLogins([
    {
      name: 'each usable token with a matching PIN fails once, and counts an attempt',
      given: { tokens: [A, B, C], logins: [`1234${STRAY}`] },
      expect: {
        verdicts: [rejected('wrong-otp', 'A', 'B')],
        changes: { A: failed(1), B: failed(1) },
      },
    },
    {
      name: 'up to maxFail, where it locks',
      given: {
        tokens: [{ ...A, maxFail: 2 }],
        logins: [`1234${STRAY}`, `1234${STRAY}`, `1234${STRAY}`, `1234${otpAt(A, 0)}`],
      },
      expect: {
        verdicts: [
          rejected('wrong-otp', 'A'),
          rejected('wrong-otp', 'A'),
          rejected('token-locked', 'A'),
          rejected('token-locked', 'A'),
        ],
        changes: { A: { ...failed(2), lockedAt: NOW } },
      },
    },
    {
      name: 'letters in the place of the OTP are a wrong OTP',
      given: { tokens: [A], logins: ['1234secret'] },
      expect: { verdicts: [rejected('wrong-otp', 'A')], changes: { A: failed(1) } },
    },
    {
      name: 'full-width digits are a wrong OTP',
      given: {
        tokens: [A],
        logins: [`1234${otpAt(A, 0).replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)))}`],
      },
      expect: { verdicts: [rejected('wrong-otp', 'A')], changes: { A: failed(1) } },
    },
    {
      name: 'a success after failures begins to count anew',
      given: { tokens: [A], logins: [`1234${STRAY}`, `1234${STRAY}`, `1234${otpAt(A, 0)}`, `1234${STRAY}`] },
      expect: {
        verdicts: [
          rejected('wrong-otp', 'A'),
          rejected('wrong-otp', 'A'),
          accepted('A'),
          rejected('wrong-otp', 'A'),
        ],
        changes: { A: { ...spentAt(0), failCount: 1, attemptCount: 4 } },
      },
    },
  ])
})
