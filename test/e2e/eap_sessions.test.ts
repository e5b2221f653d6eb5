/** Who may resume a session: he who has proved who he is, and nobody else, whatever he has seen on the air. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { PeerOptions } from '../../src/cli/eap_peer.ts'
import { readOfferedSession } from '../../src/eap/client_hello.ts'
import { joinBy } from './eap_device.ts'
import { hotp, secretOf } from './otp.ts'
import type { RadiusClient } from './radius_client.ts'
import { TestServer } from './server.ts'

let server: TestServer
let nas: RadiusClient
let ca: string

beforeAll(async () => {
  server = await TestServer.start({ settings: { limits: { account_rate: 0 } } })
  expect((await server.sallyport(['eap', 'init'])).status).toBe(0)
  await server.command('server', 'reload')
  ca = readFileSync(join(server.directory, 'data/eap/ca.pem'), 'utf8')
  nas = await server.client()
})
afterAll(() => server?.close())

const enroll = (serial: string) =>
  server.command('token', 'enroll', {
    ...{ type: 'hotp', serial, user: `user-${serial}`, secretHex: secretOf(serial), pin: '1234' },
  })
const otp = (serial: string, counter: number) => `1234${hotp({ secretHex: secretOf(serial) }, counter)}`
const rows = async (serial: string) => {
  const { entries } = await server.command('audit', 'list', { user: `user-${serial}`, action: 'login' })
  return (entries as { reason: string }[]).map(({ reason }) => reason).toReversed()
}

type How = Pick<PeerOptions, 'outer' | 'inner' | 'tls'>
const WAYS: readonly How[] = [
  { outer: 'ttls', inner: 'pap', tls: 'TLSv1.2' },
  { outer: 'ttls', inner: 'pap', tls: 'TLSv1.3' },
  { outer: 'peap', inner: 'gtc', tls: 'TLSv1.2' },
  { outer: 'peap', inner: 'gtc', tls: 'TLSv1.3' },
]

describeWays('a session that succeeded is resumed, without an OTP', async (how, serial) => {
  const first = await joinBy(nas, { ...how, ca, login: `user-${serial}`, password: otp(serial, 0) })
  const session = first.peer.session!
  const second = await joinBy(nas, { ...how, ca, login: 'nobody', password: 'nothing', session })
  expect([first.conversed.reply.answer, second.conversed.reply.answer]).toEqual(['accept', 'accept'])
  expect([second.peer.isResumed, await rows(serial)]).toEqual([true, ['otp-accepted', 'session-resumed']])
  expect(Buffer.from(second.conversed.reply.attributes.first(1)!).toString()).toBe(`user-${serial}`)
})

/** TLS 1.3 gives tickets before phase 2: whoever trusts them lets anybody in. */
describeWays(
  'a session that was begun, and left before anything was proved, is worth nothing',
  async (how, serial) => {
    let session: Buffer | null = null
    const thief = await joinBy(nas, {
      ...how,
      login: `user-${serial}`,
      password: 'nothing',
      change: (answer, _round, peer) => {
        session = peer.session
        return session === null ? answer : null
      },
    })
    // In TLS 1.2 the session is there as soon as the handshake has ended, in 1.3 with the first tickets.
    expect([thief.abandoned, session !== null]).toEqual([true, true])
    const again = await joinBy(nas, {
      ...how,
      login: `user-${serial}`,
      password: 'nothing',
      session: session!,
    })
    expect([again.peer.isResumed, again.conversed.reply.answer]).toEqual([false, 'reject'])
    expect((await rows(serial)).filter((reason) => reason === 'session-resumed')).toEqual([])
  },
)

describeWays('a session whose OTP was wrong is worth nothing', async (how, serial) => {
  const first = await joinBy(nas, { ...how, login: `user-${serial}`, password: '1234000000' })
  expect([first.conversed.reply.answer, first.peer.session !== null]).toEqual(['reject', true])
  const session = first.peer.session!
  const again = await joinBy(nas, { ...how, login: `user-${serial}`, password: 'nothing', session })
  expect([again.peer.isResumed, again.conversed.reply.answer]).toEqual([false, 'reject'])
})

