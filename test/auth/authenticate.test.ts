import { describe, expect, test } from '@jest/globals'
import { userKey } from '../../src/auth/account.ts'
import { authenticate } from '../../src/auth/authenticate.ts'
import { accepted, failed, rejected, spentAt, testLogins } from './login_rows.ts'
import { makeAccount, makeLogin, makeToken, NOW, otpAt, POLICY, strayOtp } from './make_token.ts'

// Steps 1 to 5 of spec/authentication.md, "The decision, for one account"; step 6 is found_or_not.test.ts.
const A = makeToken({ serial: 'A', pin: '1234' })
const STRAY = strayOtp(A)

describe('1. no account or no token', () => {
  testLogins([
    {
      name: 'a user without tokens is rejected',
      given: { tokens: [], logins: ['1234755224'] },
      expect: { verdicts: [rejected('unknown-user')] },
    },
  ])
})

describe('2. disabled tokens take no part', () => {
  const off = { ...A, active: false, failCount: 3 }
  const B = makeToken({ serial: 'B', pin: '1234' })
  testLogins([
    {
      name: 'the right OTP of a disabled token is rejected, and counts nothing',
      given: { tokens: [off], logins: [`1234${otpAt(A, 0)}`] },
      expect: { verdicts: [rejected('token-disabled', 'A')] },
    },
    {
      name: 'a wrong PIN counts nothing for a disabled token',
      given: { tokens: [off], logins: [`9999${otpAt(A, 0)}`] },
      expect: { verdicts: [rejected('token-disabled', 'A')] },
    },
    {
      name: "beside an enabled one, the disabled token's PIN and OTP match nothing",
      given: { tokens: [off, { ...B, pin: null }], logins: [`1234${otpAt(A, 0)}`] },
      expect: { verdicts: [rejected('wrong-pin', 'B')], changes: { B: failed(1) } },
    },
    {
      name: 'of two tokens of one PIN, the failure is that of the enabled one alone',
      given: { tokens: [off, B], logins: [`1234${otpAt(A, 0)}`] },
      expect: { verdicts: [rejected('wrong-otp', 'B')], changes: { B: failed(1) } },
    },
    {
      name: 'they are left alone when another token accepts and resets the account',
      given: {
        tokens: [off, B],
        policy: { resetFailCounters: 'account' },
        logins: [`1234${otpAt(B, 0)}`],
      },
      expect: { verdicts: [accepted('B')], changes: { B: spentAt(0) } },
    },
  ])
})

