import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ALGORITHMS } from '../../src/tokens/otp_generator.ts'
import { ENROLLABLE_KINDS, TOKEN_KINDS, tokenType } from '../../src/tokens/registry.ts'
import type { TokenType } from '../../src/tokens/token_type.ts'

const types: readonly TokenType[] = TOKEN_KINDS.map(tokenType)
const entropy = fc.uint8Array({ minLength: 64, maxLength: 64 })
const inputs = fc.record({
  secret: fc.option(fc.uint8Array({ minLength: 10, maxLength: 128 }), { nil: undefined }),
  digits: fc.constantFrom(6, 8, undefined),
  algorithm: fc.constantFrom(...ALGORITHMS, undefined),
})

test('knows HOTP, TOTP and the temporary password, of which an operator enrolls the first two', () => {
  expect({ TOKEN_KINDS, ENROLLABLE_KINDS }).toEqual({
    TOKEN_KINDS: ['hotp', 'totp', 'password'],
    ENROLLABLE_KINDS: ['hotp', 'totp'],
  })
})

test('a type that this version does not know is an error that names it', () => {
  expect(() => tokenType('yubikey')).toThrow("token type 'yubikey' is not known to this version")
})

describe.each(types.map((type) => ({ type })))('every type keeps the contract: $type.kind', ({ type }) => {
  test('its state comes back from plain JSON as it was', () => {
    fc.assert(
      fc.property(inputs, entropy, (input, octets) => {
        const state = type.enroll(input, octets)
        const stored = JSON.parse(JSON.stringify(type.serialize(state)))
        const back = type.parse(stored)
        expect(type.serialize(back)).toEqual(type.serialize(state))
        expect(type.settings(back)).toEqual(type.settings(state))
        expect(octetsOf(type.secret(back))).toEqual(octetsOf(type.secret(state)))
      }),
    )
  })

  test('what comes back shows the same codes', () => {
    fc.assert(
      fc.property(inputs, entropy, fc.stringMatching(/^\d{6}$/), (input, octets, otp) => {
        const state = type.enroll(input, octets)
        const back = type.parse(type.serialize(state))
        const range = { from: 0, to: 50 }
        expect(type.find(back, otp, range)).toBe(type.find(state, otp, range))
      }),
    )
  })

  test('its state comes back from the string in which many are kept, ready to be used', () => {
    fc.assert(
      fc.property(inputs, entropy, (input, octets) => {
        const state = type.enroll(input, octets)
        expect(type.unpack(type.pack(state))).toEqual(state)
      }),
    )
  })

  test('the code of a moving factor is the one that is found there', () => {
    fc.assert(
      fc.property(inputs, entropy, fc.nat(2 ** 40), (input, octets, m) => {
        const state = type.enroll(input, octets)
        const code = type.codeAt(state, m)
        expect(code).toHaveLength(type.settings(state).digits)
        expect(type.find(state, code, { from: m, to: m })).toBe(m)
      }),
    )
  })

  test('no range of a login begins below the counter, and the counter rises with every match', () => {
    const positions = fc.record({
      counter: fc.nat(1e9),
      drift: fc.integer({ min: -3000, max: 3000 }),
      window: fc.nat(50),
      syncWindow: fc.nat(1000),
    })
    const state = type.enroll({}, new Uint8Array(64))
    fc.assert(
      fc.property(positions, fc.nat(4e12), (at, now) => {
        const { from, to } = type.window(state, at, now)
        expect(from).toBeGreaterThanOrEqual(at.counter)
        for (const m of [from, to]) {
          if (m >= from) expect(type.advance(state, at, m, now).counter).toBeGreaterThan(at.counter)
        }
        expect(type.passed(state, at, now).to).toBeLessThan(at.counter)
        const sync = type.syncWindow(state, at, now)
        expect(sync.from >= at.counter || sync.from > sync.to).toBe(true)
      }),
    )
  })

  test('entropy is taken by copy: what is left of it may be wiped', () => {
    const octets = new Uint8Array(64).fill(5)
    const state = type.enroll({}, octets)
    const before = type.serialize(state)
    octets.fill(0)
    expect(type.serialize(state)).toEqual(before)
  })
})

describe('a secret', () => {
  const rows = [
    { name: '20 octets for SHA-1', given: { algorithm: 'sha1' }, expect: 20 },
    { name: '32 octets for SHA-256', given: { algorithm: 'sha256' }, expect: 32 },
    { name: '64 octets for SHA-512', given: { algorithm: 'sha512' }, expect: 64 },
    { name: 'SHA-1 unless it is said', given: {}, expect: 20 },
  ] as const
  test.each(rows)('is generated from the entropy: $name', ({ given, expect: octets }) => {
    const entropy = Uint8Array.from({ length: 64 }, (_, i) => i)
    for (const kind of ENROLLABLE_KINDS) {
      const type = tokenType(kind)
      expect(octetsOf(type.secret(type.enroll(given, entropy)))).toEqual([...entropy.subarray(0, octets)])
    }
  })

  test('may be given instead, of any length', () => {
    const type = tokenType('hotp')
    const secret = Uint8Array.from({ length: 10 }, (_, i) => i)
    const state = type.enroll({ secret, algorithm: 'sha512' }, new Uint8Array(64))
    expect(octetsOf(type.secret(state))).toEqual([...secret])
  })
})

function octetsOf(secret: Uint8Array | null): number[] | null {
  return secret && [...secret]
}
