/** RFC 9765 in the codec: the Token, and nothing signed or hidden. The connection that it needs is in test/e2e/radsec.test.ts. */
import { describe, expect, test } from '@jest/globals'
import { readAccessRequest, replyToVerdict } from '../../src/radius/access.ts'
import { admit } from '../../src/radius/admission.ts'
import { MicrosoftType, Vendor } from '../../src/radius/attributes.ts'
import { chapPassword } from '../../src/radius/chap.ts'
import { MalformedPacket } from '../../src/radius/malformed_packet.ts'
import { sessionKeys } from '../../src/radius/mppe.ts'
import { msChapAttributes } from '../../src/radius/mschap_reply.ts'
import { msChapResponse } from '../../src/radius/mschap_request.ts'
import { type Packet, parsePacket } from '../../src/radius/packet.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { vendorSpecific } from '../../src/radius/vendor_attribute.ts'
import { vendorValues } from '../../src/radius/vendor_specific.ts'
import { RADIUS_1_1 } from '../../src/radius/version.ts'
import { plain } from '../../src/tokens/credential.ts'
import { packet11 } from '../e2e/tls_client.ts'
import { MSCHAP1, MSCHAP2 } from '../vectors/mschap.ts'

const SECRET = new SharedSecret('radsec')
const NAME = [1, Buffer.from('ann')] as const
const request = (...attributes: (readonly [number, Uint8Array])[]): Packet =>
  parsePacket(packet11(1, 0xdeadbeef, [NAME, ...attributes]), RADIUS_1_1)
const RULE = { requireMessageAuthenticator: true, latched: true, limitProxyState: true }
const reads = (packet: Packet) => readAccessRequest(packet, SECRET, { messageAuthenticatorVerified: true })

describe('a request', () => {
  test('is named by its Token', () => {
    expect(request().identifier >>> 0).toBe(0xdeadbeef)
  })

  test('goes on without Message-Authenticator, whatever the rule, and holds no latch', () => {
    expect(admit(request([33, Buffer.from('p')], [79, Buffer.from('e')]), SECRET, RULE)).toEqual({
      kind: 'go-on',
      messageAuthenticatorVerified: true,
      latch: false,
    })
  })

  test.each([
    { password: 'a' },
    { password: '1234492039' },
    { password: 'ends with NUL\0' },
    { password: 'é'.repeat(64) },
  ])('the password is as it stands: $password', ({ password }) => {
    expect(reads(request([2, Buffer.from(password)]))).toEqual({
      kind: 'login',
      userName: 'ann',
      credential: plain(password),
    })
  })

  test('cut anywhere, it is malformed and nothing else', () => {
    const whole = packet11(1, 1, [NAME, [2, Buffer.from('secret')]])
    for (let length = 0; length < whole.length; length++) {
      expect(() => parsePacket(whole.subarray(0, length), RADIUS_1_1)).toThrow(MalformedPacket)
    }
  })
})

describe('CHAP', () => {
  const challenge = Buffer.alloc(16, 7)
  const password = [3, chapPassword(1, '1234492039', challenge)] as const

  test('RFC 9765 §5.1.2: by CHAP-Challenge', () => {
    const asked = reads(request(password, [60, challenge]))
    if (asked.kind !== 'login' || asked.credential.kind !== 'proof') throw new Error(asked.kind)
    expect([asked.credential.matches('1234492039'), asked.credential.matches('x')]).toEqual([true, false])
  })

  test('without CHAP-Challenge there is none: what stands in place of the Authenticator is no challenge', () => {
    const octets = packet11(1, 1, [NAME, password])
    challenge.copy(octets, 4)
    expect(reads(parsePacket(octets, RADIUS_1_1))).toEqual({ kind: 'reject', reason: 'invalid-chap' })
  })
})

describe('RFC 9765 §5.1.4: the keys of MS-CHAP are sent as they are', () => {
  const key = MSCHAP2.passwordHashHash
  const microsoft = (type: number, value: Uint8Array) =>
    [26, vendorSpecific(Vendor.Microsoft, type, value).value] as const
  const found = (asked: Packet, type: number) => {
    const attributes = msChapAttributes(asked, { kind: 'accept', key }, SECRET)
    const reply = parsePacket(replyToVerdict(asked, { kind: 'accept' }, SECRET, attributes), RADIUS_1_1)
    return vendorValues(reply.attributes, Vendor.Microsoft, type).map((value) => Buffer.from(value))
  }

  test('of version 2', () => {
    const asked = request(
      microsoft(MicrosoftType.MsChapChallenge, MSCHAP2.authenticatorChallenge),
      microsoft(MicrosoftType.MsChap2Response, msChapResponse({ version: 2, identifier: 1, ...MSCHAP2 })),
    )
    expect(found(asked, MicrosoftType.MppeSendKey)).toEqual([MSCHAP2.sendStartKey128])
    const { receive } = sessionKeys(key, MSCHAP2.ntResponse)
    expect(found(asked, MicrosoftType.MppeRecvKey)).toEqual([Buffer.from(receive)])
  })

  test('of version 1', () => {
    const asked = request(
      microsoft(MicrosoftType.MsChapChallenge, MSCHAP1.challenge),
      microsoft(MicrosoftType.MsChapResponse, msChapResponse({ version: 1, identifier: 1, ...MSCHAP1 })),
    )
    expect(found(asked, MicrosoftType.MsChapMppeKeys)).toEqual([Buffer.concat([Buffer.alloc(8), key])])
  })
})

describe('a reply', () => {
  test.each([
    { kind: 'accept' as const, code: 2 },
    { kind: 'reject' as const, code: 3 },
  ])('$kind', ({ kind, code }) => {
    expect(replyToVerdict(request([33, Buffer.of(1)]), { kind }, SECRET)).toEqual(
      packet11(code, 0xdeadbeef, [[33, Buffer.of(1)]]),
    )
  })

  test('to a request whose Proxy-States fill it has all of them: 4096 octets', () => {
    const many = Array.from({ length: 15 }, () => [33, Buffer.alloc(253, 7)] as const)
    const rest = [33, Buffer.alloc(4096 - 20 - 15 * 255 - 2, 7)] as const
    const full = parsePacket(packet11(1, 5, [...many, rest]), RADIUS_1_1)
    expect(replyToVerdict(full, { kind: 'reject' }, SECRET)).toEqual(packet11(3, 5, [...many, rest]))
  })
})
