/**
 * `login explain`, `client check` and `server status` after real packets of every common kind: what a helpdesk reads when
 * a login fails, and an administrator when a device gets no answer.
 */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { AttributeType, Code } from '../../src/radius/attributes.ts'
import { chapPassword } from '../../src/radius/chap.ts'
import { DATABASES, POSTGRES } from '../support/databases.ts'
import { until } from '../support/until.ts'
import { hotp, secretOf } from './otp.ts'
import type { RadiusClient } from './radius_client.ts'
import { TestServer, vpn } from './server.ts'
import { unsignedRequest } from './unsigned_request.ts'

const radius = {
  clients: [
    vpn({ address: '127.0.0.1' }),
    vpn({ name: 'asker', address: '127.0.0.2', challenge: true }),
    vpn({ name: 'old', address: '127.0.0.3', require_message_authenticator: false }),
    vpn({ name: 'auto', address: '127.0.7.7', require_message_authenticator: 'auto' }),
    vpn({ name: 'lab', address: '127.0.0.0/16' }),
    vpn({ name: 'all', address: '127.0.0.0/15' }),
  ],
}
const settings = { radius, limits: { account_rate: 0 } }

interface Explained {
  readonly summary: string
  readonly entry: { readonly reason: string; readonly detail: string | null }
  readonly checks: readonly { check: string; outcome: string; found: string }[]
  readonly dialogue: readonly { reason: string }[]
  readonly now: readonly { what: string; state: string }[]
  readonly advice: readonly { text: string; command: string | null }[]
}

interface Activity {
  readonly minutes: readonly { readonly accept: number; readonly reject: number }[]
  readonly reasons: readonly { readonly reason: string; readonly count: number }[]
}

interface Fault {
  readonly client?: string
  readonly reason: string
  readonly count: number
  readonly cause: string
  readonly remedy: string
}

