/** Reload with RADIUS over TLS: certificates and clients are exchanged under traffic, and no connection is lost by it. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals'
import { Authority } from '../support/certificates.ts'
import { POSTGRES } from '../support/databases.ts'
import { until } from '../support/until.ts'
import { hotp, secretOf } from './otp.ts'
import { TestServer, vpn } from './server.ts'
import { Radius10, TlsClient } from './tls_client.ts'

const directory = mkdtempSync(join(tmpdir(), 'sallyport-radsec-reload-'))
const authority = new Authority(directory, 'authority')
const first = authority.issue('first', { san: 'DNS:radius.example.org' })
const second = authority.issue('second', { san: 'DNS:radius.example.org', days: 20 })
const gate = authority.issue('gate', { san: 'DNS:gate.example.org' })
const certFile = join(directory, 'current.pem')
const keyFile = join(directory, 'current.key')
const TOKEN = { secretHex: secretOf('radsec reload') }
const GATE = { name: 'gate', tls: { name: 'gate.example.org' } }

const settings = (clients: readonly object[] = [GATE], radsec: object = {}) => ({
  radius: { listen: ['127.0.0.1:0'], reject_delay: 0, clients: [vpn(), ...clients] },
  radsec: {
    listen: ['127.0.0.1:0'],
    certificate_file: certFile,
    key_file: keyFile,
    ca_file: authority.own.certFile,
    ...radsec,
  },
  limits: { account_rate: 0 },
})

function use({ certFile: cert, keyFile: key }: typeof first): void {
  copyFileSync(cert, certFile)
  copyFileSync(key, keyFile)
}

let server: TestServer
afterAll(() => rmSync(directory, { recursive: true }))
const nas = async () =>
  new Radius10(await TlsClient.open(server.listeningTls[0]!, { as: gate, ca: authority.own.cert }))
const certificateOf = ({ tls }: Radius10) => tls.socket.getPeerX509Certificate()!.subject
const start = async (options: Parameters<typeof TestServer.start>[0]) => {
  server = await TestServer.start(options)
  await server.command('token', 'enroll', { type: 'hotp', serial: 'S1', user: 'sam', maxFail: 0, ...TOKEN })
}

beforeEach(() => use(first))
afterEach(async () => {
  await server?.close()
})

test('a new certificate is shown to new connections, while the old ones go on with all their logins', async () => {
  await start({ settings: settings() })
  const old = await nas()
  const answers: string[] = []
  let isOver = false
  const traffic = (async () => {
    for (let counter = 0; !isOver; counter++) answers.push(await old.login('sam', hotp(TOKEN, counter)))
  })()
  await until('some logins', () => answers.length > 20)
  use(second)
  const { warnings } = await server.command('server', 'reload')
  expect(warnings).toEqual([expect.stringMatching(/^radsec\.certificate_file expires on/)])
  const before = answers.length
  await until('some more', () => answers.length > before + 20)
  const renewed = await nas()
  expect([certificateOf(old), certificateOf(renewed)]).toEqual(['CN=first', 'CN=second'])
  expect(await renewed.status()).toBe('accept')
  const { radsec } = (await server.command('server', 'status')) as {
    radsec: { certificateExpiresAt: string }
  }
  expect(Date.parse(radsec.certificateExpiresAt) - Date.now()).toBeLessThan(21 * 86_400_000)
  isOver = true
  await traffic
  expect(new Set(answers)).toEqual(new Set(['accept']))
  expect(old.tls.isClosed).toBe(false)
})

test('a certificate that cannot be used changes nothing, and the answer names it', async () => {
  await start({ settings: settings() })
  const peer = await nas()
  writeFileSync(certFile, 'not a certificate')
  const reloaded = await server.command('server', 'reload').catch((error: Error) => error.message)
  expect(reloaded).toContain(`radsec.certificate_file ${certFile} cannot be used`)
  expect(await peer.status()).toBe('accept')
  expect(certificateOf(await nas())).toBe('CN=first')
})

test('the connection of a client that is gone is closed, that of one with another name goes on', async () => {
  const other = { name: 'other', tls: { psk_identity: 'other', psk: '0123456789abcdef' } }
  await start({ settings: settings([GATE, other]) })
  const psk = (key: string) => ({
    pskCallback: () => ({ psk: Buffer.from(key), identity: 'other' }),
    ciphers: 'TLS_AES_128_GCM_SHA256',
    ca: authority.own.cert,
  })
  const peer = await nas()
  const keyed = new Radius10(await TlsClient.open(server.listeningTls[0]!, psk('0123456789abcdef')))
  expect([await peer.status(), await keyed.status()]).toEqual(['accept', 'accept'])

  server.configure(
    settings([
      { ...GATE, name: 'renamed' },
      { ...other, tls: { ...other.tls, psk: 'fedcba9876543210' } },
    ]),
  )
  await server.command('server', 'reload')
  await keyed.tls.closed()
  expect(await peer.login('sam', hotp(TOKEN, 0))).toBe('accept')
  const { entries } = await server.command('audit', 'list', { user: 'sam', limit: 1 })
  expect(entries).toMatchObject([{ actor: 'client:renamed' }])

  server.configure(settings([]))
  await server.command('server', 'reload')
  await peer.tls.closed()
  await server.logged('TLS connection closed reason=no-longer-a-client client=renamed')
  expect(await (await nas()).status()).toBe('silence')
})

test('an idle connection is closed after its time, and one that asks is not', async () => {
  await start({ settings: settings([GATE], { idle_timeout: 2 }) })
  const [idle, busy] = [await nas(), await nas()]
  const asking = setInterval(() => void busy.status(), 200)
  await idle.tls.closed()
  clearInterval(asking)
  expect(await busy.status()).toBe('accept')
  await server.logged('info  TLS connection closed reason=idle client=gate')
})

test('there are no more connections than allowed, in all and of one client', async () => {
  const point = authority.issue('p', { san: 'DNS:p.example.org' })
  const clients = [GATE, { name: 'point', tls: { name: 'p.example.org' } }]
  await start({ settings: settings(clients, { max_connections: 3, max_connections_per_client: 2 }) })
  const open = [await nas(), await nas()]
  expect(await (await nas()).status()).toBe('silence')
  const asPoint = async () =>
    new Radius10(await TlsClient.open(server.listeningTls[0]!, { as: point, ca: authority.own.cert }))
  open.push(await asPoint())
  expect(await (await asPoint()).status()).toBe('silence')
  for (const peer of open) expect(await peer.status()).toBe('accept')
  open[0]!.tls.close()
  await until('room', async () => (await (await nas()).status()) === 'accept')
})

test('an address that no client has is refused before TLS begins', async () => {
  await start({ settings: settings([{ ...GATE, address: '127.0.0.2' }]) })
  const from = (address: string) =>
    TlsClient.open(server.listeningTls[0]!, { as: gate, ca: authority.own.cert, from: address })
  await (await from('127.0.0.1')).closed()
  expect(await server.counters()).toMatchObject({ 'radsec.refused.unknown-address': 1 })
  expect(await new Radius10(await from('127.0.0.2')).status()).toBe('accept')
})

test('a server that has keys only needs no certificate', async () => {
  const keyed = { name: 'keyed', tls: { psk_identity: 'k', psk: '0123456789abcdef' } }
  const without = { certificate_file: null, key_file: null, ca_file: null }
  const { radsec, ...rest } = settings([keyed])
  const kept = Object.fromEntries(
    Object.entries({ ...radsec, ...without }).filter(([, value]) => value !== null),
  )
  await start({ settings: { ...rest, radsec: kept } })
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const peer = await TlsClient.open(server.listeningTls[0]!, {
      pskCallback: () => ({ psk: Buffer.from('0123456789abcdef'), identity: 'k' }),
      ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-PSK-CHACHA20-POLY1305',
      maxVersion,
    })
    expect(await new Radius10(peer).status()).toBe('accept')
  }
})

test('RADIUS/1.1 alone: a peer that does not ask for it is refused', async () => {
  await start({ settings: settings([GATE], { versions: ['1.1'] }) })
  expect(await (await nas()).status()).toBe('silence')
  expect(await server.counters()).toMatchObject({ 'radsec.refused.no-common-version': 1 })
})

test('what was received is answered before the server ends', async () => {
  await start({ settings: settings() })
  const peer = await nas()
  const requests = Array.from({ length: 50 }, (_, i) =>
    peer.accessRequest('sam', i === 0 ? hotp(TOKEN, 0) : '0'),
  )
  peer.tls.socket.write(Buffer.concat(requests.map(({ octets }) => octets)))
  expect(await peer.answerTo(requests[0]!)).toBe('accept')
  expect(await server.stop()).toEqual({ status: 0, signal: null })
  const answers = await Promise.all(requests.slice(1).map((request) => peer.answerTo(request)))
  expect(new Set(answers)).toEqual(new Set(['reject']))
  await peer.tls.closed()
  expect(server.log).toContain('TLS connection closed reason=stopping')
})

test('workers share the connections, and their counters are one sum', async () => {
  await start({ kind: POSTGRES, settings: { ...settings(), server: { workers: 2 } } })
  const peers = await Promise.all(Array.from({ length: 24 }, nas))
  const answers = await Promise.all(peers.map((peer, i) => peer.login('sam', i === 0 ? hotp(TOKEN, 0) : '0')))
  expect(answers.filter((answer) => answer === 'accept')).toHaveLength(1)
  // A worker that is late is counted as it was when it last said.
  await until('all are counted', async () => (await server.counters())['radsec.opened'] === 24)
  expect(await server.counters()).toMatchObject({ 'radsec.connections': 24, 'radsec.opened': 24 })
  const { workers } = (await server.command('server', 'status')) as { workers: { logins: number }[] }
  expect(workers.map(({ logins }) => logins > 0)).toEqual([true, true])
  use(second)
  await server.command('server', 'reload')
  for (let i = 0; i < 8; i++) expect(certificateOf(await nas())).toBe('CN=second')
})