describe('3. each token splits the password by its own digits, and its PIN must match exactly', () => {
  const noPin = makeToken({ serial: 'A' })
  const secret = makeToken({ serial: 'A', pin: 'Geheim' })
  const eight = makeToken({ serial: 'B', digits: 8 })
  const short = makeToken({ serial: 'A', pin: '12' })
  const accept = { verdicts: [accepted('A')], changes: { A: spentAt(0) } }
  const wrongPin = { verdicts: [rejected('wrong-pin', 'A')], changes: { A: failed(1) } }
  const OTP = otpAt(A, 0)
  testLogins([
    { name: 'PIN and OTP', given: { tokens: [A], logins: [`1234${OTP}`] }, expect: accept },
    { name: 'no PIN and the OTP alone', given: { tokens: [noPin], logins: [OTP] }, expect: accept },
    {
      name: '8 digits',
      given: { tokens: [eight], logins: [otpAt(eight, 0)] },
      expect: { verdicts: [accepted('B')], changes: { B: spentAt(0) } },
    },
    { name: 'an empty PIN: no prefix', given: { tokens: [noPin], logins: [`1${OTP}`] }, expect: wrongPin },
    { name: 'an empty PIN: no blank', given: { tokens: [noPin], logins: [` ${OTP}`] }, expect: wrongPin },
    { name: 'a PIN is not optional', given: { tokens: [A], logins: [OTP] }, expect: wrongPin },
    { name: 'a part of the PIN', given: { tokens: [A], logins: [`123${OTP}`] }, expect: wrongPin },
    { name: 'the PIN and more', given: { tokens: [A], logins: [`12344${OTP}`] }, expect: wrongPin },
    { name: 'something before the PIN', given: { tokens: [A], logins: [`01234${OTP}`] }, expect: wrongPin },
    { name: 'the OTP before the PIN', given: { tokens: [A], logins: [`${OTP}1234`] }, expect: wrongPin },
    {
      name: 'the case of the PIN: right',
      given: { tokens: [secret], logins: [`Geheim${OTP}`] },
      expect: accept,
    },
    {
      name: 'the case of the PIN: wrong',
      given: { tokens: [secret], logins: [`geheim${OTP}`] },
      expect: wrongPin,
    },
    {
      name: 'a password shorter than the digits has no OTP, even where the PIN is empty',
      given: { tokens: [noPin], logins: [OTP.slice(1)] },
      expect: wrongPin,
    },
    { name: 'an empty password', given: { tokens: [noPin], logins: [''] }, expect: wrongPin },
    {
      name: 'six digits for a token of eight',
      given: { tokens: [eight], logins: [OTP] },
      expect: { verdicts: [rejected('wrong-pin', 'B')], changes: { B: failed(1) } },
    },
    {
      name: 'a password that is PIN and OTP of one and an OTP of the other: the one is found',
      given: { tokens: [short, eight], logins: [`12${OTP}`] },
      expect: accept,
    },
    {
      name: 'a password that is PIN and OTP of one and an OTP of the other: the other is found',
      given: {
        tokens: [{ ...short, pin: makeToken({ pin: otpAt(eight, 0).slice(0, 2) }).pin }, eight],
        logins: [otpAt(eight, 0)],
      },
      expect: { verdicts: [accepted('B')], changes: { B: spentAt(0) } },
    },
    {
      name: 'a password that is PIN and OTP of one and an OTP of the other: neither is found, both count',
      given: { tokens: [short, eight], logins: [`12${STRAY}`] },
      expect: {
        verdicts: [rejected('wrong-otp', 'A', 'B')],
        changes: { A: failed(1), B: failed(1) },
      },
    },
    {
      name: 'tokens of one account have PINs of their own: one is found',
      given: {
        tokens: [A, makeToken({ serial: 'B', pin: '5678', digits: 8 })],
        logins: [`5678${otpAt(eight, 0)}`],
      },
      expect: { verdicts: [accepted('B')], changes: { B: spentAt(0) } },
    },
    {
      name: "tokens of one account have PINs of their own: one's PIN with the other's OTP is wrong",
      given: { tokens: [A, makeToken({ serial: 'B', pin: '5678' })], logins: [`5678${OTP}`] },
      expect: { verdicts: [rejected('wrong-otp', 'B')], changes: { B: failed(1) } },
    },
  ])
})

