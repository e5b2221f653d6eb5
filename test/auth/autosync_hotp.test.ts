import { describe } from '@jest/globals'
import { accepted, failed, rejected, resynced, spentAt, testLogins } from './login_rows.ts'
import { makeToken, NOW, otpAt, strayOtp } from './make_token.ts'

// spec/authentication.md, "Autosync".
const TIMEOUT = 240_000
const outOfSync = rejected('otp-out-of-sync', 'A')

describe('autosync of HOTP', () => {
  const A = makeToken({ pin: '1234', counter: 50 })
  const shows = (m: number) => `1234${otpAt(A, m)}`
  const later = (m: number, ms = 1000) => ({ at: NOW + ms, password: shows(m) })
  const remembered = (movingFactor: number, at = NOW) => ({
    pendingResync: { movingFactor, error: 0, at },
  })
  const STRAY = strayOtp(A)
  /** The second code came a second after the first and was accepted. */
  const synced = (m: number, at = NOW + 1000) => ({ ...spentAt(m, at), attemptCount: 2, pendingResync: null })

  describe('the first code', () => {
    testLogins([
      {
        name: 'in the sync window is remembered with the time; its login is still a failure',
        given: { tokens: [A], logins: [shows(500)] },
        expect: { verdicts: [outOfSync], changes: { A: { ...failed(1), ...remembered(500) } } },
      },
      {
        name: 'may be the first behind the window',
        given: { tokens: [A], logins: [shows(60)] },
        expect: { verdicts: [outOfSync], changes: { A: { ...failed(1), ...remembered(60) } } },
      },
      {
        name: 'may be the last of the sync window',
        given: { tokens: [A], logins: [shows(1049)] },
        expect: { verdicts: [outOfSync], changes: { A: { ...failed(1), ...remembered(1049) } } },
      },
      {
        name: 'may not lie behind the sync window',
        given: { tokens: [A], logins: [shows(1050)] },
        expect: { verdicts: [rejected('wrong-otp', 'A')], changes: { A: failed(1) } },
      },
      {
        name: 'may not lie before the counter',
        given: { tokens: [A], logins: [shows(49)] },
        expect: { verdicts: [rejected('otp-already-used', 'A')], changes: { A: failed(1) } },
      },
      {
        name: 'is not remembered when the PIN was wrong',
        given: { tokens: [A], logins: [`9999${otpAt(A, 500)}`] },
        expect: { verdicts: [rejected('wrong-pin', 'A')], changes: { A: failed(1) } },
      },
      {
        name: 'is not remembered by a token that cannot be used',
        given: { tokens: [{ ...A, failCount: 10 }], logins: [shows(500)] },
        expect: { verdicts: [rejected('token-locked', 'A')] },
      },
      {
        name: 'is not remembered by a token whose PIN it did not come with',
        given: { tokens: [A, makeToken({ serial: 'B', pin: '5678' })], logins: [shows(500)] },
        expect: { verdicts: [outOfSync], changes: { A: { ...failed(1), ...remembered(500) } } },
      },
      {
        name: 'is not remembered when another token accepts it',
        given: { tokens: [A, { ...A, serial: 'B', counter: 495 }], logins: [shows(500)] },
        expect: { verdicts: [accepted('B')], changes: { B: spentAt(500) } },
      },
    ])
  })

  describe('the second code', () => {
    testLogins([
      {
        name: 'at exactly m1 + 1 is accepted, and the counter stands behind it',
        given: { tokens: [A], logins: [shows(500), later(501)] },
        expect: { verdicts: [outOfSync, resynced('A')], changes: { A: synced(501) } },
      },
      {
        name: 'is accepted once',
        given: { tokens: [A], logins: [shows(500), later(501), later(501, 2000)] },
        expect: {
          verdicts: [outOfSync, resynced('A'), rejected('otp-already-used', 'A')],
          changes: { A: { ...synced(501), attemptCount: 3, failCount: 1 } },
        },
      },
      {
        name: 'does not make the first good',
        given: { tokens: [A], logins: [shows(500), later(501), later(500, 2000)] },
        expect: {
          verdicts: [outOfSync, resynced('A'), rejected('otp-already-used', 'A')],
          changes: { A: { ...synced(501), attemptCount: 3, failCount: 1 } },
        },
      },
      {
        name: 'is followed by an ordinary login',
        given: { tokens: [A], logins: [shows(500), later(501), later(502, 2000)] },
        expect: {
          verdicts: [outOfSync, resynced('A'), accepted('A')],
          changes: {
            A: { ...synced(502, NOW + 2000), attemptCount: 3, successCount: 2 },
          },
        },
      },
      {
        name: 'may lie just behind the sync window',
        given: { tokens: [A], logins: [shows(1049), later(1050)] },
        expect: { verdicts: [outOfSync, resynced('A')], changes: { A: synced(1050) } },
      },
      {
        name: 'is in time at the last millisecond',
        given: { tokens: [A], logins: [shows(500), later(501, TIMEOUT)] },
        expect: { verdicts: [outOfSync, resynced('A')], changes: { A: synced(501, NOW + TIMEOUT) } },
      },
      {
        name: 'a millisecond too late becomes the new first one',
        given: { tokens: [A], logins: [shows(500), later(501, TIMEOUT + 1)] },
        expect: {
          verdicts: [outOfSync, outOfSync],
          changes: { A: { ...failed(2), ...remembered(501, NOW + TIMEOUT + 1) } },
        },
      },
      {
        name: 'may be confirmed by the code after it, when it was too late itself',
        given: {
          tokens: [A],
          logins: [shows(500), later(501, TIMEOUT + 1), later(502, 2 * TIMEOUT + 1)],
        },
        expect: {
          verdicts: [outOfSync, outOfSync, resynced('A')],
          changes: { A: { ...synced(502, NOW + 2 * TIMEOUT + 1), attemptCount: 3 } },
        },
      },
      {
        name: 'the timeout is a setting',
        given: {
          tokens: [A],
          policy: { autoResyncTimeoutMs: 10 },
          logins: [shows(500), later(501, 11)],
        },
        expect: {
          verdicts: [outOfSync, outOfSync],
          changes: { A: { ...failed(2), ...remembered(501, NOW + 11) } },
        },
      },
      {
        name: 'at m1 + 2 becomes the new first one',
        given: { tokens: [A], logins: [shows(500), later(502)] },
        expect: {
          verdicts: [outOfSync, outOfSync],
          changes: { A: { ...failed(2), ...remembered(502, NOW + 1000) } },
        },
      },
      {
        name: 'at m1 - 1 becomes the new first one, and m1 may then confirm it',
        given: { tokens: [A], logins: [shows(500), later(499), later(500, 2000)] },
        expect: {
          verdicts: [outOfSync, outOfSync, resynced('A')],
          changes: { A: { ...synced(500, NOW + 2000), attemptCount: 3 } },
        },
      },
      {
        name: 'at m1 again is remembered with the new time',
        given: { tokens: [A], logins: [shows(500), later(500)] },
        expect: {
          verdicts: [outOfSync, outOfSync],
          changes: { A: { ...failed(2), ...remembered(500, NOW + 1000) } },
        },
      },
      {
        name: 'at m1 + 1 of the code that was replaced is none',
        given: { tokens: [A], logins: [shows(500), later(700), later(501, 2000)] },
        expect: {
          verdicts: [outOfSync, outOfSync, outOfSync],
          changes: { A: { ...failed(3), ...remembered(501, NOW + 2000) } },
        },
      },
      {
        name: 'is not looked for without the PIN',
        given: { tokens: [A], logins: [shows(500), `9999${otpAt(A, 501)}`] },
        expect: {
          verdicts: [outOfSync, rejected('wrong-pin', 'A')],
          changes: { A: { ...failed(2), ...remembered(500) } },
        },
      },
      {
        name: 'never moves the counter back',
        given: {
          tokens: [{ ...A, counter: 600, ...remembered(500) }],
          logins: [shows(501)],
        },
        expect: { verdicts: [rejected('wrong-otp', 'A')], changes: { A: failed(1) } },
      },
    ])
  })

  describe('the memory', () => {
    testLogins([
      {
        name: 'is left alone by a wrong PIN and a typing error in between',
        given: {
          tokens: [A],
          logins: [shows(500), `9999${otpAt(A, 500)}`, `1234${STRAY}`, '1234secret', later(501)],
        },
        expect: {
          verdicts: [
            outOfSync,
            rejected('wrong-pin', 'A'),
            rejected('wrong-otp', 'A'),
            rejected('wrong-otp', 'A'),
            resynced('A'),
          ],
          changes: { A: { ...synced(501), attemptCount: 5 } },
        },
      },
      {
        name: 'is left alone by an OTP that was used before',
        given: { tokens: [A], logins: [shows(500), shows(49)] },
        expect: {
          verdicts: [outOfSync, rejected('otp-already-used', 'A')],
          changes: { A: { ...failed(2), ...remembered(500) } },
        },
      },
      {
        name: 'is forgotten at a success in the window',
        given: { tokens: [A], logins: [shows(500), shows(50), later(501)] },
        expect: {
          verdicts: [outOfSync, accepted('A'), outOfSync],
          changes: {
            A: { ...spentAt(50), attemptCount: 3, failCount: 1, ...remembered(501, NOW + 1000) },
          },
        },
      },
      {
        name: "is kept at the success of the account's other token",
        given: {
          tokens: [A, makeToken({ serial: 'B', pin: '5678' })],
          logins: [shows(500), `5678${otpAt(makeToken({ serial: 'B' }), 0)}`, later(501)],
        },
        expect: {
          verdicts: [outOfSync, accepted('B'), resynced('A')],
          changes: { A: synced(501), B: spentAt(0) },
        },
      },
      {
        name: 'does not help past a lock in between: the second code is not looked at',
        given: {
          tokens: [{ ...A, failCount: 8 }],
          logins: [shows(500), `1234${STRAY}`, later(501)],
        },
        expect: {
          verdicts: [outOfSync, rejected('wrong-otp', 'A'), rejected('token-locked', 'A')],
          changes: { A: { failCount: 10, attemptCount: 2, lockedAt: NOW, ...remembered(500) } },
        },
      },
      {
        name: 'does not help when the first code itself locked the token',
        given: { tokens: [{ ...A, failCount: 9 }], logins: [shows(500), later(501)] },
        expect: {
          verdicts: [outOfSync, rejected('token-locked', 'A')],
          changes: { A: { failCount: 10, attemptCount: 1, lockedAt: NOW, ...remembered(500) } },
        },
      },
      {
        name: 'does not help when the first code was the last attempt',
        given: { tokens: [{ ...A, maxAttempts: 1 }], logins: [shows(500), later(501)] },
        expect: {
          verdicts: [outOfSync, rejected('attempts-used-up', 'A')],
          changes: { A: { ...failed(1), ...remembered(500) } },
        },
      },
    ])
  })

  describe('auto_resync off', () => {
    const policy = { autoResync: false }
    testLogins([
      {
        name: 'nothing is remembered',
        given: { tokens: [A], policy, logins: [shows(500), later(501)] },
        expect: { verdicts: [outOfSync, outOfSync], changes: { A: failed(2) } },
      },
      {
        name: 'what was remembered before does not accept',
        given: { tokens: [{ ...A, ...remembered(500) }], policy, logins: [later(501)] },
        expect: { verdicts: [outOfSync], changes: { A: failed(1) } },
      },
    ])
  })

  describe('several tokens', () => {
    const B = makeToken({ serial: 'B', pin: '1234' })
    testLogins([
      {
        name: 'the one that is confirmed is spent; the other is as after any other success',
        given: { tokens: [A, B], logins: [shows(500), later(501)] },
        expect: {
          verdicts: [rejected('otp-out-of-sync', 'A', 'B'), resynced('A')],
          changes: { A: synced(501), B: failed(1) },
        },
      },
      {
        name: 'a match in the window of one goes before a confirmation of the other, which stays pending',
        given: {
          tokens: [
            { ...A, ...remembered(500) },
            { ...A, serial: 'B', counter: 500 },
          ],
          logins: [shows(501)],
        },
        expect: { verdicts: [accepted('B')], changes: { B: spentAt(501) } },
      },
      {
        name: 'the one that is locked is not confirmed, though the other can be used',
        given: {
          tokens: [{ ...A, failCount: 10, ...remembered(500) }, B],
          logins: [shows(501)],
        },
        expect: { verdicts: [rejected('wrong-otp', 'B')], changes: { B: failed(1) } },
      },
      {
        name: 'both are spent when both are confirmed',
        given: { tokens: [A, { ...A, serial: 'B', counter: 40 }], logins: [shows(500), later(501)] },
        expect: {
          verdicts: [rejected('otp-out-of-sync', 'A', 'B'), resynced('A', 'B')],
          changes: { A: synced(501), B: synced(501) },
        },
      },
      {
        name: 'reset_fail_counters = "account" clears the others at a confirmation too',
        given: {
          tokens: [
            { ...A, ...remembered(500) },
            { ...B, failCount: 4 },
          ],
          policy: { resetFailCounters: 'account' },
          logins: [shows(501)],
        },
        expect: {
          verdicts: [resynced('A')],
          changes: { A: { ...spentAt(501), pendingResync: null }, B: { failCount: 0 } },
        },
      },
    ])
  })
})
