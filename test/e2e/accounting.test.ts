/** Accounting as a NAS has it, on the real server: recorded before it is answered, once, in any order; and disconnecting. */
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Code } from '../../src/radius/attributes.ts'
import { checkResponse } from '../../src/radius/packet.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { DATABASES, POSTGRES } from '../support/databases.ts'
import { until } from '../support/until.ts'
import { account, accountingRequest, DisconnectPort } from './accounting_client.ts'
import { secretOf } from './otp.ts'
import type { RadiusClient } from './radius_client.ts'
import { CLIENT_SECRET, TestServer, vpn } from './server.ts'

let server: TestServer
let nas: RadiusClient
afterEach(() => server?.close())

interface Shown {
  readonly id: number
  readonly user: string
  readonly acctSessionId: string
  readonly active: boolean
  readonly records: number
  readonly startedAt: string
  readonly inputOctets: number
}

async function sessions(filter: object = {}): Promise<Shown[]> {
  return (await server.command('session', 'list', filter)).sessions as Shown[]
}
const SHORT_MS = 500

describe.each(DATABASES)('$name', (kind) => {
  beforeEach(async () => {
    server = await TestServer.start({ kind })
    nas = await server.accountingClient()
  })

  test('Start, Interim-Update and Stop are one session, also over a restart', async () => {
    const before = Date.now()
    expect(await account(nas, { status: 'start' })).toBe(true)
    expect(await sessions()).toMatchObject([
      { user: 'alice', client: 'vpn', active: true, source: '127.0.0.1', nasIdentifier: 'gw' },
    ])
    expect(Math.abs(Date.parse((await sessions())[0]!.startedAt) - before)).toBeLessThan(5000)
    expect(await account(nas, { status: 'interim', seconds: 60, octets: 1000 })).toBe(true)
    await server.stop('SIGKILL')
    await server.start()
    nas = await server.accountingClient()
    expect(await sessions()).toMatchObject([{ active: true, inputOctets: 1000, records: 2 }])
    expect(await account(nas, { status: 'stop', seconds: 90, octets: 2000 })).toBe(true)
    expect(await account(nas, { status: 'interim', seconds: 60, octets: 1000, delay: 30 })).toBe(true)
    expect(await sessions({ user: 'ALICE', active: false })).toMatchObject([
      { active: false, inputOctets: 2000, durationSeconds: 90, records: 4 },
    ])
    expect(server.log).toMatch(/info {2}session started user=alice session=A1 client=vpn source=127\.0\.0\.1/)
  })

  test('a copy gets the same answer and records nothing; with a new Acct-Delay-Time it changes nothing', async () => {
    const start = accountingRequest({ status: 'start' })
    const [first, second] = [await nas.exchange(start), await nas.exchange(start)]
    expect(second).toEqual(first)
    expect(await server.counters()).toMatchObject({ accountingRecorded: 1, accountingDuplicates: 1 })
    const [{ startedAt, ...rest }] = (await sessions()) as [Shown]
    expect(await account(nas, { status: 'start', delay: 1 })).toBe(true)
    const [again] = (await sessions()) as [Shown]
    expect(again).toMatchObject({
      ...rest,
      records: 2,
      updatedAt: expect.any(String),
      startedAt: expect.any(String),
    })
    expect(Math.abs(Date.parse(again.startedAt) - Date.parse(startedAt))).toBeLessThan(2000)
  })

  test('Accounting-On ends the sessions of that NAS alone', async () => {
    for (const [session, who] of [
      ['A1', 'gw'],
      ['A2', 'gw'],
      ['B1', 'other'],
    ] as const)
      expect(await account(nas, { status: 'start', session, nas: who })).toBe(true)
    expect(await account(nas, { status: 'on', nas: 'gw' })).toBe(true)
    const active = await sessions({ active: true })
    expect(active.map(({ acctSessionId }) => acctSessionId)).toEqual(['B1'])
    expect(await sessions({ active: false })).toMatchObject([
      { terminateCause: 'nas-reboot' },
      { terminateCause: 'nas-reboot' },
    ])
    expect(await account(nas, { status: 'off', nas: 'other' })).toBe(true)
    expect(await sessions({ active: true })).toEqual([])
  })

  test('while the database is away nothing is answered; afterwards the same request is', async () => {
    const start = accountingRequest({ status: 'start' })
    await server.database.query('ALTER TABLE sessions RENAME TO away')
    expect(await account(nas, start, SHORT_MS)).toBe(false)
    await server.logged('reason=not-recorded')
    await server.database.query('ALTER TABLE away RENAME TO sessions')
    expect(await account(nas, start)).toBe(true)
    expect(await sessions()).toMatchObject([{ records: 1 }])
  })

  test('a thousand at once are each answered when they are recorded', async () => {
    const names = Array.from({ length: 1000 }, (_, i) => `S${i}`)
    const ports = await Promise.all(Array.from({ length: 4 }, () => server.accountingClient()))
    const answers = await Promise.all(
      ports.map(async (port, i) => {
        const own = names.slice(250 * i, 250 * (i + 1))
        return await Promise.all(own.map((session) => account(port, { status: 'start', session }, 5000)))
      }),
    )
    expect(answers.flat()).toEqual(names.map(() => true))
    expect((await sessions({ limit: 1000 })).map(({ acctSessionId }) => acctSessionId).sort()).toEqual(
      names.sort(),
    )
  })
})

