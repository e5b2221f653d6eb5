/** While PostgreSQL is cut off there is no reply, and no OTP is lost; it goes on by itself (spec/radius.md, last section). */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Code } from '../../src/radius/attributes.ts'
import { POSTGRES, type TestDatabase } from '../support/databases.ts'
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

/** A TCP relay to PostgreSQL that can be cut. */
class Wire {
  readonly url: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #state: 'whole' | 'cut' | 'mute' = 'whole'

  private constructor(server: Server, database: URL) {
    this.#server = server
    const url = new URL(database)
    url.port = String((server.address() as { port: number }).port)
    this.url = url.href
    server.on('connection', (near) => this.#relay(near, database))
  }

  static async open(database: URL): Promise<Wire> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Wire(server, database)
  }

  #relay(near: Socket, { hostname, port }: URL): void {
    this.#sockets.add(near)
    near.on('error', () => {})
    if (this.#state === 'cut') near.destroy()
    if (this.#state !== 'whole') return
    const far = connect(Number(port), hostname)
    this.#sockets.add(far)
    far.on('error', () => {})
    near.pipe(far).pipe(near)
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  }

  cut(): void {
    this.#state = 'cut'
    this.#destroyAll()
  }

  /** What is said on either side is not heard on the other. */
  mute(): void {
    this.#state = 'mute'
    for (const socket of this.#sockets) socket.unpipe().pause()
  }

  mend(): void {
    this.#state = 'whole'
    this.#destroyAll()
  }

  #destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }

  async close(): Promise<void> {
    this.#destroyAll()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
