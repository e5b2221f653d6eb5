/** Wireshark as an independent decoder of what we send: no packet of ours is malformed, and each authenticator is true. */

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { converse } from '../../src/cli/eap_exchange.ts'
import { EapPeer } from '../../src/cli/eap_peer.ts'
import { EapType, encodeRequest as eapRequest } from '../../src/eap/eap_packet.ts'
import type { Attribute } from '../../src/radius/attribute.ts'
import { AttributeType, Code, MicrosoftType, Vendor } from '../../src/radius/attributes.ts'
import { ntResponse } from '../../src/radius/mschap.ts'
import { msChapV2Exchange } from '../../src/radius/mschap_client.ts'
import { msChapResponse } from '../../src/radius/mschap_request.ts'
import { parsePacket } from '../../src/radius/packet.ts'
import { vendorSpecific } from '../../src/radius/vendor_attribute.ts'
import { hotp, secretOf } from '../e2e/otp.ts'
import type { RadiusClient, Request } from '../e2e/radius_client.ts'
import { TestServer, vpn } from '../e2e/server.ts'
import { dissect } from './dissect.ts'
import { describeWith } from './tools.ts'

/** The tests before have spent the first. */
let eapCounter = 50
const CHALLENGE = Buffer.from('102db5df085d3041', 'hex')
const TOKEN = { secretHex: secretOf('tshark') }
let server: TestServer
let nas: RadiusClient

beforeAll(async () => {
  server = await TestServer.start({
    settings: {
      radius: { clients: [vpn({ mschap: true, challenge: true, prompt: 'Prüfziffer: ' })] },
      tokens: { pin_storage: 'sealed' },
    },
  })
  nas = await server.client()
  await server.command('token', 'enroll', {
    type: 'hotp',
    serial: 'T1',
    user: 'tessa',
    pin: '1234',
    window: 100,
    ...TOKEN,
  })
})
afterAll(() => server?.close())

