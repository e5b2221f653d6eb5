import { describe } from '@jest/globals'
import { accepted, failed, rejected, spentAt, testLogins } from './login_rows.ts'
import { makeToken, NOW, otpAt, otpOn, T } from './make_token.ts'

const OFF = { autoResync: false }
const outOfSync = [rejected('otp-out-of-sync', 'A')]
const used = [rejected('otp-already-used', 'A')]
const at = (seconds: number) => NOW + seconds * 1000

describe('HOTP accepts m in [counter, counter + window - 1]', () => {
  const A = makeToken({ counter: 50 })
  testLogins([
    {
      name: 'the counter itself',
      given: { tokens: [A], logins: [otpAt(A, 50)] },
      expect: { verdicts: [accepted('A')], changes: { A: spentAt(50) } },
    },
    {
      name: 'counter + window - 1',
      given: { tokens: [A], logins: [otpAt(A, 59)] },
      expect: { verdicts: [accepted('A')], changes: { A: spentAt(59) } },
    },
    {
      name: 'not counter + window',
      given: { tokens: [A], policy: OFF, logins: [otpAt(A, 60)] },
      expect: { verdicts: outOfSync, changes: { A: failed(1) } },
    },
    {
      name: 'not counter - 1',
      given: { tokens: [A], logins: [otpAt(A, 49)] },
      expect: { verdicts: used, changes: { A: failed(1) } },
    },
    {
      name: 'the window moves with the counter',
      given: { tokens: [A], logins: [otpAt(A, 59), otpAt(A, 69)] },
      expect: {
        verdicts: [accepted('A'), accepted('A')],
        changes: { A: { ...spentAt(69), attemptCount: 2, successCount: 2 } },
      },
    },
    {
      name: 'a window of 1 is the counter alone: inside',
      given: { tokens: [{ ...A, window: 1 }], logins: [otpAt(A, 50)] },
      expect: { verdicts: [accepted('A')], changes: { A: spentAt(50) } },
    },
    {
      name: 'a window of 1 is the counter alone: outside',
      given: { tokens: [{ ...A, window: 1 }], policy: OFF, logins: [otpAt(A, 51)] },
      expect: { verdicts: outOfSync, changes: { A: failed(1) } },
    },
    {
      name: 'a wider window',
      given: { tokens: [{ ...A, window: 100 }], logins: [otpAt(A, 149)] },
      expect: { verdicts: [accepted('A')], changes: { A: spentAt(149) } },
    },
    {
      name: 'a counter above 2^32',
      given: { tokens: [{ ...A, counter: 2 ** 32 + 3 }], logins: [otpAt(A, 2 ** 32 + 7)] },
      expect: { verdicts: [accepted('A')], changes: { A: spentAt(2 ** 32 + 7) } },
    },
  ])

  describe.each(['sha1', 'sha256', 'sha512'] as const)('with %s', (algorithm) => {
    const token = makeToken({ algorithm, digits: 8 })
    testLogins([
      {
        name: 'and 8 digits',
        given: { tokens: [token], logins: [otpAt(token, 4)] },
        expect: { verdicts: [accepted('A')], changes: { A: spentAt(4) } },
      },
    ])
  })
})

describe('TOTP accepts m in [T - window, T + window]', () => {
  const A = makeToken({ kind: 'totp' })
  testLogins([
    {
      name: 'T',
      given: { tokens: [A], logins: [otpOn(A, NOW)] },
      expect: { verdicts: [accepted('A')], changes: { A: spentAt(T) } },
    },
    {
      name: 'T until its last millisecond',
      given: {
        tokens: [{ ...A, window: 0 }],
        logins: [{ at: NOW + 29_999, password: otpOn(A, NOW) }],
      },
      expect: { verdicts: [accepted('A')], changes: { A: spentAt(T, NOW + 29_999) } },
    },
    {
      name: 'T not a millisecond later, when the window is none',
      given: {
        tokens: [{ ...A, window: 0 }],
        policy: OFF,
        logins: [{ at: NOW + 30_000, password: otpOn(A, NOW) }],
      },
      expect: { verdicts: outOfSync, changes: { A: failed(1) } },
    },
    {
      name: 'T - window',
      given: { tokens: [A], logins: [otpAt(A, T - 2)] },
      expect: { verdicts: [accepted('A')], changes: { A: { ...spentAt(T - 2), drift: -60 } } },
    },
    {
      name: 'not T - window - 1',
      given: { tokens: [A], policy: OFF, logins: [otpAt(A, T - 3)] },
      expect: { verdicts: outOfSync, changes: { A: failed(1) } },
    },
    {
      name: 'T + window',
      given: { tokens: [A], logins: [otpAt(A, T + 2)] },
      expect: { verdicts: [accepted('A')], changes: { A: { ...spentAt(T + 2), drift: 60 } } },
    },
    {
      name: 'not T + window + 1',
      given: { tokens: [A], policy: OFF, logins: [otpAt(A, T + 3)] },
      expect: { verdicts: outOfSync, changes: { A: failed(1) } },
    },
    {
      name: 'm = counter',
      given: { tokens: [{ ...A, counter: T + 1 }], logins: [otpAt(A, T + 1)] },
      expect: { verdicts: [accepted('A')], changes: { A: { ...spentAt(T + 1), drift: 30 } } },
    },
    {
      name: 'not m = counter - 1, though it is T',
      given: { tokens: [{ ...A, counter: T + 1 }], logins: [otpAt(A, T)] },
      expect: { verdicts: used, changes: { A: failed(1) } },
    },
  ])
})

