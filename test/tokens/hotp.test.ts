import { describe, expect, test } from '@jest/globals'
import { hotp } from '../../src/tokens/hotp.ts'
import { HOTP_VECTORS } from '../vectors/otp_vectors.ts'

const secret = Buffer.from(HOTP_VECTORS.secret)
const state = hotp.enroll({ secret }, new Uint8Array(64))
const NOW = 1_000_000
const at = (counter: number, window = 10, syncWindow = 1000) => ({ counter, drift: 0, window, syncWindow })

describe('ranges', () => {
  const rows = [
    { name: 'the window begins at the counter', given: hotp.window(state, at(7), NOW), expect: [7, 16] },
    { name: 'a window of 1 is the counter', given: hotp.window(state, at(7, 1), NOW), expect: [7, 7] },
    {
      name: 'the sync window begins there too',
      given: hotp.syncWindow(state, at(7), NOW),
      expect: [7, 1006],
    },
    { name: 'what passed lies before it', given: hotp.passed(state, at(20), NOW), expect: [10, 19] },
    {
      name: 'the confirmation of an autosync is the very next counter',
      given: hotp.confirmation(state, { movingFactor: 500, error: 0, at: NOW }, NOW),
      expect: [501, 501],
    },
  ] as const
  test.each(rows)('$name', ({ given, expect: [from, to] }) => {
    expect(given).toEqual({ from, to })
  })

  test('the manual\'s defaults: "count window" 10, sync window 1000', () => {
    expect(hotp.defaults).toEqual({ window: 10, syncWindow: 1000 })
  })
})

test('a match is found at its counter, and the next counter is behind it', () => {
  const found = hotp.find(state, '969429', hotp.window(state, at(0), NOW))
  expect(found).toBe(3)
  expect(hotp.advance(state, at(0), 3, NOW)).toEqual({ counter: 4, drift: 0 })
})

test('an OTP before the counter is not found, even if the window began below', () => {
  expect(hotp.find(state, '969429', hotp.window(state, at(4), NOW))).toBeNull()
})

test('an OTP that is remembered has its counter, no clock error, and the time', () => {
  expect(hotp.pending(state, 500, NOW)).toEqual({ movingFactor: 500, error: 0, at: NOW })
})

describe('enrolment of its own fields', () => {
  const rows = [
    { name: 'needs none', given: {}, expect: true },
    { name: '6 digits', given: { digits: 6 }, expect: true },
    { name: '8 digits', given: { digits: 8 }, expect: true },
    { name: 'no 7 digits', given: { digits: 7 }, expect: false },
    { name: 'SHA-512', given: { algorithm: 'sha512' }, expect: true },
    { name: 'no MD5', given: { algorithm: 'md5' }, expect: false },
    { name: 'a counter to begin with', given: { counter: 2 ** 48 }, expect: true },
    { name: 'no counter that cannot be counted on', given: { counter: 2 ** 53 }, expect: false },
    { name: 'no negative counter', given: { counter: -1 }, expect: false },
    { name: 'no half counter', given: { counter: 0.5 }, expect: false },
    { name: 'no period', given: { period: 30 }, expect: false },
  ]
  test.each(rows)('$name', ({ given, expect: expected }) => {
    expect(hotp.enrollment.safeParse(given).success).toBe(expected)
  })
})
