import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { replyToVerdict } from '../../src/radius/access.ts'
import type { Attribute } from '../../src/radius/attribute.ts'
import { MicrosoftType, Vendor } from '../../src/radius/attributes.ts'
import { unhideKey } from '../../src/radius/mppe.ts'
import { msChapAttributes } from '../../src/radius/mschap_reply.ts'
import { msChapCredential, msChapResponse, readMsChap } from '../../src/radius/mschap_request.ts'
import { encodeRequest, type Packet, parsePacket } from '../../src/radius/packet.ts'
import { unhidePassword } from '../../src/radius/password.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { vendorSpecific } from '../../src/radius/vendor_attribute.ts'
import { vendorValues } from '../../src/radius/vendor_specific.ts'
import { MSCHAP1, MSCHAP2 } from '../vectors/mschap.ts'
import { AUTHENTICATOR } from './handmade.ts'

const secret = new SharedSecret('xyzzy5461')
const microsoft = (type: number, value: Uint8Array) => vendorSpecific(Vendor.Microsoft, type, value)
const name = { type: 1, value: Buffer.from('User') }
const challengeOf = (value: Uint8Array) => microsoft(MicrosoftType.MsChapChallenge, value)
const packet = (...attributes: Attribute[]) =>
  parsePacket(encodeRequest(1, 9, AUTHENTICATOR, attributes, secret))

const two = msChapResponse(
  { version: 2, identifier: 77, challenge: MSCHAP2.challenge, ntResponse: MSCHAP2.ntResponse },
  MSCHAP2.peerChallenge,
)
const one = msChapResponse({ version: 1, identifier: 78, ...MSCHAP1 })
const version2 = packet(
  name,
  challengeOf(MSCHAP2.authenticatorChallenge),
  microsoft(MicrosoftType.MsChap2Response, two),
)
const version1 = packet(name, challengeOf(MSCHAP1.challenge), microsoft(MicrosoftType.MsChapResponse, one))

describe('a request', () => {
  test('RFC 2548 §2.3.2: of version 2 is read, and proves its password', () => {
    const answer = readMsChap(version2)!
    expect({ ...answer, challenge: hex(answer.challenge), ntResponse: hex(answer.ntResponse) }).toEqual({
      version: 2,
      identifier: 77,
      challenge: hex(MSCHAP2.challenge),
      ntResponse: hex(MSCHAP2.ntResponse),
    })
    const proof = msChapCredential(answer)
    expect([proof.matches('clientPass'), proof.matches('clientpass')]).toEqual([true, false])
    expect(hex(proof.keyOf!('clientPass'))).toBe(hex(MSCHAP2.passwordHashHash))
  })

  test('RFC 2548 §2.1.3: of version 1 is read, and proves its password', () => {
    const proof = msChapCredential(readMsChap(version1)!)
    expect([proof.matches('MyPw'), proof.matches('mypw')]).toEqual([true, false])
  })

  const challenge = challengeOf(MSCHAP2.authenticatorChallenge)
  const answer = microsoft(MicrosoftType.MsChap2Response, two)
  test.each([
    { what: 'without a challenge', given: [name, answer] },
    { what: 'with two challenges', given: [name, challenge, challenge, answer] },
    {
      what: 'of version 2 with a challenge of 8 octets',
      given: [name, challengeOf(Buffer.alloc(8)), answer],
    },
    {
      what: 'of version 1 with a challenge of 16 octets',
      given: [name, challenge, microsoft(MicrosoftType.MsChapResponse, one)],
    },
    {
      what: "of version 1 with LAN Manager's answer alone",
      given: [name, challengeOf(MSCHAP1.challenge), microsoft(MicrosoftType.MsChapResponse, one.with(1, 0))],
    },
    { what: 'without an answer', given: [name, challenge] },
    ...[0, 1, 49, 51].map((octets) => ({
      what: `with an answer of ${octets} octets`,
      given: [name, challenge, microsoft(MicrosoftType.MsChap2Response, Buffer.alloc(octets))],
    })),
  ])('$what is none', ({ given }) => {
    expect(readMsChap(packet(...given))).toBeNull()
  })
})

test('whatever a client puts into the attributes of MS-CHAP, it is an answer of the right lengths or none', () => {
  const values = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.constantFrom(8, 16, 50).map((length) => new Uint8Array(length).fill(1)),
  )
  const attributes = fc.array(fc.tuple(fc.constantFrom(1, 11, 25), values), { maxLength: 4 })
  let answers = 0
  fc.assert(
    fc.property(attributes, (given) => {
      const request = packet(name, ...given.map(([type, value]) => microsoft(type, value)))
      const answer = readMsChap(request)
      if (answer === null) return
      answers++
      expect([answer.challenge.length, answer.ntResponse.length]).toEqual([8, 24])
      expect(msChapCredential(answer).matches('1234')).toBe(false)
      expect(msChapAttributes(request, { kind: 'reject' }, secret)).toHaveLength(1)
    }),
    { numRuns: 2000 },
  )
  expect(answers).toBeGreaterThan(0)
})