describe("4. no token's PIN matches", () => {
  const B = makeToken({ serial: 'B', pin: '5678' })
  const WRONG = `9999${otpAt(A, 0)}`
  const wrongPin = (...serials: string[]) => [rejected('wrong-pin', ...serials)]
  testLogins([
    {
      name: 'every enabled token fails once, and counts an attempt',
      given: { tokens: [A, B], logins: [WRONG] },
      expect: { verdicts: wrongPin('A', 'B'), changes: { A: failed(1), B: failed(1) } },
    },
    {
      name: 'each login counts',
      given: { tokens: [A], logins: [WRONG, WRONG, WRONG] },
      expect: { verdicts: [...wrongPin('A'), ...wrongPin('A'), ...wrongPin('A')], changes: { A: failed(3) } },
    },
    {
      name: 'the last failure before maxFail locks',
      given: { tokens: [{ ...A, failCount: 9 }], logins: [WRONG] },
      expect: { verdicts: wrongPin('A'), changes: { A: { failCount: 10, attemptCount: 1, lockedAt: NOW } } },
    },
    {
      name: 'the fail counter rises to maxFail and no further, and a locked token counts no attempt',
      given: { tokens: [{ ...A, failCount: 10, lockedAt: NOW - 1 }], logins: [WRONG] },
      expect: { verdicts: wrongPin('A') },
    },
    {
      name: 'a fail counter above a maxFail that was lowered stays',
      given: { tokens: [{ ...A, failCount: 10, maxFail: 3 }], logins: [WRONG] },
      expect: { verdicts: wrongPin('A') },
    },
    {
      name: 'beside a locked token the other one still counts',
      given: { tokens: [{ ...A, failCount: 10 }, B], logins: [WRONG] },
      expect: { verdicts: wrongPin('A', 'B'), changes: { B: failed(1) } },
    },
    {
      name: 'maxFail 0 sets no limit',
      given: { tokens: [{ ...A, maxFail: 0, failCount: 5000 }], logins: [WRONG] },
      expect: { verdicts: wrongPin('A'), changes: { A: { failCount: 5001, attemptCount: 1 } } },
    },
    {
      name: 'a token not yet valid fails, but counts no attempt',
      given: { tokens: [{ ...A, validFrom: NOW + 1 }], logins: [WRONG] },
      expect: { verdicts: wrongPin('A'), changes: { A: { failCount: 1 } } },
    },
    {
      name: 'a token that has expired fails, but counts no attempt',
      given: { tokens: [{ ...A, validUntil: NOW - 1 }], logins: [WRONG] },
      expect: { verdicts: wrongPin('A'), changes: { A: { failCount: 1 } } },
    },
    {
      name: 'a token whose attempts are used up fails, but counts no attempt',
      given: { tokens: [{ ...A, maxAttempts: 7, attemptCount: 7 }], logins: [WRONG] },
      expect: { verdicts: wrongPin('A'), changes: { A: { failCount: 1 } } },
    },
    {
      name: 'a token whose successes are used up fails, but counts no attempt',
      given: { tokens: [{ ...A, maxSuccesses: 2, successCount: 2 }], logins: [WRONG] },
      expect: { verdicts: wrongPin('A'), changes: { A: { failCount: 1 } } },
    },
    {
      name: 'the last attempt is spent by a wrong PIN too',
      given: { tokens: [{ ...A, maxAttempts: 1 }], logins: [WRONG, `1234${otpAt(A, 0)}`] },
      expect: {
        verdicts: [...wrongPin('A'), rejected('attempts-used-up', 'A')],
        changes: { A: failed(1) },
      },
    },
  ])
})

