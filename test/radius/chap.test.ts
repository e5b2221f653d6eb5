import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Attribute } from '../../src/radius/attribute.ts'
import { chapPassword, readChap } from '../../src/radius/chap.ts'
import { encodeRequest, parsePacket } from '../../src/radius/packet.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { CHAP, octetsOf } from '../vectors/radius_packets.ts'
import { AUTHENTICATOR } from './handmade.ts'

const read = (...attributes: Attribute[]) =>
  readChap(parsePacket(encodeRequest(1, 1, AUTHENTICATOR, attributes, new SharedSecret('x'))))
const answer = (value: Uint8Array): Attribute => ({ type: 3, value })
const challenge = (value: Uint8Array): Attribute => ({ type: 60, value })

/** RFC 1994 §4.1, as it is written there. */
function digestOf(identifier: number, password: string, challenged: Uint8Array): Buffer {
  return createHash('md5').update(Buffer.of(identifier)).update(password).update(challenged).digest()
}

test(`${CHAP.name}: the Request Authenticator is the challenge`, () => {
  const proof = readChap(parsePacket(octetsOf(CHAP.request)))
  expect([proof?.matches('arctangent'), proof?.matches('arctangents')]).toEqual([true, false])
})

describe('CHAP-Password', () => {
  const texts = fc.string({ unit: 'grapheme', maxLength: 60 })
  test('RFC 1994 §4.1: is the identifier and MD5 over identifier, password and challenge', () => {
    fc.assert(
      fc.property(fc.nat(255), texts, fc.uint8Array({ maxLength: 200 }), (identifier, password, octets) => {
        expect([...chapPassword(identifier, password, octets)]).toEqual([
          identifier,
          ...digestOf(identifier, password, octets),
        ])
      }),
    )
  })

  test('matches its password and no other', () => {
    const challenges = fc.option(fc.uint8Array({ minLength: 5, maxLength: 253 }))
    fc.assert(
      fc.property(fc.nat(255), texts, texts, challenges, (identifier, password, other, octets) => {
        const value = chapPassword(identifier, password, octets ?? AUTHENTICATOR)
        const proof = read(answer(value), ...(octets === null ? [] : [challenge(octets)]))
        expect(proof?.matches(password)).toBe(true)
        expect(proof?.matches(other)).toBe(other === password)
      }),
    )
  })

  test('RFC 2865 §2.2: CHAP-Challenge goes before the Request Authenticator', () => {
    const octets = Buffer.alloc(16, 5)
    expect(read(answer(chapPassword(1, 'pw', AUTHENTICATOR)), challenge(octets))?.matches('pw')).toBe(false)
    expect(read(answer(chapPassword(1, 'pw', octets)), challenge(octets))?.matches('pw')).toBe(true)
  })

  test('with any bit changed matches no more', () => {
    const value = chapPassword(1, 'pw', AUTHENTICATOR)
    for (let bit = 0; bit < value.length * 8; bit++) {
      const altered = value.with(bit >> 3, value[bit >> 3]! ^ (1 << (bit & 7)))
      expect(read(answer(altered))?.matches('pw')).toBe(false)
    }
  })

  test.each([0, 1, 16, 18, 253])('RFC 2865 §5.3: of %i octets is none', (octets) => {
    expect(read(answer(Buffer.alloc(octets)))).toBeNull()
  })

  test('RFC 2865 §5.40: two challenges, or one of less than five octets, make none', () => {
    const value = answer(Buffer.alloc(17))
    expect(read(value, challenge(Buffer.alloc(16)), challenge(Buffer.alloc(16)))).toBeNull()
    expect(read(value, challenge(Buffer.alloc(4)))).toBeNull()
    expect(read(value, challenge(Buffer.alloc(5)))).not.toBeNull()
  })
})