describe('an Access-Accept', () => {
  const values = (request: Packet, key: Uint8Array, type: number) => {
    const reply = replyToVerdict(
      request,
      { kind: 'accept' },
      secret,
      msChapAttributes(request, { kind: 'accept', key }, secret),
    )
    return vendorValues(parsePacket(reply).attributes, Vendor.Microsoft, type)
  }

  test('of version 2 carries the proof of the server and the keys', () => {
    const found = (type: number) => values(version2, MSCHAP2.passwordHashHash, type)
    expect(found(MicrosoftType.MsChap2Success).map(hex)).toEqual([
      hex(Buffer.from(`\x4d${MSCHAP2.authenticatorResponse}`, 'latin1')),
    ])
    const [sent, received] = [MicrosoftType.MppeSendKey, MicrosoftType.MppeRecvKey].map(
      (type) => found(type)[0]!,
    )
    expect(hex(unhideKey(sent!, AUTHENTICATOR, secret)!)).toBe(hex(MSCHAP2.sendStartKey128))
    expect(unhideKey(received!, AUTHENTICATOR, secret)).toHaveLength(16)
    // RFC 2548 §2.4.2: unique in the packet, the leftmost bit set.
    expect(hex(sent!.subarray(0, 2))).not.toBe(hex(received!.subarray(0, 2)))
    expect([sent![0]! & 0x80, received![0]! & 0x80]).toEqual([0x80, 0x80])
    expect(found(MicrosoftType.MppeEncryptionPolicy).map(hex)).toEqual(['00000001'])
    expect(found(MicrosoftType.MppeEncryptionTypes).map(hex)).toEqual(['00000004'])
    expect([found(MicrosoftType.MsChapError), found(MicrosoftType.MsChapMppeKeys)]).toEqual([[], []])
  })

  test('RFC 2548 §2.4.1: of version 1 carries the NT key, and no proof', () => {
    const key = Buffer.alloc(16, 0x41)
    const [keys] = values(version1, key, MicrosoftType.MsChapMppeKeys)
    expect(keys).toHaveLength(32)
    // Hidden as User-Password is, so the padding goes with it.
    const unhidden = unhidePassword(keys!, AUTHENTICATOR, secret)
    expect(unhidden).toEqual({ kind: 'password', password: '\0'.repeat(8) + 'A'.repeat(16) })
    expect(values(version1, key, MicrosoftType.MsChap2Success)).toEqual([])
  })

  test('to something else than MS-CHAP carries none of it', () => {
    expect(msChapAttributes(packet(name), { kind: 'accept', key: Buffer.alloc(16) }, secret)).toEqual([])
  })
})

describe('an Access-Reject', () => {
  const errors = (request: Packet, attributes: readonly Attribute[]) =>
    vendorValues(
      parsePacket(replyToVerdict(request, { kind: 'reject' }, secret, attributes)).attributes,
      Vendor.Microsoft,
      MicrosoftType.MsChapError,
    ).map((value) => [value[0], Buffer.from(value.subarray(1)).toString('latin1')])
  const reject = { kind: 'reject' } as const

  test('RFC 2759 §6: carries the identifier and the error, with a challenge', () => {
    const [[identifier, text] = []] = errors(version2, msChapAttributes(version2, reject, secret))
    expect(identifier).toBe(77)
    expect(text).toMatch(/^E=691 R=0 C=[0-9A-F]{32} V=3 M=Authentication failed$/)
  })

  test('RFC 2433 §6: of version 1 has no challenge', () => {
    expect(errors(version1, msChapAttributes(version1, reject, secret))).toEqual([[78, 'E=691 R=0']])
  })

  test('is the same, octet for octet, for every reason', () => {
    const replies = ['wrong-pin-or-otp', 'unknown-user', 'token-locked', 'pin-not-recoverable'].map(
      (reason) => {
        const answer = { kind: 'reject', reason } as const
        return hex(replyToVerdict(version2, answer, secret, msChapAttributes(version2, answer, secret)))
      },
    )
    expect(new Set(replies).size).toBe(1)
  })

  test('carries nothing else of Microsoft, and no error of another vendor', () => {
    const others = [microsoft(MicrosoftType.MsChap2Success, two), vendorSpecific(9, 2, Buffer.of(1))]
    const reply = replyToVerdict(version2, { kind: 'reject' }, secret, others)
    expect(reply).toHaveLength(38)
  })

  test('another request has another challenge', () => {
    const other = parsePacket(Buffer.from(version2.octets).fill(3, 4, 20))
    const texts = [version2, other].map((request) =>
      errors(request, msChapAttributes(request, reject, secret)),
    )
    expect(texts[0]).not.toEqual(texts[1])
  })
})

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex')
}
