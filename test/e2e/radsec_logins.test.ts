/** What logins have over UDP they have over TLS: dialogues, the OTP alone, CHAP and MS-CHAP, EAP, attributes of replies. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { converse } from '../../src/cli/eap_exchange.ts'
import { EapPeer } from '../../src/cli/eap_peer.ts'
import { EapType, encodeRequest as eapRequest } from '../../src/eap/eap_packet.ts'
import { MicrosoftType, Vendor } from '../../src/radius/attributes.ts'
import { chapPassword } from '../../src/radius/chap.ts'
import { unhideKey } from '../../src/radius/mppe.ts'
import { msChapV2Exchange } from '../../src/radius/mschap_client.ts'
import { encodeRequest, type Packet, parsePacket } from '../../src/radius/packet.ts'
import { hidePassword } from '../../src/radius/password.ts'
import { vendorValues } from '../../src/radius/vendor_specific.ts'
import { RADIUS_1_0, RADIUS_1_1, type Version } from '../../src/radius/version.ts'
import { Authority } from '../support/certificates.ts'
import { hotp, secretOf } from './otp.ts'
import { TestServer, vpn } from './server.ts'
import { packet11, RADSEC, TlsClient } from './tls_client.ts'

const directory = mkdtempSync(join(tmpdir(), 'sallyport-radsec-logins-'))
const authority = new Authority(directory, 'authority')
const ours = authority.issue('radius.example.org', { san: 'DNS:radius.example.org', usage: 'serverAuth' })
const certificateOf = (name: string) => authority.issue(name, { san: `DNS:${name}`, usage: 'clientAuth' })
const [gate, asa] = [certificateOf('gate.example.org'), certificateOf('asa.example.org')]

let server: TestServer
beforeAll(async () => {
  server = await TestServer.start({
    settings: {
      radius: {
        listen: ['127.0.0.1:0'],
        reject_delay: 0,
        clients: [
          vpn(),
          {
            ...{ name: 'gate', tls: { name: 'gate.example.org' }, challenge: true, mschap: true },
            reply: ['Filter-Id = gate'],
          },
          { name: 'asa', tls: { name: 'asa.example.org' }, otp_only: true },
        ],
        groups: [{ name: 'staff', reply: ['Filter-Id += staff'] }],
      },
      radsec: {
        listen: ['127.0.0.1:0'],
        certificate_file: ours.certFile,
        key_file: ours.keyFile,
        ca_file: authority.own.certFile,
      },
      tokens: { pin_storage: 'sealed' },
      limits: { account_rate: 0 },
    },
  })
  expect((await server.sallyport(['eap', 'init'])).status).toBe(0)
  await server.command('server', 'reload')
})
afterAll(async () => {
  await server?.close()
  rmSync(directory, { recursive: true })
})

type Pair = readonly [type: number, value: Uint8Array]

const VERSIONS: readonly { readonly version: Version }[] = [{ version: RADIUS_1_0 }, { version: RADIUS_1_1 }]

describe.each(VERSIONS)('$version', ({ version }) => {
  let nas: TlsClient
  let serial: string
  let count = 0
  const open = (as = gate) =>
    TlsClient.open(server.listeningTls[0]!, { ca: authority.own.cert, as, ALPNProtocols: [version] })
  const otp = (counter: number) => hotp({ secretHex: secretOf(serial) }, counter)
  const authenticator = new Uint8Array(16).fill(9)

  beforeAll(async () => {
    nas = await open()
    expect(nas.socket.alpnProtocol).toBe(version)
  })
  afterAll(() => nas?.close())

  async function enroll(): Promise<void> {
    serial = `${version.at(-1)}-${count++}`
    const token = { type: 'hotp', serial, user: serial, pin: '1234', secretHex: secretOf(serial) }
    await server.command('token', 'enroll', token)
  }

  /** The reply to a login with these attributes. */
  async function ask(pairs: readonly Pair[], by = nas): Promise<Packet> {
    const identifier = count++
    const all: Pair[] = [[1, Buffer.from(serial)], ...pairs]
    if (version === RADIUS_1_1) by.socket.write(packet11(1, identifier, all))
    else {
      const attributes = all.map(([type, value]) => ({ type, value }))
      by.socket.write(encodeRequest(1, identifier, authenticator, attributes, RADSEC))
    }
    const isIt = (reply: Buffer) => (version === RADIUS_1_1 ? reply.readUInt32BE(4) : reply[1]) === identifier
    return parsePacket((await by.reply(isIt))!, version)
  }
  const pap = (password: string): Pair => [
    2,
    version === RADIUS_1_1 ? Buffer.from(password) : hidePassword(password, authenticator, RADSEC),
  ]
  const texts = ({ attributes }: Packet, type: number) =>
    attributes.all(type).map((value) => Buffer.from(value).toString())

  function keyIn({ attributes }: Packet, type: number): Uint8Array {
    const [key] = vendorValues(attributes, Vendor.Microsoft, type)
    return version === RADIUS_1_1 ? key! : unhideKey(key!, authenticator, RADSEC)!
  }

  test('PIN, challenge, OTP: the Accept alone says what is set for client and group', async () => {
    await enroll()
    await server.command('user', 'set', { user: serial, groups: ['staff'] })
    const asked = await ask([pap('1234')])
    expect([asked.code, texts(asked, 18), texts(asked, 11)]).toEqual([11, ['One-time code: '], []])
    const state: Pair = [24, asked.attributes.first(24)!]
    const accepted = await ask([pap(otp(0)), state])
    expect([accepted.code, texts(accepted, 11)]).toEqual([2, ['gate', 'staff']])
    expect((await ask([pap(otp(1)), state])).code).toBe(3)
  })

  test('a client with otp_only; a State means nothing there', async () => {
    await enroll()
    const by = await open(asa)
    const codes = []
    for (const pairs of [[pap(otp(0))], [pap(otp(0))], [pap(otp(1)), [24, Buffer.from('s')] as const]]) {
      codes.push((await ask(pairs, by)).code)
    }
    expect(codes).toEqual([2, 3, 3])
    by.close()
  })

  test('CHAP with CHAP-Challenge, accepted once; without it, only where there is an Authenticator', async () => {
    await enroll()
    const challenge = Buffer.alloc(16, 5)
    const proof: Pair[] = [
      [3, chapPassword(1, `1234${otp(0)}`, challenge)],
      [60, challenge],
    ]
    expect([(await ask(proof)).code, (await ask(proof)).code]).toEqual([2, 3])
    const bare: Pair = [3, chapPassword(1, `1234${otp(1)}`, authenticator)]
    expect((await ask([bare])).code).toBe(version === RADIUS_1_0 ? 2 : 3)
  })

  test('MS-CHAPv2: the proof of the server, and keys, hidden in RADIUS/1.0 only', async () => {
    await enroll()
    const exchange = msChapV2Exchange({
      ...{ login: serial, password: `1234${otp(0)}`, identifier: 3 },
      authenticatorChallenge: new Uint8Array(16).fill(1),
      peerChallenge: new Uint8Array(16).fill(2),
    })
    const reply = await ask(exchange.attributes.map(({ type, value }) => [type, value]))
    expect([reply.code, texts(reply, 11)]).toEqual([2, ['gate']])
    expect(exchange.checkSuccess(reply.attributes)).toBe('right')
    expect(keyIn(reply, MicrosoftType.MppeSendKey)).toHaveLength(16)
  })

  test('EAP: the keys of the tunnel, hidden in RADIUS/1.0 only (RFC 9765 §5.1.4)', async () => {
    await enroll()
    const peer = new EapPeer({
      ...{ outer: 'ttls', inner: 'pap', ca: null },
      ...{ login: serial, password: `1234${otp(0)}` },
    })
    const first = await peer.respond(eapRequest(0, EapType.Identity, new Uint8Array()))
    const { reply } = await converse(peer, first, (attributes) =>
      ask(attributes.map(({ type, value }) => [type, value])),
    )
    expect([reply.code, texts(reply, 11)]).toEqual([2, ['gate']])
    const keys = [MicrosoftType.MppeRecvKey, MicrosoftType.MppeSendKey].map((type) => keyIn(reply, type))
    expect(Buffer.concat(keys)).toEqual(peer.keyMaterial())
    peer.close()
  })
})

test('nobody is warned of MS-CHAP within TLS', () => {
  expect(server.log).not.toContain('mschap')
})
