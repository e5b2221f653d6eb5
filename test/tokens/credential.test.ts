import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { plain, split } from '../../src/tokens/credential.ts'

const rows = [
  {
    name: 'the last digits are the OTP, the rest is the PIN',
    given: ['1234755224', 6],
    expect: { pin: '1234', otp: '755224' },
  },
  {
    name: 'each token splits by its own digits',
    given: ['1234755224', 8],
    expect: { pin: '12', otp: '34755224' },
  },
  { name: 'no PIN', given: ['755224', 6], expect: { pin: '', otp: '755224' } },
  { name: 'one character too few has no OTP', given: ['75522', 6], expect: null },
  { name: 'an empty password has no OTP', given: ['', 6], expect: null },
  {
    name: 'white space belongs to the PIN',
    given: [' 12 755224', 6],
    expect: { pin: ' 12 ', otp: '755224' },
  },
  {
    name: 'a PIN of letters outside ASCII',
    given: ['größe755224', 6],
    expect: { pin: 'größe', otp: '755224' },
  },
  { name: 'a PIN beyond the BMP', given: ['🔑755224', 6], expect: { pin: '🔑', otp: '755224' } },
] as const

test.each(rows)('$name', ({ given: [password, digits], expect: expected }) => {
  expect(split(plain(password), digits)).toEqual(expected)
})

test('nothing of a password is lost', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.constantFrom(6, 8, 10), (password, digits) => {
      const parts = split(plain(password), digits)
      expect(parts === null ? password.length < digits : parts.pin + parts.otp === password).toBe(true)
    }),
  )
})
