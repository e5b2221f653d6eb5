/** eapol_test joins a Wi-Fi by every method that we serve, against the real server. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { hotp, secretOf } from '../e2e/otp.ts'
import { TestServer, vpn } from '../e2e/server.ts'
import { POSTGRES } from '../support/databases.ts'
import { until } from '../support/until.ts'
import { dissect } from './dissect.ts'
import { type Device, joinWifi } from './eapol.ts'
import { Relay } from './relay.ts'
import { describeWith } from './tools.ts'

const NAME = 'radius.test'
const SETTINGS = { tokens: { pin_storage: 'sealed' }, limits: { account_rate: 0 } }

describeWith(['eapol_test', 'tshark'], 'eapol_test', () => {
  let server: TestServer
  let printed = ''
  const relays: Relay[] = []

  beforeAll(async () => {
    server = await TestServer.start({ settings: SETTINGS })
    const init = await server.sallyport(['eap', 'init', '--name', NAME])
    expect(init.status).toBe(0)
    printed = init.stdout
    await server.command('server', 'reload')
  })
  afterAll(async () => {
    for (const relay of relays) relay.close()
    await server?.close()
  })

  /** What goes this way is looked at in the end. */
  async function openRelay(target = server.listening[0]!): Promise<Relay> {
    const relay = await Relay.open(target)
    relays.push(relay)
    return relay
  }
  const enroll = (serial: string, fields: object = {}, at = server) =>
    at.command('token', 'enroll', {
      ...{ type: 'hotp', serial, user: `user-${serial}`, secretHex: secretOf(serial), pin: '1234' },
      ...fields,
    })
  const password = (serial: string, counter: number) =>
    `1234${hotp({ secretHex: secretOf(serial) }, counter)}`
  const device = (serial: string, counter: number, change: Partial<Device> = {}): Device => ({
    endpoint: server.listening[0]!,
    eap: 'TTLS',
    phase2: 'auth=PAP',
    identity: `user-${serial}`,
    password: password(serial, counter),
    ca: join(server.directory, 'data/eap/ca.pem'),
    ...change,
  })
  async function rows(serial: string, at = server): Promise<unknown[]> {
    const { entries } = await at.command('audit', 'list', { serial, action: 'login' })
    return (entries as { reason: unknown; detail: string }[])
      .map(({ reason, detail }) => `${reason} ${/\bmethod=(\S+)/.exec(detail)?.[1]}`)
      .toReversed()
  }

  const METHODS: readonly [name: string, eap: Device['eap'], phase2: string][] = [
    ['eap-ttls-pap', 'TTLS', 'auth=PAP'],
    ['eap-ttls-gtc', 'TTLS', 'autheap=GTC'],
    ['eap-ttls-mschapv2', 'TTLS', 'auth=MSCHAPV2'],
    ['eap-ttls-mschapv2', 'TTLS', 'autheap=MSCHAPV2'],
    ['eap-peap-gtc', 'PEAP', 'auth=GTC'],
    ['eap-peap-mschapv2', 'PEAP', 'auth=MSCHAPV2'],
  ]
  const CASES = METHODS.flatMap(([name, eap, phase2]) =>
    (['1.2', '1.3'] as const).map((tls) => ({ name, eap, phase2, tls })),
  )

  test.each(CASES)(
    '$name ($phase2) by TLS $tls: the right OTP once, with its keys, and again by resumption; a wrong one never',
    async ({ name, eap, phase2, tls }) => {
      const serial = `${phase2}-${tls}`.toUpperCase().replaceAll(/[.=]/g, '').concat(eap)
      await enroll(serial)
      const how = { eap, phase2, tls, endpoint: (await openRelay()).endpoint }
      const joined = await joinWifi(device(serial, 0, { ...how, args: ['-r', '2'] }))
      expect([joined.ok, joined.keysAgreed, joined.resumptions]).toEqual([true, 3, 2])
      expect(joined.log).toContain(`SSL: Using TLS version TLSv${tls}`)
      const used = await joinWifi(device(serial, 0, how))
      const wrong = await joinWifi(device(serial, 1, { ...how, password: '1234000000' }))
      expect([used.ok, wrong.ok]).toEqual([false, false])
      expect([used, wrong].every(({ log }) => log.includes('EAP: Received EAP-Failure'))).toBe(true)
      const outer = name.split('-', 2).join('-')
      const isProof = name.endsWith('mschapv2')
      expect(await rows(serial)).toEqual([
        `otp-accepted ${name}`,
        `session-resumed ${outer}`,
        `session-resumed ${outer}`,
        `otp-already-used ${name}`,
        `${isProof ? 'wrong-pin-or-otp' : 'wrong-otp'} ${name}`,
      ])
      expect(await server.token(serial)).toMatchObject({ counter: 1, failCount: 2, attemptCount: 3 })
    },
    60_000,
  )

  test('what `eap init` prints for wpa_supplicant logs in as it stands', async () => {
    await enroll('PRINTED')
    const [block = ''] = /^ *network=\{[^}]*\}/m.exec(printed) ?? []
    const network = block
      .replace('"USER"', '"user-PRINTED"')
      .replace(/\}$/, `password="${password('PRINTED', 0)}"\n}\n`)
    const joined = await joinWifi(device('PRINTED', 0, { network }))
    expect([joined.ok, joined.keysAgreed, await rows('PRINTED')]).toEqual([
      true,
      1,
      ['otp-accepted eap-ttls-pap'],
    ])
  })

  test('EAP-GTC by itself, which the device asks for by Nak, gives no keys', async () => {
    await enroll('GTC')
    const joined = await joinWifi(device('GTC', 0, { eap: 'GTC', phase2: '' }))
    expect([joined.ok, await rows('GTC')]).toEqual([true, ['otp-accepted eap-gtc']])
  })

  test.each(['1.2', '1.3'] as const)(
    'fragments of 200 octets both ways, TLS %s: Framed-MTU is respected',
    async (tls) => {
      const serial = `MTU${tls.replace('.', '')}`
      await enroll(serial)
      const relay = await openRelay()
      const { endpoint } = relay
      const options = { tls, lines: ['fragment_size=200'], args: ['-N12:d:204'] }
      for (const [counter, eap] of (['TTLS', 'PEAP'] as const).entries()) {
        const phase2 = eap === 'TTLS' ? 'auth=PAP' : 'auth=GTC'
        const joined = await joinWifi(device(serial, counter, { endpoint, eap, phase2, ...options }))
        expect([joined.ok, joined.keysAgreed]).toEqual([true, 1])
      }
      const challenges = relay.seen.filter((packet) => packet[0] === 11)
      const lengths = challenges.map(eapLength)
      expect([Math.max(...lengths), lengths.filter((length) => length === 200).length > 4]).toEqual([
        200,
        true,
      ])
    },
  )

  test('nobody outside the tunnel sees the name; the client is told it in the end', async () => {
    await enroll('ANON')
    const relay = await openRelay()
    const joined = await joinWifi(device('ANON', 0, { endpoint: relay.endpoint }))
    const withName = relay.seen.filter((packet) => packet.includes('user-ANON'))
    expect([joined.ok, withName.map((packet) => packet[0])]).toEqual([true, [2]])
  })

  test('a device that checks another name does not give its OTP away', async () => {
    await enroll('NAME')
    const joined = await joinWifi(device('NAME', 0, { serverName: 'other.test' }))
    expect([joined.ok, await rows('NAME')]).toEqual([false, []])
    expect(await server.token('NAME')).toMatchObject({ counter: 0, attemptCount: 0 })
  })

  test.each([
    ['token', 'disable'],
    ['token', 'delete'],
    ['token', 'unassign'],
  ])('%s %s ends the session at once', async (noun, verb) => {
    const serial = `OUT-${verb.toUpperCase()}`
    await enroll(serial)
    const relay = await openRelay()
    let accepts = 0
    relay.onReply = async (reply) => {
      if (reply[0] === 2 && ++accepts === 2) await server.command(noun, verb, { serial })
    }
    const joined = await joinWifi(device(serial, 0, { endpoint: relay.endpoint, args: ['-r', '3'] }))
    expect([joined.ok, accepts, joined.log.includes('EAP: Received EAP-Failure')]).toEqual([false, 2, true])
  })

  test.each(['1.2', '1.3'] as const)('a session goes on after a restart, TLS %s', async (tls) => {
    const serial = `RESTART${tls.replace('.', '')}`
    await enroll(serial)
    const relay = await openRelay()
    let restarted = false
    relay.onReply = async (reply) => {
      if (reply[0] !== 2 || restarted) return
      restarted = true
      await server.stop()
      await server.start()
      relay.target = server.listening[0]!
    }
    const joined = await joinWifi(device(serial, 0, { tls, endpoint: relay.endpoint, args: ['-r', '1'] }))
    expect([joined.ok, joined.keysAgreed, joined.resumptions]).toEqual([true, 2, 1])
  })

  test.each(['1.2', '1.3'] as const)('a session goes on at another node, TLS %s', async (tls) => {
    const [one, other] = [
      await TestServer.start({ kind: POSTGRES, settings: SETTINGS }),
      await TestServer.prepare({ settings: SETTINGS }),
    ]
    const nodes = [one, other]
    try {
      expect((await one.sallyport(['eap', 'init', '--name', NAME])).status).toBe(0)
      await one.command('server', 'reload')
      const key = join(one.directory, 'data')
      other.configure({
        ...SETTINGS,
        server: { node: 'b', data_dir: key, master_key_file: join(key, 'master.key') },
        database: { url: one.database.url },
        admin: { socket: join(other.directory, 'admin.sock') },
      })
      await other.start()
      await enroll('NODES', {}, one)
      const relay = await openRelay(one.listening[0]!)
      relay.onReply = async (reply) => {
        if (reply[0] !== 2) return
        relay.target = other.listening[0]!
        // Sessions are stored some of them together.
        const stored = () => one.database.query('SELECT name FROM eap_sessions')
        await until('the session to be stored', async () => (await stored()).length > 0)
      }
      const ca = join(key, 'eap/ca.pem')
      const joined = await joinWifi(
        device('NODES', 0, { tls, ca, endpoint: relay.endpoint, args: ['-r', '1'] }),
      )
      expect([joined.ok, joined.keysAgreed, joined.resumptions]).toEqual([true, 2, 1])
      await other.logged('session-resumed')
    } finally {
      for (const node of nodes.toReversed()) await node.close()
    }
  })

  test('eap.resume_for = 0: every login takes an OTP', async () => {
    await enroll('ZERO')
    server.configure({ ...SETTINGS, eap: { resume_for: 0 } })
    await server.command('server', 'reload')
    const joined = await joinWifi(device('ZERO', 0, { args: ['-r', '1'] }))
    expect([joined.ok, joined.resumptions]).toEqual([false, 0])
    expect(await rows('ZERO')).toEqual(['otp-accepted eap-ttls-pap', 'otp-already-used eap-ttls-pap'])
    server.configure(SETTINGS)
    await server.command('server', 'reload')
  })

  test('eap = false for a client: EAP is refused, as without a certificate', async () => {
    await enroll('OFF')
    server.configure({ ...SETTINGS, radius: { clients: [vpn({ eap: false })] } })
    await server.command('server', 'reload')
    const joined = await joinWifi(device('OFF', 0))
    expect([joined.ok, await rows('OFF')]).toEqual([false, []])
    server.configure(SETTINGS)
    await server.command('server', 'reload')
  })

  test('a reload with another certificate drops no conversation that has begun', async () => {
    await enroll('RELOAD')
    const relay = await openRelay()
    let challenges = 0
    relay.onReply = async (reply) => {
      if (reply[0] !== 11 || ++challenges !== 3) return
      expect((await server.sallyport(['eap', 'renew'])).status).toBe(0)
      await server.command('server', 'reload')
    }
    const joined = await joinWifi(
      device('RELOAD', 0, { endpoint: relay.endpoint, lines: ['fragment_size=100'] }),
    )
    await until('the reload', () => challenges > 2)
    expect([joined.ok, joined.keysAgreed]).toEqual([true, 1])
  })

  test('Wireshark finds nothing wrong with any reply to all this', async () => {
    const rows = await dissect(relays.flatMap(({ seen }) => seen))
    const replies = rows.filter(({ code }) => code !== '1')
    expect(replies.length).toBeGreaterThan(300)
    expect(
      replies.filter(({ malformed, isAuthentic }) => malformed !== undefined || isAuthentic !== '1'),
    ).toEqual([])
    const kinds = new Set(replies.map(({ code, eapCode }) => `${code} with ${eapCode}`))
    expect([...kinds].toSorted()).toEqual(['11 with 1', '2 with 3', '3 with 4'])
  })
})

/** Of all EAP-Message attributes together. */
function eapLength(packet: Buffer): number {
  let length = 0
  for (let at = 20; at < packet.length; at += packet[at + 1]!)
    if (packet[at] === 79) length += packet[at + 1]! - 2
  return length
}
