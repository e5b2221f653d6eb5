/** hostapd's RADIUS client, as in most access points: a wired port is opened by an OTP, stays open without one, and is shut. */
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { hotp, secretOf } from '../e2e/otp.ts'
import { TestServer, vpn } from '../e2e/server.ts'
import { freeUdpPort } from '../support/free_port.ts'
import { until } from '../support/until.ts'
import { SwitchPort } from './switch_port.ts'
import { describeWhere } from './tools.ts'

const NAME = 'radius.test'

describeWhere(['ip', 'hostapd', 'wpa_supplicant'], SwitchPort.obstacle, 'hostapd', () => {
  let server: TestServer
  let port: SwitchPort | null = null
  let disconnectPort = 0

  beforeAll(async () => {
    disconnectPort = await freeUdpPort()
    server = await TestServer.start({
      settings: {
        limits: { account_rate: 0 },
        radius: { clients: [vpn({ disconnect_port: disconnectPort })] },
      },
    })
    expect((await server.sallyport(['eap', 'init', '--name', NAME])).status).toBe(0)
    await server.command('server', 'reload')
  })
  afterEach(async () => {
    await port?.close()
    port = null
  })
  afterAll(() => server?.close())

  const enroll = (serial: string) =>
    server.command('token', 'enroll', {
      ...{ type: 'hotp', serial, user: `user-${serial}`, secretHex: secretOf(serial), pin: '1234' },
    })
  const otp = (serial: string) => hotp({ secretHex: secretOf(serial) }, 0)

  async function plugIn(serial: string, { eap, phase2, tls }: Way, password: string): Promise<SwitchPort> {
    port = await SwitchPort.open({
      server: server.listening[0]!,
      accounting: server.accounting[0]!,
      disconnectPort,
      network: {
        eap,
        phase1: `"tls_disable_tlsv1_3=${tls === '1.3' ? 0 : 1}"`,
        phase2: `"${phase2}"`,
        identity: `"user-${serial}"`,
        password: `"${password}"`,
        ca_cert: `"${join(server.directory, 'data/eap/ca.pem')}"`,
        domain_match: `"${NAME}"`,
      },
    })
    return port
  }
  async function rows(serial: string): Promise<unknown[]> {
    const { entries } = await server.command('audit', 'list', { user: `user-${serial}`, action: 'login' })
    return (entries as { reason: unknown }[]).map(({ reason }) => reason).toReversed()
  }

  interface Way {
    readonly eap: 'TTLS' | 'PEAP'
    readonly phase2: string
    readonly tls: '1.2' | '1.3'
  }
  const WAYS: readonly Way[] = [
    { eap: 'TTLS', phase2: 'auth=PAP', tls: '1.3' },
    { eap: 'PEAP', phase2: 'auth=GTC', tls: '1.2' },
  ]

  test.each(WAYS)('$eap, $phase2, TLS $tls: a wrong OTP opens nothing', async (way) => {
    const serial = `WRONG-${way.eap}`
    await enroll(serial)
    const own = await plugIn(serial, way, '1234000000')
    await until('the failure', () => own.failures > 0)
    expect([own.successes, own.isOpen]).toEqual([0, false])
    expect(await rows(serial)).toContain('wrong-otp')
  })

  test.each(WAYS)(
    '$eap, $phase2, TLS $tls: in by an OTP, again by resumption, and out when the token is disabled',
    async (way) => {
      await enroll(way.eap)
      const own = await plugIn(way.eap, way, `1234${otp(way.eap)}`)
      await until('the login', () => own.successes === 1 && own.isOpen)
      expect(own.deviceLog).toContain(`SSL: Using TLS version TLSv${way.tls}`)

      own.reauthenticate()
      await until('the resumption', () => own.successes === 2 && own.isOpen)
      expect([own.resumptions, await rows(way.eap)]).toEqual([1, ['otp-accepted', 'session-resumed']])

      await server.command('token', 'disable', { serial: way.eap })
      own.reauthenticate()
      await until('the failure', () => own.failures > 0 && !own.isOpen)
      expect(own.successes).toBe(2)
      expect((await rows(way.eap))[2]).toBe('token-disabled')
    },
  )

  test('Session-Timeout with Termination-Action: asked again without being told to, and out', async () => {
    await enroll('HOURLY')
    const reply = ['Session-Timeout = 4', 'Termination-Action = RADIUS-Request']
    await server.command('user', 'set', { user: 'user-HOURLY', reply })
    const own = await plugIn('HOURLY', WAYS[0]!, `1234${otp('HOURLY')}`)
    await until('a resumption', () => own.resumptions > 0 && own.isOpen)
    await server.command('token', 'disable', { serial: 'HOURLY' })
    await until('the failure', () => own.failures > 0 && !own.isOpen)
    expect(await rows('HOURLY')).toEqual(
      expect.arrayContaining(['otp-accepted', 'session-resumed', 'token-disabled']),
    )
  })

  test('token disable --disconnect shuts the port at once (RFC 5176)', async () => {
    await enroll('AWAY')
    const own = await plugIn('AWAY', WAYS[0]!, `1234${otp('AWAY')}`)
    await until('the login', () => own.isOpen)
    const sessions = async () =>
      ((await server.command('session', 'list', { user: 'user-AWAY' })).sessions as object[]).length
    await until('accounting', async () => (await sessions()) === 1)
    const { disconnects } = await server.command('token', 'disable', { serial: 'AWAY', disconnect: true })
    expect(disconnects).toEqual([expect.objectContaining({ outcome: 'acknowledged' })])
    await until('the port to be shut', () => !own.isOpen)
  })

  test('hostapd is told who is behind the anonymous name', async () => {
    await enroll('KNOWN')
    const own = await plugIn('KNOWN', WAYS[0]!, `1234${otp('KNOWN')}`)
    await until('the name', () => /User-Name from Access-Accept '?user-KNOWN/.test(own.switchLog))
    expect(own.switchLog).toContain("STA identity 'anonymous'")
  })
})
