import { describe, expect, test } from '@jest/globals'
import { DuplicateCache, type Request, type Sighting } from '../../src/server/duplicate_cache.ts'

const WINDOW_MS = 30_000
const RA = Buffer.alloc(16, 1)
const OTHER_RA = Buffer.from([...RA.subarray(0, 15), 2])
const REPLY = Buffer.from('reply')

function makeCache(maxRequests = 10): DuplicateCache {
  return new DuplicateCache({ windowMs: () => WINDOW_MS, maxRequests })
}

function see(
  cache: DuplicateCache,
  now = 0,
  given: Partial<Record<'address' | 'port' | 'id', unknown>> = {},
  ra: Uint8Array = RA,
): Sighting {
  const { address = '192.0.2.1', port = 1812, id = 7 } = given
  return cache.see(String(address), Number(port), Number(id), ra, now)
}

function fresh(sighting: Sighting): Request {
  if (sighting.kind !== 'new') throw new Error(sighting.kind)
  return sighting.request
}

describe('RFC 5080 §2.2.2', () => {
  test('a copy of a request under decision is in flight, however long that takes', () => {
    const cache = makeCache()
    fresh(see(cache))
    for (const now of [0, 1, WINDOW_MS - 1, WINDOW_MS, 10 * WINDOW_MS]) {
      expect(see(cache, now)).toEqual({ kind: 'in-flight' })
    }
  })

  test('a copy of an answered one has the same octets, until the window ends', () => {
    const cache = makeCache()
    expect(cache.answer(fresh(see(cache)), REPLY)).toBe(true)
    for (const now of [0, 1, WINDOW_MS - 1])
      expect(see(cache, now)).toEqual({ kind: 'answered', reply: REPLY })
    expect(see(cache, WINDOW_MS).kind).toBe('new')
  })

  test('the window begins with the request, not with its answer or its copies', () => {
    const cache = makeCache()
    const request = fresh(see(cache, 0))
    see(cache, 20_000)
    cache.answer(request, REPLY)
    expect([29_999, 30_000].map((now) => see(cache, now).kind)).toEqual(['answered', 'new'])
  })

  const others: { name: string; given: Parameters<typeof see>[2]; ra?: Buffer }[] = [
    { name: 'another address', given: { address: '192.0.2.2' } },
    { name: 'another port', given: { port: 1813 } },
    { name: 'another Identifier', given: { id: 8 } },
    { name: 'another Request Authenticator', given: {}, ra: OTHER_RA },
    { name: 'parts that run together to the same text', given: { address: '192.0.2.1 1', port: 812 } },
  ]
  test.each(others)('$name makes a new request', ({ given, ra }) => {
    const cache = makeCache()
    cache.answer(fresh(see(cache)), REPLY)
    expect(see(cache, 0, given, ra).kind).toBe('new')
  })

  test.each(Array.from({ length: 16 }, (_, i) => i))('octet %i of the Authenticator counts', (i) => {
    const cache = makeCache()
    see(cache)
    const changed = Buffer.from(RA)
    changed[i] = 0xff
    expect(see(cache, 0, {}, changed).kind).toBe('new')
  })

  test('a new Authenticator while the old is undecided: only the new one is answered', () => {
    const cache = makeCache()
    const old = fresh(see(cache, 0))
    const young = fresh(see(cache, 1, {}, OTHER_RA))
    expect([cache.isCurrent(old), cache.isCurrent(young)]).toEqual([false, true])
    expect(cache.answer(old, Buffer.from('late'))).toBe(false)
    expect(cache.answer(young, REPLY)).toBe(true)
    expect(see(cache, 2, {}, OTHER_RA)).toEqual({ kind: 'answered', reply: REPLY })
    // The old one has lost its place; seen again, it is one more request.
    expect(see(cache, 3).kind).toBe('new')
  })

  test('forgotten, a request is decided anew; forgetting an old one leaves the new one', () => {
    const cache = makeCache()
    const old = fresh(see(cache))
    cache.forget(old)
    const again = fresh(see(cache, 1))
    cache.forget(old)
    expect(see(cache, 2)).toEqual({ kind: 'in-flight' })
    expect(cache.isCurrent(again)).toBe(true)
  })

  test('keeps its own octets, not the datagram’s or the reply’s', () => {
    const cache = makeCache()
    const datagram = Buffer.alloc(4096, 1)
    const request = fresh(see(cache, 0, {}, datagram.subarray(4, 20)))
    datagram.fill(0xff)
    expect(see(cache)).toEqual({ kind: 'in-flight' })
    const reply = Buffer.from('reply')
    cache.answer(request, reply)
    reply.fill(0)
    expect(see(cache)).toEqual({ kind: 'answered', reply: REPLY })
  })

  test.each([1, 48, 49, 127, 128, 4096])('a reply of %i octets comes back whole', (length) => {
    const cache = makeCache()
    const reply = Buffer.from(Array.from({ length }, (_, i) => i & 255))
    cache.answer(fresh(see(cache)), reply)
    const found = see(cache)
    expect(Buffer.from((found as { reply: Uint8Array }).reply)).toEqual(reply)
  })
})

describe('bounds', () => {
  test('the oldest goes out; pushed out while undecided it is answered all the same', () => {
    const cache = makeCache(3)
    const requests = [0, 1, 2, 3].map((id) => fresh(see(cache, id, { id })))
    expect(cache.size).toBe(3)
    expect(cache.answer(requests[0]!, REPLY)).toBe(true)
    expect(see(cache, 4, { id: 0 }).kind).toBe('new')
  })

  test('a request that is seen anew is the newest', () => {
    const cache = makeCache(2)
    see(cache, 0, { id: 0 })
    see(cache, 1, { id: 1 })
    see(cache, 2, { id: 0 }, OTHER_RA)
    see(cache, 3, { id: 2 })
    expect(see(cache, 4, { id: 0 }, OTHER_RA).kind).toBe('in-flight')
    expect(see(cache, 4, { id: 1 }).kind).toBe('new')
  })

  test('a flood never passes the bound', () => {
    const cache = makeCache(100)
    for (let i = 0; i < 10_000; i++) {
      see(cache, i, { port: i % 5000 }, Buffer.alloc(16, i))
      expect(cache.size).toBeLessThanOrEqual(100)
    }
  })

  test('the window may change while the server runs', () => {
    let windowMs = WINDOW_MS
    const cache = new DuplicateCache({ windowMs: () => windowMs, maxRequests: 10 })
    cache.answer(fresh(see(cache, 0)), REPLY)
    windowMs = 5000
    expect([4999, 5000].map((now) => see(cache, now).kind)).toEqual(['answered', 'new'])
  })
})
