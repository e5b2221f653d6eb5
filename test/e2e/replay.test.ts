/** RFC 5080 §2.2.2, and what a restart or a crash may not undo: no OTP is accepted twice. */
import { afterEach, describe, expect, test } from '@jest/globals'
import { DATABASES } from '../support/databases.ts'
import { hotp, secretOf } from './otp.ts'
import type { RadiusClient } from './radius_client.ts'
import { TestServer } from './server.ts'

const TOKEN = { secretHex: secretOf('replay') }

describe.each(DATABASES)('on $name', (kind) => {
  let server: TestServer

  async function start(radius: Readonly<Record<string, unknown>> = {}): Promise<RadiusClient> {
    server = await TestServer.start({ kind, settings: { radius } })
    await server.command('token', 'enroll', { type: 'hotp', serial: 'R1', user: 'rose', ...TOKEN })
    return await server.client()
  }
  afterEach(() => server?.close())

  test.each([
    { answer: 'accept', password: hotp(TOKEN, 0) },
    { answer: 'reject', password: '000000' },
  ])(
    'RFC 5080 §2.2.2: a copy of an answered request gets the same octets ($answer), and counts nothing',
    async ({ answer, password }) => {
      const nas = await start()
      const request = nas.accessRequest('rose', password)
      const replies = [await nas.exchange(request.octets)]
      const before = [await server.token('R1'), await server.command('audit', 'list')]
      for (let copy = 0; copy < 3; copy++) replies.push(await nas.exchange(request.octets))
      expect(nas.read(replies[0]!, request)).toBe(answer)
      expect(new Set(replies.map((reply) => reply?.toString('hex'))).size).toBe(1)
      expect([await server.token('R1'), await server.command('audit', 'list')]).toEqual(before)
      expect(await server.counters()).toMatchObject({ duplicates: 3, [`${answer}ed`]: 1 })
    },
  )

  test('RFC 5080 §2.2.2: copies during the reject delay get no reply of their own', async () => {
    const nas = await start({ reject_delay: 0.3 })
    const request = nas.accessRequest('rose', '000000')
    for (let copy = 0; copy < 5; copy++) nas.send(request.octets)
    const startedAt = Date.now()
    await nas.exchange(request.octets)
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(290)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(nas.received.map((reply) => nas.read(reply, request))).toEqual(['reject'])
    expect(await server.token('R1')).toMatchObject({ failCount: 1 })
  })

  test('the same Identifier from the same port with a new Authenticator is a new request', async () => {
    const nas = await start()
    const [first, second] = [
      nas.accessRequest('rose', hotp(TOKEN, 0)),
      nas.accessRequest('rose', hotp(TOKEN, 0)),
    ]
    expect(await nas.ask(first)).toBe('accept')
    for (let identifier = 2; identifier < 256; identifier++) nas.accessRequest('rose', '')
    const sameIdentifier = nas.accessRequest('rose', hotp(TOKEN, 1))
    expect(sameIdentifier.identifier).toBe(first.identifier)
    expect(await nas.ask(sameIdentifier)).toBe('accept')
    expect(await nas.ask(second)).toBe('reject')
  })

  test('after a restart an OTP that was accepted before is not, nor its very packet', async () => {
    const nas = await start()
    const request = nas.accessRequest('rose', hotp(TOKEN, 0))
    expect(await nas.ask(request)).toBe('accept')
    expect(await server.stop()).toEqual({ status: 0, signal: null })
    await server.start()
    const later = await server.client()
    expect(later.read((await later.exchange(request.octets))!, request)).toBe('reject')
    expect(await later.login('rose', hotp(TOKEN, 0))).toBe('reject')
    expect(await later.login('rose', hotp(TOKEN, 1))).toBe('accept')
    expect(await server.command('audit', 'verify')).toMatchObject({ ok: true, entries: 5 })
  })

  test('killed in the middle of load, it starts again, remembers every accepted OTP, and the trail verifies', async () => {
    const users = Array.from({ length: 20 }, (_, index) => ({
      user: `user${index}`,
      token: { secretHex: secretOf(`load ${index}`) },
      accepted: [] as string[],
    }))
    await start()
    for (const [index, { user, token }] of users.entries()) {
      await server.command('token', 'enroll', {
        type: 'hotp',
        serial: `L${index}`,
        user,
        maxFail: 0,
        ...token,
      })
    }
    for (let kill = 0; kill < 2; kill++) {
      const load = users.map(async ({ user, token, accepted }) => {
        const client = await server.client()
        for (;;) {
          // An answer that the kill swallowed may have been durable: the next counter is as good.
          const otp = hotp(token, accepted.length + kill)
          if ((await client.ask(client.accessRequest(user, otp), 300)) !== 'accept') return
          accepted.push(otp)
        }
      })
      await new Promise((resolve) => setTimeout(resolve, 400))
      expect(await server.stop('SIGKILL')).toEqual({ status: null, signal: 'SIGKILL' })
      await Promise.all(load)
      await server.start()
    }
    const nas = await server.client()
    for (const { user, accepted } of users) {
      expect(accepted.length).toBeGreaterThan(10)
      const replayed = await Promise.all(accepted.slice(-200).map((otp) => nas.login(user, otp)))
      expect(new Set(replayed)).toEqual(new Set(['reject']))
    }
    const logins = users.reduce((sum, { accepted }) => sum + accepted.length, 0)
    const verified = await server.command('audit', 'verify')
    expect(verified).toMatchObject({ ok: true, firstBad: null })
    expect(verified.entries).toBeGreaterThan(logins)
  })
})
