import { createHmac } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { hmacSha256, MAX_MESSAGE_OCTETS, macOf } from '../../src/tokens/hmac_sha256.ts'

function ours(key: Uint8Array, message: Uint8Array): string {
  const block = new Uint8Array(64)
  block.set(message)
  const words = macOf(hmacSha256(key), block, message.length)
  return Array.from(words, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}

describe('RFC 4231', () => {
  test.each([
    {
      name: 'test case 1',
      key: Buffer.alloc(20, 0x0b),
      message: 'Hi There',
      mac: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    },
    {
      name: 'test case 2, a short key',
      key: Buffer.from('Jefe'),
      message: 'what do ya want for nothing?',
      mac: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    },
  ])('$name', ({ key, message, mac }) => {
    expect(ours(key, Buffer.from(message))).toBe(mac)
  })
})

test('makes what node:crypto makes, of any key and message that fit', () => {
  const octets = (maxLength: number) => fc.uint8Array({ minLength: 0, maxLength })
  fc.assert(
    fc.property(octets(64), octets(MAX_MESSAGE_OCTETS), (key, message) => {
      expect(ours(key, message)).toBe(createHmac('sha256', key).update(message).digest('hex'))
    }),
    { numRuns: 500 },
  )
})

test('refuses a key that it would have to hash first', () => {
  expect(() => hmacSha256(new Uint8Array(65))).toThrow(RangeError)
})
