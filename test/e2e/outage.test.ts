/** While PostgreSQL is cut off there is no reply, and no OTP is lost; it goes on by itself (spec/radius.md, last section). */
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Code } from '../../src/radius/attributes.ts'
import { POSTGRES, type TestDatabase } from '../support/databases.ts'
import { Wire } from '../support/wire.ts'
import { hotp, secretOf } from './otp.ts'
import type { RadiusClient } from './radius_client.ts'
import { TestServer } from './server.ts'

const TOKEN = { secretHex: secretOf('outage') }
let database: TestDatabase
let wire: Wire
let server: TestServer
let nas: RadiusClient

beforeEach(async () => {
  database = await POSTGRES.create()
  wire = await Wire.open(new URL(database.url))
  server = await TestServer.prepare({ database })
  server.configure({ database: { url: wire.url } })
  await server.start()
  nas = await server.client()
  await server.command('token', 'enroll', { type: 'hotp', serial: 'O1', user: 'olga', ...TOKEN })
})
afterEach(async () => {
  await server?.close()
  await wire?.close()
  await database?.drop()
})

test.each([
  { name: 'refuses connections', cut: () => wire.cut(), silenceMs: 500 },
  { name: 'takes connections and says nothing', cut: () => wire.mute(), silenceMs: 500 },
])('a database that $name: silence, then the same packet is decided', async ({ cut, silenceMs }) => {
  expect(await nas.login('olga', hotp(TOKEN, 0))).toBe('accept')
  cut()
  const request = nas.accessRequest('olga', hotp(TOKEN, 1))
  const status = nas.request(Code.StatusServer, randomBytes(16), [])
  expect(await Promise.all([nas.ask(request, silenceMs), nas.ask(status, silenceMs)])).toEqual([
    'silence',
    'silence',
  ])
  await server.logged('no answer given: the client will try again or fail over')
  const askedAt = performance.now()
  expect(await server.command('server', 'status')).toMatchObject({ database: { reachable: false } })
  expect(performance.now() - askedAt).toBeLessThan(1500)
  wire.mend()
  expect(await retried(request)).toBe('accept')
  expect(await nas.login('olga', hotp(TOKEN, 1))).toBe('reject')
  expect(await retried(nas.request(Code.StatusServer, randomBytes(16), []))).toBe('accept')
  expect(await server.command('audit', 'verify')).toMatchObject({ ok: true, entries: 4 })
})

test('a server that cannot reach its database ends at SIGTERM all the same', async () => {
  wire.mute()
  nas.send(nas.accessRequest('olga', hotp(TOKEN, 0)).octets)
  const startedAt = Date.now()
  expect(await server.stop()).toEqual({ status: 0, signal: null })
  expect(Date.now() - startedAt).toBeLessThan(15_000)
})

/** As a NAS does: the same octets again. */
async function retried(request: ReturnType<RadiusClient['accessRequest']>) {
  for (let attempt = 0; attempt < 20; attempt++) {
    const answer = await nas.ask(request, 500)
    if (answer !== 'silence') return answer
  }
  return 'silence'
}
