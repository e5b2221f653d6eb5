/** The npm package `radius` as an independent encoder and decoder, both ways. (It trusts lying lengths: a known flaw.) */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
// @ts-expect-error: it has no types.
import radius from 'radius'
import { readAccessRequest, replyToStatusServer, replyToVerdict } from '../../src/radius/access.ts'
import { admit } from '../../src/radius/admission.ts'
import { Code } from '../../src/radius/attributes.ts'
import { checkResponse, encodeRequest, parsePacket } from '../../src/radius/packet.ts'
import { hidePassword } from '../../src/radius/password.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { AUTHENTICATOR } from './handmade.ts'

const SECRET = 'testing123'
const secret = new SharedSecret(SECRET)
const rule = { requireMessageAuthenticator: true, latched: false, limitProxyState: true } as const
const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30, size: 'max' })
  .filter((s) => /^[^\s\p{C}]/u.test(s) && Buffer.byteLength(s) <= 128)

describe('npm radius 1.1.4 asks', () => {
  test('RFC 3579 §3.2: its signed Access-Request is admitted and read, and takes our replies', () => {
    fc.assert(
      fc.property(text, text, fc.nat(255), (userName, password, identifier) => {
        const datagram = accessRequest(userName, password, identifier)
        const request = parsePacket(datagram)
        expect(admit(request, secret, rule).kind).toBe('go-on')
        expect(readAccessRequest(request, secret, { messageAuthenticatorVerified: true })).toEqual({
          kind: 'login',
          userName,
          credential: { kind: 'plain', password },
        })
        for (const kind of ['accept', 'reject'] as const) {
          const response = replyToVerdict(request, { kind }, secret)
          expect(radius.verify_response({ request: datagram, response, secret: SECRET })).toBe(true)
        }
      }),
    )
  })

  test('it refuses our reply under another secret', () => {
    const datagram = accessRequest('nemo', 'arctangent', 1)
    const response = replyToVerdict(parsePacket(datagram), { kind: 'accept' }, new SharedSecret('testing124'))
    expect(radius.verify_response({ request: datagram, response, secret: SECRET })).toBe(false)
  })

  test('it reads our Access-Challenge', () => {
    const datagram = accessRequest('nemo', 'arctangent', 1)
    const challenge = {
      kind: 'challenge',
      state: Buffer.from('state'),
      message: 'Your code, please',
    } as const
    const response = replyToVerdict(parsePacket(datagram), challenge, secret)
    expect(radius.verify_response({ request: datagram, response, secret: SECRET })).toBe(true)
    const { code, attributes } = radius.decode({ packet: response, secret: SECRET })
    expect([code, attributes['Reply-Message'], String(attributes.State)]).toEqual([
      'Access-Challenge',
      'Your code, please',
      'state',
    ])
    expect(String(attributes['Proxy-State'])).toBe('proxy')
  })

  test('RFC 5997 §3: its Status-Server is admitted, and takes our reply', () => {
    const datagram = radius.encode({ code: 'Status-Server', secret: SECRET, attributes: [] })
    const request = parsePacket(datagram)
    expect(admit(request, secret, rule).kind).toBe('go-on')
    const response = replyToStatusServer(request, secret)
    expect(radius.verify_response({ request: datagram, response, secret: SECRET })).toBe(true)
  })
})

describe('npm radius 1.1.4 answers', () => {
  test('it reads our Access-Request, and we take its reply', () => {
    fc.assert(
      fc.property(text, text, (userName, password) => {
        const request = encodeRequest(
          Code.AccessRequest,
          3,
          AUTHENTICATOR,
          [
            { type: 1, value: Buffer.from(userName) },
            { type: 2, value: hidePassword(password, AUTHENTICATOR, secret) },
          ],
          secret,
        )
        const packet = radius.decode({ packet: request, secret: SECRET })
        expect([packet.attributes['User-Name'], packet.attributes['User-Password']]).toEqual([
          userName,
          password,
        ])
        const response = radius.encode_response({
          packet,
          code: 'Access-Accept',
          secret: SECRET,
          attributes: [['Reply-Message', 'hello']],
        })
        const checked = checkResponse(response, AUTHENTICATOR, 3, secret)
        expect(checked).toMatchObject({ kind: 'response', code: 2, signed: true })
      }),
    )
  })

  test('we refuse its reply under another secret', () => {
    const request = encodeRequest(Code.AccessRequest, 3, AUTHENTICATOR, [], secret)
    const packet = radius.decode({ packet: request, secret: SECRET })
    const response = radius.encode_response({
      packet,
      code: 'Access-Accept',
      secret: 'testing124',
      attributes: [],
    })
    expect(checkResponse(response, AUTHENTICATOR, 3, secret).kind).toBe('discard')
  })
})

function accessRequest(userName: string, password: string, identifier: number): Buffer {
  const attributes = [
    ['User-Name', userName],
    ['User-Password', password],
    ['NAS-IP-Address', '192.0.2.1'],
    ['Proxy-State', Buffer.from('proxy')],
  ]
  return radius.encode({
    code: 'Access-Request',
    identifier,
    secret: SECRET,
    attributes,
    add_message_authenticator: true,
  })
}
