/** RADIUS over TLS against the real server: who is admitted, what a connection carries, and what becomes of bad peers. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { encodeRequest, parsePacket } from '../../src/radius/packet.ts'
import { encodeSignedRequest } from '../../src/radius/request_authenticator.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { Authority, type Certificate, selfSigned } from '../support/certificates.ts'
import { until } from '../support/until.ts'
import { hotp, secretOf } from './otp.ts'
import { TestServer, vpn } from './server.ts'
import { packet11, Radius10, TlsClient, type TlsOptions } from './tls_client.ts'

const directory = mkdtempSync(join(tmpdir(), 'sallyport-radsec-'))
const authority = new Authority(directory, 'authority')
const foreign = new Authority(directory, 'foreign')
const ours = authority.issue('radius.example.org', { san: 'DNS:radius.example.org', usage: 'serverAuth' })
const gate = authority.issue('gate', { san: 'DNS:gate.example.org', usage: 'clientAuth' })
const pinned = selfSigned(directory, 'pinned')
const PSK = Buffer.alloc(32, 'a key of a client')
const TOKEN = { secretHex: secretOf('radsec') }

const CLIENTS = [
  { name: 'gate', tls: { name: 'gate.example.org' } },
  { name: 'points', tls: { name: '*.points.example.org' } },
  { name: 'one-point', tls: { name: 'p1.points.example.org' } },
  { name: 'by-address', tls: { name: '192.0.2.7' } },
  { name: 'by-cn', tls: { name: 'switch-9' } },
  {
    name: 'asks',
    tls: { name: 'asks.example.org' },
    challenge: true,
    reply: ['Filter-Id = staff', 'Session-Timeout = 60'],
  },
  { name: 'pinned', tls: { fingerprint: pinned.fingerprint } },
  { name: 'far', tls: { name: 'far.example.org' }, address: '127.0.0.2' },
  { name: 'near', tls: { name: 'far.example.org' }, address: '127.0.0.3' },
  { name: 'keyed', tls: { psk_identity: 'keyed', psk: `hex:${PSK.toString('hex')}` } },
]

const settings = (change: object = {}, clients: readonly object[] = CLIENTS) => ({
  radius: { listen: ['127.0.0.1:0'], reject_delay: 0, clients: [vpn(), ...clients] },
  radsec: {
    listen: ['127.0.0.1:0'],
    certificate_file: ours.certFile,
    key_file: ours.keyFile,
    ca_file: authority.own.certFile,
    ...change,
  },
  limits: { account_rate: 0 },
})

let server: TestServer
let counter = 0
const nextOtp = () => hotp(TOKEN, counter++)
const open = (options: TlsOptions) =>
  TlsClient.open(server.listeningTls[0]!, { ca: authority.own.cert, ...options })
const nas = async (options: TlsOptions = { as: gate }) => new Radius10(await open(options))
const psk = (identity: string, key: Buffer): TlsOptions => ({
  pskCallback: () => ({ psk: key, identity }),
  ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:ECDHE-PSK-CHACHA20-POLY1305',
})

beforeAll(async () => {
  server = await TestServer.start({ settings: settings() })
  await server.command('token', 'enroll', { type: 'hotp', serial: 'S1', user: 'sam', maxFail: 0, ...TOKEN })
})
afterAll(async () => {
  await server?.close()
  rmSync(directory, { recursive: true })
})

const issue = (name: string, san?: string): Certificate =>
  authority.issue(name, { usage: 'clientAuth', ...(san === undefined ? {} : { san }) })

describe('a peer is admitted', () => {
  const rows: { name: string; given: () => TlsOptions; client: string }[] = [
    { name: 'by the DNS name of its certificate', given: () => ({ as: gate }), client: 'gate' },
    {
      name: 'by a name in other case',
      given: () => ({ as: issue('x', 'DNS:GATE.Example.ORG') }),
      client: 'gate',
    },
    {
      name: 'by one of many names, TLS 1.2',
      given: () => ({ as: issue('x', 'DNS:p7.points.example.org'), maxVersion: 'TLSv1.2' }),
      client: 'points',
    },
    {
      name: 'by its own name before the wildcard',
      given: () => ({ as: issue('x', 'DNS:p1.points.example.org') }),
      client: 'one-point',
    },
    {
      name: 'by the IP address in its certificate',
      given: () => ({ as: issue('x', 'IP:192.0.2.7') }),
      client: 'by-address',
    },
    { name: 'by its CN, without other names', given: () => ({ as: issue('switch-9') }), client: 'by-cn' },
    { name: 'by its fingerprint, whoever signed it', given: () => ({ as: pinned }), client: 'pinned' },
    {
      name: 'by its name and its address',
      given: () => ({ as: issue('x', 'DNS:far.example.org'), from: '127.0.0.2' }),
      client: 'far',
    },
    {
      name: 'by its address among two of that name',
      given: () => ({ as: issue('x', 'DNS:far.example.org'), from: '127.0.0.3' }),
      client: 'near',
    },
    { name: 'by its key, TLS 1.3', given: () => psk('keyed', PSK), client: 'keyed' },
    {
      name: 'by its key, TLS 1.2',
      given: () => ({ ...psk('keyed', PSK), maxVersion: 'TLSv1.2' }),
      client: 'keyed',
    },
  ]
  test.each(rows)('$name', async ({ given, client }) => {
    const peer = await nas(given())
    const otp = nextOtp()
    expect([await peer.login('sam', otp), await peer.login('sam', otp)]).toEqual(['accept', 'reject'])
    const { entries } = await server.command('audit', 'list', { user: 'sam', limit: 1 })
    expect(entries).toMatchObject([{ actor: `client:${client}` }])
    peer.tls.close()
  })
})

describe('a peer is refused, counted, and the log says why', () => {
  const rows: { name: string; given: () => TlsOptions; reason: string; says?: RegExp }[] = [
    { name: 'without a certificate', given: () => ({}), reason: 'no-certificate' },
    {
      name: 'without a certificate, TLS 1.2',
      given: () => ({ maxVersion: 'TLSv1.2' }),
      reason: 'no-certificate',
    },
    {
      name: 'with a certificate of a foreign authority',
      given: () => ({ as: foreign.issue('gate', { san: 'DNS:gate.example.org' }) }),
      reason: 'untrusted-certificate',
    },
    {
      name: 'with a certificate that it signed itself',
      given: () => ({ as: selfSigned(directory, 'gate.example.org') }),
      reason: 'untrusted-certificate',
    },
    {
      name: 'with a certificate that has run out',
      given: () => ({ as: authority.issue('gate', { san: 'DNS:gate.example.org', days: -1 }) }),
      reason: 'expired-certificate',
    },
    {
      name: 'with a certificate for servers',
      given: () => ({ as: authority.issue('g', { san: 'DNS:gate.example.org', usage: 'serverAuth' }) }),
      reason: 'untrusted-certificate',
    },
    {
      name: 'with a certificate of no client',
      given: () => ({ as: issue('x', 'DNS:nobody.example.org') }),
      reason: 'unknown-client',
      says: /names=DNS:nobody\.example\.org fingerprint=sha256:[0-9a-f]{64}/,
    },
    {
      name: 'whose certificate has a wildcard where a client has a name',
      given: () => ({ as: issue('x', 'DNS:*.example.org') }),
      reason: 'unknown-client',
    },
    {
      name: 'two levels below a wildcard',
      given: () => ({ as: issue('x', 'DNS:a.b.points.example.org') }),
      reason: 'unknown-client',
    },
    {
      name: 'whose CN is right and whose names are not',
      given: () => ({ as: issue('switch-9', 'DNS:other.example.org') }),
      reason: 'unknown-client',
    },
    {
      name: 'whose name is only spelt in another one',
      given: () => ({
        as: issue('x', '@other\n[other]\nDNS.1=evil.org\nURI.1=http://a/, DNS:gate.example.org'),
      }),
      reason: 'unknown-client',
    },
    {
      name: 'from an address that its client has not',
      given: () => ({ as: issue('x', 'DNS:far.example.org'), from: '127.0.0.4' }),
      reason: 'wrong-address',
    },
    { name: 'with a wrong key, TLS 1.3', given: () => psk('keyed', Buffer.alloc(32)), reason: 'wrong-psk' },
    {
      name: 'with a wrong key, TLS 1.2',
      given: () => ({ ...psk('keyed', Buffer.alloc(32)), maxVersion: 'TLSv1.2' }),
      reason: 'wrong-psk',
    },
    {
      name: 'with the name of no key, TLS 1.2',
      given: () => ({
        ...psk('nobody', PSK),
        ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
        maxVersion: 'TLSv1.2',
      }),
      reason: 'unknown-psk-identity',
      says: /pskIdentity=nobody/,
    },
    {
      name: 'that asks for another protocol',
      given: () => ({ as: gate, ALPNProtocols: ['h2'] }),
      reason: 'no-common-version',
    },
    {
      name: 'that asks for RADIUS/1.1 alone in TLS 1.2',
      given: () => ({ as: gate, ALPNProtocols: ['radius/1.1'], maxVersion: 'TLSv1.2' }),
      reason: 'no-common-version',
    },
    {
      name: 'that speaks TLS 1.1',
      given: () => ({
        as: gate,
        minVersion: 'TLSv1.1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      }),
      reason: 'old-tls',
    },
  ]
  test.each(rows)('$name', async ({ given, reason, says = new RegExp(reason) }) => {
    const counted = async () => (await server.counters())[`radsec.refused.${reason}`] ?? 0
    const before = await counted()
    const options = given()
    const peer = await nas(options)
    expect(await peer.status()).toBe('silence')
    await peer.tls.closed()
    await until('the count', async () => (await counted()) === before + 1)
    await server.logged(says)
  })

  test('with a key of which the server knows nothing, TLS 1.3', async () => {
    const peer = await nas({ ...psk('nobody', PSK), ca: foreign.own.cert })
    await peer.tls.closed()
    await until(
      'the count',
      async () => (await server.counters())['radsec.refused.unknown-psk-identity'] === 2,
    )
  })

  test('the lines in the log admit it', async () => {
    const stranger = issue('x', 'DNS:stranger.example.org')
    const before = server.log.length
    await (await open({ as: stranger, from: '127.0.0.5' })).closed()
    await until('the lines', () => server.log.slice(before).includes('tls = { fingerprint'))
    const lines = [...server.log.slice(before).matchAll(/ warn {3}(.*)$/gm)].map(([, line]) => line!.trim())
    expect(lines).toEqual([
      '[[radius.clients]]',
      'name = "client-127.0.0.5"',
      'address = "127.0.0.5"   # or without this line, from anywhere',
      `tls = { fingerprint = "${stranger.fingerprint.replaceAll(':', '').replace('sha256', 'sha256:').toLowerCase()}" }`,
    ])
    const own = await TestServer.prepare({ settings: settings({}, []) })
    try {
      own.writeConfig(
        `${lines.join('\n')}\n[radsec]\nlisten = ["127.0.0.1:0"]\ncertificate_file = "${ours.certFile}"\nkey_file = "${ours.keyFile}"`,
      )
      await own.start()
      const from = { as: stranger, from: '127.0.0.5', ca: authority.own.cert }
      const peer = new Radius10(await TlsClient.open(own.listeningTls[0]!, from))
      expect(await peer.status()).toBe('accept')
      peer.tls.close()
    } finally {
      await own.close()
    }
  })

  test('that shows what is not TLS', async () => {
    const socket = connectTcp(server.listeningTls[0]!.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await until('the count', async () => (await server.counters())['radsec.refused.not-tls'] === 1)
    socket.destroy()
  })

  test('that would take up a session of before', async () => {
    const first = await nas()
    let session: Buffer | undefined
    first.tls.socket.on('session', (given) => {
      session = given
    })
    expect(await first.status()).toBe('accept')
    for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
      const again = await nas({ as: gate, maxVersion, ...(session === undefined ? {} : { session }) })
      expect(again.tls.socket.isSessionReused()).toBe(false)
      again.tls.close()
    }
    first.tls.close()
  })
})

describe('a connection', () => {
  test('carries many requests at once, answered as they are decided', async () => {
    const peer = await nas()
    const requests = Array.from({ length: 200 }, (_, i) =>
      peer.accessRequest('sam', i === 0 ? nextOtp() : '000000'),
    )
    const last = peer.request(12)
    peer.tls.socket.write(Buffer.concat([...requests, last].map(({ octets }) => octets)))
    const answers = await Promise.all([...requests, last].map((request) => peer.answerTo(request)))
    expect(answers.slice(0, 1)).toEqual(['accept'])
    expect(answers.slice(1, -1).every((answer) => answer === 'reject')).toBe(true)
    expect(answers.at(-1)).toBe('accept')
    peer.tls.close()
  })

  test('carries a request that comes octet by octet, and two in one piece', async () => {
    const peer = await nas()
    const [slow, one, two] = [peer.accessRequest('sam', nextOtp()), peer.request(12), peer.request(12)]
    for (const octet of slow.octets) {
      peer.tls.socket.write(Buffer.of(octet))
      await new Promise(setImmediate)
    }
    expect(await peer.answerTo(slow)).toBe('accept')
    peer.tls.socket.write(Buffer.concat([one.octets, two.octets]))
    expect([await peer.answerTo(one), await peer.answerTo(two)]).toEqual(['accept', 'accept'])
    peer.tls.close()
  })

  test('answers a copy of a request again, and decides nothing anew', async () => {
    const peer = await nas()
    const request = peer.accessRequest('sam', nextOtp())
    expect([await peer.ask(request), await peer.ask(request)]).toEqual(['accept', 'accept'])
    peer.tls.close()
  })

  test('takes the same Identifier and Authenticator on another connection for another request', async () => {
    const [one, other] = [await nas(), await nas()]
    const request = one.accessRequest('sam', nextOtp())
    expect([await one.ask(request), await other.ask(request)]).toEqual(['accept', 'reject'])
    one.tls.close()
    other.tls.close()
  })

  test('answers what is not served by Protocol-Error, and goes on', async () => {
    const peer = await nas()
    expect(await peer.ask(peer.request(43 as never))).toBe('code 52')
    expect(await peer.ask(peer.request(99 as never), 300)).toBe('silence')
    expect(await peer.status()).toBe('accept')
    peer.tls.close()
  })

  test('of a client that must sign does not answer what is unsigned, and goes on', async () => {
    const peer = await nas()
    const { octets, ...request } = peer.accessRequest('sam', '000000')
    const shorter = Buffer.concat([octets.subarray(0, 20), octets.subarray(38)])
    shorter.writeUInt16BE(shorter.length, 2)
    expect(await peer.ask({ ...request, octets: shorter }, 300)).toBe('silence')
    expect(await peer.status()).toBe('accept')
    peer.tls.close()
  })
})

describe('a bad peer is cut off, and the others are not', () => {
  const header = (length: number) => Buffer.from([1, 0, length >> 8, length & 0xff, ...Array(16).fill(7)])
  const wrong = encodeRequest(12, 0, new Uint8Array(16), [], new SharedSecret('not the one'))
  const rows: { name: string; given: Buffer; reason: string }[] = [
    { name: 'a packet longer than any', given: header(4097), reason: 'length-too-large' },
    { name: 'a packet shorter than its header', given: header(19), reason: 'length-too-small' },
    {
      name: 'attributes that overrun',
      given: Buffer.concat([header(23), Buffer.from([1, 9, 1])]),
      reason: 'attribute-overruns',
    },
    {
      name: 'an attribute without an end',
      given: Buffer.concat([header(22), Buffer.from([1, 0])]),
      reason: 'attribute-too-short',
    },
    { name: 'a wrong Message-Authenticator', given: wrong, reason: 'wrong-message-authenticator' },
  ]
  test.each(rows)('$name', async ({ given, reason }) => {
    const [bad, good] = [await nas(), await nas()]
    expect(await bad.status()).toBe('accept')
    bad.tls.socket.write(given)
    bad.tls.socket.write(bad.request(12).octets)
    await bad.tls.closed()
    expect(bad.tls.received).toEqual([])
    expect(await good.status()).toBe('accept')
    expect(await server.counters()).toMatchObject({ [`radsec.closed.${reason}`]: 1 })
    good.tls.close()
  })

  test('one that takes no answers', async () => {
    const [bad, good] = [await nas(), await nas()]
    bad.tls.socket.pause()
    const proxyState = [33, 255, ...Array(253).fill(1)]
    const many = Array.from({ length: 64 }, () =>
      bad.accessRequest('sam', '0', Array(14).fill({ type: 33, value: Buffer.from(proxyState.slice(2)) })),
    )
    const load = setInterval(() => {
      if (bad.tls.socket.writableLength < 1e6)
        bad.tls.socket.write(Buffer.concat(many.map(({ octets }) => octets)))
    }, 2)
    await server.logged(/TLS connection closed reason=not-reading/)
    clearInterval(load)
    expect(await good.status()).toBe('accept')
    bad.tls.close()
    good.tls.close()
  })

  test('one that never ends its handshake, one that says nothing, and one that never ends its packet', async () => {
    const good = await nas()
    const [silent, begun] = [1, 2].map(() => connectTcp(server.listeningTls[0]!.port, '127.0.0.1'))
    for (const socket of [silent, begun]) socket!.on('error', () => {})
    begun!.write(Buffer.from([0x16, 3, 1, 2, 0, 1]))
    const slow = await nas()
    const { octets } = slow.request(12)
    const drip = setInterval(() => slow.tls.socket.write(octets.subarray(0, 1)), 1000)
    await until('the ends', async () => {
      const counters = await server.counters()
      return (
        counters['radsec.refused.handshake-timeout'] === 2 && counters['radsec.closed.stuck-in-packet'] === 1
      )
    }).catch(async () => {
      // Ten seconds are what they have.
      await server.logged(/reason=stuck-in-packet/)
    })
    clearInterval(drip)
    expect(await server.counters()).toMatchObject({
      'radsec.refused.handshake-timeout': 2,
      'radsec.closed.stuck-in-packet': 1,
    })
    await slow.tls.closed()
    expect(await good.status()).toBe('accept')
    good.tls.close()
  }, 40_000)

  test('a flood of handshakes from one address is held back, and others come in', async () => {
    const sockets = Array.from({ length: 40 }, () =>
      connectTcp({ port: server.listeningTls[0]!.port, host: '127.0.0.1', localAddress: '127.0.0.9' }),
    )
    for (const socket of sockets) socket.on('error', () => {})
    await until(
      'the refusals',
      async () => (await server.counters())['radsec.refused.too-many-handshakes'] === 24,
    )
    const good = await nas()
    expect(await good.status()).toBe('accept')
    good.tls.close()
    for (const socket of sockets) socket.destroy()
  })

  test('all of that at once costs a bounded memory, and others are answered at once', async () => {
    const memory = async () =>
      Number(/^sallyport_resident_memory_bytes (\d+)/m.exec(await fetchMetrics(server))![1]) / 2 ** 20
    const before = await memory()
    const { 'radsec.closed.not-reading': unreadBefore = 0 } = await server.counters()
    const silent = Array.from({ length: 320 }, (_, i) =>
      connectTcp({
        port: server.listeningTls[0]!.port,
        host: '127.0.0.1',
        localAddress: `127.0.1.${1 + (i % 20)}`,
      }),
    )
    for (const socket of silent) socket.on('error', () => {})
    const proxyStates = Array(15).fill({ type: 33, value: Buffer.alloc(253, 1) })
    const unread = await Promise.all(Array.from({ length: 16 }, () => nas()))
    for (const peer of unread) peer.tls.socket.pause()
    const load = setInterval(() => {
      for (const { tls } of unread)
        if (!tls.isClosed && tls.socket.writableLength < 1e6)
          tls.socket.write(Buffer.concat(Array.from({ length: 50 }, () => big())))
    }, 5)
    const peer = new Radius10(unread[0]!.tls)
    const big = () => peer.request(12, proxyStates).octets
    const good = await nas()
    const times: number[] = []
    for (let asked = 0; asked < 20; asked++) {
      const startedAt = performance.now()
      expect(await good.status()).toBe('accept')
      times.push(performance.now() - startedAt)
    }
    await until('them to be cut off', async () => {
      const counters = await server.counters()
      return (
        (counters['radsec.closed.not-reading'] ?? 0) === unreadBefore + 16 &&
        (counters['radsec.refused.crowded-out'] ?? 0) > 0
      )
    })
    clearInterval(load)
    expect(Math.max(...times)).toBeLessThan(2000)
    expect((await memory()) - before).toBeLessThan(192)
    good.tls.close()
    for (const socket of silent) socket.destroy()
  }, 40_000)
})

describe('RADIUS/1.1', () => {
  const attributes = (otp: string) =>
    [
      [1, Buffer.from('sam')],
      [2, Buffer.from(otp)],
    ] as const
  const open11 = async (protocols = ['radius/1.0', 'radius/1.1']) =>
    await open({ as: gate, ALPNProtocols: protocols })
  const answer = (tls: TlsClient, token: number) => tls.reply((packet) => packet.readUInt32BE(4) === token)

  test('is chosen where both sides know it, in TLS 1.3', async () => {
    const chosen = async (protocols?: string[], maxVersion?: 'TLSv1.2') => {
      const options = {
        as: gate,
        ...(protocols && { ALPNProtocols: protocols }),
        ...(maxVersion && { maxVersion }),
      }
      const tls = await open(options)
      tls.close()
      return tls.socket.alpnProtocol
    }
    expect([
      await chosen(['radius/1.0', 'radius/1.1']),
      await chosen(['radius/1.1']),
      await chosen(['radius/1.0']),
      await chosen(),
      await chosen(['radius/1.1', 'radius/1.0'], 'TLSv1.2'),
    ]).toEqual(['radius/1.1', 'radius/1.1', 'radius/1.0', false, 'radius/1.0'])
  })

  test('a login: the Token comes back, Proxy-State too, and nothing is signed', async () => {
    const tls = await open11()
    const otp = nextOtp()
    tls.socket.write(packet11(1, 0xfedcba98, [...attributes(otp), [33, Buffer.from('abc')]]))
    expect(await answer(tls, 0xfedcba98)).toEqual(packet11(2, 0xfedcba98, [[33, Buffer.from('abc')]]))
    tls.socket.write(packet11(1, 7, attributes(otp)))
    expect(await answer(tls, 7)).toEqual(packet11(3, 7, []))
    tls.close()
  })

  test('what stood in reserved places, and a Message-Authenticator, are ignored', async () => {
    const tls = await open11()
    const request = packet11(1, 8, [...attributes(nextOtp()), [80, Buffer.alloc(3)], [80, Buffer.alloc(16)]])
    request[1] = 99
    request.fill(0xaa, 8, 20)
    tls.socket.write(request)
    expect(await answer(tls, 8)).toEqual(packet11(2, 8, []))
    tls.close()
  })

  test('an answered Token may be used again, for another request', async () => {
    const tls = await open11()
    for (const expected of [2, 2]) {
      tls.socket.write(packet11(1, 9, attributes(nextOtp())))
      expect(await answer(tls, 9)).toEqual(packet11(expected, 9, []))
    }
    tls.close()
  })

  test('more than 256 requests at once, and Status-Server among them', async () => {
    const tls = await open11()
    const tokens = Array.from({ length: 600 }, (_, i) => 0x80000000 + i * 256)
    tls.socket.write(Buffer.concat(tokens.map((token) => packet11(12, token, []))))
    for (const token of tokens) expect(await answer(tls, token)).toEqual(packet11(2, token, []))
    tls.close()
  })

  test.each([
    { name: 'empty', value: Buffer.alloc(0), reason: 'invalid-password-length' },
    { name: 'longer than 128 octets', value: Buffer.alloc(129, 'a'), reason: 'invalid-password-length' },
    { name: 'no UTF-8', value: Buffer.from([0xff]), reason: 'password-not-utf8' },
  ])('a password that is $name is rejected', async ({ value, reason }) => {
    const tls = await open11()
    tls.socket.write(
      packet11(1, 1, [
        [1, Buffer.from('sam')],
        [2, value],
      ]),
    )
    expect(await answer(tls, 1)).toEqual(packet11(3, 1, []))
    await server.logged(`reason=${reason}`)
    tls.close()
  })

  test('what is not served is answered by Protocol-Error without Original-Packet-Code', async () => {
    const tls = await open11()
    tls.socket.write(packet11(43, 5, []))
    expect(await answer(tls, 5)).toEqual(packet11(52, 5, [[101, Buffer.from([0, 0, 1, 0x96])]]))
    tls.close()
  })
})

test('challenges, State and reply attributes go over TLS as over UDP', async () => {
  const own = { secretHex: secretOf('asked') }
  await server.command('token', 'enroll', { type: 'hotp', serial: 'Q1', user: 'quinn', pin: '1234', ...own })
  const as = issue('x', 'DNS:asks.example.org')
  const tls = await open({ as, ALPNProtocols: ['radius/1.1'] })
  const quinn = [1, Buffer.from('quinn')] as const
  tls.socket.write(packet11(1, 1, [quinn, [2, Buffer.from('1234')]]))
  const asked = parsePacket((await tls.reply(() => true))!, 'radius/1.1')
  expect(asked.code).toBe(11)
  const state = asked.attributes.first(24)!
  tls.socket.write(packet11(1, 2, [quinn, [2, Buffer.from(hotp(own, 0))], [24, state]]))
  const timeout = [27, Buffer.from([0, 0, 0, 60])] as const
  expect(await tls.reply(() => true)).toEqual(packet11(2, 2, [[11, Buffer.from('staff')], timeout]))
  tls.close()
})

describe('accounting comes over the same connection', () => {
  const answer = (tls: TlsClient, token: number) => tls.reply((packet) => packet.readUInt32BE(4) === token)
  const open11 = () => open({ as: gate, ALPNProtocols: ['radius/1.1'] })

  const started = (id: string) =>
    [
      [40, Buffer.from([0, 0, 0, 1])],
      [44, Buffer.from(id)],
      [32, Buffer.from('gateway')],
      [1, Buffer.from('sam')],
    ] as [number, Buffer][]
  const sessions = async () =>
    ((await server.command('session', 'list')) as { sessions: { acctSessionId: string }[] }).sessions.map(
      ({ acctSessionId }) => acctSessionId,
    )

  test('of RADIUS/1.1, proven by TLS alone', async () => {
    const tls = await open11()
    tls.socket.write(packet11(4, 77, started('over 1.1')))
    expect(await answer(tls, 77)).toEqual(packet11(5, 77, []))
    expect(await sessions()).toContain('over 1.1')
    tls.close()
  })

  test('of RADIUS/1.0, signed as over UDP; and a wrong signature ends the connection', async () => {
    const attributes = started('over 1.0').map(([type, value]) => ({ type, value }))
    const peer = await nas()
    const octets = encodeSignedRequest(4, 9, attributes, new SharedSecret('radsec'))
    peer.tls.socket.write(octets)
    await until('the session', async () => (await sessions()).includes('over 1.0'))
    expect(await peer.status()).toBe('accept')
    octets[4]! ^= 1
    peer.tls.socket.write(octets)
    await once(peer.tls.socket, 'close')
  })
})

describe('server status and metrics', () => {
  test('tell the connections, and why others were refused', async () => {
    const peer = await nas()
    expect(await peer.status()).toBe('accept')
    const status = await server.command('server', 'status')
    // What comes over TLS is counted for its client as over UDP.
    const { clients } = status as { clients: { requests: number; accepts: number; name: string }[] }
    const overTls = clients.filter(({ accepts }) => accepts > 0)
    expect(overTls.length).toBeGreaterThan(0)
    for (const { requests, accepts } of overTls) expect(requests).toBeGreaterThanOrEqual(accepts)
    expect(status).toMatchObject({
      radsec: {
        listeners: [`127.0.0.1:${server.listeningTls[0]!.port}`],
        certificateExpiresAt: expect.stringMatching(/^20\d\d-/),
      },
      counters: {
        'radsec.connections': expect.any(Number),
        'radsec.opened': expect.any(Number),
        'radsec.refused.no-certificate': 2,
      },
    })
    const { stdout } = await server.sallyport(['server', 'status'])
    expect(stdout).toMatch(/^radsec\n +listeners +127\.0\.0\.1:\d+\n +certificate expires at +20\d\d-/m)
    const metrics = await fetchMetrics(server)
    expect(metrics).toMatch(/^sallyport_radsec_connections [1-9]\d*$/m)
    expect(metrics).toMatch(/^sallyport_radsec_refused_total\{reason="no-certificate"\} 2$/m)
    expect(metrics).toMatch(/^sallyport_radsec_closed_total\{reason="by-peer"\} \d+$/m)
    expect(metrics).toMatch(/^sallyport_radsec_opened_total \d+$/m)
    const [, expiry] = /^sallyport_radsec_certificate_expiry_timestamp_seconds (\d+)$/m.exec(metrics)!
    expect(Number(expiry) - Date.now() / 1000).toBeGreaterThan(89 * 86_400)
    peer.tls.close()
  })
})

async function fetchMetrics({ directory }: TestServer): Promise<string> {
  const socketPath = join(directory, 'data', 'admin.sock')
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  get({ socketPath, path: '/metrics' }, async (response) => {
    resolve(Buffer.concat(await response.toArray()).toString())
  }).on('error', reject)
  return await promise
}
