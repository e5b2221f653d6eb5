import { createHmac } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { generateSync } from 'otplib'
import {
  ALGORITHMS,
  type Algorithm,
  findOtp,
  formatOtp,
  otpGenerator,
  SECRET_OCTETS,
} from '../../src/tokens/otp_generator.ts'
import { GUARDRAILS } from '../auth/make_token.ts'
import { HOTP_VECTORS, TOTP_VECTORS } from '../vectors/otp_vectors.ts'

const MAX_COUNTER = 2 ** 53 - 1
const algorithms = fc.constantFrom(...ALGORITHMS)
const secrets = fc.uint8Array({ minLength: 1, maxLength: 200 })
// Counters of any size are rare among all numbers: half of them are small or stand at an edge of 32 bits.
const counters = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(10_000),
  fc.constantFrom(0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 48, MAX_COUNTER),
)

describe('RFC 4226, appendix D', () => {
  const generate = otpGenerator('sha1', Buffer.from(HOTP_VECTORS.secret))
  test.each(HOTP_VECTORS.rows)('count $count gives $otp', ({ count, truncated, otp }) => {
    expect({ truncated: generate(count), otp: formatOtp(generate, 6, count) }).toEqual({ truncated, otp })
  })
})

describe('RFC 6238, appendix B', () => {
  test.each(TOTP_VECTORS.rows)('step $step by $algorithm gives $otp', ({ algorithm, step, otp }) => {
    const secret = Buffer.from(TOTP_VECTORS.secrets[algorithm])
    expect(formatOtp(otpGenerator(algorithm, secret), 8, step)).toBe(otp)
  })
})

