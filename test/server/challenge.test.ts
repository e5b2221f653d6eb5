/** The State of an Access-Challenge on a server whose clock is the test's; over UDP, with the real server's parts. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { parsePacket } from '../../src/radius/packet.ts'
import { deriveKeys } from '../../src/seal.ts'
import { buildClientTable } from '../../src/server/clients.ts'
import type { Store } from '../../src/storage/store.ts'
import { makeToken, otpAt, otpOn } from '../auth/make_token.ts'
import { changed, inserts, loadOne, put } from '../storage/stored.ts'
import { DATABASES, KEYS, type TestDatabase } from '../support/databases.ts'
import { accessRequest, codeOf, configured, Nas, STRICT, startServer, type TestServer } from './nas.ts'

const ACCEPT = 2
const REJECT = 3
const CHALLENGE = 11
const TOKEN = makeToken({ serial: 'A', pin: '1234' })
const PROMPTS = { otp: 'OTP? ', nextOtp: 'next? ', newPin: 'new PIN? ', repeatPin: 'again? ' }

let database: TestDatabase
let store: Store
let server: TestServer
let nas: Nas

describe.each(DATABASES)('on $name', ({ create }) => {
  beforeEach(async () => {
    database = await create()
    store = await database.open()
    await put(store, inserts(TOKEN))
    const client = { ...configured('vpn', STRICT, true), challenge: PROMPTS }
    server = await startServer(store, { settings: { clients: buildClientTable([client]) } })
    nas = await Nas.open(server)
  })
  afterEach(async () => {
    nas.close()
    await server.stop()
    await database.drop()
  })

  let id = 0
  async function ask(password: string, state?: Uint8Array) {
    const attributes = state === undefined ? [] : [{ type: 24, value: state }]
    const request = accessRequest({ password, attributes, id: id++ % 256 })
    const reply = await nas.ask(request)
    const { attributes: answered } = parsePacket(reply)
    const message = answered.first(18)
    return {
      code: codeOf(reply, request),
      state: answered.first(24),
      message: message && Buffer.from(message).toString(),
    }
  }
  const reasons = async () =>
    (await store.listAudit({ limit: 9, cursor: null })).rows
      .map(({ outcome, reason }) => `${outcome} ${reason}`)
      .toReversed()

  test('a State is good for 120 seconds, and then worth nothing', async () => {
    const { code, state, message } = await ask('1234')
    expect([code, message]).toEqual([CHALLENGE, 'OTP? '])
    server.now += 120_001
    expect(await ask(otpAt(TOKEN, 0), state)).toEqual({ code: REJECT, state: undefined, message: undefined })
    expect(await loadOne(store, 'user:alice')).toMatchObject({ counter: 0, failCount: 0 })
    expect(await reasons()).toEqual(['challenge otp-asked', 'reject state-expired'])
    server.now -= 1
    expect(await ask(otpAt(TOKEN, 0), state)).toMatchObject({ code: ACCEPT })
  })

  test('a next OTP comes in its time, a late one not at all', async () => {
    const clock = makeToken({ serial: 'A', pin: '1234', kind: 'totp' })
    const { id, version } = await loadOne(store, 'user:alice')
    await put(store, [changed({ ...TOKEN, id, version }, { kind: 'totp', state: clock.state })])
    const out = await ask(`1234${otpOn(clock, server.now + 900_000)}`)
    expect([out.code, out.message]).toEqual([CHALLENGE, 'next? '])
    server.now += 120_030
    expect(await ask(otpOn(clock, server.now + 900_000), out.state)).toMatchObject({ code: REJECT })
    server.now -= 90_030
    expect(await ask(otpOn(clock, server.now + 900_000), out.state)).toMatchObject({ code: ACCEPT })
    expect((await loadOne(store, 'user:alice')).drift).toBe(900)
  })

  test('a new PIN is to be chosen within 240 seconds, both times together', async () => {
    const { id, version } = await loadOne(store, 'user:alice')
    await put(store, [changed({ ...TOKEN, id, version }, { changePin: true })])
    const chosen = await ask(`1234${otpAt(TOKEN, 0)}`)
    server.now += 200_000
    const repeated = await ask('tulip', chosen.state)
    expect([chosen.message, repeated.message]).toEqual(['new PIN? ', 'again? '])
    server.now += 40_001
    expect(await ask('tulip', repeated.state)).toMatchObject({ code: REJECT })
    server.now -= 1
    expect(await ask('tulip', repeated.state)).toMatchObject({ code: ACCEPT })
    expect(await ask('tulip', repeated.state)).toMatchObject({ code: REJECT })
    expect((await reasons()).slice(2)).toEqual([
      ...['reject state-expired', 'accept pin-changed', 'reject state-used'],
    ])
  })

  test('what is sealed under another master key, or another key of this one, is no State', async () => {
    const { state } = await ask('1234')
    const context = JSON.stringify(['user:alice', 'vpn'])
    const ticket = KEYS.state.open(state!, context)
    const other = deriveKeys(new Uint8Array(32).fill(2))
    for (const forged of [other.state.seal(ticket, context), KEYS.seal(ticket, context)]) {
      expect(await ask(otpAt(TOKEN, 0), forged)).toMatchObject({ code: REJECT })
    }
    // The same octets under the right key are one: it is the key that was missing.
    expect(await ask(otpAt(TOKEN, 0), KEYS.state.seal(ticket, context))).toMatchObject({ code: ACCEPT })
    expect((await reasons()).slice(1)).toEqual([
      ...['reject unknown-state', 'reject unknown-state', 'accept otp-accepted'],
    ])
  })
})

test('a ticket of a format to come is no ticket', async () => {
  database = await DATABASES[0]!.create()
  store = await database.open()
  await put(store, inserts(TOKEN))
  const client = { ...configured('vpn', STRICT, true), challenge: PROMPTS }
  server = await startServer(store, { settings: { clients: buildClientTable([client]) } })
  nas = await Nas.open(server)
  const state = KEYS.state.seal(Buffer.from([9, 9, 9]), JSON.stringify(['user:alice', 'vpn']))
  const request = accessRequest({ password: otpAt(TOKEN, 0), attributes: [{ type: 24, value: state }] })
  expect(codeOf(await nas.ask(request), request)).toBe(REJECT)
  nas.close()
  await server.stop()
  await database.drop()
})
