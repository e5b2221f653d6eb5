import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Token } from '../../src/auth/account.ts'
import { Arena, MAX_OCTETS, type Place } from '../../src/storage/arena.ts'
import { octetsOfToken, packToken, prepareToken, unpackToken } from '../../src/storage/packed_token.ts'
import { ALGORITHMS } from '../../src/tokens/otp_generator.ts'
import { TOKEN_KINDS, tokenType } from '../../src/tokens/registry.ts'
import { unreadable } from '../../src/tokens/unreadable.ts'
import { makeToken } from '../auth/make_token.ts'

const whole = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const small = fc.nat(100_000)
const instant = fc.maxSafeInteger()
const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constant('ÿ'), fc.constant('Ā'))
const kindAndState = fc
  .record({
    kind: fc.constantFrom(...TOKEN_KINDS, unreadable.kind),
    input: fc.record({
      secret: fc.option(fc.uint8Array({ minLength: 10, maxLength: 128 }), { nil: undefined }),
      digits: fc.constantFrom(6, 8),
      algorithm: fc.constantFrom(...ALGORITHMS),
    }),
    entropy: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  })
  .map(({ kind, input, entropy }) => ({
    kind,
    state: kind === unreadable.kind ? null : tokenType(kind).enroll(input, entropy),
  }))
const tokens: fc.Arbitrary<Token> = fc
  .tuple(
    kindAndState,
    fc.record({
      ...{ id: whole, version: whole, counter: whole, drift: instant, failCount: whole, auditHead: whole },
      ...{ attemptCount: whole, successCount: whole, window: small, syncWindow: small, maxFail: small },
      ...{
        active: fc.boolean(),
        pending: fc.boolean(),
        changePin: fc.boolean(),
        createdAt: instant,
        serial: text,
      },
      ...{ user: fc.option(text), description: fc.option(text), pin: fc.option(text) },
      ...{ maxAttempts: fc.option(whole), maxSuccesses: fc.option(whole) },
      ...{ validFrom: fc.option(instant), validUntil: fc.option(instant) },
      ...{ lastUsedAt: fc.option(instant), lockedAt: fc.option(instant) },
      pendingResync: fc.option(fc.record({ movingFactor: whole, error: instant, at: instant })),
    }),
  )
  .map(([typed, fields]) => ({ ...makeToken(), ...typed, ...fields }))

test('a token comes back as it was, whatever it is and whatever stands beside it', () => {
  fc.assert(
    fc.property(fc.array(tokens, { minLength: 1, maxLength: 5 }), (given) => {
      const packed = given.map(prepareToken)
      const arena = new Arena()
      const place = arena.take(packed.reduce((sum, { octets }) => sum + octets, 0))
      const chunk = arena.chunkOf(place)
      let at = arena.octetOf(place)
      for (const each of packed) {
        packToken(each, chunk, at)
        at += each.octets
      }
      at = arena.octetOf(place)
      const back = given.map(() => {
        const token = unpackToken(chunk, at)
        at += octetsOfToken(chunk, at)
        return token
      })
      expect(back).toEqual(given)
    }),
  )
})

test('records in an arena do not overlap, and what is given back is wiped', () => {
  const step = fc.record({ octets: fc.integer({ min: 1, max: MAX_OCTETS }), back: fc.nat(3) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const arena = new Arena()
      const taken: { place: Place; octets: number; mark: number }[] = []
      const octetsAt = ({ place, octets }: { place: Place; octets: number }) => {
        const at = arena.octetOf(place)
        return arena.chunkOf(place).octets.subarray(at, at + octets)
      }
      for (const [i, { octets, back }] of steps.entries()) {
        const record = { place: arena.take(octets), octets, mark: (i % 255) + 1 }
        expect(octetsAt(record).every((octet) => octet === 0)).toBe(true)
        octetsAt(record).fill(record.mark)
        taken.push(record)
        if (back > 0) continue
        const [given] = taken.splice(Math.floor(taken.length / 2), 1)
        arena.giveBack(given!.place, given!.octets)
      }
      for (const record of taken) {
        expect(octetsAt(record).every((octet) => octet === record.mark)).toBe(true)
      }
    }),
    { numRuns: 30 },
  )
})
