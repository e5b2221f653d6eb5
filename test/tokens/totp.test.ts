import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { totp } from '../../src/tokens/totp.ts'
import { TOTP_VECTORS } from '../vectors/otp_vectors.ts'

const enroll = (period: 30 | 60) => totp.enroll({ period }, new Uint8Array(64).fill(1))
const states = { 30: enroll(30), 60: enroll(60) }
const position = { counter: 0, drift: 0, window: 2, syncWindow: 100 }

describe('RFC 6238, appendix B', () => {
  test.each(TOTP_VECTORS.rows)('$otp at $seconds s by $algorithm', ({ seconds, algorithm, step, otp }) => {
    const secret = Buffer.from(TOTP_VECTORS.secrets[algorithm])
    const state = totp.enroll({ secret, digits: 8, algorithm }, new Uint8Array(64))
    const here = totp.window(state, { ...position, window: 0 }, seconds * 1000)
    expect({ here, found: totp.find(state, otp, here) }).toEqual({
      here: { from: step, to: step },
      found: step,
    })
  })
})

describe('the window lies around the step of the corrected clock, T = floor((now + drift) / period)', () => {
  const rows = [
    { name: 'T - 2 to T + 2', given: { period: 30, now: 300_000 }, expect: [8, 12] },
    { name: 'a minute of 60 s', given: { period: 60, now: 300_000 }, expect: [3, 7] },
    { name: 'the last millisecond of a step', given: { period: 30, now: 329_999 }, expect: [8, 12] },
    { name: 'the first of the next', given: { period: 30, now: 330_000 }, expect: [9, 13] },
    { name: 'a window of none is T alone', given: { period: 30, now: 300_000, window: 0 }, expect: [10, 10] },
    {
      name: 'a clock that is fast',
      given: { period: 30, now: 300_000, drift: 90 },
      expect: [11, 15],
    },
    {
      name: 'a clock that is slow',
      given: { period: 30, now: 300_000, drift: -90 },
      expect: [5, 9],
    },
    {
      name: 'a drift of less than a step moves T at the edge only: inside',
      given: { period: 30, now: 314_000, drift: 15 },
      expect: [8, 12],
    },
    {
      name: 'a drift of less than a step moves T at the edge only: past it',
      given: { period: 30, now: 315_000, drift: 15 },
      expect: [9, 13],
    },
    {
      name: 'a negative drift rounds down too',
      given: { period: 60, now: 300_000, drift: -1 },
      expect: [2, 6],
    },
    { name: 'never below the counter', given: { period: 30, now: 300_000, counter: 10 }, expect: [10, 12] },
    { name: 'empty behind the counter', given: { period: 30, now: 300_000, counter: 13 }, expect: [13, 12] },
  ] as const
  test.each(rows)('$name', ({ given: { period, now, ...where }, expect: [from, to] }) => {
    expect(totp.window(states[period], { ...position, ...where }, now)).toEqual({ from, to })
  })
})

describe('the sync window lies around our own clock', () => {
  const rows = [
    { name: 'a hundred steps on either side', given: { period: 30, now: 30_000_000 }, expect: [900, 1100] },
    { name: 'of 60 s', given: { period: 60, now: 30_000_000 }, expect: [400, 600] },
    { name: 'to the end of a step', given: { period: 30, now: 30_029_999 }, expect: [900, 1100] },
    {
      name: 'whatever the drift is',
      given: { period: 30, now: 30_000_000, drift: 600 },
      expect: [900, 1100],
    },
    {
      name: 'never below the counter',
      given: { period: 30, now: 30_000_000, counter: 950 },
      expect: [950, 1100],
    },
    {
      name: 'its size is a setting',
      given: { period: 30, now: 30_000_000, syncWindow: 5 },
      expect: [995, 1005],
    },
  ] as const
  test.each(rows)('$name', ({ given: { period, now, ...where }, expect: [from, to] }) => {
    expect(totp.syncWindow(states[period], { ...position, ...where }, now)).toEqual({ from, to })
  })
})

describe('what passed lies in the window and below the counter', () => {
  const rows = [
    { name: 'part of the window', given: { counter: 11 }, expect: [8, 10] },
    { name: 'the whole window', given: { counter: 99 }, expect: [8, 12] },
    { name: 'nothing', given: { counter: 8 }, expect: [8, 7] },
  ] as const
  test.each(rows)('$name', ({ given, expect: [from, to] }) => {
    expect(totp.passed(states[30], { ...position, ...given }, 300_000)).toEqual({ from, to })
  })
})

