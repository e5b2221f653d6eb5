/**
 * `[server] workers = 2` on PostgreSQL: two processes behind one port are one server, also when one of them dies, and no
 * process outlives it.
 */
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { POSTGRES } from '../support/databases.ts'
import { until } from '../support/until.ts'
import { hotp, secretOf } from './otp.ts'
import type { Answer, RadiusClient } from './radius_client.ts'
import { TestServer, vpn } from './server.ts'

/** With so many ports, that one process gets all or none has a chance of 2 in 2^40. */
const PORTS = 40
const USERS = 40
const tokenOf = (index: number) => ({ secretHex: secretOf(`worker ${index}`) })
const SETTINGS = { server: { workers: 2 }, limits: { account_rate: 0 } }

interface Worker {
  readonly pid: number
  readonly logins: number
}

let server: TestServer
let ports: RadiusClient[]
afterEach(() => server?.close())

async function start(settings: typeof SETTINGS & object = SETTINGS): Promise<void> {
  server = await TestServer.start({ kind: POSTGRES, settings })
  ports = await Promise.all(Array.from({ length: PORTS }, () => server.client()))
  for (let index = 0; index < USERS; index++) {
    const token = { type: 'hotp', serial: `W${index}`, user: `user${index}`, maxFail: 0, ...tokenOf(index) }
    await server.command('token', 'enroll', token)
  }
}

const workers = async () => (await server.command('server', 'status')).workers as Worker[]

/** Every user logs in, each from another port. */
const allLogIn = async (counter: number): Promise<Answer[]> =>
  await Promise.all(
    ports.map((port, index) =>
      insist(port, port.accessRequest(`user${index}`, hotp(tokenOf(index), counter))),
    ),
  )

/** As devices do: what a process takes to its grave, or could not decide against all the others, is sent again. */
async function insist(
  port: RadiusClient,
  request: ReturnType<RadiusClient['accessRequest']>,
): Promise<Answer> {
  for (let sent = 1; sent < 4; sent++) {
    const answer = await port.ask(request)
    if (answer !== 'silence') return answer
  }
  return await port.ask(request)
}

const ACCEPTS = Array<Answer>(USERS).fill('accept')

