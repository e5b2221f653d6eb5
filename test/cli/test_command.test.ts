import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Server, serve } from '../../src/server/serve.ts'
import { OTPS, SECRET_HEX } from '../admin/make_admin.ts'
import { run } from './run_sallyport.ts'

let directory: string
let server: Server
let env: Record<string, string>

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-test-'))
  const configuration = '[radius]\nlisten = ["127.0.0.1:0"]\nreject_delay = 0\n[log]\nlevel = "error"\n'
  writeFileSync(join(directory, 's.toml'), configuration)
  env = { PATH: process.env.PATH ?? '', SALLYPORT_CONFIG: join(directory, 's.toml') }
  server = await serve({ file: env.SALLYPORT_CONFIG!, env: {}, cwd: directory, print: () => {} })
  const input = JSON.stringify({
    type: 'hotp',
    user: 'alice',
    serial: 'H1',
    secretHex: SECRET_HEX,
    pin: '1234',
  })
  expect(await run(['token', 'enroll', '--input', '-'], { env, stdin: input })).toMatchObject({ status: 0 })
})
afterAll(async () => {
  await server.drain()
  rmSync(directory, { recursive: true })
})

const login = (password: string, ...args: string[]) =>
  run(['test', 'alice', '--password-stdin', '--server', server.listening[0]!, ...args], {
    env,
    stdin: `${password}\n`,
  })

const said = ({ stdout }: { stdout: string }) =>
  stdout.replaceAll(server.listening[0]!, 'SERVER').replace(/after \d+ ms/, 'after … ms')

const SENT = `sent  Access-Request to SERVER, 79 octets, with the secret of client localhost
  User-Name              alice
  User-Password          (hidden)
  NAS-Identifier         sallyport-test
  Message-Authenticator  (made)
`

test('an Access-Accept is 0', async () => {
  const ran = await login(`1234${OTPS[0]}`)
  expect([ran.status, ran.stderr]).toEqual([0, ''])
  expect(said(ran)).toBe(`${SENT}received  Access-Accept after … ms, 38 octets, signed\n`)
})

test('an Access-Reject is 1', async () => {
  const ran = await login(`1234${OTPS[0]}`)
  expect([ran.status, ran.stderr]).toEqual([1, ''])
  expect(said(ran)).toBe(`${SENT}received  Access-Reject after … ms, 38 octets, signed\n`)
})

test('--json says the same to a script', async () => {
  const { status, stdout } = await login(`1234${OTPS[1]}`, '--json')
  const { elapsedMs, ...rest } = JSON.parse(stdout)
  expect([status, rest, elapsedMs >= 0]).toEqual([
    0,
    { code: 'Access-Accept', server: server.listening[0], client: 'localhost', signed: true, attributes: [] },
    true,
  ])
})

test('nothing that listens is 3, at once', async () => {
  const ran = await run(['test', 'alice', '--password-stdin', '--server', '127.0.0.1:9'], {
    env,
    stdin: 'x\n',
  })
  expect([ran.status, ran.stderr]).toEqual([
    3,
    [
      'sallyport: nothing listens on 127.0.0.1:9',
      'start it with `sallyport serve`, or name its address with --server; `sallyport server status` shows the listeners',
      '',
    ].join('\n'),
  ])
})

test('another secret is 3 after three tries, all of one packet, with the likely causes', async () => {
  const silent = createSocket('udp4')
  const received = new Set<string>()
  let count = 0
  silent.on('message', (datagram) => {
    count++
    received.add(datagram.toString('hex'))
  })
  await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve))
  const file = join(directory, 'secret')
  writeFileSync(file, 'another secret of ours\n')
  const args = [
    'test',
    'alice',
    '--password-stdin',
    '--secret-file',
    file,
    '--server',
    `127.0.0.1:${silent.address().port}`,
  ]
  const ran = await run(args, { env: { PATH: env.PATH! }, stdin: 'x\n' })
  silent.close()
  expect([ran.status, count, received.size]).toEqual([3, 3, 1])
  expect(ran.stderr).toContain('after 3 tries\nlikely causes')
  expect(ran.stderr).toContain('another shared secret')
})

test.each([
  [
    'a client that there is not',
    ['--client', 'vpn'],
    'there is no client vpn in the configuration\nthere is localhost\n',
  ],
  [
    'a server without sense',
    ['--server', 'a:b:c:'],
    '--server must be an address with a port, such as 127.0.0.1:1812 or [::1]:1812\n',
  ],
])('%s is 2', async (_, args, message) => {
  const ran = await run(['test', 'alice', '--password-stdin', ...args], { env, stdin: 'x\n' })
  expect([ran.status, ran.stderr]).toEqual([2, `sallyport: ${message}`])
})
