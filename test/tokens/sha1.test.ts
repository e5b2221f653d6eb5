import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { BLOCK_OCTETS, compress, hmacSha1States } from '../../src/tokens/sha1.ts'

test('the HMAC that the two states begin is the one of node:crypto', () => {
  const keys = fc.uint8Array({ minLength: 0, maxLength: 200 })
  // What is left of a block after the padding and the length.
  const messages = fc.uint8Array({ minLength: 0, maxLength: BLOCK_OCTETS - 9 })
  fc.assert(
    fc.property(keys, messages, (key, message) => {
      const { inner, outer } = hmacSha1States(key)
      const ours = finish(outer, finish(inner, message))
      const padded = Buffer.alloc(BLOCK_OCTETS)
      padded.set(key.length > BLOCK_OCTETS ? createHash('sha1').update(key).digest() : key)
      const pad = (octet: number) => padded.map((k) => k ^ octet)
      const digest = createHash('sha1').update(pad(0x36)).update(message).digest()
      expect(ours).toEqual(createHash('sha1').update(pad(0x5c)).update(digest).digest())
    }),
    { numRuns: 500 },
  )
})

test('the state before and after may be one array', () => {
  const { inner } = hmacSha1States(Buffer.from('key'))
  const before = Int32Array.from(inner)
  const after = new Int32Array(5)
  compress(before, new Int32Array(80), after)
  compress(before, new Int32Array(80), before)
  expect(before).toEqual(after)
})

/** The digest of one block of key, as `state`, and then `message` (FIPS 180-4 §5.1.1). */
function finish(state: ArrayLike<number>, message: Uint8Array): Buffer {
  const block = Buffer.alloc(BLOCK_OCTETS)
  block.set(message)
  block[message.length] = 0x80
  block.writeUInt32BE((BLOCK_OCTETS + message.length) * 8, 60)
  const words = new Int32Array(80)
  for (let i = 0; i < 16; i++) words[i] = block.readInt32BE(4 * i)
  const after = new Int32Array(5)
  compress(Int32Array.from(state), words, after)
  const digest = Buffer.alloc(20)
  after.forEach((word, i) => {
    digest.writeInt32BE(word, 4 * i)
  })
  return digest
}