describe('5. only tokens whose PIN matches go on, and only those that can be used are evaluated', () => {
  const B = makeToken({ serial: 'B', pin: '1234' })
  const RIGHT = `1234${otpAt(A, 0)}`
  const locked = { ...A, failCount: 10, lockedAt: NOW - 1 }
  testLogins([
    {
      name: 'a locked token with the right OTP stays as it is',
      given: { tokens: [locked], logins: [RIGHT] },
      expect: { verdicts: [rejected('token-locked', 'A')] },
    },
    {
      name: 'a locked token with a wrong OTP stays as it is',
      given: { tokens: [locked], logins: [`1234${STRAY}`] },
      expect: { verdicts: [rejected('token-locked', 'A')] },
    },
    {
      name: 'a lock lasts, however much time goes by',
      given: { tokens: [locked], logins: [{ at: NOW + 1e12, password: RIGHT }] },
      expect: { verdicts: [rejected('token-locked', 'A')] },
    },
    {
      name: 'a failure before maxFail does not lock',
      given: { tokens: [{ ...A, failCount: 9 }], logins: [RIGHT] },
      expect: { verdicts: [accepted('A')], changes: { A: spentAt(0) } },
    },
    {
      name: 'maxFail 0 never locks',
      given: { tokens: [{ ...A, maxFail: 0, failCount: 5000 }], logins: [RIGHT] },
      expect: { verdicts: [accepted('A')], changes: { A: spentAt(0) } },
    },
    {
      name: 'the first millisecond of the validity belongs to it',
      given: { tokens: [{ ...A, validFrom: NOW }], logins: [RIGHT] },
      expect: { verdicts: [accepted('A')], changes: { A: spentAt(0) } },
    },
    {
      name: 'the millisecond before it does not',
      given: { tokens: [{ ...A, validFrom: NOW + 1 }], logins: [RIGHT] },
      expect: { verdicts: [rejected('token-not-yet-valid', 'A')] },
    },
    {
      name: 'the last millisecond of the validity belongs to it',
      given: { tokens: [{ ...A, validUntil: NOW }], logins: [RIGHT] },
      expect: { verdicts: [accepted('A')], changes: { A: spentAt(0) } },
    },
    {
      name: 'the millisecond after it does not',
      given: { tokens: [{ ...A, validUntil: NOW - 1 }], logins: [RIGHT] },
      expect: { verdicts: [rejected('token-expired', 'A')] },
    },
    {
      name: 'the last attempt may succeed, and there is none after it',
      given: {
        tokens: [{ ...A, maxAttempts: 3, attemptCount: 2 }],
        logins: [RIGHT, `1234${otpAt(A, 1)}`],
      },
      expect: {
        verdicts: [accepted('A'), rejected('attempts-used-up', 'A')],
        changes: { A: { ...spentAt(0), attemptCount: 3 } },
      },
    },
    {
      name: 'the last success is one, and there is none after it',
      given: {
        tokens: [{ ...A, maxSuccesses: 3, successCount: 2 }],
        logins: [RIGHT, `1234${otpAt(A, 1)}`],
      },
      expect: {
        verdicts: [accepted('A'), rejected('successes-used-up', 'A')],
        changes: { A: { ...spentAt(0), successCount: 3 } },
      },
    },
    {
      name: 'a limit of 0 blocks at once',
      given: { tokens: [{ ...A, maxAttempts: 0 }], logins: [RIGHT] },
      expect: { verdicts: [rejected('attempts-used-up', 'A')] },
    },
    {
      name: 'a wrong OTP at a used-up limit changes nothing',
      given: { tokens: [{ ...A, maxSuccesses: 0 }], logins: [`1234${STRAY}`] },
      expect: { verdicts: [rejected('successes-used-up', 'A')] },
    },
    {
      name: 'none of several can be used: nothing changes',
      given: { tokens: [{ ...B, validUntil: 0 }, locked], logins: [RIGHT] },
      expect: { verdicts: [rejected('token-expired', 'B', 'A')] },
    },
    {
      name: 'one of several can be used: the failure is its alone, even if the OTP was right for the locked one',
      given: { tokens: [locked, B], logins: [RIGHT] },
      expect: { verdicts: [rejected('wrong-otp', 'B')], changes: { B: failed(1) } },
    },
    {
      name: 'a token with another PIN neither helps nor counts when the one of this PIN is locked',
      given: { tokens: [locked, makeToken({ serial: 'C', pin: '5678' })], logins: [RIGHT] },
      expect: { verdicts: [rejected('token-locked', 'A')] },
    },
    {
      name: 'a locked token does not stand in the way of another',
      given: { tokens: [locked, B], logins: [`1234${otpAt(B, 0)}`] },
      expect: { verdicts: [accepted('B')], changes: { B: spentAt(0) } },
    },
  ])
})

describe('the audit trail', () => {
  const rows = [
    {
      name: 'names the token that accepted',
      given: `1234${otpAt(A, 0)}`,
      expect: { serials: ['A'], outcome: 'accept', reason: 'otp-accepted' },
    },
    {
      name: 'says why a login was rejected',
      given: `9999${otpAt(A, 0)}`,
      expect: { serials: ['A', 'B'], outcome: 'reject', reason: 'wrong-pin', detail: 'failures=1/10,1/10' },
    },
  ]
  test.each(rows)('$name, in one entry without PIN or OTP', ({ given, expect: expected }) => {
    const B = makeToken({ serial: 'B', pin: '5678' })
    const { audit } = authenticate(makeLogin(given, 'Alice@Example.ORG'), POLICY)(makeAccount([A, B]), NOW)
    expect(audit).toEqual([
      {
        at: NOW,
        actor: 'client:vpn',
        source: '192.0.2.1',
        user: 'Alice@Example.ORG',
        action: 'login',
        detail: null,
        ...expected,
      },
    ])
  })

  test('has an entry for a user that nobody knows', () => {
    const { audit } = authenticate(makeLogin('1234', 'mallory'), POLICY)(makeAccount([]), NOW)
    expect(audit).toEqual([
      {
        at: NOW,
        actor: 'client:vpn',
        source: '192.0.2.1',
        user: 'mallory',
        serials: [],
        action: 'login',
        outcome: 'reject',
        reason: 'unknown-user',
        detail: null,
      },
    ])
  })
})

test('deciding twice gives the same answer: nothing is kept but in the account', () => {
  const action = authenticate(makeLogin(`1234${otpAt(A, 3)}`), POLICY)
  const account = makeAccount([A], userKey('alice'))
  expect(action(account, NOW)).toEqual(action(account, NOW))
})
