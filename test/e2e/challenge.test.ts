/**
 * Challenge-response over UDP with the real server: what a device, a user and the network may do to a dialogue. The State
 * travels through the client, so that every altered, foreign, used or late one must be worth nothing.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { DATABASES, POSTGRES } from '../support/databases.ts'
import { hotp, secretOf } from './otp.ts'
import type { Answer, RadiusClient } from './radius_client.ts'
import { CLIENT_SECRET, TestServer, vpn } from './server.ts'

const radius = {
  clients: [
    vpn({ challenge: true }),
    vpn({ name: 'other', address: '127.0.0.2', challenge: true, prompt: 'Prüfziffer? ' }),
    vpn({ name: 'plain', address: '127.0.0.3' }),
    vpn({ name: 'asa', address: '127.0.0.4', otp_only: true }),
  ],
}
const settings = { radius, limits: { account_rate: 0 } }
const PROMPT = 'One-time code: '

describe.each(DATABASES)('on $name', (kind) => {
  let server: TestServer
  let nas: RadiusClient

  beforeAll(async () => {
    server = await TestServer.start({ kind, settings })
    nas = await server.client()
  })
  afterAll(() => server?.close())

  let users = 0
  /** A user of his own for each test, with tokens of the PIN 1234. */
  async function enroll(tokens = 1, fields: Readonly<Record<string, unknown>> = {}) {
    const user = `user${++users}`
    const serials = Array.from({ length: tokens }, (_, index) => `U${users}-${index}`)
    for (const serial of serials) {
      const token = { type: 'hotp', user, serial, secretHex: secretOf(serial), pin: '1234', ...fields }
      await server.command('token', 'enroll', token)
    }
    const otp = (counter: number, index = 0) => hotp({ secretHex: secretOf(serials[index]!) }, counter)
    return { user, serials, serial: serials[0]!, otp }
  }

  async function asked(user: string, from = nas): Promise<Uint8Array> {
    const { answer, state } = await from.converse(user, '1234')
    expect(answer).toBe('challenge')
    return state!
  }

  /** What the audit trail has of the user's logins, the oldest first. */
  async function trail(user: string): Promise<string[]> {
    const { entries } = await server.command('audit', 'list', { user, action: 'login' })
    return (entries as { outcome: string; reason: string }[])
      .map(({ outcome, reason }) => `${outcome} ${reason}`)
      .toReversed()
  }

  test('RFC 2865 §4.4: PIN, Access-Challenge with State and Reply-Message, OTP, Access-Accept', async () => {
    const { user, serial, otp } = await enroll()
    const first = await nas.converse(user, '1234')
    expect(first).toEqual({ answer: 'challenge', state: expect.any(Uint8Array), message: PROMPT })
    expect(first.state!.length).toBeLessThanOrEqual(253)
    expect(await server.token(serial)).toMatchObject({ counter: 0, failCount: 0, attemptCount: 0 })
    expect(await nas.converse(user, otp(0), first.state)).toEqual({
      ...{ answer: 'accept', state: null, message: null },
    })
    expect(await server.token(serial)).toMatchObject({ counter: 1, successCount: 1, attemptCount: 1 })
    expect(await trail(user)).toEqual(['challenge otp-asked', 'accept otp-accepted'])
    await server.logged(`login challenged reason=otp-asked user=${user} serial=${serial} client=vpn`)
  })

  test('the prompt is the client’s own, blank and all', async () => {
    const { user } = await enroll()
    const other = await server.client({ from: '127.0.0.2' })
    expect(await other.converse(user, '1234')).toMatchObject({ message: 'Prüfziffer? ' })
  })

  test('PIN and OTP together are accepted as before', async () => {
    const { user, otp } = await enroll()
    expect(await nas.login(user, `1234${otp(0)}`)).toBe('accept')
    expect(await nas.login(user, `1234${otp(0)}`)).toBe('reject')
  })

  test('an empty password is rejected whether there is such a user or not', async () => {
    const { user } = await enroll(1, { pin: undefined })
    expect(await nas.converse(user, '')).toEqual(await nas.converse('nobody', ''))
  })

  test('RFC 5080 §2.2.2: requests sent again get the same octets, State and all, and count nothing', async () => {
    const { user, serial, otp } = await enroll()
    const first = nas.accessRequest(user, '1234')
    const replies = [await nas.exchange(first.octets), await nas.exchange(first.octets)]
    expect(replies[1]).toEqual(replies[0])
    const state = await asked(user)
    const second = nas.accessRequest(user, otp(0), [{ type: 24, value: state }])
    expect([await nas.exchange(second.octets), await nas.exchange(second.octets)].map((r) => r![0])).toEqual([
      2, 2,
    ])
    expect(await server.token(serial)).toMatchObject({ successCount: 1, failCount: 0 })
    expect(await trail(user)).toHaveLength(3)
  })

  test('a challenge that is lost is asked for anew; one success ends all that were asked', async () => {
    const { user, serial, otp } = await enroll()
    const [lost, taken] = [await asked(user), await asked(user)]
    expect(await nas.converse(user, otp(0), taken)).toMatchObject({ answer: 'accept' })
    expect(await nas.converse(user, otp(1), lost)).toMatchObject({ answer: 'reject' })
    expect(await nas.converse(user, otp(0), taken)).toMatchObject({ answer: 'reject' })
    expect(await server.token(serial)).toMatchObject({ counter: 1, failCount: 0 })
    expect((await trail(user)).slice(3)).toEqual(['reject state-used', 'reject state-used'])
  })

  test('a wrong answer is a Reject like any other, counts, and may be given again', async () => {
    const { user, serial, otp } = await enroll()
    const state = await asked(user)
    expect(await nas.converse(user, '000000', state)).toEqual({
      answer: 'reject',
      state: null,
      message: null,
    })
    expect(await server.token(serial)).toMatchObject({ failCount: 1, attemptCount: 1 })
    expect(await nas.converse(user, otp(0), state)).toMatchObject({ answer: 'accept' })
  })

  test('a State of another user, or at another client, is unknown, and counts nothing', async () => {
    const [mine, theirs] = [await enroll(), await enroll()]
    const other = await server.client({ from: '127.0.0.2' })
    const state = await asked(mine.user)
    expect(await nas.converse(theirs.user, theirs.otp(0), state)).toMatchObject({ answer: 'reject' })
    expect(await other.converse(mine.user, mine.otp(0), state)).toMatchObject({ answer: 'reject' })
    for (const { serial } of [mine, theirs]) {
      expect(await server.token(serial)).toMatchObject({ counter: 0, failCount: 0, attemptCount: 0 })
    }
    expect([await trail(mine.user), await trail(theirs.user)]).toEqual([
      ['challenge otp-asked', 'reject unknown-state'],
      ['reject unknown-state'],
    ])
    // The name in other letters is the same user, and the State is as good as before.
    expect(await nas.converse(mine.user.toUpperCase(), mine.otp(0), state)).toMatchObject({
      answer: 'accept',
    })
  })

  test('altered in any octet, cut, lengthened, empty or made up, it is unknown, and counts nothing', async () => {
    const { user, serial, otp } = await enroll()
    const state = await asked(user)
    const altered = [...state.keys()].map((index) =>
      Buffer.from(state).fill(state[index]! ^ 1, index, index + 1),
    )
    const others = [state.subarray(0, -1), state.subarray(0, 20), Buffer.concat([state, Buffer.of(0)])]
    const states = [...altered, ...others, Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(253, 1)]
    const answers = await Promise.all(states.map((forged) => nas.converse(user, otp(0), forged)))
    expect(new Set(answers.map(({ answer }) => answer))).toEqual(new Set<Answer>(['reject']))
    expect(await server.token(serial)).toMatchObject({ counter: 0, failCount: 0 })
    expect(new Set((await trail(user)).slice(1))).toEqual(new Set(['reject unknown-state']))
    expect(await nas.converse(user, otp(0), state)).toMatchObject({ answer: 'accept' })
  })

  test('a client without challenge gets none, and its State is no login', async () => {
    const { user, serial, otp } = await enroll()
    const plain = await server.client({ from: '127.0.0.3' })
    const state = await asked(user)
    expect(await plain.converse(user, `1234${otp(0)}`, state)).toMatchObject({ answer: 'reject' })
    expect(await server.token(serial)).toMatchObject({ counter: 0, failCount: 0 })
    expect(await plain.converse(user, '1234')).toMatchObject({ answer: 'reject' })
    expect(await trail(user)).toEqual(['challenge otp-asked', 'reject wrong-pin'])
  })

  test('answers at the same moment by one State and one OTP: one Accept', async () => {
    const { user, serial, otp } = await enroll()
    const senders = await Promise.all(Array.from({ length: 20 }, () => server.client()))
    for (let round = 0; round < 5; round++) {
      const state = { type: 24, value: await asked(user) }
      const requests = senders.map((sender) => sender.accessRequest(user, otp(round), [state]))
      const answers = await Promise.all(senders.map((sender, index) => sender.ask(requests[index]!)))
      expect(answers.filter((answer) => answer === 'accept')).toHaveLength(1)
      expect(answers.filter((answer) => answer === 'reject')).toHaveLength(19)
    }
    expect(await server.token(serial)).toMatchObject({ successCount: 5, failCount: 0 })
  })

  test('an OTP out of step is answered by a challenge for the next, and that is accepted', async () => {
    const { user, serial, otp } = await enroll()
    const first = await asked(user)
    const out = await nas.converse(user, otp(400), first)
    expect(out).toMatchObject({ answer: 'challenge', message: 'Wait for the next code, then enter it: ' })
    expect(await server.token(serial)).toMatchObject({ failCount: 1, counter: 0 })
    expect(await nas.converse(user, otp(401), out.state)).toMatchObject({ answer: 'accept' })
    expect(await server.token(serial)).toMatchObject({ failCount: 0, counter: 402 })
    expect(await nas.converse(user, otp(402), out.state)).toMatchObject({ answer: 'reject' })
    expect(await trail(user)).toEqual([
      ...['challenge otp-asked', 'challenge next-otp-asked', 'accept resynced', 'reject state-used'],
    ])
  })

  describe('token set-pin --change-at-next-login', () => {
    async function due() {
      const one = await enroll()
      const args = ['token', 'set-pin', one.serial, '--pin-stdin', '--change-at-next-login']
      const { status, stdout } = await server.sallyport(args, '1234\n')
      expect(status).toBe(0)
      expect(stdout).toMatch(/^PIN +set, to be changed at the next login$/m)
      return one
    }

    test('asks for a new PIN twice, and lets the user in with it', async () => {
      const { user, serial, otp } = await due()
      const chosen = await nas.converse(user, otp(0), await asked(user))
      expect(chosen).toMatchObject({ answer: 'challenge', message: 'Choose a new PIN, not the old one: ' })
      const repeated = await nas.converse(user, 'tulip', chosen.state)
      expect(repeated).toMatchObject({ answer: 'challenge', message: 'New PIN once more: ' })
      // Lost or sent again with another Authenticator, an answer does no harm.
      expect(await nas.converse(user, 'tulip', chosen.state)).toMatchObject({ answer: 'challenge' })
      expect(await nas.converse(user, 'tulip', repeated.state)).toEqual({
        ...{ answer: 'accept', state: null, message: null },
      })
      expect(await server.token(serial)).toMatchObject({ changePin: false, pinSet: true, successCount: 1 })
      for (const state of [chosen.state, repeated.state]) {
        expect(await nas.converse(user, 'tulip', state)).toMatchObject({ answer: 'reject' })
      }
      expect(await nas.login(user, `1234${otp(1)}`)).toBe('reject')
      expect(await nas.login(user, `tulip${otp(1)}`)).toBe('accept')
      expect((await trail(user)).slice(0, 5)).toEqual([
        ...['challenge otp-asked', 'challenge new-pin-asked', 'challenge new-pin-repeat-asked'],
        ...['challenge new-pin-repeat-asked', 'accept pin-changed'],
      ])
      expect(server.log).not.toContain('tulip')
    })

    test('given up half way it changes nothing; the OTP is spent, and the next login asks again', async () => {
      const { user, serial, otp } = await due()
      const chosen = await nas.converse(user, `1234${otp(0)}`)
      await nas.converse(user, 'tulip', chosen.state)
      expect(await server.token(serial)).toMatchObject({ changePin: true, counter: 1 })
      expect(await nas.login(user, `1234${otp(0)}`)).toBe('reject')
      expect(await nas.converse(user, `1234${otp(1)}`)).toMatchObject({ answer: 'challenge' })
    })

    test('without PIN and OTP there is no way to it', async () => {
      const { user, serial } = await due()
      const state = await asked(user)
      expect(await nas.converse(user, 'tulip', state)).toMatchObject({ answer: 'reject' })
      expect(await nas.converse(user, 'tulip', state)).toMatchObject({ answer: 'reject' })
      expect(await server.token(serial)).toMatchObject({ changePin: true, failCount: 2 })
    })

    test('at a client without challenge it is a Reject, and the log says why', async () => {
      const { user, serial, otp } = await due()
      const plain = await server.client({ from: '127.0.0.3' })
      expect(await plain.login(user, `1234${otp(0)}`)).toBe('reject')
      await server.logged(`reason=pin-change-required user=${user}`)
      expect(await server.token(serial)).toMatchObject({ counter: 0, failCount: 0, changePin: true })
      await server.command('token', 'set', { serial, changePin: false })
      expect(await plain.login(user, `1234${otp(0)}`)).toBe('accept')
    })
  })

  test('a client with otp_only: the OTP alone, and no other thing', async () => {
    const { user, serial, otp } = await enroll()
    const asa = await server.client({ from: '127.0.0.4' })
    expect(await asa.login(user, '1234')).toBe('reject')
    expect(await asa.login(user, `1234${otp(0)}`)).toBe('reject')
    expect(await server.token(serial)).toMatchObject({ failCount: 2 })
    expect(await asa.login(user, otp(0))).toBe('accept')
    expect(await asa.login(user, otp(0))).toBe('reject')
    expect(await asa.converse(user, otp(1), await asked(user))).toMatchObject({ answer: 'reject' })
    expect(await asa.login('nobody', otp(1))).toBe('reject')
    expect(await server.token(serial)).toMatchObject({ counter: 1, successCount: 1 })
  })

  test('`login check` tries a login as the client would', async () => {
    const { user, otp } = await enroll()
    const check = async (password: string, client?: string) => {
      const { verdict, reason } = await server.command('login', 'check', { user, password, client })
      return `${verdict} ${reason}`
    }
    expect([
      await check('1234', 'vpn'),
      await check('1234', 'plain'),
      await check(otp(0), 'asa'),
      await check(`1234${otp(1)}`),
    ]).toEqual(['challenge otp-asked', 'reject wrong-pin', 'accept otp-accepted', 'accept otp-accepted'])
  })

  test('`sallyport test` asks for the answer, and shows the conversation', async () => {
    const { user, otp } = await enroll()
    const { host, port } = server.listening[0]!
    const args = ['test', user, '--password-stdin', '--client', 'vpn', '--server', `${host}:${port}`]
    const { status, stdout, stderr } = await server.sallyport(args, `1234\n${otp(0)}\n`)
    expect([status, stderr]).toEqual([0, ''])
    const said = stdout.replaceAll(`${host}:${port}`, 'SERVER').replaceAll(user, 'USER')
    expect(said.replace(/after \d+ ms/g, 'after … ms').replace(/, \d\d octets,/, ', … octets,')).toBe(
      `sent  Access-Request to SERVER, … octets, with the secret of client vpn
  User-Name              USER
  User-Password          (hidden)
  NAS-Identifier         sallyport-test
  Message-Authenticator  (made)
received  Access-Challenge after … ms, 110 octets, signed
  State          (53 octets)
  Reply-Message  One-time code:
sent  Access-Request to SERVER, ${134 + user.length - 5} octets, with the secret of client vpn
  User-Name              USER
  User-Password          (hidden)
  NAS-Identifier         sallyport-test
  State                  (53 octets)
  Message-Authenticator  (made)
received  Access-Accept after … ms, 38 octets, signed
`,
    )
    const unanswered = await server.sallyport(args, '1234\n')
    expect(unanswered.status).toBe(1)
    expect(unanswered.stdout).toContain('Reply-Message  One-time code:')
  })

  test('`sallyport test --protocol challenge` sends the PIN first, and wants to be asked', async () => {
    const { user, otp } = await enroll()
    const { host, port } = server.listening[0]!
    const options = ['--password-stdin', '--protocol', 'challenge', '--server', `${host}:${port}`]
    const run = (client: string, typed: string) =>
      server.sallyport(['test', `${user}@${client}`, ...options], typed)
    const asked = await run('vpn', `1234\n${otp(0)}\n`)
    expect([asked.status, asked.stderr, asked.stdout.match(/^received {2}\S+/gm)]).toEqual([
      0,
      '',
      ['received  Access-Challenge', 'received  Access-Accept'],
    ])
    const objection = expect.stringContaining('no Access-Challenge: ')
    const together = await run('vpn', `1234${otp(1)}\n`)
    expect([together.status, together.stderr, together.stdout]).toEqual([
      1,
      objection,
      expect.stringContaining('received  Access-Accept'),
    ])
    const wrong = await run('vpn', '4321\n')
    expect([wrong.status, wrong.stderr]).toEqual([1, objection])
  })

  test('a State lives through a restart, and through a new secret of the client', async () => {
    const { user, otp } = await enroll()
    const state = await asked(user)
    await server.stop()
    const secret = `${CLIENT_SECRET}-renewed`
    server.configure({ ...settings, radius: { clients: [vpn({ challenge: true, secret })] } })
    await server.start()
    const after = await server.client({ secret })
    expect(await after.converse(user, otp(0), state)).toMatchObject({ answer: 'accept' })
    expect(await after.converse(user, otp(1), state)).toMatchObject({ answer: 'reject' })
  })

  test('the audit trail is whole', async () => {
    expect(await server.command('audit', 'verify')).toMatchObject({ ok: true })
  })
})

