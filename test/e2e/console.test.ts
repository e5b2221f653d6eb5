/** The console of a real server over real HTTPS: who gets in, what a session is, and that no other page can use it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { commands } from '../../src/admin/commands.ts'
import { isAtLeast, ROLES, type Role } from '../../src/auth/role.ts'
import { type Answer, ConsoleClient } from './console_client.ts'
import { base32, hotp, secretOf } from './otp.ts'
import { TestServer } from './server.ts'

const PASSWORD = 'correct horse battery'

let server: TestServer
const counters = new Map<string, number>()
const clients: ConsoleClient[] = []
const sessions = new Map<Role, ConsoleClient>()

beforeAll(async () => {
  server = await TestServer.start({ settings: { console: { listen: '127.0.0.1:0' } } })
  for (const role of ROLES) {
    await addAdministrator(role, role)
    sessions.set(role, await logIn(role))
  }
}, 60_000)
afterAll(() => server.close())

function open(): ConsoleClient {
  const client = new ConsoleClient(server.consoleUrl)
  clients.push(client)
  return client
}

async function addAdministrator(user: string, role: Role): Promise<void> {
  const serial = user.toUpperCase()
  await server.command('token', 'enroll', { type: 'hotp', user, serial, secretHex: secretOf(user) })
  await server.command('admin', 'add', { user, role, password: PASSWORD })
}

/** Never used before. */
function nextOtp(user: string): string {
  const counter = counters.get(user) ?? 0
  counters.set(user, counter + 1)
  return hotp({ secretHex: secretOf(user) }, counter)
}

async function tryLogin(user: string, change: object = {}, client = open()): Promise<Answer> {
  const body = { user, password: PASSWORD, otp: nextOtp(user), ...change }
  return await client.post('/session/login', body)
}

async function logIn(user: string, client = open()): Promise<ConsoleClient> {
  expect((await tryLogin(user, {}, client)).status).toBe(200)
  return client
}

const codeOf = ({ status, body }: Answer) => [status, body?.error?.code]

describe('a session', () => {
  test('has a cookie that no script, no other site and no plain connection gets', async () => {
    const client = sessions.get('viewer')!
    expect(client.setCookies).toEqual([
      expect.stringMatching(/^__Host-sallyport=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/),
      expect.stringMatching(
        /^__Host-sallyport-known=[\w-]+; Path=\/; HttpOnly; SameSite=Strict; Secure; Max-Age=7776000$/,
      ),
    ])
    const { body } = await client.get('/session')
    expect(body).toEqual({ user: 'viewer', role: 'viewer', idleSeconds: 900, expiresAt: expect.any(String) })
  })

  test('is another one after a login: what was there before, made up or real, is worth nothing', async () => {
    await addAdministrator('fixated', 'viewer')
    const client = open()
    const madeUp = 'A'.repeat(43)
    client.cookies.set('__Host-sallyport', madeUp)
    expect(codeOf(await client.get('/session'))).toEqual([401, 'no-session'])
    await logIn('fixated', client)
    const first = client.cookies.get('__Host-sallyport') as string
    expect(first).not.toBe(madeUp)
    await logIn('fixated', client)
    expect(client.cookies.get('__Host-sallyport')).not.toBe(first)
    const before = open()
    before.cookies.set('__Host-sallyport', first)
    expect(codeOf(await before.get('/session'))).toEqual([401, 'no-session'])
    expect((await client.get('/session')).status).toBe(200)
  })

  test('ends by logout, in the browser and on the server', async () => {
    await addAdministrator('leaving', 'viewer')
    const client = await logIn('leaving')
    const cookie = client.cookies.get('__Host-sallyport') as string
    await client.post('/session/logout')
    expect([...client.cookies.keys()]).toEqual(['__Host-sallyport-known'])
    client.cookies.set('__Host-sallyport', cookie)
    expect(codeOf(await client.get('/session'))).toEqual([401, 'no-session'])
  })

  test.each([
    ['he is demoted', 'set-role', { role: 'viewer' }],
    ['his password is changed', 'set-password', { password: 'another password' }],
    ['he is removed', 'remove', {}],
    ['it is revoked', 'revoke', {}],
  ])('ends at once when %s', async (_, verb, input) => {
    const user = `to-${verb}`
    await addAdministrator(user, 'admin')
    const client = await logIn(user)
    expect((await client.post('/v1/token/list')).status).toBe(200)
    await server.command('admin', verb, { user, ...input })
    expect(codeOf(await client.post('/v1/token/list'))).toEqual([401, 'no-session'])
  })

  test('outlives a restart of the server', async () => {
    await server.stop()
    await server.start()
    const again = open()
    for (const [name, value] of sessions.get('admin')!.cookies) again.cookies.set(name, value)
    expect((await again.get('/session')).body).toMatchObject({ user: 'admin', role: 'admin' })
    for (const [role, client] of sessions) {
      const moved = open()
      for (const [name, value] of client.cookies) moved.cookies.set(name, value)
      sessions.set(role, moved)
    }
  })
})

