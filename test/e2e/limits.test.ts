/** Rate limits on the real server: what is over them is rejected or dropped, told in log and metrics, and costs nobody else. */
import { request } from 'node:http'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { until } from '../support/until.ts'
import { hotp, secretOf } from './otp.ts'
import { type Settings, TestServer, vpn } from './server.ts'

const TOKEN = (name: string) => ({ secretHex: secretOf(name) })
let server: TestServer
afterEach(() => server?.close())

async function start(settings: Settings = {}, users = ['alice', 'bob']): Promise<void> {
  server = await TestServer.start({ settings })
  for (const user of users) {
    const token = { type: 'hotp', serial: user.toUpperCase(), user, pin: '1234', maxFail: 0, ...TOKEN(user) }
    await server.command('token', 'enroll', token)
  }
}
const password = (user: string, counter: number) => `1234${hotp(TOKEN(user), counter)}`
const linesWith = (text: string) => server.log.split('\n').filter((line) => line.includes(text))

/** Of `GET /metrics`, by name and labels. */
async function metrics(
  from: { socketPath: string } | { host: string; port: number },
): Promise<Map<string, number>> {
  const text = await new Promise<string>((resolve, reject) => {
    const sent = request({ ...from, path: '/metrics', agent: false }, (response) => {
      expect([response.statusCode, response.headers['content-type']]).toEqual([
        200,
        'text/plain; version=0.0.4; charset=utf-8',
      ])
      let body = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve(body))
    })
    sent.on('error', reject).end()
  })
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(samples.map((line) => [line.replace(/ \S+$/, ''), Number(line.split(' ').at(-1))]))
}
const onSocket = () => metrics({ socketPath: join(server.directory, 'data', 'admin.sock') })

describe('an account', () => {
  test('that is flooded with wrong PINs: 20 are decided, the rest is rejected undecided, and others log in meanwhile', async () => {
    await start()
    const nas = await server.client()
    const others = await server.client()
    const flood: Promise<string>[] = []
    const answers: string[] = []
    const began = Date.now()
    for (let i = 0; i < 200; i++) {
      flood.push(nas.login(['alice', 'Alice', 'ALICE'][i % 3]!, `0000${String(i).padStart(6, '0')}`))
      if (i % 20 === 0) answers.push(await others.login('bob', password('bob', i / 20)))
    }
    expect(new Set(await Promise.all(flood))).toEqual(new Set(['reject']))
    const seconds = (Date.now() - began) / 1000
    expect(answers).toEqual(Array(10).fill('accept'))

    const { failCount, counter } = await server.token('ALICE')
    expect(failCount).toBeGreaterThanOrEqual(20)
    expect(failCount).toBeLessThanOrEqual(20 + seconds)
    expect(counter).toBe(0)
    const counters = await server.counters()
    expect(counters).toMatchObject({
      accepted: 10,
      rejected: 200,
      limitedLogins: 200 - (failCount as number),
    })
    const { entries } = await server.command('audit', 'list', { user: 'alice', action: 'login' })
    expect((entries as unknown[]).length).toBe(failCount)

    await server.logged('reason=too-many-logins')
    const told = linesWith('reason=too-many-logins')
    expect(told.length).toBeLessThanOrEqual(1 + seconds)
    expect(told[0]).toMatch(
      / warn {2}login rejected reason=too-many-logins user=\S+ client=vpn source=127\.0\.0\.1 remedy=".*limits\.account_rate/,
    )
    const seen = await onSocket()
    expect(seen.get('sallyport_limited_total{kind="account"}')).toBe(counters.limitedLogins)
    expect(seen.get('sallyport_logins_total{verdict="accept"}')).toBe(10)
    expect(seen.get('sallyport_login_duration_seconds_count')).toBe(10 + (failCount as number))
  })

  test('over its limit: even the right OTP is rejected, is not spent, and is accepted when a token is back', async () => {
    await start({ limits: { account_burst: 2, account_rate: 2 } })
    const nas = await server.client()
    const answers = []
    for (let i = 0; i < 3; i++) answers.push(await nas.login('alice', password('alice', i)))
    expect(answers).toEqual(['accept', 'accept', 'reject'])
    expect(await server.token('ALICE')).toMatchObject({
      counter: 2,
      failCount: 0,
      attemptCount: 2,
      successCount: 2,
    })
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(await nas.login('alice', password('alice', 2))).toBe('accept')
  })

  test('a request sent again takes no token', async () => {
    await start({ limits: { account_burst: 2, account_rate: 0.01 } })
    const nas = await server.client()
    const first = nas.accessRequest('alice', password('alice', 0))
    for (let i = 0; i < 5; i++) expect(await nas.ask(first)).toBe('accept')
    expect(await nas.login('alice', password('alice', 1))).toBe('accept')
    expect(await nas.login('alice', password('alice', 2))).toBe('reject')
    expect(await server.counters()).toMatchObject({ accepted: 2, duplicates: 4, limitedLogins: 1 })
  })

  test('what the limit is, a reload changes; 0 is none', async () => {
    await start({ limits: { account_burst: 1, account_rate: 0.01 } })
    const nas = await server.client()
    expect(await nas.login('alice', password('alice', 0))).toBe('accept')
    expect(await nas.login('alice', password('alice', 1))).toBe('reject')
    server.configure({ limits: { account_rate: 0 } })
    expect((await server.command('server', 'reload')).warnings).toEqual([])
    for (let i = 1; i < 40; i++) expect(await nas.login('alice', password('alice', i))).toBe('accept')
    expect(await server.counters()).toMatchObject({ accepted: 40, limitedLogins: 1 })
  })
})

