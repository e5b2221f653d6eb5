/** The console of a real server over real HTTPS: who gets in, what a session is, and that no other page can use it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { commands } from '../../src/admin/commands.ts'
import { OTPS, SECRET_HEX } from '../admin/make_admin.ts'
import { type Ask, ConsoleClient } from './console_client.ts'
import { TestServer } from './server.ts'

const PASSWORD = 'correct horse battery'
const ROLES = ['viewer', 'helpdesk', 'admin'] as const

let server: TestServer
/** Each login needs an OTP that was never used; wide windows keep the tokens in step. */
const used = new Map<string, number>()

beforeAll(async () => {
  server = await TestServer.start({
    settings: { console: { listen: '127.0.0.1:0' }, tokens: { window: 10 } },
  })
  for (const role of ROLES) await addAdministrator(role, role)
}, 60_000)
afterAll(() => server.close())

const url = () => server.consoleUrl
const open = () => new ConsoleClient(url())

async function addAdministrator(user: string, role: string): Promise<void> {
  await server.command('token', 'enroll', {
    type: 'hotp',
    user,
    serial: user.toUpperCase(),
    secretHex: SECRET_HEX,
  })
  await server.command('admin', 'add', { user, role, password: PASSWORD })
}

function nextOtp(user: string): string {
  const at = used.get(user) ?? 0
  used.set(user, at + 1)
  return OTPS[at] as string
}

async function logIn(user: string): Promise<ConsoleClient> {
  const client = open()
  const answer = await client.post('/session/login', { user, password: PASSWORD, otp: nextOtp(user) })
  expect([answer.status, answer.text]).toEqual([200, JSON.stringify({ user, role: user })])
  return client
}

describe('a login', () => {
  test('begins a session whose cookie no script and no other site gets', async () => {
    const client = await logIn('viewer')
    expect(client.setCookies).toEqual([
      expect.stringMatching(/^__Host-sallyport=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/),
    ])
    const { status, body } = await client.get('/session')
    expect([status, body]).toEqual([
      200,
      { user: 'viewer', role: 'viewer', idleSeconds: 900, expiresAt: expect.any(String) },
    ])
    expect(Date.parse(body.expiresAt) - Date.now()).toBeGreaterThan(9.9 * 3_600_000)
  })
})
