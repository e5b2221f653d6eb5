import { describe, expect, test } from '@jest/globals'
import { halfSipHash } from '../../src/server/half_sip_hash.ts'

/**
 * The even lengths of what the Linux kernel tests its hsiphash by (lib/tests/siphash_kunit.c, 32 bits): the key is the
 * octets 0 to 7, a message of n octets is 0 to n - 1.
 */
const VECTORS = [
  { octets: 0, expect: 0x5814c896 },
  { octets: 2, expect: 0xbc4b0e30 },
  { octets: 4, expect: 0x7e059ea6 },
  { octets: 6, expect: 0xa0080b65 },
  { octets: 8, expect: 0x577999b1 },
  { octets: 10, expect: 0xe4fa32cf },
  { octets: 16, expect: 0x8b31d501 },
  { octets: 24, expect: 0x57150ad7 },
  { octets: 30, expect: 0x2331b6a3 },
  { octets: 36, expect: 0x7c46fb7f },
  { octets: 42, expect: 0xf9e5e7c0 },
]

describe('HalfSipHash-1-3', () => {
  test.each(VECTORS)('of $octets octets is what Linux has', ({ octets, expect: expected }) => {
    const message = Buffer.from(Array.from({ length: octets }, (_, index) => index))
    expect(halfSipHash(message.toString('utf16le'), [0x03020100, 0x07060504])).toBe(expected)
  })

  test('is another one with another key', () => {
    const keys = [...Array(100).keys()].map((half) => [half, 0x07060504] as const)
    expect(new Set(keys.map((key) => halfSipHash('user:alice', key))).size).toBe(100)
  })

  test('spreads names that differ little over the slots: no slot of 256 has twice its share', () => {
    const slots = new Uint32Array(256)
    for (let i = 0; i < 65_536; i++) slots[halfSipHash(`user:alice${i}`, [1, 2]) & 255]!++
    expect(Math.max(...slots)).toBeLessThan(512)
    expect(Math.min(...slots)).toBeGreaterThan(128)
  })
})
