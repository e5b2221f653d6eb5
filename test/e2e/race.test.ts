/** At most one accept per OTP, for any number of requests at the same moment, on one node and on two. */

import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { DATABASES, POSTGRES } from '../support/databases.ts'
import { hotp, secretOf } from './otp.ts'
import type { Answer, RadiusClient } from './radius_client.ts'
import { TestServer } from './server.ts'

const SENDERS = 50
const ROUNDS = 20
const TOKEN = { secretHex: secretOf('race') }
/** Every one of them is to be decided, not only the first twenty. */
const limits = { account_rate: 0 }

describe.each(DATABASES)('one server on $name', (kind) => {
  let server: TestServer
  let senders: RadiusClient[]

  beforeAll(async () => {
    server = await TestServer.start({ kind, settings: { limits } })
    senders = await Promise.all(Array.from({ length: SENDERS }, () => server.client()))
    await enroll(server, { pin: '1234' })
  })
  afterAll(() => server?.close())

  test(`accepts an OTP once that comes from ${SENDERS} ports at the same moment, ${ROUNDS} times`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      expect(tally(await sendAtOnce(senders, `1234${hotp(TOKEN, round)}`))).toEqual({
        accept: 1,
        reject: SENDERS - 1,
      })
    }
    expect(await server.token('RACE')).toMatchObject({ counter: ROUNDS, successCount: ROUNDS })
    expect(await server.command('audit', 'verify')).toMatchObject({ ok: true, entries: 1 + SENDERS * ROUNDS })
  })

  test('accepts each of several OTPs at the same moment at most once, and none below an accepted one', async () => {
    const first = ROUNDS + 10
    const otps = senders.map((_, index) => first + (index % 8))
    await server.command('token', 'set', { serial: 'RACE', window: 50 })
    const answers = await Promise.all(
      senders.map((sender, index) => sender.login('racer', `1234${hotp(TOKEN, otps[index]!)}`)),
    )
    const accepted = otps.filter((_, index) => answers[index] === 'accept')
    expect(accepted).toEqual([...new Set(accepted)].sort((a, b) => a - b))
    expect((await server.token('RACE')).counter).toBe(accepted.at(-1)! + 1)
  })
})

describe('two servers on one PostgreSQL', () => {
  let one: TestServer
  let other: TestServer
  let senders: RadiusClient[]

  beforeAll(async () => {
    one = await TestServer.start({ kind: POSTGRES, settings: { limits } })
    const server = { node: 'b', master_key_file: join(one.directory, 'data', 'master.key') }
    other = await TestServer.start({ database: one.database, settings: { server, limits } })
    senders = await Promise.all(
      Array.from({ length: SENDERS }, (_, index) => (index % 2 === 0 ? one : other).client()),
    )
    await enroll(one, { pin: '1234' })
  })
  afterAll(async () => {
    await other?.close()
    await one?.close()
  })

  test(`accept an OTP once that both receive ${SENDERS / 2} times at the same moment, ${ROUNDS} times`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const counts = tally(await sendAtOnce(senders, `1234${hotp(TOKEN, round)}`))
      expect({ round, ...counts }).toEqual({ round, accept: 1, reject: SENDERS - 1 })
    }
    expect(await other.token('RACE')).toMatchObject({ counter: ROUNDS, successCount: ROUNDS })
    expect(await one.command('audit', 'verify')).toMatchObject({ ok: true, entries: 1 + SENDERS * ROUNDS })
  })

  test('count every failure, whichever of them saw it', async () => {
    await one.command('token', 'set', { serial: 'RACE', maxFail: 1000 })
    await one.command('token', 'reset-fail-count', { serial: 'RACE' })
    expect(tally(await sendAtOnce(senders, '1234000000'))).toEqual({ reject: SENDERS })
    expect(await one.token('RACE')).toMatchObject({ failCount: SENDERS })
  })

  test('see at once what the other changed', async () => {
    await one.command('token', 'disable', { serial: 'RACE' })
    expect(await senders[1]!.login('racer', `1234${hotp(TOKEN, ROUNDS)}`)).toBe('reject')
    await other.command('token', 'enable', { serial: 'RACE' })
    expect(await senders[0]!.login('racer', `1234${hotp(TOKEN, ROUNDS)}`)).toBe('accept')
  })
})

async function enroll(server: TestServer, fields: Readonly<Record<string, unknown>>): Promise<void> {
  const token = { type: 'hotp', serial: 'RACE', user: 'racer', maxFail: 0, ...TOKEN, ...fields }
  await server.command('token', 'enroll', token)
}

/** All requests are made first, so that they leave within a few microseconds of each other. */
async function sendAtOnce(senders: readonly RadiusClient[], password: string): Promise<Answer[]> {
  const requests = senders.map((sender) => sender.accessRequest('racer', password))
  return await Promise.all(senders.map((sender, index) => sender.ask(requests[index]!)))
}

function tally(answers: readonly Answer[]): Partial<Record<Answer, number>> {
  const counts: Partial<Record<Answer, number>> = {}
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1
  return counts
}