describe('a source', () => {
  test('that floods with a wrong secret is dropped unread; a port that has proven itself, and other sources, go on', async () => {
    const clients = [vpn({ address: ['127.0.0.1', '127.0.0.2'] })]
    await start({ radius: { clients }, limits: { source_rate: 0.01, source_burst: 50 } })
    const gateway = await server.client()
    expect(await gateway.login('alice', password('alice', 0))).toBe('accept')
    const forger = await server.client({ secret: 'not the secret at all' })
    for (let i = 0; i < 200; i++) forger.send(forger.accessRequest('alice', 'x').octets)
    await until('the flood to be dropped', async () => {
      const { 'dropped.too-many-faults': heldBack = 0 } = await server.counters()
      return heldBack >= 150
    })
    expect(await server.counters()).toMatchObject({
      'dropped.wrong-message-authenticator': 50,
      'dropped.too-many-faults': 150,
    })
    expect(await gateway.login('alice', password('alice', 1))).toBe('accept')
    const unproven = await server.client()
    expect(await unproven.ask(unproven.accessRequest('alice', password('alice', 2)), 300)).toBe('silence')
    const other = await server.client({ from: '127.0.0.2' })
    expect(await other.login('alice', password('alice', 2))).toBe('accept')

    const told = linesWith('reason=too-many-faults')
    expect(told.length).toBeLessThanOrEqual(3)
    expect(told[0]).toMatch(
      / warn {2}datagram dropped reason=too-many-faults client=vpn address=127\.0\.0\.1 remedy=".*limits\.source_rate/,
    )
    const seen = await onSocket()
    expect(seen.get('sallyport_limited_total{kind="source"}')).toBe(151)
    expect(seen.get('sallyport_dropped_total{reason="wrong-message-authenticator"}')).toBe(50)
  })

  test('by default, a thousand faults in a row hold nothing back', async () => {
    await start()
    const nas = await server.client()
    for (let i = 0; i < 1000; i++) {
      nas.send(Buffer.from([1, 0, 0, 99]))
      if (i % 50 === 0) await nas.login('nobody', 'x')
    }
    expect(await nas.login('alice', password('alice', 0))).toBe('accept')
    expect(await server.counters()).not.toHaveProperty('dropped.too-many-faults')
  })
})

describe('metrics', () => {
  test('over TCP where the configuration says, and nothing else is there', async () => {
    await start({ metrics: { listen: '127.0.0.1:0' } }, [])
    await server.logged('metrics are served')
    const [, port = ''] = /url=http:\/\/127\.0\.0\.1:(\d+)\/metrics/.exec(server.log) ?? []
    const seen = await metrics({ host: '127.0.0.1', port: Number(port) })
    expect(seen.get('sallyport_database_up')).toBe(1)
    expect([...seen.keys()].sort()).toEqual([...(await onSocket()).keys()].sort())
    const answers = [
      await fetch(`http://127.0.0.1:${port}/v1/server/status`, { method: 'POST' }),
      await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST' }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([404, 405])
    expect(await server.stop()).toMatchObject({ status: 0 })
  })

  test('a TCP address that cannot be had stops the start, and says so', async () => {
    await start({}, [])
    const { port } = server.listening[0]!
    server.configure({ metrics: { listen: `192.0.2.1:${port}` }, server: { data_dir: './other' } })
    const { status, stderr } = await server.startAndFail({ SALLYPORT_DATABASE__URL: 'sqlite:./other.db' })
    expect(status).not.toBe(0)
    expect(stderr).toMatch(/metrics\.listen: cannot listen on 192\.0\.2\.1, TCP port \d+: EADDRNOTAVAIL/)
  })
})