describe('what is not believed', () => {
  beforeEach(async () => {
    server = await TestServer.start()
    nas = await server.accountingClient()
  })

  test('under a wrong secret: no answer, no session, and the log says what is wrong', async () => {
    const wrong = accountingRequest({ status: 'start' }, new SharedSecret('not the secret'))
    expect(await account(nas, wrong, SHORT_MS)).toBe(false)
    await server.logged(
      /datagram dropped reason=wrong-request-authenticator .*remedy="the shared secret is probably/,
    )
    expect(await sessions()).toEqual([])
    expect(await server.counters()).toMatchObject({ 'accountingDropped.wrong-request-authenticator': 1 })
  })

  test('without a NAS or a session: discarded, counted, and told', async () => {
    const request = accountingRequest({ status: 'start', session: '' })
    expect(await account(nas, request, SHORT_MS)).toBe(false)
    await server.logged('reason=no-acct-session-id')
    expect(await server.counters()).toMatchObject({ 'accountingDropped.no-acct-session-id': 1 })
  })

  test('an Access-Request is not served here, and an Accounting-Request not there', async () => {
    expect(await nas.ask(nas.accessRequest('alice', 'x'), SHORT_MS)).toBe('silence')
    const login = await server.client()
    expect(await account(login, { status: 'start' }, SHORT_MS)).toBe(false)
    expect(await server.counters()).toMatchObject({
      'dropped.code-not-served': 1,
      'accountingDropped.code-not-served': 1,
    })
  })

  test('RFC 5997: Status-Server is answered by an Accounting-Response while the database answers', async () => {
    const status = nas.request(Code.StatusServer, randomBytes(16), [])
    const reply = await nas.exchange(status.octets)
    const secret = new SharedSecret(CLIENT_SECRET)
    expect(checkResponse(reply!, status.requestAuthenticator, status.identifier, secret)).toMatchObject({
      code: 5,
    })
  })
})

test('an empty list turns it off', async () => {
  server = await TestServer.start({ settings: { accounting: { listen: [] } } })
  expect(server.accounting).toEqual([])
  expect((await server.command('server', 'status')).listeners).toHaveLength(1)
})

test('a reload changes how long sessions are kept, and not where accounting listens', async () => {
  server = await TestServer.start({ settings: { accounting: { keep: '1h' } } })
  server.configure({ accounting: { keep: '2h' } })
  expect(await server.command('server', 'reload')).toMatchObject({ warnings: [] })
  server.configure({ accounting: { listen: ['127.0.0.1:18139'] } })
  expect(await server.command('server', 'reload')).toMatchObject({
    warnings: ['accounting.listen has changed: it takes effect at the next start'],
  })
})

test('workers each account for the same clients', async () => {
  server = await TestServer.start({ kind: POSTGRES, settings: { server: { workers: 2 } } })
  const ports = await Promise.all(Array.from({ length: 30 }, () => server.accountingClient()))
  const answers = await Promise.all(
    ports.map((port, i) => account(port, { status: 'start', session: `W${i}` }, 5000)),
  )
  expect(answers).toEqual(ports.map(() => true))
  expect(await sessions()).toHaveLength(30)
  expect(await server.counters()).toMatchObject({ accountingRecorded: 30 })
})

