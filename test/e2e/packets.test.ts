/** What may arrive on a UDP port: each malformed packet is dropped without a word, and good logins go on (spec/radius.md). */
import { createHmac, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { AttributeType, Code } from '../../src/radius/attributes.ts'
import { attributesOf, hidden, packetOf, SECRET, SIGNATURE, signed, type Tlv } from '../radius/handmade.ts'
import { until } from '../support/until.ts'
import { hotp, secretOf } from './otp.ts'
import type { RadiusClient } from './radius_client.ts'
import { type Settings, TestServer, vpn } from './server.ts'

const TOKEN = { secretHex: secretOf('packets') }

const settings = (change: Readonly<Record<string, unknown>> = {}): Settings => ({
  // One user logs in after each packet, more often than a person would.
  limits: { account_rate: 0 },
  radius: {
    listen: ['127.0.0.1:0', '[::1]:0'],
    clients: [
      vpn({ secret: SECRET }),
      vpn({ name: 'old', address: '127.0.0.3', secret: SECRET, require_message_authenticator: false }),
      vpn({ name: 'mixed', address: '127.0.0.4', secret: SECRET, require_message_authenticator: 'auto' }),
    ],
    ...change,
  },
})

let server: TestServer
let nas: RadiusClient
let nextCounter = 0

beforeAll(async () => {
  server = await TestServer.start({ settings: settings() })
  nas = await server.client({ secret: SECRET })
  await server.command('token', 'enroll', { type: 'hotp', serial: 'P1', user: 'pia', maxFail: 0, ...TOKEN })
})
afterAll(() => server?.close())

const nextOtp = () => hotp(TOKEN, nextCounter++)

/** The server is there, and nothing was counted meanwhile. */
async function stillServes(): Promise<void> {
  expect(await nas.login('pia', nextOtp())).toBe('accept')
}

/**
 * Sends all, and answers what came back, and the drops by reason. A socket is read in order: when a good login is
 * answered, all that was sent before it has been dealt with.
 */
async function dropsOf(datagrams: readonly Uint8Array[], from?: string) {
  const client = await server.client({ secret: SECRET, ...(from === undefined ? {} : { from }) })
  const before = await server.counters()
  for (const datagram of datagrams) client.send(datagram)
  await stillServes()
  const after = await server.counters()
  const changed = Object.keys(after)
    .filter((name) => name.startsWith('dropped.') && after[name] !== before[name])
    .map((name) => [name.slice('dropped.'.length), after[name]! - (before[name] ?? 0)])
  return { replies: client.received, drops: Object.fromEntries(changed) }
}

const USER: Tlv = [AttributeType.UserName, 'pia']
const PASSWORD: Tlv = [AttributeType.UserPassword, hidden('000000')]
const GOOD = [SIGNATURE, USER, PASSWORD] as const
const good = () => signed(Code.AccessRequest, GOOD)

describe('RFC 2865 §3 and §5: silently discarded is', () => {
  test('a request that was cut at any octet', async () => {
    const whole = good()
    const cut = Array.from({ length: whole.length }, (_, length) => whole.subarray(0, length))
    expect(await dropsOf(cut)).toEqual({
      replies: [],
      drops: { 'too-short': 20, 'length-lies': whole.length - 20 },
    })
  })

  test('a request that was cut at any octet, with a Length that says so', async () => {
    const whole = good()
    const cut = Array.from({ length: whole.length - 20 }, (_, index) => withLength(whole, 20 + index))
    const { replies, drops } = await dropsOf(cut)
    const counted = Object.values(drops).reduce((sum: number, count) => sum + Number(count), 0)
    expect({ replies, counted }).toEqual({ replies: [], counted: whole.length - 20 })
  })

  const unsignedGood = packetOf(Code.AccessRequest, [USER, PASSWORD])
  test.each([
    { name: 'a datagram without an octet', datagram: Buffer.alloc(0), reason: 'too-short' },
    { name: 'a Length below 20', datagram: overwrite(good(), 2, [0, 19]), reason: 'length-too-small' },
    { name: 'a Length of 0', datagram: overwrite(good(), 2, [0, 0]), reason: 'length-too-small' },
    {
      name: 'a Length above 4096',
      datagram: withLength(Buffer.concat([good(), Buffer.alloc(5000)]), 4097),
      reason: 'length-too-large',
    },
    {
      name: 'a Length above the datagram',
      datagram: overwrite(good(), 3, [good().length + 1]),
      reason: 'length-lies',
    },
    { name: 'an attribute of length 0', datagram: overwrite(good(), 39, [0]), reason: 'attribute-too-short' },
    { name: 'an attribute of length 1', datagram: overwrite(good(), 39, [1]), reason: 'attribute-too-short' },
    {
      name: 'an attribute that overruns the packet',
      datagram: overwrite(good(), 39, [255]),
      reason: 'attribute-overruns',
    },
    {
      name: 'one octet after the last attribute',
      datagram: withLength(Buffer.concat([good(), Buffer.alloc(1)]), good().length + 1),
      reason: 'attribute-overruns',
    },
    {
      name: 'a Message-Authenticator of 15 octets',
      datagram: packetOf(1, [[80, Buffer.alloc(15)], USER, PASSWORD]),
      reason: 'message-authenticator-length',
    },
    {
      name: 'a Message-Authenticator of 17 octets',
      datagram: packetOf(1, [[80, Buffer.alloc(17)], USER, PASSWORD]),
      reason: 'message-authenticator-length',
    },
    {
      name: 'two Message-Authenticators',
      datagram: signed(1, [SIGNATURE, ...GOOD]),
      reason: 'two-message-authenticators',
    },
    {
      name: 'a wrong Message-Authenticator',
      datagram: overwrite(good(), 22, [good()[22]! ^ 1]),
      reason: 'wrong-message-authenticator',
    },
    {
      name: 'a Message-Authenticator of zeros',
      datagram: packetOf(1, GOOD),
      reason: 'wrong-message-authenticator',
    },
    {
      name: 'a signed request that was changed',
      datagram: overwrite(good(), 40, [0x71]),
      reason: 'wrong-message-authenticator',
    },
    {
      name: 'a request without Message-Authenticator',
      datagram: unsignedGood,
      reason: 'no-message-authenticator',
    },
    {
      name: 'an Accounting-Request',
      datagram: signed(Code.AccountingRequest, GOOD),
      reason: 'code-not-served',
    },
    { name: 'an Access-Accept', datagram: signed(Code.AccessAccept, GOOD), reason: 'code-not-served' },
    { name: 'an Access-Challenge', datagram: signed(Code.AccessChallenge, GOOD), reason: 'code-not-served' },
    { name: 'code 0', datagram: signed(0, GOOD), reason: 'code-not-served' },
    { name: 'code 255', datagram: signed(255, GOOD), reason: 'code-not-served' },
    {
      name: 'a Status-Server without Message-Authenticator',
      datagram: packetOf(12, []),
      reason: 'no-message-authenticator',
    },
    {
      name: 'EAP without Message-Authenticator, whatever the client may',
      datagram: packetOf(1, [USER, [79, 'x']]),
      reason: 'no-message-authenticator',
      from: '127.0.0.3',
    },
    {
      name: 'Proxy-State without Message-Authenticator',
      datagram: packetOf(1, [USER, PASSWORD, [33, 'x']]),
      reason: 'proxy-state-without-message-authenticator',
      from: '127.0.0.3',
    },
    {
      name: 'any datagram of an unknown client',
      datagram: good(),
      reason: 'unknown-client',
      from: '127.0.0.2',
    },
  ])('$name', async ({ datagram, reason, from }) => {
    expect(await dropsOf([datagram], from)).toEqual({ replies: [], drops: { [reason]: 1 } })
  })

  test('and the counters of the token did not move', async () => {
    expect(await server.token('P1')).toMatchObject({ failCount: 0, attemptCount: nextCounter })
  })
})

test('RFC 2865 §3: octets beyond Length are padding, and ignored', async () => {
  const request = nas.accessRequest('pia', nextOtp())
  const padded = Buffer.concat([request.octets, randomBytes(500)])
  expect(nas.read((await nas.exchange(padded))!, request)).toBe('accept')
})

test('the log says what admits an unknown client, and what mends a wrong secret', async () => {
  const lines = server.log.split('\n')
  expect(lines.filter((line) => line.includes('unknown client')).length).toBe(1)
  expect(server.log).toMatch(/warn {2}datagram from an unknown client .*address=127\.0\.0\.2/)
  expect(server.log).toMatch(/warn {2} {2}\[\[radius\.clients\]\]/)
  expect(server.log).toMatch(/reason=wrong-message-authenticator client=vpn .*remedy="the shared secret/)
  expect(server.log).toMatch(
    /reason=no-message-authenticator client=vpn .*remedy="the client sends no Message/,
  )
})

test('"auto" takes a client without Message-Authenticator until it has sent one, also after a restart', async () => {
  const mixed = await server.client({ secret: SECRET, from: '127.0.0.4' })
  const unsigned = (identifier: number) =>
    packetOf(Code.AccessRequest, [USER, [AttributeType.UserPassword, hidden('000000')]], identifier)
  expect((await mixed.exchange(unsigned(1)))?.[0]).toBe(Code.AccessReject)
  expect(await mixed.login('pia', nextOtp())).toBe('accept')
  expect((await dropsOf([unsigned(2)], '127.0.0.4')).drops).toEqual({ 'no-message-authenticator': 1 })
  await server.logged('from now on it must')
  await server.stop()
  await server.start()
  nas = await server.client({ secret: SECRET })
  expect((await dropsOf([unsigned(3)], '127.0.0.4')).drops).toEqual({ 'no-message-authenticator': 1 })
})

describe('Reject', () => {
  const IDENTIFIER = 77
  const asLogin = (attributes: readonly Tlv[]) =>
    signed(Code.AccessRequest, [SIGNATURE, ...attributes], IDENTIFIER)
  const passwordOf = (text: string | Uint8Array): Tlv => [AttributeType.UserPassword, hidden(text)]
  const chap: Tlv = [AttributeType.ChapPassword, Buffer.alloc(17)]

  beforeAll(async () => {
    const enroll = (serial: string, user: string, fields: object = {}) =>
      server.command('token', 'enroll', {
        type: 'hotp',
        serial,
        user,
        secretHex: secretOf(serial),
        pin: '1234',
        ...fields,
      })
    await enroll('DISABLED', 'disabled')
    await server.command('token', 'disable', { serial: 'DISABLED' })
    await enroll('LOCKED', 'locked', { maxFail: 1 })
    await nas.login('locked', '1234000000')
    await enroll('EXPIRED', 'expired')
    await server.command('token', 'set-limits', { serial: 'EXPIRED', validUntil: '2020-01-01T00:00:00Z' })
    await enroll('WRONG', 'wrong')
    await enroll('USED', 'used')
    expect(await nas.login('used', `1234${hotp({ secretHex: secretOf('USED') }, 0)}`)).toBe('accept')
  })

  const otpOf = (serial: string, counter = 0) => `1234${hotp({ secretHex: secretOf(serial) }, counter)}`

  test.each([
    { name: 'an unknown user', attributes: [[1, 'nobody'], passwordOf('1234000000')] },
    { name: 'a disabled token', attributes: [[1, 'disabled'], passwordOf(otpOf('DISABLED'))] },
    { name: 'a locked token', attributes: [[1, 'locked'], passwordOf(otpOf('LOCKED'))] },
    { name: 'an expired token', attributes: [[1, 'expired'], passwordOf(otpOf('EXPIRED'))] },
    { name: 'a wrong PIN', attributes: [[1, 'wrong'], passwordOf('9999000000')] },
    { name: 'a wrong OTP', attributes: [[1, 'wrong'], passwordOf('1234000000')] },
    { name: 'an OTP far ahead', attributes: [[1, 'wrong'], passwordOf(otpOf('WRONG', 500))] },
    { name: 'an OTP used before', attributes: [[1, 'used'], passwordOf(otpOf('USED'))] },
    { name: 'no password at all', attributes: [[1, 'wrong']] },
    {
      name: 'an empty password',
      attributes: [
        [1, 'wrong'],
        [2, hidden(Buffer.alloc(16))],
      ],
    },
    {
      name: 'a password of 0 octets',
      attributes: [
        [1, 'wrong'],
        [2, ''],
      ],
    },
    {
      name: 'a password of 17 octets',
      attributes: [
        [1, 'wrong'],
        [2, Buffer.alloc(17)],
      ],
    },
    {
      name: 'a password of 144 octets',
      attributes: [
        [1, 'wrong'],
        [2, Buffer.alloc(144)],
      ],
    },
    {
      name: 'a password that is not UTF-8',
      attributes: [[1, 'wrong'], passwordOf(Buffer.from('ff'.repeat(9), 'hex'))],
    },
    { name: 'two passwords', attributes: [[1, 'wrong'], passwordOf('a'), passwordOf('b')] },
    { name: 'a password and CHAP', attributes: [[1, 'wrong'], passwordOf(otpOf('WRONG')), chap] },
    { name: 'CHAP', attributes: [[1, 'wrong'], chap] },
    {
      name: 'EAP',
      attributes: [
        [1, 'wrong'],
        [79, Buffer.from('0200000501', 'hex')],
      ],
    },
    { name: 'no user name', attributes: [passwordOf('1234000000')] },
    { name: 'two user names', attributes: [[1, 'wrong'], [1, 'used'], passwordOf(otpOf('WRONG'))] },
    { name: 'an empty user name', attributes: [[1, ''], passwordOf('1234000000')] },
    { name: 'a blank user name', attributes: [[1, ' \t '], passwordOf('1234000000')] },
    {
      name: 'a user name that is not UTF-8',
      attributes: [[1, Buffer.from('fffe', 'hex')], passwordOf('1234000000')],
    },
    {
      name: 'a State that is not ours',
      attributes: [[1, 'wrong'], passwordOf(otpOf('WRONG')), [24, 'state']],
    },
  ] as { name: string; attributes: Tlv[] }[])(
    'of $name is, but for the authenticators, the same octets as any other',
    async ({ attributes }) => {
      const client = await server.client({ secret: SECRET })
      const reply = await client.exchange(asLogin([...attributes, [33, 'proxy']]))
      const masked = Buffer.from(reply!)
      masked.fill(0, 4, 20).fill(0, 22, 38)
      const expected = `034d002d${'00'.repeat(16)}5012${'00'.repeat(16)}2107${Buffer.from('proxy').toString('hex')}`
      expect(masked.toString('hex')).toBe(expected)
    },
  )

  test('of what was no login moved no counter', async () => {
    expect(await server.token('WRONG')).toMatchObject({ counter: 0, failCount: 4, attemptCount: 4 })
  })

  test('is late by reject_delay, and what it says is durable before', async () => {
    server.configure(settings({ reject_delay: 0.5 }))
    await server.command('server', 'reload')
    const { failCount } = await server.token('WRONG')
    const startedAt = Date.now()
    const rejected = nas.login('wrong', '1234000001')
    await until(
      'the failure to be counted',
      async () => (await server.token('WRONG')).failCount !== failCount,
    )
    expect(Date.now() - startedAt).toBeLessThan(450)
    expect(await rejected).toBe('reject')
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(490)
    server.configure(settings())
    await server.command('server', 'reload')
  })
})

describe('RFC 2865 §5.33: Proxy-States come back unmodified and in order', () => {
  test.each([
    { name: 'one', states: ['abc'] },
    { name: 'an empty one between others', states: ['first', '', 'last'] },
    { name: 'equal ones', states: ['same', 'same'] },
    { name: 'hundreds', states: Array.from({ length: 500 }, (_, index) => `s${index}`) },
    { name: 'the longest that fill the packet', states: Array.from({ length: 15 }, () => 'x'.repeat(253)) },
  ])('$name', async ({ states }) => {
    const attributes = states.map((state) => ({ type: AttributeType.ProxyState, value: Buffer.from(state) }))
    const request = nas.accessRequest('pia', nextOtp(), attributes)
    const reply = (await nas.exchange(request.octets))!
    expect(nas.read(reply, request)).toBe('accept')
    const [signature, ...echoed] = attributesOf(reply)
    expect(signature![0]).toBe(AttributeType.MessageAuthenticator)
    expect(echoed).toEqual(
      states.map((state) => [AttributeType.ProxyState, Buffer.from(state).toString('hex')]),
    )
  })
})

test('RFC 5997: Status-Server is answered Access-Accept, and is no login', async () => {
  const before = await server.command('audit', 'list', { limit: 1 })
  const request = nas.request(Code.StatusServer, randomBytes(16), [])
  expect(await nas.ask(request)).toBe('accept')
  expect(await server.command('audit', 'list', { limit: 1 })).toEqual(before)
})

const canIpv6 = await new Promise<boolean>((resolve) => {
  const socket = createSocket('udp6')
  socket.once('error', () => resolve(false)).bind({ address: '::1' }, () => socket.close(() => resolve(true)))
})
const ipv6Test = canIpv6 ? test : test.skip
ipv6Test('a client on [::1] is answered', async () => {
  const client = await server.client({ secret: SECRET, listener: 1 })
  expect(await client.login('pia', nextOtp())).toBe('accept')
})

test('a user name of control characters, ANSI sequences or 253 octets is one escaped line of the log', async () => {
  for (const user of [
    'eve\r\n2026-01-01 info login accepted user=root',
    '\u001b[2Jgone',
    'a'.repeat(253),
    'ev\u202ee',
  ])
    expect(await nas.login(user, '000000')).toBe('reject')
  await server.logged('a'.repeat(253))
  const lines = server.log.split('\n').filter((line) => line !== '')
  expect(lines.filter((line) => !/^\d{4}-\d\d-\d\dT\S+Z (error|warn |info ) /.test(line))).toEqual([])
  expect(server.log.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
})

interface Fuzz {
  readonly name: string
  readonly datagrams: readonly Uint8Array[]
  readonly from?: string
}

describe('a bounded fuzz run leaves the server as it was', () => {
  const seed = Date.now() % 1e9
  const octets = (maxLength: number) => fc.uint8Array({ maxLength, size: 'max' })
  const attribute = fc
    .tuple(fc.oneof(fc.constantFrom(1, 2, 3, 24, 26, 33, 60, 79, 80), fc.nat(255)), octets(253))
    .map(([type, value]): Tlv => [type, value])
  const structured = fc
    .tuple(fc.oneof(fc.constantFrom(1, 12), fc.nat(255)), fc.array(attribute, { maxLength: 12 }), fc.nat(255))
    .map(([code, attributes, identifier]) => ({ code, attributes, identifier }))
  const mutation = fc
    .array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 })
    .map((changes) =>
      changes.reduce((packet, [at, value]) => overwrite(packet, at % packet.length, [value]), good()),
    )

  test.each([
    { name: 'random octets', datagrams: fc.sample(octets(600), { seed, numRuns: 1500 }) },
    { name: 'a good request with octets changed', datagrams: fc.sample(mutation, { seed, numRuns: 1500 }) },
    {
      name: 'random attributes',
      datagrams: fc
        .sample(structured, { seed, numRuns: 500 })
        .map((p) => packetOf(p.code, p.attributes, p.identifier)),
    },
    {
      name: 'random attributes of a client that need not sign',
      from: '127.0.0.3',
      datagrams: fc
        .sample(structured, { seed, numRuns: 1000 })
        .map((p) => packetOf(1, p.attributes, p.identifier)),
    },
    {
      name: 'random attributes, signed',
      datagrams: fc
        .sample(structured, { seed, numRuns: 1500 })
        .map((p) => signed(p.code, [SIGNATURE, ...p.attributes], p.identifier)),
    },
    {
      name: 'octets changed, then signed',
      datagrams: fc.sample(mutation, { seed, numRuns: 1500 }).map(signedAgain),
    },
  ] as Fuzz[])(`$name (seed ${seed})`, async ({ datagrams, from = '127.0.0.1' }: Fuzz) => {
    const client = await server.client({ secret: SECRET, from })
    for (const [index, datagram] of datagrams.entries()) {
      client.send(datagram)
      if (index % 64 === 63) await stillServes()
    }
    await stillServes()
    const counters = await server.counters()
    expect(counters['dropped.internal-error'] ?? 0).toBe(0)
    // Whatever came back is one of our replies.
    expect(client.received.filter((reply) => reply[20] !== 80 || ![2, 3].includes(reply[0]!))).toEqual([])
  })

  test('and the trail verifies', async () => {
    expect(await server.command('audit', 'verify')).toMatchObject({ ok: true })
    expect(server.log).not.toMatch(/ error /)
  })
})

const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('')
test.each([
  { name: '6 octets', pin: '' },
  { name: '15 octets', pin: 'p'.repeat(9) },
  { name: '16 octets', pin: 'p'.repeat(10) },
  { name: '17 octets', pin: 'p'.repeat(11) },
  { name: '70 octets', pin: 'p'.repeat(64) },
  { name: 'the first half of printable ASCII', pin: PRINTABLE.slice(1, 49) },
  { name: 'the second half of printable ASCII', pin: PRINTABLE.slice(49) },
  { name: 'characters of one to four octets', pin: 'aä€😀' },
])('RFC 2865 §5.2: a password of $name is read as it was typed', async ({ pin }) => {
  await server.command('token', 'set-pin', { serial: 'P1', pin: pin === '' ? null : pin })
  expect(await nas.login('pia', pin + nextOtp())).toBe('accept')
})

function overwrite(packet: Uint8Array, at: number, octets: readonly number[]): Buffer {
  const changed = Buffer.from(packet)
  changed.set(octets, at)
  return changed
}

function withLength(packet: Uint8Array, length: number): Buffer {
  return overwrite(packet.subarray(0, length), 2, [length >> 8, length & 0xff])
}

/** A true Message-Authenticator where `good` has one, if it is still where it was. */
function signedAgain(packet: Uint8Array): Buffer {
  const unsigned = overwrite(packet, 22, Array(16).fill(0))
  return overwrite(packet, 22, [...createHmac('md5', SECRET).update(unsigned).digest()])
}