describe('TOTP accepts a code once', () => {
  const A = makeToken({ kind: 'totp' })
  const replayed = { ...spentAt(T), attemptCount: 2, failCount: 1 }
  testLogins([
    {
      name: 'in the same step',
      given: { tokens: [A], logins: [otpOn(A, NOW), otpOn(A, NOW)] },
      expect: { verdicts: [accepted('A'), ...used], changes: { A: replayed } },
    },
    {
      name: 'in a step after it, while it would still be in the window',
      given: { tokens: [A], logins: [otpOn(A, NOW), { at: at(60), password: otpOn(A, NOW) }] },
      expect: { verdicts: [accepted('A'), ...used], changes: { A: replayed } },
    },
    {
      name: 'and no code before it',
      given: { tokens: [A], logins: [otpAt(A, T), otpAt(A, T - 1)] },
      expect: { verdicts: [accepted('A'), ...used], changes: { A: replayed } },
    },
    {
      name: 'and then the next',
      given: { tokens: [A], logins: [otpOn(A, NOW), { at: at(30), password: otpOn(A, at(30)) }] },
      expect: {
        verdicts: [accepted('A'), accepted('A')],
        changes: { A: { ...spentAt(T + 1, at(30)), attemptCount: 2, successCount: 2 } },
      },
    },
    {
      name: 'even if our clock is set back',
      given: { tokens: [A], logins: [otpOn(A, NOW), { at: at(-30), password: otpOn(A, NOW) }] },
      expect: { verdicts: [accepted('A'), ...used], changes: { A: replayed } },
    },
  ])
})

describe('the drift of TOTP follows the steps that match', () => {
  const A = makeToken({ kind: 'totp' })
  const minute = makeToken({ kind: 'totp', period: 60 })
  const day = 2880
  testLogins([
    {
      name: 'a clock that runs away two steps between logins is followed',
      given: {
        tokens: [A],
        logins: [1, 2, 3].map((n) => ({ at: at(n * 86400), password: otpAt(A, T + n * (day + 2)) })),
      },
      expect: {
        verdicts: [accepted('A'), accepted('A'), accepted('A')],
        changes: {
          A: {
            ...spentAt(T + 3 * (day + 2), at(3 * 86400)),
            drift: 180,
            attemptCount: 3,
            successCount: 3,
          },
        },
      },
    },
    {
      name: 'the window lies around the corrected clock: its far end',
      given: { tokens: [{ ...A, drift: 90 }], logins: [otpAt(A, T + 5)] },
      expect: { verdicts: [accepted('A')], changes: { A: { ...spentAt(T + 5), drift: 150 } } },
    },
    {
      name: 'the window lies around the corrected clock: its near end',
      given: { tokens: [{ ...A, drift: 90 }], logins: [otpAt(A, T + 1)] },
      expect: { verdicts: [accepted('A')], changes: { A: { ...spentAt(T + 1), drift: 30 } } },
    },
    {
      name: 'the window lies around the corrected clock: our own time is outside',
      given: { tokens: [{ ...A, drift: 90 }], policy: OFF, logins: [otpAt(A, T)] },
      expect: { verdicts: outOfSync, changes: { A: failed(1) } },
    },
    {
      name: 'a clock that was set right again is believed',
      given: { tokens: [{ ...A, drift: 60 }], logins: [otpOn(A, NOW)] },
      expect: { verdicts: [accepted('A')], changes: { A: { ...spentAt(T), drift: 0 } } },
    },
    {
      name: 'steps of 60 seconds',
      given: { tokens: [minute], logins: [otpAt(minute, T / 2 - 2)] },
      expect: { verdicts: [accepted('A')], changes: { A: { ...spentAt(T / 2 - 2), drift: -120 } } },
    },
    {
      name: 'a failure leaves it alone',
      given: { tokens: [{ ...A, drift: 60 }], policy: OFF, logins: [otpAt(A, T + 50)] },
      expect: { verdicts: outOfSync, changes: { A: failed(1) } },
    },
  ])
})
