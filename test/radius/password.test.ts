import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { hidePassword, unhidePassword } from '../../src/radius/password.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { AUTHENTICATOR, hidden, SECRET } from './handmade.ts'

const secret = new SharedSecret(SECRET)

describe('User-Password, un-hidden', () => {
  test.each([0, 1, 15, 17, 31, 127, 129, 144, 253])(
    'RFC 2865 §5.2: %i octets are no User-Password',
    (octets) => {
      expect(unhide(Buffer.alloc(octets))).toEqual({ kind: 'invalid-length' })
    },
  )

  test('RFC 2865 §5.2: any multiple of 16 octets up to 128 is one', () => {
    for (let octets = 16; octets <= 128; octets += 16) {
      const password = 'p'.repeat(octets)
      expect(unhide(hidden(password))).toEqual({ kind: 'password', password })
    }
  })

  const passwords = [
    { name: 'of 1 octet', given: 'x' },
    { name: 'of 15 octets', given: 'x'.repeat(15) },
    { name: 'of 16 octets', given: 'x'.repeat(16) },
    { name: 'of 17 octets', given: 'x'.repeat(17) },
    { name: 'of 127 octets', given: 'x'.repeat(127) },
    { name: 'of 128 octets', given: 'x'.repeat(128) },
    { name: 'with an embedded NUL', given: 'pin\u0000123456' },
    { name: 'with a leading NUL', given: '\u0000pin123456' },
    { name: 'with 16 embedded NULs', given: `pin${'\0'.repeat(16)}123456` },
    { name: 'with white space around it', given: '  123456\n' },
    { name: 'with letters beyond ASCII', given: 'Zürich 北京 😀 123456' },
    { name: 'with a byte order mark, which is kept', given: '\ufeff123456' },
  ]
  test.each(passwords)('RFC 2865 §5.2: a password $name', ({ given }) => {
    expect(unhide(hidden(given))).toEqual({ kind: 'password', password: given })
  })

  test('RFC 2865 §5.2: every printable character, alone and together', () => {
    const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i))
    for (const password of [...printable, printable.join('')]) {
      expect(unhide(hidden(password))).toEqual({ kind: 'password', password })
    }
  })

  test('RFC 2865 §5.2: trailing NULs are padding, be they chunks', () => {
    expect(unhide(hidden(`pin${'\0'.repeat(40)}`))).toEqual({ kind: 'password', password: 'pin' })
    expect(unhide(hidden('\0'.repeat(16)))).toEqual({ kind: 'password', password: '' })
  })

  const notUtf8 = [
    { name: 'Latin-1', given: [0x5a, 0xfc, 0x72] },
    { name: 'an overlong slash', given: [0xc0, 0xaf] },
    { name: 'a surrogate', given: [0xed, 0xa0, 0x80] },
    { name: 'a character cut short', given: [0x31, 0xe2, 0x82] },
    { name: 'beyond U+10FFFF', given: [0xf4, 0x90, 0x80, 0x80] },
  ]
  test.each(notUtf8)('RFC 3629: $name is not UTF-8', ({ given }) => {
    expect(unhide(hidden(Uint8Array.from(given)))).toEqual({ kind: 'not-utf8' })
  })

  test('does not remember the password before', () => {
    unhide(hidden('x'.repeat(128)))
    expect(unhide(hidden('y'))).toEqual({ kind: 'password', password: 'y' })
  })
})

describe('User-Password, hidden', () => {
  test('RFC 2865 §5.2: as the RFC writes it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 30, size: 'max' }), (password) => {
        expect(Buffer.from(hidePassword(password, AUTHENTICATOR, secret))).toEqual(hidden(password))
      }),
    )
  })

  test('RFC 2865 §5.2: an empty password takes 16 octets', () => {
    expect(unhide(hidePassword('', AUTHENTICATOR, secret))).toEqual({ kind: 'password', password: '' })
  })

  test('RFC 2865 §5.2: more than 128 octets cannot be hidden', () => {
    expect(() => hidePassword('ü'.repeat(65), AUTHENTICATOR, secret)).toThrow(RangeError)
  })

  test('comes back as it was, but for trailing NULs', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 32, size: 'max' }), (password) => {
        const kept = password.replace(/\0+$/, '')
        expect(unhide(hidePassword(password, AUTHENTICATOR, secret))).toEqual({
          kind: 'password',
          password: kept,
        })
      }),
    )
  })
})

function unhide(value: Uint8Array) {
  return unhidePassword(value, AUTHENTICATOR, secret)
}
