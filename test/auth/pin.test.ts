import { createHmac } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { knownPin, pinKey, pinMatches, SALT_OCTETS, sealPin } from '../../src/auth/pin.ts'

const KEY_OCTETS = new Uint8Array(32).fill(3)
const KEY = pinKey(KEY_OCTETS)
const SALT = Uint8Array.from({ length: SALT_OCTETS }, (_, i) => i)

describe('pinMatches', () => {
  const rows = [
    { name: 'another PIN', given: ['1234', '1235'], expect: false },
    { name: 'a part of it', given: ['1234', '123'], expect: false },
    { name: 'more than it', given: ['1234', '12345'], expect: false },
    { name: 'the empty PIN, where there is one', given: ['1234', ''], expect: false },
    { name: 'any PIN, where there is none', given: ['', '1234'], expect: false },
    { name: 'a blank, where there is none', given: ['', ' '], expect: false },
    { name: 'another case', given: ['Geheim', 'geheim'], expect: false },
    { name: 'white space around it', given: ['1234', '1234 '], expect: false },
    { name: 'a NUL behind it', given: ['1234', '1234\0'], expect: false },
    { name: 'another spelling in Unicode', given: ['gr\u00fcn', 'gru\u0308n'], expect: false },
    { name: 'digits of another script', given: ['1234', '\uff11\uff12\uff13\uff14'], expect: false },
    { name: 'the PIN itself', given: ['1234', '1234'], expect: true },
    { name: 'the empty PIN, where there is none', given: ['', ''], expect: true },
    { name: 'Unicode', given: ['Größe 🔑', 'Größe 🔑'], expect: true },
    { name: 'a long one', given: ['x'.repeat(500), 'x'.repeat(500)], expect: true },
  ] as const
  test.each(rows)('$name: $expect', ({ given: [set, typed], expect: expected }) => {
    expect(pinMatches(KEY, sealPin(KEY, set, SALT), typed)).toBe(expected)
  })

  test('not under another key', () => {
    const record = sealPin(KEY, '1234', SALT)
    expect(pinMatches(pinKey(new Uint8Array(32).fill(4)), record, '1234')).toBe(false)
  })

  test('not with an altered octet, wherever it is', () => {
    const record = octetsOf(sealPin(KEY, '1234', SALT))
    for (let i = 0; i < record.length; i++) {
      const altered = Buffer.from(record.with(i, record[i]! ^ 1)).toString('base64')
      expect(pinMatches(KEY, altered, '1234')).toBe(false)
    }
  })

  test('not with a record that was cut, wherever it was cut', () => {
    const record = octetsOf(sealPin(KEY, '1234', SALT))
    for (let length = 0; length < record.length; length++) {
      expect(pinMatches(KEY, record.subarray(0, length).toString('base64'), '1234')).toBe(false)
    }
  })

  test('is true for the same text alone, however often and in whatever order it is asked', () => {
    const pins = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(pins, pins, (set, typed) => {
        const record = sealPin(KEY, set, SALT)
        expect(pinMatches(KEY, record, typed)).toBe(set === typed)
        expect(pinMatches(KEY, record, set)).toBe(true)
      }),
    )
  })
})

describe('sealPin', () => {
  test('an empty PIN is no PIN', () => {
    expect(sealPin(KEY, '', SALT)).toBeNull()
  })

  test('the record is the salt and HMAC-SHA-256(key, salt || PIN in UTF-8)', () => {
    const mac = createHmac('sha256', KEY_OCTETS).update(SALT).update('Größe 🔑', 'utf8').digest()
    expect(octetsOf(sealPin(KEY, 'Größe 🔑', SALT))).toEqual(Buffer.concat([SALT, mac]))
  })

  test('two tokens with one PIN have different records', () => {
    const one = octetsOf(sealPin(KEY, '1234', SALT))
    const other = octetsOf(sealPin(KEY, '1234', SALT.with(0, 99)))
    expect(one.subarray(SALT_OCTETS)).not.toEqual(other.subarray(SALT_OCTETS))
  })

  test('takes no more of the entropy than the salt, and takes it by copy', () => {
    const entropy = new Uint8Array(64)
    entropy.set(SALT)
    const record = sealPin(KEY, '1234', entropy)!
    entropy.fill(9)
    expect(record).toEqual(sealPin(KEY, '1234', SALT))
  })
})

describe('pin_storage = "sealed"', () => {
  const sealing = pinKey(KEY_OCTETS, 'sealed')
  const texts = fc.string({ unit: 'grapheme', maxLength: 64 })

  test('keeps a PIN that comes back, and that is compared as before', () => {
    fc.assert(
      fc.property(texts, texts, (set, typed) => {
        const record = sealPin(sealing, set, SALT)
        expect(knownPin(record)).toBe(set)
        expect(pinMatches(KEY, record, typed)).toBe(set === typed)
        expect(pinMatches(sealing, record, set)).toBe(true)
      }),
    )
  })

  test('begins with the record that "mac" keeps', () => {
    const record = sealPin(sealing, '1234', SALT)
    expect(record?.startsWith(`${sealPin(KEY, '1234', SALT)}:`)).toBe(true)
  })

  test('a PIN that was set before is not known, however it is kept from now on', () => {
    expect(knownPin(sealPin(KEY, '1234', SALT))).toBeNull()
  })

  test('no PIN is the empty one, and known', () => {
    expect([sealPin(sealing, '', SALT), knownPin(null)]).toEqual([null, ''])
  })
})

function octetsOf(record: string | null): Buffer {
  return Buffer.from(record ?? '', 'base64')
}
