import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type HashKey, halfSipHash } from '../../src/server/half_sip_hash.ts'
import { type Limit, TokenBuckets } from '../../src/server/token_buckets.ts'

const KEY: HashKey = [0x1234567, -0x7654321]
const START = Date.UTC(2026, 10, 24)

const limits: fc.Arbitrary<Limit> = fc.record({
  burst: fc.integer({ min: 1, max: 50 }),
  perSecond: fc.oneof(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0.01, max: 10, noNaN: true })),
})
/** Milliseconds since the request before, and whose it is. */
const requests = (names: number) =>
  fc.array(fc.tuple(fc.nat({ max: 3000 }), fc.nat({ max: names - 1 })), { maxLength: 300 })

const slotsOf = (name: string) => {
  const hash = halfSipHash(name, KEY)
  return [hash & 0xffff, hash >>> 16] as const
}

/** The bucket of the textbook: for one name, as a count that is filled up. */
class Bucket {
  #tokens: number
  #at = START
  readonly #limit: Limit

  constructor(limit: Limit) {
    this.#limit = limit
    this.#tokens = limit.burst
  }

  /** Tokens that are there before it takes one. */
  take(now: number): number {
    const { burst, perSecond } = this.#limit
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) * perSecond) / 1000)
    this.#at = now
    const tokens = this.#tokens
    if (tokens >= 1) this.#tokens--
    return tokens
  }
}

describe('a token bucket', () => {
  test('never admits more than the burst and what came back since, from any moment on', () => {
    fc.assert(
      fc.property(limits, requests(1), (limit, steps) => {
        const buckets = new TokenBuckets(KEY)
        const admitted: number[] = []
        let now = START
        for (const [later] of steps) {
          now += later
          if (buckets.take('alice', now, limit)) admitted.push(now)
        }
        for (const [index, from] of admitted.entries()) {
          const allowed = limit.burst + ((admitted.at(-1)! - from) * limit.perSecond) / 1000
          expect(admitted.length - index).toBeLessThanOrEqual(allowed + 1e-3)
        }
      }),
    )
  })

  test('admits what the bucket of the textbook does', () => {
    fc.assert(
      fc.property(limits, requests(1), (limit, steps) => {
        const buckets = new TokenBuckets(KEY)
        const bucket = new Bucket(limit)
        let now = START
        for (const [later] of steps) {
          now += later
          const tokens = bucket.take(now)
          // A token that comes back in this very moment may be there or not: numbers are rounded.
          if (Math.abs(tokens - 1) < 1e-6) return
          expect(buckets.isEmpty('alice', now, limit)).toBe(tokens < 1)
          if (tokens < 1) expect(buckets.mayBeEmpty(now)).toBe(true)
          expect(buckets.take('alice', now, limit)).toBe(tokens >= 1)
        }
      }),
    )
  })

  test('of one of many names never admits more than its own would: they can only take from each other', () => {
    // Names that meet in a slot, which needs some looking for.
    const names = namesInOneSlot(6)
    fc.assert(
      fc.property(limits, requests(names.length), (limit, steps) => {
        const buckets = new TokenBuckets(KEY)
        const own = new Map(names.map((name) => [name, new Bucket(limit)]))
        let now = START
        for (const [later, index] of steps) {
          now += later
          const name = names[index]!
          const admitted = buckets.take(name, now, limit)
          if (admitted) expect(own.get(name)!.take(now)).toBeGreaterThanOrEqual(1 - 1e-6)
        }
      }),
    )
  })

  test('a quiet name is not limited by a flooded one that shares one of its two slots', () => {
    const [flooded = '', ...quiet] = namesInOneSlot(6)
    const limit = { burst: 20, perSecond: 1 }
    const buckets = new TokenBuckets(KEY)
    for (let i = 0; i < 1000; i++) buckets.take(flooded, START, limit)
    expect(buckets.take(flooded, START, limit)).toBe(false)
    expect(quiet.map((name) => buckets.take(name, START, limit))).toEqual([true, true, true, true, true])
  })

  test('while 1,000 names are flooded, not one in 1,000 of the others is limited', () => {
    const limit = { burst: 20, perSecond: 1 }
    const buckets = new TokenBuckets(KEY)
    for (let i = 0; i < 25_000; i++) buckets.take(`user:flooded${i % 1000}`, START, limit)
    let limited = 0
    for (let i = 0; i < 50_000; i++) if (buckets.isEmpty(`user:quiet${i}`, START, limit)) limited++
    expect(limited).toBeLessThan(50)
  })

  test('is bounded: a million names leave no object behind', () => {
    const limit = { burst: 20, perSecond: 1 }
    const buckets = new TokenBuckets(KEY)
    const take = (from: number) => {
      for (let i = from; i < from + 500_000; i++) buckets.take(`user:${i}`, START + i, limit)
    }
    take(0)
    const before = process.memoryUsage().arrayBuffers
    take(500_000)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024)
    expect(Object.keys(buckets)).toEqual([])
  })

  test('a clock that is set back by an hour limits nobody', () => {
    const limit = { burst: 3, perSecond: 1 }
    const buckets = new TokenBuckets(KEY)
    const takes = (now: number) => [1, 2, 3, 4].map(() => buckets.take('alice', now, limit))
    expect(takes(START)).toEqual([true, true, true, false])
    expect(takes(START - 3_600_000)).toEqual([true, true, true, false])
    expect(buckets.take('alice', START - 3_600_000 + 1000, limit)).toBe(true)
  })

  test('a new limit holds at once', () => {
    const buckets = new TokenBuckets(KEY)
    const takes = (limit: Limit, times: number) =>
      Array.from({ length: times }, () => buckets.take('alice', START, limit)).filter(Boolean).length
    expect(takes({ burst: 20, perSecond: 1 }, 30)).toBe(20)
    expect(takes({ burst: 5, perSecond: 1 }, 30)).toBe(5)
    expect(takes({ burst: 8, perSecond: 1 }, 30)).toBe(3)
  })

  test('is by a key of its own, so that nobody knows who shares a slot', () => {
    const limit = { burst: 1, perSecond: 0.001 }
    const limitedBy = () => {
      const buckets = new TokenBuckets()
      for (let i = 0; i < 30_000; i++) buckets.take(`flood${i}`, START, limit)
      return Array.from({ length: 2000 }, (_, i) => `quiet${i}`)
        .filter((name) => buckets.isEmpty(name, START, limit))
        .join()
    }
    expect(limitedBy()).not.toBe(limitedBy())
  })
})

/** The first has its first slot in common with half of the others, its second with the rest. */
function namesInOneSlot(count: number): string[] {
  const wanted = slotsOf('user:flooded')
  const found = ['user:flooded']
  for (let i = 0; found.length < count; i++) {
    const slots = slotsOf(`user:${i}`)
    if (slots[0] === wanted[0] || slots[1] === wanted[1]) found.push(`user:${i}`)
  }
  return found
}