describe('disconnecting', () => {
  let port: DisconnectPort
  afterEach(() => port.close())

  async function start(
    answer: Parameters<typeof DisconnectPort.open>[0],
    by: 'port' | 'address' = 'port',
  ): Promise<Shown> {
    port = await DisconnectPort.open(answer)
    const to = by === 'port' ? { disconnect_port: port.port } : { disconnect: `127.0.0.1:${port.port}` }
    server = await TestServer.start({ settings: { radius: { clients: [vpn(to)] } } })
    nas = await server.accountingClient()
    await account(nas, { status: 'start' })
    return (await sessions())[0]!
  }
  const entries = async () =>
    (await server.command('audit', 'list', { action: 'session disconnect' })).entries

  test.each(['port', 'address'] as const)('is acknowledged, by %s, and the trail has it', async (by) => {
    const { id } = await start(() => ({ code: Code.DisconnectAck }), by)
    expect(await server.command('session', 'disconnect', { id })).toMatchObject({
      session: { id, user: 'alice' },
    })
    expect(port.requests).toHaveLength(1)
    expect(await entries()).toMatchObject([
      { actor: 'admin:carol', user: 'alice', outcome: 'done', reason: null, detail: `session ${id} at vpn` },
    ])
  })

  test('RFC 5176 §2.3: is sent again as the same octets', async () => {
    const { id } = await start((_, count) => (count < 2 ? null : { code: Code.DisconnectAck }))
    await server.command('session', 'disconnect', { id })
    expect(port.requests).toHaveLength(2)
    expect(port.requests[1]).toEqual(port.requests[0])
  }, 20_000)

  test('a NAK is told with its Error-Cause in words', async () => {
    const { id } = await start(() => ({ code: Code.DisconnectNak, cause: 503 }))
    const { status, stdout, stderr } = await server.sallyport(['session', 'disconnect', String(id)])
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toBe(
      `sallyport: vpn did not end session ${id}: session-context-not-found\nthe device knows no such session: it has probably ended, and its Stop was lost\n`,
    )
    expect(await entries()).toMatchObject([{ outcome: 'refused', reason: 'session-context-not-found' }])
  })

  test('an answer under another secret is not believed', async () => {
    const { id } = await start(() => ({
      code: Code.DisconnectAck,
      secret: new SharedSecret('not the secret'),
    }))
    await expect(server.command('session', 'disconnect', { id })).rejects.toThrow(
      'vpn does not answer: its answers are not to be believed (wrong-response-authenticator): the shared secret differs',
    )
    expect(await entries()).toMatchObject([{ outcome: 'refused', reason: 'no-answer' }])
  }, 20_000)

  test('token disable --disconnect ends every session of the owner, and of nobody else', async () => {
    await start((request) => ({ code: request.includes('A2') ? Code.DisconnectNak : Code.DisconnectAck }))
    await account(nas, { status: 'start', session: 'A2', user: 'ALICE' })
    await account(nas, { status: 'start', session: 'B1', user: 'bob' })
    await account(nas, { status: 'stop', session: 'A3' })
    await server.command('token', 'enroll', {
      type: 'hotp',
      serial: 'H1',
      user: 'alice',
      secretHex: secretOf('H1'),
    })
    const { stdout } = await server.sallyport(['token', 'disable', 'H1', '--disconnect'])
    expect(stdout).toMatch(/state +disabled/)
    expect(stdout).toMatch(/SESSION +CLIENT +OUTCOME/)
    expect(port.requests).toHaveLength(2)
    const again = await server.command('token', 'disable', { serial: 'H1', disconnect: true })
    expect(again.disconnects).toEqual(
      expect.arrayContaining([
        { session: expect.any(Number), client: 'vpn', outcome: 'acknowledged', why: null },
        { session: expect.any(Number), client: 'vpn', outcome: 'refused', why: null },
      ]),
    )
    expect(await server.token('H1')).toMatchObject({ active: false })
    await until('the trail', async () => ((await entries()) as unknown[]).length === 4)
  })
})