describeWith(['tshark'], 'tshark', () => {
  const state = { type: AttributeType.ProxyState, value: Buffer.from('abc') }
  const exchanged = async (request: Request) => [request.octets, (await nas.exchange(request.octets))!]

  test('reads our requests and replies, and finds nothing wrong with them', async () => {
    const password = `1234${hotp(TOKEN, 0)}`
    const rows = await dissect([
      ...(await exchanged(nas.accessRequest('tessa', password, [state]))),
      ...(await exchanged(nas.accessRequest('tessa', password, [state]))),
      ...(await exchanged(nas.request(Code.StatusServer, randomBytes(16), []))),
    ])
    const proxyState = '616263'
    expect(rows).toEqual([
      { code: '1', identifier: '0', password, proxyState },
      { code: '2', identifier: '0', proxyState, isAuthentic: '1' },
      { code: '1', identifier: '1', password, proxyState },
      { code: '3', identifier: '1', proxyState, isAuthentic: '1' },
      // It does not take an Access-Accept for the answer to a Status-Server.
      { code: '12', identifier: '2' },
      { code: '2', identifier: '2' },
    ])
  })

  test('reads a challenge and its answer', async () => {
    const first = await exchanged(nas.accessRequest('tessa', '1234', [state]))
    const sealed = Buffer.from(parsePacket(first[1]!).attributes.first(AttributeType.State)!)
    const answer = nas.accessRequest('tessa', hotp(TOKEN, 5), [{ type: AttributeType.State, value: sealed }])
    const rows = await dissect([...first, ...(await exchanged(answer))])
    const opaque = { state: sealed.toString('hex') }
    expect(rows).toEqual([
      { code: '1', identifier: '3', password: '1234', proxyState: '616263' },
      {
        ...{ code: '11', identifier: '3', proxyState: '616263', isAuthentic: '1', ...opaque },
        message: 'Prüfziffer ',
      },
      { code: '1', identifier: '4', password: hotp(TOKEN, 5), ...opaque },
      { code: '2', identifier: '4', isAuthentic: '1' },
    ])
  })

  test('reads MS-CHAP replies: proof, keys un-hidden with the secret, policy, and the error', async () => {
    await server.command('token', 'enroll', {
      type: 'hotp',
      serial: 'T2',
      user: 'theo',
      pin: '1234',
      ...TOKEN,
    })
    const name = { type: 1, value: Buffer.from('theo') }
    const version1 = (password: string) => {
      const answer = {
        version: 1,
        identifier: 8,
        challenge: CHALLENGE,
        ntResponse: ntResponse(CHALLENGE, password),
      } as const
      return [
        vendorSpecific(Vendor.Microsoft, MicrosoftType.MsChapChallenge, CHALLENGE),
        vendorSpecific(Vendor.Microsoft, MicrosoftType.MsChapResponse, msChapResponse(answer)),
      ]
    }
    const asked = (proof: readonly Attribute[]) =>
      exchanged(nas.request(Code.AccessRequest, randomBytes(16), [name, ...proof]))
    const password = (counter: number) => `1234${hotp(TOKEN, counter)}`
    const given = { login: 'theo', identifier: 7, authenticatorChallenge: randomBytes(16) }
    const two = (typed: string) =>
      msChapV2Exchange({ ...given, password: typed, peerChallenge: randomBytes(16) }).attributes
    const replies = [
      ...(await asked(two(password(0)))),
      ...(await asked(two('wrong'))),
      ...(await asked(version1(password(1)))),
      ...(await asked(version1('wrong'))),
      ...(await asked([{ type: AttributeType.ChapPassword, value: Buffer.alloc(17) }])),
    ]
    const rows = (await dissect(replies)).filter((_, index) => index % 2 === 1)
    const authentic = { isAuthentic: '1' }
    const encryption = { policy: '1', types: '4' }
    expect(rows.map(({ identifier, ...row }) => row)).toEqual([
      {
        code: '2',
        ...authentic,
        vendorType: '26 16 17 7 8',
        ...encryption,
        success: expect.stringMatching(/^07533d(3[0-9]|4[1-6]){40}$/),
        send: expect.stringMatching(/^[89a-f][0-9a-f]{67}$/),
        receive: expect.stringMatching(/^[89a-f][0-9a-f]{67}$/),
      },
      {
        code: '3',
        ...authentic,
        vendorType: '2',
        // It shows the identifier as a character before the text.
        error: expect.stringMatching(/E=691 R=0 C=[0-9A-F]{32} V=3 M=Authentication failed$/),
      },
      {
        code: '2',
        ...authentic,
        vendorType: '12 7 8',
        ...encryption,
        version1: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      { code: '3', ...authentic, vendorType: '2', error: expect.stringMatching(/E=691 R=0$/) },
      { code: '3', ...authentic },
    ])
  })

  test.each([
    ['ttls', 'pap', 'TLSv1.2'],
    ['ttls', 'gtc', 'TLSv1.3'],
    ['peap', 'gtc', 'TLSv1.2'],
    ['peap', 'gtc', 'TLSv1.3'],
    ['gtc', 'gtc', 'TLSv1.3'],
  ] as const)(
    'EAP: %s with %s inside, %s: every reply is well formed, signed, and of the conversation',
    async (outer, inner, tls) => {
      if ((await server.command('server', 'status')).eap === null) {
        expect((await server.sallyport(['eap', 'init'])).status).toBe(0)
        await server.command('server', 'reload')
      }
      const password = `1234${hotp(TOKEN, eapCounter++)}`
      const peer = new EapPeer({ outer, inner, tls, ca: null, login: 'tessa', password })
      const packets: Buffer[] = []
      const first = await peer.respond(eapRequest(0, EapType.Identity, new Uint8Array()))
      const { reply } = await converse(peer, first, async (attributes) => {
        const userName = { type: AttributeType.UserName, value: Buffer.from('anonymous') }
        const request = nas.request(Code.AccessRequest, randomBytes(16), [userName, ...attributes])
        const octets = (await nas.exchange(request.octets))!
        packets.push(request.octets, octets)
        const { code, attributes: answered } = parsePacket(octets)
        return { code, attributes: answered }
      })
      expect(reply.code).toBe(Code.AccessAccept)
      const rows = (await dissect(packets)).filter((_row, index) => index % 2 === 1)
      expect(rows.length).toBeGreaterThan(2)
      expect(rows.filter(({ malformed }) => malformed !== undefined)).toEqual([])
      expect(rows.map(({ isAuthentic }) => isAuthentic)).toEqual(rows.map(() => '1'))
      expect(rows.map(({ code, eapCode }) => [code, eapCode])).toEqual([
        ...rows.slice(1).map(() => ['11', '1']),
        ['2', '3'],
      ])
      const last = rows.at(-2)!.eapType
      expect(last).toBe(String({ ttls: 21, peap: 25, gtc: 6 }[outer]))
      expect([rows.at(-1)!.send !== undefined, rows.at(-1)!.receive !== undefined]).toEqual(
        outer === 'gtc' ? [false, false] : [true, true],
      )
    },
  )

  test('would see a reply with a wrong Response Authenticator', async () => {
    const [request, reply] = await exchanged(nas.accessRequest('tessa', '0'))
    reply![4]! ^= 1
    const [, row] = await dissect([request!, reply!])
    expect(row).toMatchObject({ code: '3', isAuthentic: '0' })
  })
})
