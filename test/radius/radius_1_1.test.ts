/** RFC 9765 in the codec: the Token, and nothing signed or hidden. The connection that it needs is in test/e2e/radsec.test.ts. */
import { describe, expect, test } from '@jest/globals'
import { readAccessRequest, replyToVerdict } from '../../src/radius/access.ts'
import { admit } from '../../src/radius/admission.ts'
import { chapPassword } from '../../src/radius/chap.ts'
import { MalformedPacket } from '../../src/radius/malformed_packet.ts'
import { sessionKeys } from '../../src/radius/mppe.ts'
import { msChapAttributes } from '../../src/radius/mschap_reply.ts'
import { msChapResponse } from '../../src/radius/mschap_request.ts'
import { type Packet, parsePacket } from '../../src/radius/packet.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
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

describe('CHAP and MS-CHAP', () => {
  const proof = chapPassword(7, '123456', new Uint8Array(16).fill(3))
  test('RFC 9765 §5.1.2: CHAP has its challenge in CHAP-Challenge, and nowhere else', () => {
    const whole = reads(request([3, proof], [60, new Uint8Array(16).fill(3)]))
    expect(
      whole.kind === 'login' && whole.credential.kind === 'proof' && whole.credential.matches('123456'),
    ).toBe(true)
    expect(reads(request([3, proof]))).toEqual({ kind: 'reject', reason: 'invalid-chap' })
  })

  const microsoft = (type: number, value: Uint8Array) =>
    [26, Buffer.concat([Buffer.from([0, 0, 1, 55, type, value.length + 2]), value])] as const
  const keysIn = (attributes: readonly { readonly value: Uint8Array }[], type: number) =>
    attributes.filter(({ value }) => value[4] === type).map(({ value }) => Buffer.from(value.subarray(6)))

  test('RFC 9765 §5.1.4: the keys of MS-CHAPv2 are as they are', () => {
    const challenge = { challenge: MSCHAP2.challenge, ntResponse: MSCHAP2.ntResponse }
    const answer = msChapResponse({ version: 2, identifier: 1, ...challenge }, MSCHAP2.peerChallenge)
    const asked = parsePacket(
      packet11(1, 3, [
        [1, Buffer.from('User')],
        microsoft(11, MSCHAP2.authenticatorChallenge),
        microsoft(25, answer),
      ]),
      RADIUS_1_1,
    )
    const said = msChapAttributes(asked, { kind: 'accept', key: MSCHAP2.passwordHashHash }, SECRET)
    const { send, receive } = sessionKeys(MSCHAP2.passwordHashHash, MSCHAP2.ntResponse)
    expect([keysIn(said, 16), keysIn(said, 17)]).toEqual([[Buffer.from(send)], [Buffer.from(receive)]])
  })

  test('those of version 1 too, without what fills them up', () => {
    const answer = msChapResponse({ version: 1, identifier: 1, ...MSCHAP1 })
    const asked = parsePacket(
      packet11(1, 3, [[1, Buffer.from('User')], microsoft(11, MSCHAP1.challenge), microsoft(1, answer)]),
      RADIUS_1_1,
    )
    const key = Buffer.alloc(16, 9)
    const said = msChapAttributes(asked, { kind: 'accept', key }, SECRET)
    expect(keysIn(said, 12)).toEqual([Buffer.concat([Buffer.alloc(8), key])])
  })
})