describe('after a match the counter is behind it and the drift leads to it', () => {
  const rows = [
    { name: 'on time', given: { period: 30, m: 10 }, expect: { counter: 11, drift: 0 } },
    { name: 'two steps ahead', given: { period: 30, m: 12 }, expect: { counter: 13, drift: 60 } },
    { name: 'two steps behind', given: { period: 30, m: 8 }, expect: { counter: 9, drift: -60 } },
    { name: 'a step of 60 s ahead', given: { period: 60, m: 6 }, expect: { counter: 7, drift: 60 } },
    { name: 'a step of 60 s behind', given: { period: 60, m: 4 }, expect: { counter: 5, drift: -60 } },
    {
      name: 'the drift before does not add up',
      given: { period: 30, m: 12, drift: 30 },
      expect: { counter: 13, drift: 60 },
    },
    {
      name: 'the drift may return',
      given: { period: 30, m: 10, drift: 60 },
      expect: { counter: 11, drift: 0 },
    },
  ] as const
  test.each(rows)('$name', ({ given: { period, m, ...where }, expect: expected }) => {
    expect(totp.advance(states[period], { ...position, ...where }, m, 300_000)).toEqual(expected)
  })

  test('the step of the corrected clock is the step that matched, at whatever moment and of whatever period', () => {
    const moments = fc.integer({ min: 0, max: 4_000_000_000_000 })
    const periods = fc.constantFrom(30 as const, 60 as const)
    fc.assert(
      fc.property(moments, periods, fc.integer({ min: -100, max: 100 }), (now, period, error) => {
        const m = Math.floor(now / 1000 / period) + error
        const { drift } = totp.advance(states[period], position, m, now)
        const window = totp.window(states[period], { counter: -1e9, drift, window: 0, syncWindow: 0 }, now)
        expect({ drift, window }).toEqual({ drift: error * period, window: { from: m, to: m } })
      }),
    )
  })
})

describe('an OTP that is remembered for autosync', () => {
  test.each([
    { name: 'shows the clock error in steps', given: [30, 110], expect: 100 },
    { name: 'of 60 s', given: [60, 110], expect: 105 },
    { name: 'negative for a slow clock', given: [30, 4], expect: -6 },
  ] as const)('$name', ({ given: [period, movingFactor], expect: error }) => {
    expect(totp.pending(states[period], movingFactor, 300_000)).toEqual({ movingFactor, error, at: 300_000 })
  })

  const first = { movingFactor: 30, error: 20, at: 300_000 }
  const rows = [
    { name: 'a step later: the same error within one', given: [first, 330_000], expect: [31, 32] },
    { name: 'three steps later: the same error within one', given: [first, 390_000], expect: [32, 34] },
    { name: 'in the same step: only a later code', given: [first, 329_999], expect: [31, 31] },
    { name: 'a slow clock', given: [{ ...first, movingFactor: 4, error: -6 }, 390_000], expect: [6, 8] },
  ] as const
  test.each(rows)('is confirmed $name', ({ given: [pending, now], expect: [from, to] }) => {
    expect(totp.confirmation(states[30], pending, now)).toEqual({ from, to })
  })
})

test('the defaults: two steps on either side, and a hundred to resync', () => {
  expect(totp.defaults).toEqual({ window: 2, syncWindow: 100 })
})

describe('enrolment of its own fields', () => {
  const rows = [
    { name: 'needs none', given: {}, expect: true },
    { name: 'a period of 30 s', given: { period: 30 }, expect: true },
    { name: 'a period of 60 s', given: { period: 60 }, expect: true },
    { name: 'no other period', given: { period: 45 }, expect: false },
    { name: 'no counter', given: { counter: 1 }, expect: false },
    { name: 'no 7 digits', given: { digits: 7 }, expect: false },
  ]
  test.each(rows)('$name', ({ given, expect: expected }) => {
    expect(totp.enrollment.safeParse(given).success).toBe(expected)
  })

  test('the period is 30 s unless it is given', () => {
    const token = totp.enroll({}, new Uint8Array(64))
    expect(totp.settings(token)).toEqual({ digits: 6, algorithm: 'sha1', period: 30 })
  })
})