describe.each(DATABASES)('on $name', (kind) => {
  let server: TestServer
  let nas: RadiusClient

  beforeAll(async () => {
    server = await TestServer.start({ kind, settings })
    nas = await server.client()
  })
  afterAll(() => server?.close())

  let users = 0
  async function enroll(fields: Readonly<Record<string, unknown>> = {}) {
    const user = `user${++users}`
    const serial = `T${users}`
    const token = { secretHex: secretOf(`${kind.name} ${serial}`) }
    await server.command('token', 'enroll', { type: 'hotp', serial, user, pin: '1234', ...token, ...fields })
    return { user, serial, otp: (counter: number) => hotp(token, counter) }
  }

  async function newest(user: string): Promise<number> {
    const { entries } = await server.command('audit', 'list', { user, limit: 1 })
    return (entries as { id: number }[])[0]!.id
  }

  async function explained(user: string): Promise<Explained> {
    return (await server.command('login', 'explain', { id: await newest(user) })) as unknown as Explained
  }

  async function activity() {
    const { minutes, reasons } = (await server.command('server', 'activity', {})) as unknown as Activity
    const sum = (of: 'accept' | 'reject') => minutes.reduce((total, minute) => total + minute[of], 0)
    const used = reasons.find(({ reason }) => reason === 'otp-already-used')?.count ?? 0
    return { accept: sum('accept'), reject: sum('reject'), used }
  }

  const outcomeOf = ({ checks }: Explained) =>
    Object.fromEntries(checks.map(({ check, outcome, found }) => [check, `${outcome}: ${found}`]))

  test('a plain login by the expected code has no note, and every check passed', async () => {
    const { user, serial, otp } = await enroll()
    expect(await nas.login(user, `1234${otp(0)}`)).toBe('accept')
    const answer = await explained(user)
    expect(answer.entry).toMatchObject({ reason: 'otp-accepted', detail: null })
    expect(outcomeOf(answer)).toEqual({
      client: 'passed: vpn, from 127.0.0.1',
      'Message-Authenticator': 'passed: verified',
      'request read': 'passed: PAP',
      user: `passed: ${user} had tokens`,
      'enabled tokens': 'passed: yes',
      PIN: 'passed: right, or none is set',
      [`token ${serial}`]: 'passed: could be used',
      OTP: 'passed: right: the expected code',
      policy: 'passed: nothing more to ask',
      'reply attributes': 'open: as they were set then; below, if there are any, as they are set now',
      answer: 'passed: Access-Accept (otp-accepted)',
    })
    expect(answer.now).toEqual([
      { what: 'address 127.0.0.1', state: 'is client vpn' },
      { what: `token ${serial}`, state: 'can be used; 0 of 10 failures' },
    ])
  })

  test('what an Access-Accept would carry now', async () => {
    const { user, otp } = await enroll()
    await server.command('user', 'set', { user, reply: ['Filter-Id = staff', 'Class = a'] })
    expect(await nas.login(user, `1234${otp(0)}`)).toBe('accept')
    expect((await explained(user)).now).toContainEqual({
      what: 'an Access-Accept',
      state: 'carries Filter-Id, Class',
    })
  })

  test('three codes ahead', async () => {
    const { user, otp } = await enroll()
    expect(await nas.login(user, `1234${otp(3)}`)).toBe('accept')
    expect(outcomeOf(await explained(user)).OTP).toBe('passed: right: 3 codes ahead')
    const { stdout } = await server.sallyport(['audit', 'list', '--user', user])
    expect(stdout).toContain('otp-accepted: 3 codes ahead')
  })

  test('already used, out of sync, a wrong PIN: where it was, what it cost, and what helps', async () => {
    const { user, serial, otp } = await enroll()
    await nas.login(user, `1234${otp(0)}`)
    await nas.login(user, `1234${otp(0)}`)
    expect(outcomeOf(await explained(user))).toMatchObject({
      OTP: 'failed: used or passed over before: 1 code back',
      policy: `open: failures in a row by then: ${serial} 1 of 10`,
    })
    await nas.login(user, `1234${otp(401)}`)
    const outOfSync = await explained(user)
    expect(outcomeOf(outOfSync)).toMatchObject({
      OTP: 'failed: outside of the window: 400 codes ahead',
      policy: `open: failures in a row by then: ${serial} 2 of 10; autosync waits for the next code`,
    })
    expect(outOfSync.advice.map(({ command }) => command)).toContain(
      `sallyport token resync ${serial} OTP1 OTP2`,
    )
    await nas.login(user, otp(2))
    expect(outcomeOf(await explained(user)).PIN).toBe(
      `failed: of none of ${serial}; what was typed: no PIN before the OTP`,
    )
  })

  test('locked then, and unlocked now', async () => {
    const { user, serial, otp } = await enroll({ maxFail: 1 })
    await nas.login(user, '1234000000')
    expect(outcomeOf(await explained(user)).policy).toContain('a token is locked by it')
    await nas.login(user, `1234${otp(0)}`)
    const id = await newest(user)
    const { stdout, status } = await server.sallyport(['login', 'explain', String(id)])
    expect([status, stdout]).toEqual([0, expect.stringContaining(`✗ token ${serial}`)])
    expect(stdout).toContain(`sallyport token reset-fail-count ${serial}`)
    await server.command('token', 'reset-fail-count', { serial })
    const after = (await server.command('login', 'explain', { id })) as unknown as Explained
    expect(outcomeOf(after)[`token ${serial}`]).toMatch(/^failed: too many wrong logins/)
    expect(after.now).toContainEqual({ what: `token ${serial}`, state: 'can be used; 0 of 1 failures' })
  })

  test('an unknown user, a disabled token', async () => {
    await nas.login('nobody', '1234000000')
    expect(await explained('nobody')).toMatchObject({
      summary: 'rejected: no token belonged to this name',
      now: [{ what: 'address 127.0.0.1' }, { what: 'user nobody', state: 'has no token' }],
    })
    const { user, serial, otp } = await enroll()
    await server.command('token', 'disable', { serial })
    await nas.login(user, `1234${otp(0)}`)
    expect(outcomeOf(await explained(user))).toMatchObject({
      'enabled tokens': `failed: none: ${serial} disabled`,
      PIN: 'open: not reached',
    })
  })

  test('a dialogue is shown from its beginning', async () => {
    const { user, otp } = await enroll()
    const asker = await server.client({ from: '127.0.0.2' })
    const { state } = await asker.converse(user, '1234')
    expect(await asker.converse(user, otp(300), state)).toMatchObject({ answer: 'challenge' })
    const { entry, dialogue, checks } = await explained(user)
    expect(entry).toMatchObject({ reason: 'next-otp-asked' })
    expect(dialogue.map(({ reason }) => reason)).toEqual(['otp-asked'])
    expect(outcomeOf({ checks } as unknown as Explained)).toMatchObject({
      'challenge answered': 'passed: in time, which asked for an OTP',
      PIN: 'open: was checked before the challenge',
      OTP: 'failed: outside of the window: 300 codes ahead',
    })
  })

  test('CHAP, and a request that is not signed', async () => {
    const { user, otp } = await enroll()
    const challenge = randomBytes(16)
    const request = nas.request(Code.AccessRequest, challenge, [
      { type: AttributeType.UserName, value: Buffer.from(user) },
      { type: AttributeType.ChapPassword, value: chapPassword(1, `1234${otp(0)}`, challenge) },
    ])
    expect(await nas.ask(request)).toBe('reject')
    expect(outcomeOf(await explained(user))).toMatchObject({
      'request read': 'passed: CHAP',
      PIN: 'failed: not known here: only its MAC is kept',
    })
    const old = await server.client({ from: '127.0.0.3' })
    expect((await old.exchange(unsignedRequest(user, `1234${otp(0)}`)))?.[0]).toBe(Code.AccessAccept)
    expect(outcomeOf(await explained(user))['Message-Authenticator']).toBe(
      'open: not sent: the request could be forged',
    )
  })

  test('a pending token is nobody to a device, until its first OTP', async () => {
    const { user, serial, otp } = await enroll({ pending: true })
    expect(await nas.login(user, `1234${otp(0)}`)).toBe('reject')
    const { summary, now } = await explained(user)
    expect(summary).toBe('rejected: every token of the user was disabled, or waited for its first OTP')
    expect(now[1]?.state).toMatch(/^waits for its first OTP;/)
    await server.command('token', 'confirm', { serial, otp: otp(0) })
    expect(await nas.login(user, `1234${otp(0)}`)).toBe('reject')
    expect(await nas.login(user, `1234${otp(1)}`)).toBe('accept')
  })

  test('the newest logins as they come, and what was answered by the minute', async () => {
    const { user, otp } = await enroll()
    const { newest: after } = await server.command('login', 'recent', { limit: 1 })
    const before = await activity()
    await nas.login(user, `1234${otp(0)}`)
    await nas.login(user, `1234${otp(0)}`)
    expect(await server.command('login', 'recent', { after, client: 'vpn' })).toMatchObject({
      logins: [
        { client: 'vpn', reason: 'otp-already-used', explanation: expect.stringMatching(/^rejected: /) },
        { client: 'vpn', explanation: 'accepted: PIN and OTP were right' },
      ],
      leftOut: false,
    })
    const { accept, reject, used } = await activity()
    expect([accept - before.accept, reject - before.reject, used - before.used]).toEqual([1, 1, 1])
  })

  test('an operation: who, and what', async () => {
    const { user } = await enroll()
    expect(outcomeOf(await explained(user))).toMatchObject({
      who: 'passed: carol, by the admin socket',
      what: 'passed: token enroll',
    })
    const { status, stderr } = await server.sallyport(['login', 'explain', '999999999999'])
    expect([status, stderr]).toEqual([1, expect.stringContaining('the audit trail has no row 999999999999')])
  })

  test('neither PIN nor OTP nor password stands in any of it', async () => {
    const { user, otp } = await enroll({ pin: 'tulip-pin' })
    const passwords = [
      `tulip-pin${otp(0)}`,
      `tulip-pin${otp(300)}`,
      `wrong-pin${otp(1)}`,
      'tulip-pin',
      otp(1),
    ]
    for (const password of passwords) await nas.login(user, password)
    const { entries } = await server.command('audit', 'list', { user, limit: 9 })
    const said = [JSON.stringify(entries)]
    for (const { id } of entries as { id: number }[]) {
      said.push(JSON.stringify(await server.command('login', 'explain', { id })))
    }
    for (const secret of ['tulip', 'wrong-pin1', otp(0), otp(1), otp(300)]) {
      expect(said.join().includes(secret)).toBe(false)
    }
  })

  describe('requests that are no login', () => {
    async function faultsOf(address: string): Promise<Fault[]> {
      return (await server.command('client', 'check', { address })).dropped as Fault[]
    }

    const faults = [
      {
        reason: 'wrong-message-authenticator',
        from: '127.0.0.1',
        client: 'vpn',
        send: async () =>
          (await server.client({ secret: 'not what is shared by us' })).accessRequest('x', 'y').octets,
      },
      {
        reason: 'no-message-authenticator',
        from: '127.0.0.1',
        client: 'vpn',
        send: () => unsignedRequest('x', 'y'),
      },
      { reason: 'too-short', from: '127.0.0.2', client: 'asker', send: () => Buffer.from('hello') },
      {
        reason: 'unsupported-credential',
        from: '127.0.0.3',
        client: 'old',
        send: () =>
          nas.request(Code.AccessRequest, randomBytes(16), [
            { type: AttributeType.UserName, value: Buffer.from('x') },
            { type: AttributeType.EapMessage, value: Buffer.from([2, 1, 0, 5, 1]) },
          ]).octets,
      },
    ]
    test.each(faults)(
      '$reason is counted with its cause and remedy',
      async ({ reason, from, client, send }) => {
        const sender = await server.client({ from })
        sender.send(await send())
        sender.send(await send())
        const isIt = (fault: Fault) => fault.reason === reason && fault.count === 2
        await until(`two of ${reason}`, async () => (await faultsOf(from)).some(isIt))
        const { faults } = (await server.command('server', 'status')) as unknown as { faults: Fault[] }
        const found = faults.find((fault) => fault.client === client && fault.reason === reason)
        expect(found).toMatchObject({ count: 2, address: from })
        expect([found?.cause, found?.remedy]).not.toContain('')
      },
    )

    test('an unknown address gets the lines that would admit it, and is in the status', async () => {
      const stranger = await server.client({ from: '127.9.0.9' })
      stranger.send(stranger.accessRequest('x', 'y').octets)
      await until('it to be counted', async () => (await faultsOf('127.9.0.9')).length === 1)
      const check = await server.command('client', 'check', { address: '127.9.0.9' })
      expect(check).toMatchObject({ client: null, dropped: [{ reason: 'unknown-client', count: 1 }] })
      expect((check.configuration as string[]).join()).toContain('address = "127.9.0.9"')
      const { unknownAddresses } = await server.command('server', 'status')
      expect(unknownAddresses).toMatchObject([{ address: '127.9.0.9', count: 1 }])
    })

    test('client check says which network matched and why, and the settings in force', async () => {
      expect(await server.command('client', 'check', { address: '127.0.0.1' })).toMatchObject({
        client: { name: 'vpn', network: '127.0.0.1' },
        why: 'its address stands in the configuration',
        shorter: [
          { name: 'lab', network: '127.0.0.0/16' },
          { name: 'all', network: '127.0.0.0/15' },
        ],
      })
      expect(await server.command('client', 'check', { address: '127.0.9.9' })).toMatchObject({
        client: { name: 'lab', network: '127.0.0.0/16' },
        why: 'it lies in 127.0.0.0/16, the longest prefix of 2 that hold it',
      })
      const settings = async () => {
        const check = await server.command('client', 'check', { address: '127.0.7.7' })
        expect(check).toMatchObject({ client: { name: 'auto' } })
        return (check.settings as { name: string; meaning: string }[])[0]
      }
      expect(await settings()).toMatchObject({
        name: 'require_message_authenticator',
        meaning: expect.stringMatching(/^not latched/),
      })
      const signer = await server.client({ from: '127.0.7.7' })
      await signer.login('nobody', 'x')
      expect((await settings())?.meaning).toMatch(/^latched/)
      const { status, stderr } = await server.sallyport(['client', 'check', 'vpn'])
      expect([status, stderr]).toEqual([1, expect.stringContaining('must be an IPv4 or IPv6 address')])
    })

    test('the figures of a client are those of its packets, and outlive a reload', async () => {
      const figures = async () => {
        const { clients } = (await server.command('server', 'status')) as unknown as {
          clients: { name: string; requests: number; accepts: number; rejects: number; duplicates: number }[]
        }
        return clients.find(({ name }) => name === 'vpn')!
      }
      const before = await figures()
      const { user, otp } = await enroll()
      const request = nas.accessRequest(user, `1234${otp(0)}`)
      await nas.exchange(request.octets)
      await nas.exchange(request.octets)
      await nas.login(user, 'wrong')
      await server.command('server', 'reload')
      expect(await figures()).toMatchObject({
        requests: before.requests + 3,
        accepts: before.accepts + 1,
        rejects: before.rejects + 1,
        duplicates: before.duplicates + 1,
      })
    })
  })

  test('rows of before the first note say that it is not recorded', async () => {
    const { user, otp } = await enroll()
    await nas.login(user, `1234${otp(0)}`)
    const id = await newest(user)
    await server.stop()
    const later = String(Date.now() + 3_600_000)
    await server.database.query("UPDATE settings SET value = ? WHERE name = 'login_notes_since'", later)
    await server.start()
    const answer = (await server.command('login', 'explain', { id })) as unknown as Explained
    expect(outcomeOf(answer)).toMatchObject({
      'Message-Authenticator': 'open: not recorded',
      OTP: 'passed: right; distance not recorded',
    })
  })
})

test('two workers: the figures of a client are their sum', async () => {
  const server = await TestServer.start({ kind: POSTGRES, settings: { ...settings, server: { workers: 2 } } })
  try {
    const ports = await Promise.all(Array.from({ length: 40 }, () => server.client()))
    for (const port of ports) port.send(Buffer.from('hello'))
    const status = async () => (await server.command('server', 'status')) as unknown as { faults: Fault[] }
    await until('all to be counted', async () => (await status()).faults[0]?.count === 40)
    const { dropped } = await server.command('client', 'check', { address: '127.0.0.1' })
    expect(dropped).toMatchObject([{ reason: 'too-short', count: 40 }])
  } finally {
    await server.close()
  }
})
