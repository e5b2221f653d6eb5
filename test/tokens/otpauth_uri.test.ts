import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeBase32, encodeBase32, otpauthUri, type UriInput } from '../../src/tokens/otpauth_uri.ts'

const secret = Buffer.from('12345678901234567890')
const BASE32 = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

describe('otpauthUri', () => {
  const hotp: UriInput = {
    kind: 'hotp',
    settings: { digits: 6, algorithm: 'sha1', period: null },
    secret,
    counter: 0,
    label: 'alice',
  }
  const totp: UriInput = { ...hotp, kind: 'totp', settings: { digits: 6, algorithm: 'sha1', period: 30 } }
  const read = {
    type: 'hotp',
    label: 'Sallyport:alice',
    secret: BASE32,
    issuer: 'Sallyport',
    algorithm: 'SHA1',
    digits: 6,
    period: null,
    counter: 0,
  }

  const rows = [
    { name: 'HOTP', given: hotp, expect: read },
    {
      name: 'HOTP that does not begin at 0',
      given: { ...hotp, counter: 77 },
      expect: { ...read, counter: 77 },
    },
    { name: 'TOTP', given: totp, expect: { ...read, type: 'totp', period: 30, counter: null } },
    {
      name: 'TOTP of 8 digits, 60 s and SHA-512',
      given: { ...totp, settings: { digits: 8, algorithm: 'sha512' as const, period: 60 } },
      expect: { ...read, type: 'totp', algorithm: 'SHA512', digits: 8, period: 60, counter: null },
    },
    {
      name: 'HOTP of SHA-256',
      given: { ...hotp, settings: { digits: 8, algorithm: 'sha256' as const, period: null } },
      expect: { ...read, algorithm: 'SHA256', digits: 8 },
    },
    {
      name: 'a label that must be escaped',
      given: { ...hotp, label: 'änne & bob/#?%@EXAMPLE.ORG' },
      expect: { ...read, label: 'Sallyport:änne & bob/#?%@EXAMPLE.ORG' },
    },
  ]
  test.each(rows)('$name, as an authenticator app reads it', ({ given, expect: expected }) => {
    expect(parse(otpauthUri(given), given.kind)).toEqual(expected)
  })
})

/** The Key URI format, with the defaults of its parameters. */
function parse(uri: string, kind: 'hotp' | 'totp') {
  const { protocol, host, pathname, searchParams } = new URL(uri)
  expect(protocol).toBe('otpauth:')
  const number = (name: string, otherwise: number | null) => {
    const text = searchParams.get(name)
    return text === null ? otherwise : Number(text)
  }
  return {
    type: host,
    label: decodeURIComponent(pathname.slice(1)),
    secret: searchParams.get('secret'),
    issuer: searchParams.get('issuer'),
    algorithm: searchParams.get('algorithm') ?? 'SHA1',
    digits: number('digits', 6),
    period: number('period', kind === 'totp' ? 30 : null),
    counter: number('counter', null),
  }
}

describe('base32', () => {
  const rows = [
    { name: 'as we write it', given: BASE32 },
    { name: 'lower case', given: BASE32.toLowerCase() },
    { name: 'groups of four', given: BASE32.match(/.{4}/g)!.join(' ') },
    { name: 'groups with hyphens', given: BASE32.match(/.{8}/g)!.join('-') },
    { name: 'a line break behind it', given: `  ${BASE32}\n` },
  ]
  test.each(rows)('is read as people write it: $name', ({ given }) => {
    expect(Buffer.from(decodeBase32(given))).toEqual(secret)
  })

  test.each([
    { name: 'with padding', given: 'GEZA====', expect: '12' },
    { name: 'without', given: 'GEZA', expect: '12' },
  ])('of a length that needs padding is read $name', ({ given, expect: expected }) => {
    expect(Buffer.from(decodeBase32(given)).toString()).toBe(expected)
  })

  test.each([
    { name: 'a digit that base32 has not', given: 'GEZDGNB1' },
    { name: 'a letter outside ASCII', given: 'GEZDGNBÜ' },
    { name: 'a dotless i, whose capital is an I', given: 'GEZDGNB\u0131' },
    { name: 'padding in the middle', given: 'GEZA====GEZDGNBV' },
    { name: 'a length that no octets have', given: 'GEZDGN' },
    { name: 'one character', given: 'G' },
    { name: 'hexadecimal', given: '3132333435363738393031323334353637383930' },
  ])('throws on $name', ({ given }) => {
    expect(() => decodeBase32(given)).toThrow()
  })

  test('decodes what it encodes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 128 }), (octets) => {
        expect([...decodeBase32(encodeBase32(octets))]).toEqual([...octets])
      }),
    )
  })

  test('reads nothing but its alphabet, white space and hyphens, with padding at the end', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        if (/^[a-z2-7\s-]*[=\s-]*$/i.test(text)) return
        expect(() => decodeBase32(text)).toThrow()
      }),
      { numRuns: 1000 },
    )
  })
})
