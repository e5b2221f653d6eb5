import { createHmac } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Md5 } from '../../src/radius/md5.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'

describe('a shared secret', () => {
  test('RFC 2865 §3: is never empty', () => {
    expect(() => new SharedSecret('')).toThrow(RangeError)
    expect(() => new SharedSecret(new Uint8Array(0))).toThrow(RangeError)
  })

  test('never prints', () => {
    const client = { secret: new SharedSecret('xyzzy5461') }
    const printed = [
      inspect(client, { depth: 9, showHidden: true }),
      JSON.stringify(client),
      `${client.secret}`,
    ]
    for (const text of printed) expect(text).toContain('[redacted]')
    expect(printed.join()).not.toMatch(/xyzzy|120, ?121|78 ?79/)
  })

  test('RFC 2104: makes the HMAC-MD5 that node:crypto makes, for every key length', () => {
    const message = Buffer.from('a packet')
    for (let length = 1; length <= 130; length++) {
      const key = Buffer.alloc(length, length)
      expect({ length, hmac: hmacOf(key, message) }).toEqual({ length, hmac: reference(key, message) })
    }
  })

  test('RFC 2104: for any key and any message, one after the other', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 100, size: 'max' }),
        fc.uint8Array({ maxLength: 300, size: 'max' }),
        (key, message) => {
          expect(hmacOf(key, message)).toBe(reference(key, message))
        },
      ),
    )
  })
})

function hmacOf(key: Uint8Array, message: Uint8Array): string {
  const secret = new SharedSecret(key)
  const md5 = new Md5()
  const hmac = Buffer.alloc(16)
  secret.startHmac(md5)
  md5.add(message)
  secret.finishHmac(md5, hmac)
  return hmac.toString('hex')
}

function reference(key: Uint8Array, message: Uint8Array): string {
  return createHmac('md5', key).update(message).digest('hex')
}