/** The server of a handshake is used again, with other keys, as soon as that handshake has ended. */
describeWays(
  'who is half through a handshake while others log in has none of their keys',
  async (how, serial) => {
    const others = 8
    await Promise.all(Array.from({ length: others }, (_, i) => enroll(`${serial}-${i}`)))
    let session: Buffer | null = null
    const halfThrough = Promise.withResolvers<void>()
    const loggedIn = Promise.withResolvers<void>()
    const thief = joinBy(await server.client(), {
      ...{ ...how, login: `user-${serial}`, password: 'nothing' },
      change: async (answer, round, peer) => {
        if (round === 2) {
          halfThrough.resolve()
          await loggedIn.promise
        }
        session = peer.session
        return session === null ? answer : null
      },
    })
    await halfThrough.promise
    const join = async (i: number, resumed?: Buffer) =>
      joinBy(await server.client(), {
        ...{ ...how, ca, login: `user-${serial}-${i}`, password: otp(`${serial}-${i}`, 0) },
        ...(resumed === undefined ? {} : { session: resumed }),
      })
    const victims = await Promise.all(Array.from({ length: others }, (_, i) => join(i)))
    loggedIn.resolve()
    await thief
    const again = await joinBy(nas, { ...how, login: 'x', password: 'nothing', session: session! })
    expect([again.peer.isResumed, again.conversed.reply.answer]).toEqual([false, 'reject'])

    const back = await Promise.all(victims.map(({ peer }, i) => join(i, peer.session!)))
    const names = back.map(({ conversed }) => Buffer.from(conversed.reply.attributes.first(1)!).toString())
    expect(back.map(({ peer }) => peer.isResumed)).toEqual(back.map(() => true))
    expect(names).toEqual(victims.map((_, i) => `user-${serial}-${i}`))
  },
)

/** Whoever makes a full handshake under the name of a victim's key would be given tickets that open by that key. */
test('a ticket that bears the name of a good key and is none gets nothing that could be used later', async () => {
  await enroll('FORGED')
  const how = { outer: 'ttls', inner: 'pap', tls: 'TLSv1.3' } as const
  const victim = await joinBy(nas, { ...how, login: 'user-FORGED', password: otp('FORGED', 0) })
  const air = new Listener()
  const session = victim.peer.session!
  const again = await joinBy(nas, { ...how, login: 'x', password: 'x', session, change: air.hear })
  const { name } = air
  expect([victim.conversed.reply.answer, again.peer.isResumed, name?.length]).toEqual(['accept', true, 16])

  // The thief's own ticket, of a conversation that led nowhere, under the victim's name.
  const own = await joinBy(nas, { ...how, login: 'thief', password: 'x' })
  const forged = Buffer.from(own.peer.session!)
  const lines = victim.peer.session!.indexOf(Buffer.from(name!))
  Buffer.from(name!).copy(forged, lines)
  const shown = new Listener()
  const thief = await joinBy(nas, {
    ...how,
    login: 'thief',
    password: 'x',
    session: forged,
    change: shown.hear,
  })
  expect(shown.name).toEqual(name)
  expect([thief.peer.isResumed, thief.peer.session, thief.conversed.reply.answer]).toEqual([
    false,
    null,
    'reject',
  ])
  expect((await rows('FORGED')).filter((reason) => reason === 'session-resumed')).toHaveLength(1)
})

function describeWays(what: string, run: (how: How, serial: string) => Promise<void>): void {
  test.each(WAYS)(`${what}: $outer, $tls`, async (how) => {
    const serial = `${what.length}-${how.outer}-${how.tls}`.toUpperCase().replaceAll('.', '')
    await enroll(serial)
    await run(how, serial)
  })
}

/** Hears what a device says, and tells the name of the key of the ticket in its ClientHello. */
class Listener {
  #parts: Uint8Array[] = []
  name: Uint8Array | null = null

  readonly hear = (answer: Uint8Array): Uint8Array => {
    const [flags = 0] = answer[4] === 21 ? answer.subarray(5) : []
    if (answer[4] === 21) this.#parts.push(answer.subarray((flags & 0x80) === 0 ? 6 : 10))
    if ((flags & 0x40) === 0)
      this.name ??= readOfferedSession(Buffer.concat(this.#parts.splice(0))).ticketKeyName
    return answer
  }
}
