import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { PASSWORD_LENGTH, temporaryPassword } from '../../src/tokens/temporary_password.ts'

const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'
const state = { password: 'ABCDEFGH23' }
const here = { from: 5, to: 5 }

describe('a new password', () => {
  const of = (entropy: Uint8Array) => temporaryPassword.enroll({}, entropy).password

  test('has ten characters, none of which looks like another', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (entropy) => {
        expect(of(entropy)).toMatch(/^[2-9A-HJ-NP-Z]{10}$/)
      }),
    )
  })

  test('takes each character from an octet of its own, all characters equally often', () => {
    const counts = new Map<string, number>()
    for (let octet = 0; octet < 256; octet++) {
      const password = of(new Uint8Array(64).fill(octet))
      expect(password).toBe(password[0]!.repeat(PASSWORD_LENGTH))
      counts.set(password[0]!, (counts.get(password[0]!) ?? 0) + 1)
    }
    expect(Object.fromEntries(counts)).toEqual(Object.fromEntries([...ALPHABET].map((c) => [c, 8])))
  })
})

describe('find', () => {
  const rows = [
    { name: 'the password itself', given: ['ABCDEFGH23', here], expect: 5 },
    { name: 'not in lower case', given: ['abcdefgh23', here], expect: null },
    { name: 'not one character short', given: ['ABCDEFGH2', here], expect: null },
    { name: 'not with one too many', given: ['ABCDEFGH234', here], expect: null },
    { name: 'not the empty one', given: ['', here], expect: null },
    { name: 'not with another last character', given: ['ABCDEFGH24', here], expect: null },
    { name: 'not with another first character', given: ['BBCDEFGH23', here], expect: null },
    { name: 'nothing is found in an empty range', given: ['ABCDEFGH23', { from: 0, to: -1 }], expect: null },
  ] as const
  test.each(rows)('$name', ({ given: [password, range], expect: expected }) => {
    expect(temporaryPassword.find(state, password, range)).toBe(expected)
  })
})

test('is good for more than one login: the counter counts the uses', () => {
  const at = { counter: 5, drift: 0, window: 1, syncWindow: 1 }
  expect(temporaryPassword.window(state, at, 0)).toEqual(here)
  expect(temporaryPassword.advance(state, at, 5, 0)).toEqual({ counter: 6, drift: 0 })
})

test('has no secret to show as a QR code, and no algorithm', () => {
  expect(temporaryPassword.secret(state)).toBeNull()
  expect(temporaryPassword.settings(state)).toEqual({ digits: 10, algorithm: null, period: null })
})