/** Also not as a zombie. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

describe('two workers', () => {
  beforeEach(() => start())

  test('share the logins of many ports, and their counters are one sum', async () => {
    expect(await allLogIn(0)).toEqual(ACCEPTS)
    const both = await workers()
    expect(both.map(({ logins }) => logins > 0)).toEqual([true, true])
    expect(both.reduce((sum, { logins }) => sum + logins, 0)).toBe(USERS)
    expect(await server.counters()).toMatchObject({
      accepted: USERS,
      committed: expect.any(Number),
      waiting: 0,
    })
    expect(await server.command('audit', 'verify')).toMatchObject({ ok: true, entries: 2 * USERS })
  })

  test('accept an OTP once that both receive at the same moment, 10 times', async () => {
    for (let round = 0; round < 10; round++) {
      const requests = ports.map((port) => port.accessRequest('user0', hotp(tokenOf(0), round)))
      const answers = await Promise.all(ports.map((port, index) => insist(port, requests[index]!)))
      expect(answers.filter((answer) => answer === 'accept')).toHaveLength(1)
      expect(answers.filter((answer) => answer === 'reject')).toHaveLength(PORTS - 1)
    }
    expect((await workers()).every(({ logins }) => logins > 0)).toBe(true)
    expect(await server.token('W0')).toMatchObject({ counter: 10, successCount: 10 })
  })

  test('answer a retransmission with the very octets of the first answer, from whichever port', async () => {
    for (const [index, port] of ports.entries()) {
      const { octets } = port.accessRequest(`user${index}`, hotp(tokenOf(index), 0))
      const first = await port.exchange(octets)
      expect((await port.exchange(octets))?.equals(first!)).toBe(true)
    }
    expect(await server.counters()).toMatchObject({ accepted: USERS, duplicates: USERS })
    expect((await workers()).every(({ logins }) => logins > 0)).toBe(true)
  })

  test('one that is killed is replaced, the other serves meanwhile, and no counter falls', async () => {
    expect(await allLogIn(0)).toEqual(ACCEPTS)
    const [first, second] = await workers()
    process.kill(second!.pid, 'SIGKILL')
    await until('it to be gone', () => !isAlive(second!.pid))
    expect(await allLogIn(1)).toEqual(ACCEPTS)
    await until('another', async () => (await workers()).length === 2)
    const [same, next] = await workers()
    expect(same!.pid).toBe(first!.pid)
    expect(next!.pid).not.toBe(second!.pid)
    expect(server.log).toMatch(/error a worker has ended; it is started again pid=\d+ ended="?signal SIGKILL/)
    expect(await allLogIn(2)).toEqual(ACCEPTS)
    expect((await workers())[1]!.logins).toBeGreaterThan(0)
    expect(await server.counters()).toMatchObject({ accepted: 3 * USERS })
    expect(await server.command('audit', 'verify')).toMatchObject({ ok: true, entries: 4 * USERS })
  })

  test('one that is ended by SIGTERM answers what it has received, and is replaced', async () => {
    const [, second] = await workers()
    const logins = allLogIn(0)
    process.kill(second!.pid, 'SIGTERM')
    const answers = await logins
    expect(answers.filter((answer) => answer === 'reject')).toEqual([])
    await until('another', async () => (await workers())[1]?.pid !== second!.pid)
    expect(await server.counters()).toMatchObject({ accepted: answers.filter((a) => a === 'accept').length })
  })

  test('a reload reaches both, and one that is started later', async () => {
    const NEW = { name: 'new', secret: 'another-secret-of-16' }
    server.configure({ ...SETTINGS, radius: { clients: [vpn(NEW)] } })
    expect(await server.command('server', 'reload')).toEqual({ clients: 1, warnings: [] })
    const renew = () => Promise.all(Array.from({ length: PORTS }, () => server.client(NEW)))
    ports = await renew()
    expect(await allLogIn(0)).toEqual(ACCEPTS)
    // A file that nobody has reloaded changes nothing, also not for a worker that starts now.
    server.writeConfig('[radius')
    const [, second] = await workers()
    process.kill(second!.pid, 'SIGKILL')
    await until(
      'another',
      async () => (await workers())[1]?.pid !== second!.pid && (await workers()).length === 2,
    )
    expect(await allLogIn(1)).toEqual(ACCEPTS)
    expect((await workers()).every(({ logins }) => logins > 0)).toBe(true)
  })

  test('both answer what they received before they end, and no process is left', async () => {
    const pids = (await workers()).map(({ pid }) => pid)
    const logins = allLogIn(0)
    expect(await server.stop()).toEqual({ status: 0, signal: null })
    expect(await logins).toEqual(ACCEPTS)
    expect(pids.filter(isAlive)).toEqual([])
    expect(server.log).not.toMatch(/ error /)
  })

  test('none outlives the first, also when that is killed', async () => {
    const [first, second] = await workers()
    expect(first!.pid).not.toBe(second!.pid)
    await server.stop('SIGKILL')
    await until('the worker to end', () => !isAlive(second!.pid))
  })

  test('metrics are of both', async () => {
    expect(await allLogIn(0)).toEqual(ACCEPTS)
    server.configure({ ...SETTINGS, metrics: { listen: '127.0.0.1:0' } })
    await server.stop()
    await server.start()
    ports = await Promise.all(Array.from({ length: PORTS }, () => server.client()))
    expect(await allLogIn(1)).toEqual(ACCEPTS)
    const [, url = ''] = /metrics are served url=(\S+)/.exec(server.log) ?? []
    const text = await (await fetch(url)).text()
    expect(text).toMatch(/^sallyport_workers 2$/m)
    expect(text).toMatch(new RegExp(`^sallyport_logins_total\\{verdict="accept"\\} ${USERS}$`, 'm'))
    expect(text).toMatch(new RegExp(`^sallyport_login_duration_seconds_count ${USERS}$`, 'm'))
  })

  test('a second server is refused their port, though it would share it', async () => {
    const { port } = server.listening[0]!
    const listen = { listen: [`127.0.0.1:${port}`] }
    const second = await TestServer.prepare({ kind: POSTGRES, settings: { ...SETTINGS, radius: listen } })
    try {
      expect(await second.startAndFail()).toMatchObject({
        status: 1,
        stderr: expect.stringContaining(`127.0.0.1:${port} is in use by another program`),
      })
    } finally {
      await second.close()
    }
  })
})

test('SQLite refuses to start with two', async () => {
  server = await TestServer.prepare({ settings: SETTINGS })
  const { status, stderr } = await server.startAndFail()
  expect(status).toBe(2)
  expect(stderr).toMatch(/server\.workers is 2; one process owns the file of SQLite/)
})
