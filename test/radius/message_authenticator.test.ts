import { describe, expect, test } from '@jest/globals'
import { checkMessageAuthenticator, parsePacket } from '../../src/radius/packet.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { octetsOf, RFC_SECRET, STATUS_SERVER } from '../vectors/radius_packets.ts'
import { hidden, packetOf, SECRET, SIGNATURE, signed, type Tlv } from './handmade.ts'

const secret = new SharedSecret(SECRET)
const NAME: Tlv = [1, 'nemo']
const PASSWORD: Tlv = [2, hidden('arctangent')]

describe('Message-Authenticator of a request', () => {
  test('RFC 3579 §3.2: no packet with any one bit changed is valid', () => {
    const request = signed(1, [NAME, PASSWORD, SIGNATURE, [33, 'proxy']])
    for (let at = 0; at < request.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const forged = Buffer.from(request)
        forged[at]! ^= 1 << bit
        expect({ at, bit, valid: check(forged) === 'valid' }).toEqual({ at, bit, valid: false })
      }
    }
  })

  const wrong = [
    { name: 'made with another secret', given: new SharedSecret('xyzzy5462'), expect: 'wrong' },
    { name: 'made with the start of the secret', given: new SharedSecret('xyzzy546'), expect: 'wrong' },
    { name: 'made with the secret in capitals', given: new SharedSecret('XYZZY5461'), expect: 'wrong' },
  ]
  test.each(wrong)('RFC 3579 §3.2: refuses one $name', ({ given, expect: result }) => {
    expect(checkMessageAuthenticator(parsePacket(signed(1, [SIGNATURE, NAME])), given)).toBe(result)
  })

  test('RFC 3579 §3.2: sixteen zero octets are no signature', () => {
    expect(check(packetOf(1, [NAME, SIGNATURE]))).toBe('wrong')
  })

  test('digests are compared as octets: U+FFFD in both is no match', () => {
    // A library that compares decoded text takes any invalid octet for any other.
    const request = signed(1, [SIGNATURE, NAME])
    for (let i = 22; i < 38; i++) if (request[i]! >= 0x80) request[i] = request[i]! === 0xff ? 0xfe : 0xff
    expect(check(request)).toBe('wrong')
  })

  const valid = [
    { name: 'first', given: [SIGNATURE, NAME, PASSWORD] },
    { name: 'in the middle', given: [NAME, SIGNATURE, PASSWORD] },
    { name: 'last', given: [NAME, PASSWORD, SIGNATURE] },
    { name: 'alone', given: [SIGNATURE] },
  ]
  test.each(valid)('RFC 3579 §3.2: takes a true one, $name', ({ given }) => {
    expect(check(signed(1, given))).toBe('valid')
  })

  test('is absent when there is none', () => {
    expect(check(packetOf(1, [NAME, PASSWORD]))).toBe('absent')
  })

  test('RFC 5997 §6.1: takes the example', () => {
    const request = parsePacket(octetsOf(STATUS_SERVER.request))
    expect(checkMessageAuthenticator(request, new SharedSecret(RFC_SECRET))).toBe('valid')
  })
})

function check(datagram: Buffer): string {
  let packet: ReturnType<typeof parsePacket>
  try {
    packet = parsePacket(datagram)
  } catch {
    return 'malformed'
  }
  return checkMessageAuthenticator(packet, secret)
}
