/** The pages of the console as browsers ask for them: files that are never asked for again, compressed, and nothing else. */
import { mkdirSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { commands } from '../../../src/admin/commands.ts'
import { readConfig } from '../../../src/config/config.ts'
import { createConsoleApp } from '../../../src/server/console/console_app.ts'
import { ConsoleLogins } from '../../../src/server/console/console_logins.ts'
import { ConsoleSessions } from '../../../src/server/console/console_sessions.ts'
import { knownBrowsers } from '../../../src/server/console/known_browser.ts'
import { PasswordHasher } from '../../../src/server/console/password_hash.ts'
import { readStaticFiles } from '../../../src/server/console/static_files.ts'
import { type Admin, makeAdmin } from '../../admin/make_admin.ts'
import { KEYS } from '../../support/databases.ts'

let admin: Admin
const closers: (() => Promise<unknown>)[] = []
let built: string
let unbuilt: string

beforeAll(async () => {
  admin = await makeAdmin()
  const directory = join(admin.directory, 'built')
  mkdirSync(join(directory, 'assets'), { recursive: true })
  writeFileSync(join(directory, 'index.html'), '<!doctype html><title>the page</title>')
  writeFileSync(join(directory, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  writeFileSync(join(directory, 'assets', 'app-1234.js'), 'plain()')
  writeFileSync(join(directory, 'assets', 'app-1234.js.br'), 'brotli')
  writeFileSync(join(directory, 'assets', 'app-1234.js.gz'), 'gzip')
  writeFileSync(join(admin.directory, 'secret.txt'), 'nobody shall read this')
  built = await open(directory)
  unbuilt = await open(join(admin.directory, 'nothing'))
})
afterAll(async () => {
  for (const close of closers) await close()
  await admin.close()
})

async function open(directory: string): Promise<string> {
  const { store, contextFor } = admin
  const config = readConfig({ file: null, env: {}, cwd: admin.directory }).console
  const sessions = new ConsoleSessions({ store, keys: KEYS, now: Date.now, limits: () => config })
  const { transact, policy } = admin.context
  const passwords = new PasswordHasher()
  const app = createConsoleApp({
    ...{ commands, version: '0.1.0', contextFor, sessions, store },
    logins: new ConsoleLogins({ store, sessions, passwords, transact, policy: () => policy, now: Date.now }),
    known: knownBrowsers(KEYS, Date.now),
    files: readStaticFiles(directory),
    config: () => config,
    tls: null,
    isTrusted: false,
    log: { error: () => {} },
  })
  await app.ready()
  await new Promise<void>((resolve) => app.server.listen(0, '127.0.0.1', resolve))
  closers.push(() => app.close())
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
}

test.each(['/', '/tokens', '/tokens/TOTP1.2', '/users/alice@example.org', '/me/login', '/live'])(
  'is one page for %s, asked for each time',
  async (path) => {
    const answer = await fetch(`${built}${path}`, { headers: { accept: 'text/html,*/*' } })
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('the page')])
    expect(answer.headers.get('cache-control')).toBe('no-cache')
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  },
)

test.each([
  ['br, gzip', 'br'],
  ['gzip', 'gzip'],
  ['identity', null],
])(
  'has files that are never asked for again, compressed as browsers take it: %s',
  async (accepted, encoding) => {
    const { status, headers } = await fetch(`${built}/assets/app-1234.js`, {
      method: 'HEAD',
      headers: { 'accept-encoding': accepted },
    })
    expect([status, headers.get('content-encoding'), headers.get('vary')]).toEqual([
      200,
      encoding,
      'accept-encoding',
    ])
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  },
)

test.each([
  '/assets/app-0000.js',
  '/assets/../../secret.txt',
  '/assets/%2e%2e/%2e%2e/secret.txt',
  '/nothing.png',
])('has nothing at %s', async (path) => {
  // By hand: a client of HTTP would tidy the path.
  const text = await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  expect(text).toMatch(/^HTTP\/1\.1 404 /)
  expect(text).not.toContain('nobody shall read this')
})

test('says what is missing where it was not built, and goes on', async () => {
  const answer = await fetch(`${unbuilt}/`)
  expect([answer.status, await answer.text()]).toEqual([
    503,
    expect.stringContaining('The console is not built'),
  ])
  expect((await fetch(`${unbuilt}/session`)).status).toBe(401)
})

test('is for no name that leads here by somebody else', async () => {
  const { port } = new URL(built)
  const ask = async (host: string) => {
    const lines = [
      `Host: ${host}`,
      `Origin: http://${host}`,
      'Content-Type: application/json',
      'Connection: close',
    ]
    const text = await raw(
      `POST /v1/token/list HTTP/1.1\r\n${lines.join('\r\n')}\r\nContent-Length: 2\r\n\r\n{}`,
    )
    return Number(text.split(' ')[1])
  }
  expect(await ask(`rebound.example:${port}`)).toBe(403)
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`])
    expect(await ask(host)).toBe(401)
})

test('refuses what is too long, and what is no JSON, without repeating it', async () => {
  const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
  const post = async (body: string) => {
    const answer = await fetch(`${built}/session/login`, { method: 'POST', headers, body })
    return [answer.status, await answer.text()]
  }
  expect(await post('x'.repeat(70_000))).toEqual([413, expect.any(String)])
  expect(await post('{"password":"hunter2"')).toEqual([400, expect.not.stringContaining('hunter2')])
  expect(await post('{"user":"a","password":"hunter2","otp":5}')).toEqual([
    400,
    expect.not.stringContaining('hunter2'),
  ])
  expect(await post('{"user":"a","password":"hunter2","otp":"1","more":1}')).toEqual([
    400,
    expect.not.stringContaining('hunter2'),
  ])
})

function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(built)
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text))
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk
    })
    socket.on('error', reject).on('close', () => resolve(received))
  })
}
