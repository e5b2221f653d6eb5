import { createCipheriv, hash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { desEncrypt } from '../../src/radius/des.ts'
import { hideKey, masterKey, sessionKeys, unhideKey } from '../../src/radius/mppe.ts'
import {
  answersChallenge,
  authenticatorResponse,
  challengeHash,
  ntResponse,
} from '../../src/radius/mschap.ts'
import { ntHash, ntHashHash } from '../../src/radius/nt_hash.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { MSCHAP1, MSCHAP2 } from '../vectors/mschap.ts'

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const texts = fc.string({ unit: 'grapheme', maxLength: 60 })
const { challenge, password, authenticatorChallenge, peerChallenge } = MSCHAP2

describe('RFC 2759 §9.2', () => {
  const hashOf = (userName: string) =>
    challengeHash(peerChallenge, authenticatorChallenge, Buffer.from(userName))

  test('the challenge hash', () => {
    expect(hex(hashOf(MSCHAP2.userName))).toBe(hex(challenge))
  })

  test('§4: is that of the name alone, whatever domain stands before it', () => {
    expect(hex(hashOf('BIGCO\\User'))).toBe(hex(challenge))
    expect(hex(hashOf('user'))).not.toBe(hex(challenge))
    expect(hex(hashOf('User@bigco'))).not.toBe(hex(challenge))
  })

  test('the hashes of the password', () => {
    expect(hex(ntHash(password))).toBe(hex(MSCHAP2.passwordHash))
    expect(hex(ntHashHash(MSCHAP2.passwordHash))).toBe(hex(MSCHAP2.passwordHashHash))
  })

  test('the NT-Response', () => {
    expect(hex(ntResponse(challenge, password))).toBe(hex(MSCHAP2.ntResponse))
    expect(answersChallenge(MSCHAP2.ntResponse, challenge, password)).toBe(true)
  })

  test('the authenticator response', () => {
    const { passwordHashHash } = MSCHAP2
    expect(authenticatorResponse(passwordHashHash, MSCHAP2.ntResponse, challenge)).toBe(
      MSCHAP2.authenticatorResponse,
    )
  })
})

test('RFC 2433, appendix B.2: the NT-Response of version 1', () => {
  expect(hex(ntHash(MSCHAP1.password))).toBe(hex(MSCHAP1.passwordHash))
  expect(hex(ntResponse(MSCHAP1.challenge, MSCHAP1.password))).toBe(hex(MSCHAP1.ntResponse))
})

describe('an NT-Response', () => {
  test('answers its challenge with its password, and no other', () => {
    fc.assert(
      fc.property(octets(8), octets(8), texts, texts, (given, otherChallenge, typed, other) => {
        const response = ntResponse(given, typed)
        expect(answersChallenge(response, given, typed)).toBe(true)
        expect(answersChallenge(response, given, other)).toBe(other === typed)
        expect(answersChallenge(response, otherChallenge, typed)).toBe(hex(otherChallenge) === hex(given))
      }),
    )
  })

  test('with any bit changed is none', () => {
    for (let bit = 0; bit < 24 * 8; bit++) {
      const altered = Buffer.from(MSCHAP2.ntResponse)
      altered[bit >> 3]! ^= 1 << (bit & 7)
      expect(answersChallenge(altered, challenge, password)).toBe(false)
    }
  })
})

test('DES is that of OpenSSL, which has it as triple DES with one key three times', () => {
  fc.assert(
    fc.property(octets(16), fc.constantFrom(0, 7, 14), octets(8), (keys, at, clear) => {
      const seven = Buffer.alloc(7)
      seven.set(keys.subarray(at, at + 7))
      const bits = [...seven].map((octet) => octet.toString(2).padStart(8, '0')).join('')
      const key = Buffer.from(bits.match(/.{7}/g)!.map((septet) => Number.parseInt(septet, 2) << 1))
      const cipher = createCipheriv('des-ede3', Buffer.concat([key, key, key]), null).setAutoPadding(false)
      expect(hex(Uint8Array.from(desEncrypt(keys, at, clear)))).toBe(hex(cipher.update(clear)))
    }),
  )
})

describe('RFC 3079 §3.5.3', () => {
  const { passwordHashHash, ntResponse: response } = MSCHAP2

  test('the master key and the key that the server sends by', () => {
    expect(hex(masterKey(passwordHashHash, response))).toBe(hex(MSCHAP2.masterKey))
    expect(hex(sessionKeys(passwordHashHash, response).send)).toBe(hex(MSCHAP2.sendStartKey128))
  })
})

describe('RFC 2548 §2.4.2: a key that is carried', () => {
  const secret = new SharedSecret('xyzzy5461')
  const keys = fc.uint8Array({ minLength: 1, maxLength: 60 })

  test('is hidden as it is written there', () => {
    fc.assert(
      fc.property(keys, octets(2), octets(16), (key, salt, authenticator) => {
        const hidden = hideKey(key, salt, authenticator, secret)
        const marked = Buffer.of(salt[0]! | 0x80, salt[1]!)
        expect(hex(hidden.subarray(0, 2))).toBe(hex(marked))
        const clear: number[] = []
        let mixed: Uint8Array = Buffer.concat([authenticator, marked])
        for (let at = 2; at < hidden.length; at += 16) {
          const mask = hash('md5', Buffer.concat([Buffer.from('xyzzy5461'), mixed]), 'buffer')
          mixed = hidden.subarray(at, at + 16)
          clear.push(...mixed.map((octet, i) => octet ^ mask[i]!))
        }
        const padding = clear.length - 1 - key.length
        expect(clear).toEqual([key.length, ...key, ...new Uint8Array(padding)])
        expect(padding).toBeLessThan(16)
      }),
    )
  })

  test('comes back with the same secret and authenticator only', () => {
    const other = new SharedSecret('another')
    fc.assert(
      fc.property(octets(16), octets(2), octets(16), (key, salt, authenticator) => {
        const hidden = hideKey(key, salt, authenticator, secret)
        expect(hex(unhideKey(hidden, authenticator, secret)!)).toBe(hex(key))
        expect(unhideKey(hidden, authenticator, other)).not.toEqual(key)
        expect(unhideKey(hidden, authenticator.with(0, authenticator[0]! ^ 1), secret)).not.toEqual(key)
      }),
    )
  })

  test.each([0, 1, 2, 17, 19])('is none in %i octets', (length) => {
    expect(unhideKey(Buffer.alloc(length), Buffer.alloc(16), secret)).toBeNull()
  })
})

function hex(found: Uint8Array): string {
  return Buffer.from(found).toString('hex')
}