describe('every command', () => {
  const rows = commands.map((command) => [`${command.noun} ${command.verb}`, command] as const)
  /** Of the right form for no command: whoever may run it is told so, and nothing is done. */
  const NONSENSE = { thereIsNoSuchField: 1 }

  test.each(rows)('%s needs a session and its role', async (_, { noun, verb, role: needed }) => {
    const path = `/v1/${noun}/${verb}`
    expect(codeOf(await open().post(path, NONSENSE))).toEqual([401, 'no-session'])
    for (const role of ROLES) {
      const answer = await sessions.get(role)!.post(path, NONSENSE)
      expect([role, ...codeOf(answer)]).toEqual(
        isAtLeast(role, needed) ? [role, 400, 'invalid'] : [role, 403, 'denied'],
      )
      if (answer.status === 403) expect(answer.text).toContain(`needs the role ${needed}`)
    }
  })

  test('is in the audit trail under the name of the person, with the address', async () => {
    await sessions.get('helpdesk')!.post('/v1/token/disable', { serial: 'VIEWER' })
    await sessions.get('helpdesk')!.post('/v1/token/enable', { serial: 'VIEWER' })
    const { entries } = (await server.command('audit', 'list', { serial: 'VIEWER', limit: 1 })) as {
      entries: object[]
    }
    expect(entries[0]).toMatchObject({
      actor: 'admin:helpdesk',
      source: '127.0.0.1',
      action: 'token enable',
      outcome: 'done',
    })
  })

  test('of an administrator of a higher rank keeps the helpdesk away', async () => {
    const helpdesk = sessions.get('helpdesk')!
    for (const [path, body] of [
      ['/v1/token/lost', { serial: 'ADMIN' }],
      ['/v1/token/set-pin', { serial: 'ADMIN', pin: '1234' }],
      ['/v1/user/reset-fail-count', { user: 'admin' }],
      ['/v1/registration/create', { user: 'admin' }],
      ['/v1/user/set-password', { user: 'admin', password: 'their own choice' }],
    ] as const) {
      expect([path, ...codeOf(await helpdesk.post(path, body))]).toEqual([path, 403, 'denied'])
    }
  })

  test('does not let an administrator change his own role', async () => {
    const answer = await sessions.get('admin')!.post('/v1/admin/set-role', { user: 'ADMIN', role: 'viewer' })
    expect(codeOf(answer)).toEqual([403, 'denied'])
  })
})

