/** Users who serve themselves: what is theirs and nothing else, and what a password alone must not bring. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { POSTGRES } from '../support/databases.ts'
import { type Answer, ConsoleClient } from './console_client.ts'
import { hexOf, hotp, secretOf, totp } from './otp.ts'
import { TestServer } from './server.ts'

const PASSWORD = 'a word to the wise'

let server: TestServer
beforeAll(async () => {
  server = await TestServer.start({
    settings: { console: { listen: '127.0.0.1:0' } },
  })
}, 60_000)
afterAll(() => server.close())

const open = () => new ConsoleClient(server.consoleUrl)
const codeOf = ({ status, body }: Answer) => [status, body?.error?.code]
const otpOf = (user: string, counter: number) => hotp({ secretHex: secretOf(user) }, counter)

async function withToken(user: string, input: object = {}): Promise<void> {
  const serial = user.toUpperCase()
  await server.command('token', 'enroll', { type: 'hotp', user, serial, secretHex: secretOf(user), ...input })
}

async function codeFor(user: string): Promise<string> {
  return (await server.command('registration', 'create', { user })).code as string
}

async function byPassword(user: string): Promise<ConsoleClient> {
  await server.command('user', 'set-password', { user, password: PASSWORD })
  const client = open()
  expect((await client.post('/me/login', { user, password: PASSWORD })).body).toEqual({ user })
  return client
}

async function byCode(user: string): Promise<ConsoleClient> {
  const client = open()
  expect((await client.post('/me/login', { user, code: await codeFor(user) })).body).toEqual({ user })
  return client
}

describe('a registration code', () => {
  test('lets one in, of two who come with it at once', async () => {
    const code = await codeFor('contested')
    const both = [open(), open(), open()]
    const answers = await Promise.all(
      both.map((client) => client.post('/me/login', { user: 'contested', code })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401])
    const sessions = await Promise.all(both.map((client) => client.get('/me/session')))
    expect(sessions.map(({ status }) => status).sort()).toEqual([200, 401, 401])
  })

  test('is of its user alone, and gone when it is revoked', async () => {
    const code = await codeFor('owner')
    expect(codeOf(await open().post('/me/login', { user: 'thief', code }))).toEqual([401, 'denied'])
    expect(await server.command('registration', 'revoke', { user: 'owner' })).toMatchObject({ revoked: true })
    expect(codeOf(await open().post('/me/login', { user: 'owner', code }))).toEqual([401, 'denied'])
  })

  test('brings a new user from nothing to a login over RADIUS', async () => {
    const client = await byCode('newcomer')
    expect((await client.get('/me/session')).body).toMatchObject({
      user: 'newcomer',
      passwordSet: false,
      byCode: true,
      enrollNeedsOtp: false,
      may: { enroll: true, setPin: true, resync: true, lost: true, setPassword: true },
    })
    const enrolled = (await client.post('/me/enroll', { pin: '2468' })).body
    const { serial } = enrolled.token
    expect(enrolled).toMatchObject({
      token: { user: 'newcomer', type: 'totp', pinSet: true, active: false, pending: true },
      otpauthUri: expect.stringContaining(enrolled.secret),
    })
    const secretHex = hexOf(enrolled.secret)
    const confirmed = await client.post('/me/confirm', { serial, otp: totp({ secretHex }) })
    expect(confirmed.body).toMatchObject({ token: { serial, active: true, pending: false } })
    const nas = await server.client()
    expect(await nas.login('newcomer', `2468${totp({ secretHex }, 1)}`)).toBe('accept')

    client.transcript = ''
    const shown = (await client.post('/me/show')).body
    expect(shown).toMatchObject({ user: 'newcomer', tokens: [{ serial }] })
    expect(shown.recent[0]).toMatchObject({
      action: 'login',
      outcome: 'accept',
      explanation: expect.any(String),
    })
    expect(client.transcript).not.toContain(enrolled.secret)
    expect((await client.post('/me/set-password', { password: PASSWORD })).status).toBe(200)
    expect((await client.get('/me/session')).body).toMatchObject({ passwordSet: true })
    const { entries } = await server.command('audit', 'list', { user: 'newcomer', action: 'token enroll' })
    expect(entries).toMatchObject([{ actor: 'user:newcomer', source: '127.0.0.1' }])
  })
})

describe('a user', () => {
  test('has a session that is none of an administrator, whatever the cookie is called', async () => {
    await withToken('curious')
    const client = await byPassword('curious')
    expect(client.setCookies.at(-2)).toMatch(
      /^__Secure-sallyport-me=[\w-]{43}; Path=\/me; HttpOnly; SameSite=Strict; Secure$/,
    )
    client.cookies.set('__Host-sallyport', client.cookies.get('__Secure-sallyport-me') as string)
    expect(codeOf(await client.post('/v1/token/list'))).toEqual([401, 'no-session'])
    expect(codeOf(await client.get('/session'))).toEqual([401, 'no-session'])
  })

  test('reaches no token but his own', async () => {
    await withToken('victim')
    await withToken('prying')
    const client = await byPassword('prying')
    for (const [path, body] of [
      ['/me/lost', { serial: 'VICTIM' }],
      ['/me/resync', { serial: 'VICTIM', otp1: otpOf('victim', 3), otp2: otpOf('victim', 4) }],
      ['/me/confirm', { serial: 'VICTIM', otp: otpOf('victim', 5) }],
    ] as const) {
      expect([path, ...codeOf(await client.post(path, body))]).toEqual([path, 404, 'not-found'])
    }
    const set = await client.post('/me/set-pin', { serial: 'VICTIM', pin: '1', otp: otpOf('victim', 6) })
    expect(codeOf(set)).toEqual([403, 'denied'])
    expect(await server.token('VICTIM')).toMatchObject({ active: true, pinSet: false, counter: 0 })
  })

  test('with a password alone gets no second factor where he has a token', async () => {
    await withToken('robbed', { pin: '1357' })
    const client = await byPassword('robbed')
    expect((await client.get('/me/session')).body).toMatchObject({ enrollNeedsOtp: true })
    expect(codeOf(await client.post('/me/enroll', {}))).toEqual([403, 'denied'])
    expect(codeOf(await client.post('/me/enroll', { otp: '000000' }))).toEqual([403, 'denied'])
    expect(codeOf(await client.post('/me/set-pin', { serial: 'ROBBED', pin: '1', otp: '000000' }))).toEqual([
      403,
      'denied',
    ])
    // Reported as lost: out, but nothing in its place, and what he had still stands against another.
    expect((await client.post('/me/lost', { serial: 'ROBBED' })).body).toMatchObject({
      token: { active: false },
      password: null,
    })
    expect(codeOf(await client.post('/me/enroll', {}))).toEqual([403, 'denied'])
    expect(codeOf(await client.post('/me/set-password', { password: 'mine from now on' }))).toEqual([
      403,
      'denied',
    ])
    expect(await server.command('token', 'list', { user: 'robbed' })).toMatchObject({ total: 1 })
  })

  test('with password and OTP sets his PIN, enrolls another token and changes the password', async () => {
    await withToken('honest')
    const client = await byPassword('honest')
    const set = await client.post('/me/set-pin', { serial: 'HONEST', pin: '9753', otp: otpOf('honest', 0) })
    expect(set.body).toMatchObject({ token: { pinSet: true, counter: 1 } })
    const enrolled = await client.post('/me/enroll', { type: 'hotp', otp: otpOf('honest', 1) })
    expect(enrolled.body).toMatchObject({ token: { type: 'hotp', pending: true } })
    const other = await byPassword('honest')
    const again = { password: 'something else now', old: PASSWORD }
    expect((await other.post('/me/set-password', again)).status).toBe(200)
    expect((await other.get('/me/session')).status).toBe(200)
    // Whoever else had come in by the old one is out.
    expect(codeOf(await client.get('/me/session'))).toEqual([401, 'no-session'])
  })

  test('who is an administrator gets no token by his password, not even the first', async () => {
    await server.command('admin', 'add', { user: 'boss', role: 'admin', password: PASSWORD })
    const client = open()
    expect((await client.post('/me/login', { user: 'boss', password: PASSWORD })).status).toBe(200)
    expect(codeOf(await client.post('/me/enroll', {}))).toEqual([403, 'denied'])
  })
})

test('what is switched off is refused, at once after a reload', async () => {
  await withToken('limited')
  const client = await byPassword('limited')
  const settings = { listen: '127.0.0.1:0', self_service: { resync: false, lost: 'password' } }
  server.configure({ console: settings })
  await server.command('server', 'reload')
  const { may } = (await client.get('/me/session')).body
  expect(may).toMatchObject({ resync: false, lost: true })
  const resync = { serial: 'LIMITED', otp1: otpOf('limited', 0), otp2: otpOf('limited', 1) }
  expect(codeOf(await client.post('/me/resync', resync))).toEqual([403, 'denied'])
  // Without a PIN, a temporary password would be all that it takes to log in.
  expect((await client.post('/me/lost', { serial: 'LIMITED' })).body).toMatchObject({ password: null })
  await withToken('replaced', { pin: '8642' })
  const other = await byPassword('replaced')
  const lost = (await other.post('/me/lost', { serial: 'REPLACED' })).body
  expect(lost).toMatchObject({ token: { type: 'password' }, password: expect.any(String) })
  // It is no proof of who he is: he has it from here.
  expect(codeOf(await other.post('/me/enroll', { otp: lost.password }))).toEqual([403, 'denied'])
  const { serial } = lost.token
  expect(codeOf(await other.post('/me/set-pin', { serial, pin: '1', otp: lost.password }))).toEqual([
    403,
    'denied',
  ])
  server.configure({ console: { ...settings, self_service: false } })
  await server.command('server', 'reload')
  expect(codeOf(await open().post('/me/login', { user: 'limited', password: PASSWORD }))).toEqual([
    403,
    'denied',
  ])
})

test('a registration link has the code where no server and no log sees it', async () => {
  server.configure({ console: { listen: '127.0.0.1:0', url: 'https://otp.example.org/' } })
  await server.command('server', 'reload')
  const made = await server.command('registration', 'create', { user: 'linked', expiresIn: '30m' })
  expect(made.code).toMatch(/^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/)
  expect(made.link).toBe(`https://otp.example.org/me/login#user=linked&code=${made.code}`)
  expect(Date.parse(made.expiresAt as string) - Date.now()).toBeLessThanOrEqual(30 * 60_000)
})

test('one code at two nodes of one database at once lets one in', async () => {
  const settings = { console: { listen: '127.0.0.1:0' } }
  const one = await TestServer.start({ kind: POSTGRES, settings })
  try {
    const node = { node: 'b', master_key_file: join(one.directory, 'data', 'master.key') }
    const other = await TestServer.start({ database: one.database, settings: { ...settings, server: node } })
    try {
      for (let round = 0; round < 5; round++) {
        const user = `racer${round}`
        const { code } = await one.command('registration', 'create', { user })
        const both = [one, other].map(({ consoleUrl }) => new ConsoleClient(consoleUrl))
        const answers = await Promise.all(both.map((client) => client.post('/me/login', { user, code })))
        expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
        // The session is good at either.
        const cookies = [...both[0]!.cookies, ...both[1]!.cookies]
        for (const client of both) {
          for (const [name, value] of cookies) client.cookies.set(name, value)
          expect((await client.get('/me/session')).body).toMatchObject({ user })
        }
      }
    } finally {
      await other.close()
    }
  } finally {
    await one.close()
  }
}, 60_000)
