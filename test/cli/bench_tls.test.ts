import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Server, serve } from '../../src/server/serve.ts'
import { Authority } from '../support/certificates.ts'
import { run } from './run_sallyport.ts'

const directory = mkdtempSync(join(tmpdir(), 'sallyport-bench-tls-'))
const authority = new Authority(directory, 'authority')
const ours = authority.issue('radius.example.org')
const gate = authority.issue('gate', { san: 'DNS:gate.example.org' })
const foreign = new Authority(directory, 'foreign')
const env = { PATH: process.env.PATH ?? '', SALLYPORT_CONFIG: join(directory, 's.toml') }
const TLS = ['--tls', '--certificate', gate.certFile, '--key', gate.keyFile]
let server: Server
let address: string

beforeAll(async () => {
  const radsec = `[radsec]\nlisten = ["127.0.0.1:0"]\ncertificate_file = "${ours.certFile}"\nkey_file = "${ours.keyFile}"\nca_file = "${authority.own.certFile}"\n`
  const rest =
    '[radius]\nlisten = ["127.0.0.1:0"]\nreject_delay = 0\n[limits]\naccount_rate = 0\n[log]\nlevel = "error"\n[console]\nlisten = "off"\n'
  writeFileSync(
    env.SALLYPORT_CONFIG,
    `${radsec}${rest}[[radius.clients]]\nname = "gate"\ntls = { name = "gate.example.org" }\n`,
  )
  let printed = ''
  const print = (text: string) => {
    printed += text
  }
  server = await serve({ file: env.SALLYPORT_CONFIG, env: {}, cwd: directory, print })
  address = /over TLS +(\S+)/.exec(printed)![1]!
  const { stdout } = await run(['bench', '--hotp', '4', '--print-users'], { env })
  for (const stdin of stdout.trim().split('\n'))
    await run(['token', 'enroll', '--input', '-'], { env, stdin })
}, 60_000)
afterAll(async () => {
  await server.drain()
  rmSync(directory, { recursive: true })
})

const bench = (...args: string[]) =>
  run(['bench', ...args, '--hotp', '4', '--outstanding', '4', '--seconds', '0.3', '--warm-up', '0.1'], {
    env,
    cwd: directory,
  })

test('logins over TLS are accepted, on one connection', async () => {
  const ran = await bench(address, ...TLS, '--ca', authority.own.certFile, '--json')
  expect([ran.status, ran.stderr]).toEqual([0, ''])
  const { counts, sockets } = JSON.parse(ran.stdout)
  expect(counts).toMatchObject({ rejects: 0, timeouts: 0, invalid: 0, unsigned: 0, stray: 0 })
  expect(counts.accepts).toBeGreaterThan(4)
  expect(sockets).toBe(1)
})

describe('what is refused', () => {
  test.each([
    { name: 'no certificate', args: ['--tls'], status: 2, says: /--tls needs --certificate and --key/ },
    {
      name: 'a file that is not there',
      args: ['--tls', '--certificate', 'none', '--key', 'none'],
      status: 2,
      says: /--certificate none cannot be read \(ENOENT\)/,
    },
    {
      name: 'a server that another authority signed',
      args: [...TLS, '--ca', foreign.own.certFile],
      status: 3,
      says: /no TLS connection to 127\.0\.0\.1:\d+: /,
    },
  ])('$name', async ({ args, status, says }) => {
    const ran = await bench(address, ...args)
    expect(ran.status).toBe(status)
    expect(ran.stderr).toMatch(says)
  })

  test('nobody there', async () => {
    const ran = await bench('127.0.0.1:1', ...TLS)
    expect([ran.status, ran.stderr]).toEqual([
      3,
      expect.stringMatching(/no TLS connection to 127\.0\.0\.1:1: /),
    ])
  })

  test('a client that comes over TLS has no secret for UDP', async () => {
    const ran = await run(['test', 'alice', '--password-stdin'], { env, stdin: 'x\n' })
    expect(ran.status).toBe(2)
    expect(ran.stderr).toMatch(/the client gate has no shared secret: it comes over TLS/)
  })
})