describe('otpGenerator', () => {
  test.each(ALGORITHMS)('a generated secret is as long as the hash: %s', (algorithm) => {
    expect(SECRET_OCTETS[algorithm]).toBe(createHmac(algorithm, 'key').digest().length)
  })

  test('agrees with node:crypto for every key of 1 to 200 octets, below and above 2^32', () => {
    for (const algorithm of ALGORITHMS) {
      for (let octets = 1; octets <= 200; octets++) {
        const secret = Buffer.alloc(octets, octets)
        const generate = otpGenerator(algorithm, secret)
        for (const counter of [octets, 2 ** 32 + octets, MAX_COUNTER - octets]) {
          expect(generate(counter)).toBe(truncatedByNode(algorithm, secret, counter))
        }
      }
    }
  })

  test('agrees with node:crypto for random keys and counters up to 2^53 - 1', () => {
    fc.assert(
      fc.property(algorithms, secrets, counters, (algorithm, secret, counter) => {
        expect(otpGenerator(algorithm, secret)(counter)).toBe(truncatedByNode(algorithm, secret, counter))
      }),
      { numRuns: 1000 },
    )
  })

  test('agrees with otplib, whatever the digits', () => {
    fc.assert(
      fc.property(
        algorithms,
        secrets,
        counters,
        fc.constantFrom(6 as const, 8 as const),
        (algorithm, secret, counter, digits) => {
          const expected = generateSync({
            strategy: 'hotp',
            secret,
            algorithm,
            digits,
            counter,
            guardrails: GUARDRAILS,
          })
          expect(formatOtp(otpGenerator(algorithm, secret), digits, counter)).toBe(expected)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('generators of many tokens may be asked in any order: what they share is left clean', () => {
    const tokens = ALGORITHMS.flatMap((algorithm) =>
      [1, 2].map((n) => {
        const secret = Buffer.alloc(20, n)
        return { algorithm, secret, generate: otpGenerator(algorithm, secret) }
      }),
    )
    const asked = fc.array(fc.tuple(fc.nat(tokens.length - 1), counters), { minLength: 2, maxLength: 20 })
    fc.assert(
      fc.property(asked, (questions) => {
        for (const [i, counter] of questions) {
          const { algorithm, secret, generate } = tokens[i]!
          expect(generate(counter)).toBe(truncatedByNode(algorithm, secret, counter))
        }
      }),
    )
  })
})

/** RFC 4226 §5.3 with node:crypto's HMAC. */
function truncatedByNode(algorithm: Algorithm, secret: Uint8Array, counter: number): number {
  const message = Buffer.alloc(8)
  message.writeBigUInt64BE(BigInt(counter))
  const digest = createHmac(algorithm, secret).update(message).digest()
  return digest.readUInt32BE(digest.at(-1)! & 0xf) & 0x7fffffff
}

describe('formatOtp', () => {
  test.each([
    { name: 'keeps leading zeros', given: [42, 6] as const, expect: '000042' },
    { name: 'a zero is all zeros', given: [0, 8] as const, expect: '00000000' },
    { name: 'takes the last digits', given: [1_284_755_224, 6] as const, expect: '755224' },
    { name: 'takes eight of them', given: [1_284_755_224, 8] as const, expect: '84755224' },
  ])('$name', ({ given: [truncated, digits], expect: expected }) => {
    expect(formatOtp(() => truncated, digits, 0)).toBe(expected)
  })
})

describe('findOtp', () => {
  const generate = otpGenerator('sha1', Buffer.from(HOTP_VECTORS.secret))
  const rows = [
    { name: 'finds an OTP within the range', given: ['969429', 0, 9], expect: 3 },
    { name: 'the first of the range belongs to it', given: ['969429', 3, 9], expect: 3 },
    { name: 'the last of the range belongs to it', given: ['969429', 0, 3], expect: 3 },
    { name: 'does not look before the range', given: ['969429', 4, 9], expect: null },
    { name: 'does not look behind the range', given: ['969429', 0, 2], expect: null },
    { name: 'a range of one', given: ['969429', 3, 3], expect: 3 },
    { name: 'finds nothing in an empty range', given: ['969429', 3, 2], expect: null },
    { name: 'a range from below zero begins at zero', given: ['755224', -5, 0], expect: 0 },
    { name: 'finds nothing in a range below zero', given: ['755224', -5, -1], expect: null },
    { name: 'an OTP one digit short is none', given: ['69429', 0, 9], expect: null },
    { name: 'an OTP with a digit too many is none', given: ['0969429', 0, 9], expect: null },
    { name: 'an OTP with a digit behind it is none', given: ['9694291', 0, 9], expect: null },
    { name: 'the empty string is none', given: ['', 0, 9], expect: null },
    { name: 'a letter is no digit', given: ['96942a', 0, 9], expect: null },
    { name: 'a space is no digit', given: ['96942 ', 0, 9], expect: null },
    { name: 'a sign is no digit', given: ['-69429', 0, 9], expect: null },
    { name: 'a decimal point is no digit', given: ['96942.', 0, 9], expect: null },
    { name: 'an exponent is no digit', given: ['9694e9', 0, 9], expect: null },
    {
      name: 'full-width digits are none',
      given: ['\uff19\uff16\uff19\uff14\uff12\uff19', 0, 9],
      expect: null,
    },
    {
      name: 'Arabic-Indic digits are none',
      given: ['\u0669\u0666\u0669\u0664\u0662\u0669', 0, 9],
      expect: null,
    },
  ] as const
  test.each(rows)('$name', ({ given: [otp, from, to], expect: expected }) => {
    expect(findOtp(generate, 6, otp, { from, to })).toBe(expected)
  })

  test('nothing but 0 to 9 is a digit, even where counting on from 9 or back from 0 would give the OTP', () => {
    const found = Array.from({ length: 2 ** 16 }, (_, unit) => unit).filter((unit) => {
      const sum = 42_0000 + unit - 0x30
      return findOtp(() => sum, 6, `42000${String.fromCharCode(unit)}`, { from: 0, to: 0 }) !== null
    })
    expect(String.fromCharCode(...found)).toBe('0123456789')
  })

  test('there is no moving factor below zero', () => {
    const always = () => 42
    expect(findOtp(always, 6, '000042', { from: -5, to: 5 })).toBe(0)
    expect(findOtp(always, 6, '000042', { from: -5, to: -1 })).toBeNull()
  })

  test('of two counters with the same OTP it names the lower', () => {
    expect(findOtp((m) => m % 3, 6, '000002', { from: 1, to: 9 })).toBe(2)
  })

  test('compares what is shown, not what was truncated to it', () => {
    expect(findOtp(() => 1_000_042, 6, '000042', { from: 0, to: 0 })).toBe(0)
  })

  test('finds whatever it formats, in whatever range holds it', () => {
    const row = fc.record({ m: fc.nat(2 ** 40), before: fc.nat(20), after: fc.nat(20) })
    fc.assert(
      fc.property(row, algorithms, fc.constantFrom(6, 8), ({ m, before, after }, algorithm, digits) => {
        const generator = otpGenerator(algorithm, Buffer.from(HOTP_VECTORS.secret))
        const otp = formatOtp(generator, digits, m)
        const found = findOtp(generator, digits, otp, { from: m - before, to: m + after })
        expect(found !== null && found <= m && formatOtp(generator, digits, found) === otp).toBe(true)
      }),
    )
  })
})
