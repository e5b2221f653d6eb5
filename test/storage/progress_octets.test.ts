import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Token } from '../../src/auth/account.ts'
import {
  decodeProgress,
  encodeProgress,
  progressCount,
  progressFromOctets,
  progressToOctets,
} from '../../src/storage/progress_octets.ts'
import { toProgress } from '../../src/storage/token_rows.ts'
import { makeToken, NOW } from '../auth/make_token.ts'

const plain = makeToken()
const whole = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const signed = fc.maxSafeInteger()
const tokens: fc.Arbitrary<Token> = fc
  .record({
    ...{ id: whole, version: whole, counter: whole, drift: signed, failCount: whole },
    ...{ attemptCount: whole, successCount: whole, auditHead: whole },
    ...{ lastUsedAt: fc.option(signed), lockedAt: fc.option(signed) },
    pendingResync: fc.option(fc.record({ movingFactor: whole, error: signed, at: signed })),
  })
  .map((progress) => ({ ...plain, ...progress }))

test('progress comes back as the row that it would have been, whatever it is and whatever stands beside it', () => {
  fc.assert(
    fc.property(fc.array(tokens, { maxLength: 20 }), fc.nat(64), (written, offset) => {
      const octets = progressToOctets(encodeProgress(written, written.length))
      // A database's octets may stand anywhere in a larger buffer.
      const pool = new Uint8Array(octets.length + offset)
      pool.set(octets, offset)
      const read = progressFromOctets(pool.subarray(offset))
      expect(progressCount(read)).toBe(written.length)
      expect(written.map((_, i) => decodeProgress(read, i))).toEqual(
        written.map((token) => ({ token_id: token.id, ...toProgress(token) })),
      )
    }),
  )
})

test('a zero is a zero and a null is a null', () => {
  const zeros = {
    ...plain,
    ...{ lastUsedAt: 0, lockedAt: 0, pendingResync: { movingFactor: 0, error: 0, at: 0 } },
  }
  const nulls = { ...plain, lastUsedAt: null, lockedAt: null, pendingResync: null }
  const read = [zeros, nulls].map((token) => decodeProgress(encodeProgress([token], 1), 0))
  expect(read.map(({ last_used_at, locked_at, pending }) => [last_used_at, locked_at, pending])).toEqual([
    [0, 0, '{"movingFactor":0,"error":0,"at":0}'],
    [null, null, null],
  ])
})

test('octets are those of every machine: little-endian', () => {
  const octets = progressToOctets(encodeProgress([{ ...plain, id: 1, version: NOW }], 1))
  const view = new DataView(octets.buffer, octets.byteOffset)
  expect([view.getFloat64(0, true), view.getFloat64(8, true)]).toEqual([1, NOW])
})
