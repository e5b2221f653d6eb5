/** SIGTERM and SIGINT: what was received is answered, what was held back is sent, and the server ends with 0. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { DATABASES } from '../support/databases.ts'
import { until } from '../support/until.ts'
import { hotp, secretOf } from './otp.ts'
import type { Answer, RadiusClient } from './radius_client.ts'
import { TestServer } from './server.ts'

const USERS = 30
let server: TestServer
let nas: RadiusClient
afterEach(() => server?.close())

const tokenOf = (index: number) => ({ secretHex: secretOf(`signal ${index}`) })

async function start(options: Parameters<typeof TestServer.start>[0] = {}): Promise<void> {
  server = await TestServer.start(options)
  nas = await server.client()
  for (let index = 0; index < USERS; index++) {
    const token = { type: 'hotp', serial: `S${index}`, user: `user${index}`, ...tokenOf(index) }
    await server.command('token', 'enroll', token)
  }
}

describe.each(DATABASES)('on $name', (kind) => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s: requests that were received are answered',
    async (signal) => {
      await start({ kind })
      const logins = Array.from({ length: USERS }, (_, index) =>
        nas.login(`user${index}`, hotp(tokenOf(index), 0)),
      )
      const startedAt = Date.now()
      expect(await server.stop(signal)).toEqual({ status: 0, signal: null })
      expect(Date.now() - startedAt).toBeLessThan(3000)
      expect(await Promise.all(logins)).toEqual(Array<Answer>(USERS).fill('accept'))
      expect(server.log).toMatch(/stopping: answering what was received\n(.*\n)*.* stopped\n$/)
      expect(existsSync(join(server.directory, 'data', 'admin.sock'))).toBe(false)
    },
  )
})

test('rejects that are held back are sent before the end, not after their delay', async () => {
  await start({ settings: { radius: { reject_delay: 20 } } })
  const logins = Array.from({ length: USERS }, (_, index) => nas.login(`user${index}`, '000000'))
  await until('all to be decided', async () => (await server.counters()).rejected === USERS)
  expect(nas.received).toEqual([])
  expect(await server.stop()).toEqual({ status: 0, signal: null })
  expect(await Promise.all(logins)).toEqual(Array<Answer>(USERS).fill('reject'))
})

test('an admin command under way is answered', async () => {
  await start()
  const listed = server.command('audit', 'verify')
  await new Promise((resolve) => setImmediate(resolve))
  expect(await server.stop()).toEqual({ status: 0, signal: null })
  expect(await listed.catch((error: Error) => error.message)).toMatchObject({ ok: true })
})

test('a signal that comes twice, as npm and the terminal send it, does not cut the answers short', async () => {
  await start()
  const logins = Array.from({ length: USERS }, (_, index) =>
    nas.login(`user${index}`, hotp(tokenOf(index), 0)),
  )
  server.signal('SIGINT')
  await server.logged('stopping')
  server.signal('SIGINT')
  server.signal('SIGTERM')
  expect(await server.exited()).toEqual({ status: 0, signal: null })
  expect(await Promise.all(logins)).toEqual(Array<Answer>(USERS).fill('accept'))
})

test('a SIGHUP on the way down changes nothing', async () => {
  await start()
  server.signal('SIGTERM')
  await server.logged('stopping')
  server.signal('SIGHUP')
  expect(await server.exited()).toEqual({ status: 0, signal: null })
})

test('a log that nobody reads does not keep the server from ending', async () => {
  server = await TestServer.prepare()
  const child = spawn(join(import.meta.dirname, '../../bin/sallyport'), ['serve'], {
    env: server.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = new Promise((resolve) => child.on('exit', (status) => resolve(status)))
  await new Promise((resolve) => child.stdout.once('data', resolve))
  child.stderr.destroy()
  child.kill('SIGTERM')
  expect(await exited).toBe(0)
})
