import { describe } from '@jest/globals'
import type { Token } from '../../src/auth/account.ts'
import { accepted, failed, rejected, resynced, spentAt, testLogins } from './login_rows.ts'
import { makeToken, NOW, otpAt, T } from './make_token.ts'

// spec/authentication.md, "Autosync".
const TIMEOUT = 240_000
const outOfSync = rejected('otp-out-of-sync', 'A')

describe('autosync of TOTP', () => {
  const A = makeToken({ kind: 'totp' })
  const minute = makeToken({ kind: 'totp', period: 60 })
  const seconds = (n: number) => NOW + n * 1000
  /** The token shows its step `m` so many seconds after NOW. */
  const shows = (m: number, after: number) => ({ at: seconds(after), password: otpAt(A, m) })
  const remembered = (error: number, m: number, after = 0): Partial<Token> => ({
    pendingResync: { movingFactor: m, error, at: seconds(after) },
  })
  const synced = (m: number, after: number, drift: number): Partial<Token> => ({
    ...spentAt(m, seconds(after)),
    attemptCount: 2,
    drift,
  })

  testLogins([
    {
      name: 'the first code is remembered with its clock error in steps',
      given: { tokens: [A], logins: [shows(T + 20, 0)] },
      expect: { verdicts: [outOfSync], changes: { A: { ...failed(1), ...remembered(20, T + 20) } } },
    },
    {
      name: 'the sync window is a hundred steps ahead: the last of them',
      given: { tokens: [A], logins: [shows(T + 100, 0), shows(T + 101, 30)] },
      expect: { verdicts: [outOfSync, resynced('A')], changes: { A: synced(T + 101, 30, 3000) } },
    },
    {
      name: 'the sync window is a hundred steps ahead: not the one after',
      given: { tokens: [A], logins: [shows(T + 101, 0)] },
      expect: { verdicts: [rejected('wrong-otp', 'A')], changes: { A: failed(1) } },
    },
    {
      name: 'the sync window is a hundred steps behind: the last of them',
      given: { tokens: [A], logins: [shows(T - 100, 0), shows(T - 99, 30)] },
      expect: { verdicts: [outOfSync, resynced('A')], changes: { A: synced(T - 99, 30, -3000) } },
    },
    {
      name: 'the sync window is a hundred steps behind: not the one before',
      given: { tokens: [A], logins: [shows(T - 101, 0)] },
      expect: { verdicts: [rejected('wrong-otp', 'A')], changes: { A: failed(1) } },
    },
    {
      name: 'the sync window does not reach below the counter',
      given: { tokens: [{ ...A, counter: T - 10 }], logins: [shows(T - 20, 0)] },
      expect: { verdicts: [rejected('wrong-otp', 'A')], changes: { A: failed(1) } },
    },
    {
      name: 'a later code of the same clock error is accepted, and the drift is stored',
      given: { tokens: [A], logins: [shows(T + 20, 0), shows(T + 21, 30)] },
      expect: { verdicts: [outOfSync, resynced('A')], changes: { A: synced(T + 21, 30, 600) } },
    },
    {
      name: 'it need not be the very next one',
      given: { tokens: [A], logins: [shows(T + 20, 0), shows(T + 24, 120)] },
      expect: { verdicts: [outOfSync, resynced('A')], changes: { A: synced(T + 24, 120, 600) } },
    },
    {
      name: 'a slow clock',
      given: { tokens: [A], logins: [shows(T - 20, 0), shows(T - 19, 30)] },
      expect: { verdicts: [outOfSync, resynced('A')], changes: { A: synced(T - 19, 30, -600) } },
    },
    {
      name: 'steps of 60 seconds',
      given: {
        tokens: [minute],
        logins: [
          { at: NOW, password: otpAt(minute, T / 2 + 20) },
          { at: seconds(60), password: otpAt(minute, T / 2 + 21) },
        ],
      },
      expect: { verdicts: [outOfSync, resynced('A')], changes: { A: synced(T / 2 + 21, 60, 1200) } },
    },
    {
      name: 'one step less of clock error is the same',
      given: { tokens: [A], logins: [shows(T + 20, 0), shows(T + 21, 60)] },
      expect: { verdicts: [outOfSync, resynced('A')], changes: { A: synced(T + 21, 60, 570) } },
    },
    {
      name: 'one step more of clock error is the same',
      given: { tokens: [A], logins: [shows(T + 20, 0), shows(T + 22, 30)] },
      expect: { verdicts: [outOfSync, resynced('A')], changes: { A: synced(T + 22, 30, 630) } },
    },
    {
      name: 'two steps more are another error: the code becomes the new first one',
      given: { tokens: [A], logins: [shows(T + 20, 0), shows(T + 23, 30)] },
      expect: {
        verdicts: [outOfSync, outOfSync],
        changes: { A: { ...failed(2), ...remembered(22, T + 23, 30) } },
      },
    },
    {
      name: 'two steps less are another error: the code becomes the new first one',
      given: { tokens: [A], logins: [shows(T + 20, 0), shows(T + 21, 90)] },
      expect: {
        verdicts: [outOfSync, outOfSync],
        changes: { A: { ...failed(2), ...remembered(18, T + 21, 90) } },
      },
    },
    {
      name: 'the same code is not later',
      given: { tokens: [A], logins: [shows(T + 20, 0), shows(T + 20, 10)] },
      expect: {
        verdicts: [outOfSync, outOfSync],
        changes: { A: { ...failed(2), ...remembered(20, T + 20, 10) } },
      },
    },
    {
      name: 'the same code a step after is not later, though its error is within one step',
      given: { tokens: [A], logins: [shows(T + 20, 0), shows(T + 20, 30)] },
      expect: {
        verdicts: [outOfSync, outOfSync],
        changes: { A: { ...failed(2), ...remembered(19, T + 20, 30) } },
      },
    },
    {
      name: 'an earlier code is not later',
      given: { tokens: [A], logins: [shows(T + 20, 0), shows(T + 19, 0)] },
      expect: {
        verdicts: [outOfSync, outOfSync],
        changes: { A: { ...failed(2), ...remembered(19, T + 19) } },
      },
    },
    {
      name: 'is in time at the last millisecond of the timeout',
      given: { tokens: [A], logins: [shows(T + 20, 0), shows(T + 28, 240)] },
      expect: { verdicts: [outOfSync, resynced('A')], changes: { A: synced(T + 28, 240, 600) } },
    },
    {
      name: 'a millisecond later it becomes the new first one',
      given: {
        tokens: [A],
        logins: [shows(T + 20, 0), { at: NOW + TIMEOUT + 1, password: otpAt(A, T + 28) }],
      },
      expect: {
        verdicts: [outOfSync, outOfSync],
        changes: {
          A: {
            ...failed(2),
            pendingResync: { movingFactor: T + 28, error: 20, at: NOW + TIMEOUT + 1 },
          },
        },
      },
    },
    {
      name: 'then the corrected clock accepts the next code as usual',
      given: { tokens: [A], logins: [shows(T + 20, 0), shows(T + 21, 30), shows(T + 22, 60)] },
      expect: {
        verdicts: [outOfSync, resynced('A'), accepted('A')],
        changes: { A: { ...synced(T + 22, 60, 600), attemptCount: 3, successCount: 2 } },
      },
    },
    {
      name: 'the code is accepted once',
      given: { tokens: [A], logins: [shows(T + 20, 0), shows(T + 21, 30), shows(T + 21, 31)] },
      expect: {
        verdicts: [outOfSync, resynced('A'), rejected('otp-already-used', 'A')],
        changes: { A: { ...synced(T + 21, 30, 600), attemptCount: 3, failCount: 1 } },
      },
    },
    {
      name: 'a success of our own time in between forgets the first code',
      given: { tokens: [A], logins: [shows(T + 20, 0), shows(T, 0), shows(T + 21, 30)] },
      expect: {
        verdicts: [outOfSync, accepted('A'), outOfSync],
        changes: {
          A: { ...spentAt(T), attemptCount: 3, failCount: 1, ...remembered(20, T + 21, 30) },
        },
      },
    },
    {
      name: 'off, nothing is remembered',
      given: {
        tokens: [A],
        policy: { autoResync: false },
        logins: [shows(T + 20, 0), shows(T + 21, 30)],
      },
      expect: { verdicts: [outOfSync, outOfSync], changes: { A: failed(2) } },
    },
  ])
})