describe('another page', () => {
  const JSON_TYPE = { 'content-type': 'application/json' }
  test.each([
    ['from elsewhere', { ...JSON_TYPE, origin: 'https://evil.example' }, 403],
    ['from another port', { ...JSON_TYPE, origin: 'https://127.0.0.1:1' }, 403],
    ['of no origin', { ...JSON_TYPE, origin: 'null' }, 403],
    ['cross-site by its own word', { ...JSON_TYPE, 'sec-fetch-site': 'cross-site' }, 403],
    ['of the same site, but not this origin', { ...JSON_TYPE, 'sec-fetch-site': 'same-site' }, 403],
    ['that says nothing of itself', JSON_TYPE, 403],
    ['with a form', { own: '', 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['with a form of parts', { own: '', 'content-type': 'multipart/form-data; boundary=x' }, 415],
    ['with plain text', { own: '', 'content-type': 'text/plain' }, 415],
    ['without a type', { own: '' }, 415],
  ])('cannot use a session: %s', async (_, { own, ...given }: Record<string, string>, status) => {
    const origin = new URL(server.consoleUrl).origin
    const headers = own === undefined ? given : { ...given, origin }
    for (const path of ['/v1/token/disable', '/session/login', '/session/logout', '/me/login']) {
      const body = '{"serial":"VIEWER"}'
      const answer = await sessions.get('admin')!.ask(path, { method: 'POST', body, headers })
      expect([path, answer.status]).toEqual([path, status])
    }
    expect(await server.token('VIEWER')).toMatchObject({ active: true })
    expect((await sessions.get('admin')!.get('/session')).status).toBe(200)
  })

  test('cannot use one by GET', async () => {
    const answer = await sessions.get('admin')!.get('/v1/token/list')
    expect(answer.status).toBe(404)
  })

  test('cannot frame it, nor run a script in it, nor learn where it was', async () => {
    const { headers } = await open().get('/')
    expect(headers).toMatchObject({
      'content-security-policy': expect.stringMatching(
        /default-src 'self'; script-src 'self'; .*frame-ancestors 'none'/,
      ),
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    expect(headers['content-security-policy']).not.toMatch(/script-src[^;]*unsafe/)
    // Nobody could get past the browser's warning any more.
    expect(headers['strict-transport-security']).toBeUndefined()
  })
})

describe('a login', () => {
  test('is refused in the same words whatever is wrong, and the trail has the reason', async () => {
    await addAdministrator('refused', 'admin')
    await server.command('token', 'enroll', { type: 'hotp', user: 'nobody', secretHex: secretOf('nobody') })
    const answers = [
      await tryLogin('refused', { password: 'not the password' }),
      await tryLogin('refused', { otp: '000000' }),
      await tryLogin('nobody'),
      await tryLogin('unheard-of'),
    ]
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(codeOf(answers[0]!)).toEqual([401, 'denied'])
    const reasons = async (user: string) =>
      (
        (await server.command('audit', 'list', { user, action: 'admin login' })) as {
          entries: { reason: string }[]
        }
      ).entries.map(({ reason }) => reason)
    expect(await reasons('refused')).toEqual(['wrong-otp', 'wrong-password'])
    expect(await reasons('nobody')).toEqual(['no-administrator'])
    // As by RADIUS: the token counts it.
    expect(await server.token('REFUSED')).toMatchObject({ failCount: 1 })
  })

  test('by an OTP that was used before is refused', async () => {
    await addAdministrator('twice', 'viewer')
    const otp = nextOtp('twice')
    expect((await tryLogin('twice', { otp })).status).toBe(200)
    expect(codeOf(await tryLogin('twice', { otp }))).toEqual([401, 'denied'])
  })

  test('that fails again and again is held up, right or wrong; other users and the socket are not', async () => {
    await addAdministrator('guessed', 'admin')
    const wrong = await Promise.all(
      Array.from({ length: 14 }, () => tryLogin('guessed', { password: 'guess after guess', otp: '1' })),
    )
    const statuses = wrong.map(({ status }) => status)
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(11)
    expect(statuses).toContain(429)
    const right = await tryLogin('guessed')
    expect([...codeOf(right), right.headers['retry-after']]).toEqual([429, 'throttled', '30'])
    expect((await sessions.get('viewer')!.get('/session')).status).toBe(200)
    expect(await server.command('admin', 'list')).toMatchObject({ administrators: expect.any(Array) })
  })

  test('is not held up where he has logged in before, whatever others try under his name', async () => {
    await addAdministrator('known', 'admin')
    await addAdministrator('other', 'admin')
    const known = await logIn('known')
    const stranger = await logIn('other')
    const guess = (client: ConsoleClient) =>
      client.post('/session/login', { user: 'known', password: 'guess after guess', otp: '1' })
    for (const client of [open(), stranger]) {
      await Promise.all(Array.from({ length: 12 }, () => guess(client)))
    }
    // His mark is no password, and another user's is none of his.
    expect(codeOf(await tryLogin('known', {}, stranger))).toEqual([429, 'throttled'])
    expect(codeOf(await guess(known))).toEqual([401, 'denied'])
    expect((await tryLogin('known', {}, known)).status).toBe(200)
    const guesses = await Promise.all(Array.from({ length: 14 }, () => guess(known)))
    expect(guesses.map(({ status }) => status)).toContain(429)
  })

  test('of someone with a token alone, or a password alone, is none', async () => {
    const { notes } = (await server.command('admin', 'add', {
      user: 'tokenless',
      role: 'admin',
      password: PASSWORD,
    })) as { notes: string[] }
    expect(notes[0]).toContain('sallyport token enroll totp tokenless')
    expect(codeOf(await tryLogin('tokenless'))).toEqual([401, 'denied'])
  })
})

test('no secret is in any answer after the enrolment, nor a password in the log or the trail', async () => {
  const admin = sessions.get('admin')!
  const { body } = await admin.post('/v1/token/enroll', { type: 'totp', user: 'carol', pin: '4711-pin' })
  expect(body.otpauthUri).toContain(body.secret)
  const { serial } = body.token
  admin.transcript = ''
  for (const [path, input] of [
    ['/v1/token/show', { serial }],
    ['/v1/token/list', { user: 'carol' }],
    ['/v1/token/set-pin', { serial, pin: '4712-pin' }],
    ['/v1/user/show', { user: 'carol' }],
    ['/v1/audit/list', { limit: 200 }],
    ['/v1/admin/list', {}],
    ['/v1/admin/sessions', {}],
    ['/v1/server/status', {}],
  ] as const) {
    expect([path, (await admin.post(path, input)).status]).toEqual([path, 200])
  }
  const secrets = [body.secret, base32(secretOf('admin')), '4711-pin', '4712-pin', PASSWORD, '$argon2id']
  const cookie = admin.cookies.get('__Host-sallyport') as string
  for (const secret of [...secrets, cookie]) expect(admin.transcript).not.toContain(secret)
  for (const secret of [...secrets, cookie]) expect(server.log + server.stdout).not.toContain(secret)
})
