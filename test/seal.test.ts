import { createDecipheriv, hkdfSync } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { deriveKeys, equalOctets, newMasterKey, parseMasterKey, SealBroken } from '../src/seal.ts'

const MASTER = Uint8Array.from({ length: 32 }, (_, i) => i)
const keys = deriveKeys(MASTER)
const PLAINTEXT = Buffer.from('{"secret":"GEZDGNBVGY3TQOJQ"}')

describe('what is sealed', () => {
  const sealed = keys.seal(PLAINTEXT, 'A')

  test('does not open with one octet altered, wherever it is', () => {
    for (let i = 0; i < sealed.length; i++) {
      for (const bit of [1, 128]) {
        const altered = Uint8Array.from(sealed)
        altered[i]! ^= bit
        expect(() => keys.open(altered, 'A')).toThrow(SealBroken)
      }
    }
  })

  test('does not open when it is cut, wherever it is cut', () => {
    for (let length = 0; length < sealed.length; length++) {
      expect(() => keys.open(sealed.subarray(0, length), 'A')).toThrow(SealBroken)
    }
  })

  test('does not open with something behind it', () => {
    expect(() => keys.open(Buffer.concat([sealed, Buffer.of(0)]), 'A')).toThrow(SealBroken)
  })

  test.each([
    { name: 'another token', given: 'B' },
    { name: 'none', given: '' },
    { name: 'one that begins alike', given: 'AA' },
    { name: 'another case', given: 'a' },
  ])('does not open under the context of $name', ({ given }) => {
    expect(() => keys.open(sealed, given)).toThrow(SealBroken)
  })

  test('does not open under another master key', () => {
    const other = deriveKeys(MASTER.with(31, 0))
    expect(() => other.open(sealed, 'A')).toThrow(SealBroken)
  })

  test('does not open by chance', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (octets) => {
        expect(() => keys.open(octets, 'A')).toThrow(SealBroken)
      }),
    )
  })

  test('the error names the context, and what may have happened, but no octet', () => {
    expect(() => keys.open(sealed, 'B')).toThrow(
      "what is stored for 'B' cannot be opened: it was altered, or sealed under another master key",
    )
  })

  test('opens under its own context and key, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (plaintext, context) => {
        expect([...keys.open(keys.seal(plaintext, context), context)]).toEqual([...plaintext])
      }),
    )
  })

  test('is different each time: every nonce is new', () => {
    const nonces = Array.from({ length: 1000 }, () =>
      Buffer.from(keys.seal(PLAINTEXT, 'A').subarray(1, 13)).toString('hex'),
    )
    expect(new Set(nonces).size).toBe(1000)
  })

  test('shows nothing of the plaintext', () => {
    expect(Buffer.from(sealed).includes(PLAINTEXT.subarray(0, 4))).toBe(false)
  })

  test('is version 1, nonce, tag, and AES-256-GCM under HKDF-SHA-256 of the master key', () => {
    const key = Buffer.from(hkdfSync('sha256', MASTER, '', 'sallyport seal', 32))
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 13))
    decipher.setAAD(Buffer.from('A')).setAuthTag(sealed.subarray(13, 29))
    expect(sealed[0]).toBe(1)
    expect(Buffer.concat([decipher.update(sealed.subarray(29)), decipher.final()])).toEqual(PLAINTEXT)
  })
})

describe('deriveKeys', () => {
  test('the same master key gives the same keys: a database opens tomorrow', () => {
    const again = deriveKeys(MASTER)
    expect(again.open(keys.seal(PLAINTEXT, 'A'), 'A')).toEqual(PLAINTEXT)
    expect(again).toMatchObject({ pin: keys.pin, audit: keys.audit, fingerprint: keys.fingerprint })
  })

  test('each purpose has a key of its own', () => {
    const octets = [MASTER, keys.pin, keys.audit].map((key) => Buffer.from(key).toString('hex'))
    expect(new Set([...octets, keys.fingerprint]).size).toBe(4)
    for (const key of octets) expect(key.startsWith(keys.fingerprint)).toBe(false)
    expect(octets.map((key) => key.length)).toEqual([64, 64, 64])
  })

  test('another master key gives other keys', () => {
    const other = deriveKeys(MASTER.with(0, 255))
    expect(equalOctets(other.pin, keys.pin)).toBe(false)
    expect(equalOctets(other.audit, keys.audit)).toBe(false)
    expect(other.fingerprint).not.toBe(keys.fingerprint)
  })

  test('the fingerprint is 16 octets in hexadecimal', () => {
    expect(keys.fingerprint).toMatch(/^[0-9a-f]{32}$/)
  })
})

describe('parseMasterKey', () => {
  const base64 = Buffer.from(MASTER).toString('base64')
  const hex = Buffer.from(MASTER).toString('hex')
  const rows = [
    { name: 'base64 and a newline, as we write it', given: `${base64}\n`, expect: MASTER },
    { name: 'base64', given: base64, expect: MASTER },
    { name: 'base64 without padding', given: base64.slice(0, -1), expect: MASTER },
    { name: 'base64 and the line end of Windows', given: `${base64}\r\n`, expect: MASTER },
    { name: 'hexadecimal', given: hex, expect: MASTER },
    { name: 'hexadecimal in capitals and a newline', given: `${hex.toUpperCase()}\n`, expect: MASTER },
    { name: 'the octets themselves', given: Buffer.from(MASTER), expect: MASTER },
    { name: 'an empty file', given: '', expect: null },
    { name: 'a newline', given: '\n', expect: null },
    { name: '31 octets', given: Buffer.from(MASTER.subarray(1)), expect: null },
    { name: '33 octets', given: Buffer.concat([MASTER, Buffer.of(0)]), expect: null },
    { name: 'hexadecimal a digit short', given: hex.slice(1), expect: null },
    { name: 'hexadecimal with a letter that it has not', given: `g${hex.slice(1)}`, expect: null },
    { name: 'base64 of 31 octets', given: Buffer.from(MASTER.subarray(1)).toString('base64'), expect: null },
    { name: 'base64 of 33 octets', given: Buffer.alloc(33, 1).toString('base64'), expect: null },
    { name: 'base64 with a character that it has not', given: `!${base64.slice(1)}`, expect: null },
    { name: 'base64 cut in two', given: `${base64.slice(0, 20)}\n${base64.slice(20)}`, expect: null },
    { name: 'two keys', given: `${base64}\n${base64}\n`, expect: null },
  ]
  test.each(rows)('$name', ({ given, expect: expected }) => {
    const octets = parseMasterKey(typeof given === 'string' ? Buffer.from(given) : given)
    expect(octets && [...octets]).toEqual(expected && [...expected])
  })

  test('reads what newMasterKey writes, and no two are alike', () => {
    const written = Array.from({ length: 100 }, newMasterKey)
    for (const text of written) expect(parseMasterKey(Buffer.from(text))).toHaveLength(32)
    expect(new Set(written).size).toBe(100)
  })
})

describe('equalOctets', () => {
  const rows = [
    {
      name: 'the same octets',
      given: [
        [1, 2],
        [1, 2],
      ],
      expect: true,
    },
    { name: 'none', given: [[], []], expect: true },
    {
      name: 'another octet',
      given: [
        [1, 2],
        [1, 3],
      ],
      expect: false,
    },
    { name: 'fewer', given: [[1, 2], [1]], expect: false },
    { name: 'more', given: [[], [1]], expect: false },
  ] as const
  test.each(rows)('$name: $expect', ({ given: [a, b], expect: expected }) => {
    expect(equalOctets(Uint8Array.from(a), Uint8Array.from(b))).toBe(expected)
  })
})