describe('two servers on one PostgreSQL', () => {
  let one: TestServer
  let other: TestServer

  beforeAll(async () => {
    one = await TestServer.start({ kind: POSTGRES, settings })
    const server = { node: 'b', master_key_file: join(one.directory, 'data', 'master.key') }
    other = await TestServer.start({ database: one.database, settings: { ...settings, server } })
    for (const serial of ['A', 'B']) {
      const token = { type: 'hotp', serial, user: 'racer', pin: '1234', secretHex: secretOf(serial) }
      await one.command('token', 'enroll', token)
    }
  })
  afterAll(async () => {
    await other?.close()
    await one?.close()
  })

  const otp = (serial: string, counter: number) => hotp({ secretHex: secretOf(serial) }, counter)

  test('continue each other’s dialogues, and accept a State once', async () => {
    const [first, second] = [await one.client(), await other.client()]
    const { state } = await first.converse('racer', '1234')
    expect(await second.converse('racer', otp('A', 0), state)).toMatchObject({ answer: 'accept' })
    expect(await first.converse('racer', otp('A', 1), state)).toMatchObject({ answer: 'reject' })
    expect(await first.converse('racer', otp('B', 0), state)).toMatchObject({ answer: 'reject' })
  })

  test('accept one of two OTPs, of two tokens, that come for one State at the same moment', async () => {
    const senders = await Promise.all([one.client(), other.client(), one.client(), other.client()])
    for (let round = 1; round <= 30; round++) {
      const { state } = await senders[0]!.converse('racer', '1234')
      const attribute = { type: 24, value: state! }
      const requests = senders.map((sender, index) => {
        // Each token at each node, and the other way about in the next round.
        const serial = (index + (index >> 1) + round) % 2 === 0 ? 'A' : 'B'
        return sender.accessRequest('racer', otp(serial, round), [attribute])
      })
      const answers = await Promise.all(senders.map((sender, index) => sender.ask(requests[index]!)))
      expect({ round, accepts: answers.filter((answer) => answer === 'accept').length }).toEqual({
        round,
        accepts: 1,
      })
    }
  })

  test('change a PIN together', async () => {
    const [first, second] = [await one.client(), await other.client()]
    await one.command('token', 'enroll', {
      ...{ type: 'hotp', serial: 'P', user: 'pia', pin: '1234', secretHex: secretOf('P') },
    })
    await one.command('token', 'set-pin', { serial: 'P', pin: '1234', changeAtNextLogin: true })
    const chosen = await second.converse('pia', `1234${otp('P', 0)}`)
    const repeated = await first.converse('pia', 'tulip', chosen.state)
    const answers = await Promise.all([
      first.converse('pia', 'tulip', repeated.state),
      second.converse('pia', 'tulip', repeated.state),
    ])
    expect(answers.map(({ answer }) => answer).sort()).toEqual(['accept', 'reject'])
    expect(await second.login('pia', `tulip${otp('P', 1)}`)).toBe('accept')
  })
})
