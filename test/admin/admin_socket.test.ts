import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { type Command, command } from '../../src/admin/command.ts'
import { CommandError } from '../../src/admin/command_error.ts'
import { type AdminSocket, openAdminSocket } from '../../src/server/admin_socket.ts'
import { type Admin, makeAdmin, refusal } from './make_admin.ts'

let admin: Admin
let path: string
let socket: AdminSocket | null
let logged: unknown[]

beforeEach(async () => {
  admin = await makeAdmin()
  path = join(admin.directory, 'admin.sock')
  logged = []
  socket = null
})
afterEach(async () => {
  await socket?.close()
  await admin.close()
})

const probe = (verb: string, run: Command['run']) =>
  command({
    noun: 'probe',
    verb,
    summary: '',
    role: 'viewer',
    input: z.strictObject({ a: z.int().optional() }),
    output: z.any(),
    run,
  })

let finish: () => void = () => {}
const commands: readonly Command[] = [
  probe('echo', async (input, { actor, source }) => ({ input, actor, source })),
  probe('denied', async () => {
    throw new CommandError('denied', 'not you', 'ask carol')
  }),
  probe('broken', async () => {
    throw new Error('password hunter2 is wrong')
  }),
  probe('slow', async () => {
    await new Promise<void>((resolve) => {
      finish = resolve
    })
    return { done: true }
  }),
]

async function open(): Promise<void> {
  socket = await openAdminSocket({
    path,
    commands,
    version: '1.2.3',
    role: 'admin',
    contextFor: admin.contextFor,
    metrics: async () => 'sallyport_up 1\n',
    log: { error: (...line: unknown[]) => void logged.push(line) },
  })
}

interface Sent {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

function send(url: string, { method = 'POST', headers = {}, body = '' }: Sent = {}): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: path, path: url, method, headers, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve([response.statusCode, JSON.parse(text)]))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const echoed = (input: object, actor = 'admin:local') => [200, { input, actor, source: 'socket' }]
const form = { 'content-type': 'application/x-www-form-urlencoded' }

describe('requests', () => {
  beforeEach(open)

  test.each([
    ['JSON', { body: '{"a":1}', headers: { 'content-type': 'application/json' } }, echoed({ a: 1 })],
    ['what curl -d calls a form', { body: '{"a":1}', headers: form }, echoed({ a: 1 })],
    ['no content type', { body: '{"a":1}' }, echoed({ a: 1 })],
    ['no body', {}, echoed({})],
    [
      'an empty body of some type',
      { headers: { 'content-type': 'application/json' }, body: ' ' },
      echoed({}),
    ],
    ['a name', { headers: { 'x-sallyport-actor': 'carol' } }, echoed({}, 'admin:carol')],
    ['a name in UTF-8', { headers: { 'x-sallyport-actor': 'J%C3%BCrgen' } }, echoed({}, 'admin:Jürgen')],
    [
      'a name with a forged line',
      { headers: { 'x-sallyport-actor': 'a%0Ab%1b[2J' } },
      echoed({}, 'admin:a_b__2J'),
    ],
    ['a broken name', { headers: { 'x-sallyport-actor': '%E0%A4%A' } }, echoed({}, 'admin:_E0_A4_A')],
    [
      'an endless name',
      { headers: { 'x-sallyport-actor': 'x'.repeat(999) } },
      echoed({}, `admin:${'x'.repeat(64)}`),
    ],
  ])('are understood with %s', async (_, sent, expected) => {
    expect(await send('/v1/probe/echo', sent)).toEqual(expected)
  })

  const failed = (status: number, code: string, message: string, hint: string) => [
    status,
    { error: { code, message, hint } },
  ]

  test.each([
    [
      'a field too many',
      '/v1/probe/echo',
      { body: '{"b":1}' },
      failed(400, 'invalid', 'unknown field "b"', 'fields: a'),
    ],
    [
      'what is not JSON',
      '/v1/probe/echo',
      { body: '{"pin":hunter2' },
      failed(400, 'invalid', 'the body is not JSON', 'send an object such as {"serial":"HOTP1234ABCD"}'),
    ],
    [
      'what is no object',
      '/v1/probe/echo',
      { body: '[]' },
      failed(400, 'invalid', 'the input must be a JSON object', 'for example {"serial":"HOTP1234ABCD"}'),
    ],
    [
      'too much',
      '/v1/probe/echo',
      { body: `"${'x'.repeat(65_536)}"` },
      failed(413, 'invalid', 'the body is longer than 64 KiB', ''),
    ],
    [
      'an unknown command',
      '/v1/probe/ecko',
      {},
      failed(404, 'not-found', 'there is no such command', 'did you mean probe echo?'),
    ],
    [
      'an unknown path',
      '/v2/x',
      {},
      failed(404, 'not-found', 'there is nothing here', 'POST /v1/NOUN/VERB, or GET /v1/openapi.json'),
    ],
    [
      'another method',
      '/v1/probe/echo',
      { method: 'GET' },
      failed(404, 'not-found', 'there is nothing here', 'POST /v1/NOUN/VERB, or GET /v1/openapi.json'),
    ],
    ['what the command denies', '/v1/probe/denied', {}, failed(403, 'denied', 'not you', 'ask carol')],
    [
      'what fails inside, without saying what',
      '/v1/probe/broken',
      {},
      failed(500, 'internal', 'the server failed; nothing more is known here', 'see the log of the server'),
    ],
  ])('are refused for %s', async (_, url, sent, expected) => {
    expect(await send(url, sent)).toEqual(expected)
    expect(logged).toHaveLength(expected[0] === 500 ? 1 : 0)
  })

  test('get the OpenAPI document', async () => {
    expect(await send('/v1/openapi.json', { method: 'GET' })).toMatchObject([
      200,
      { openapi: '3.1.0', info: { version: '1.2.3' } },
    ])
  })

  test('under way are answered before it closes', async () => {
    const answer = send('/v1/probe/slow')
    await new Promise((resolve) => setTimeout(resolve, 100))
    const startedAt = performance.now()
    const closed = socket!.close().then(() => performance.now() - startedAt)
    socket = null
    finish()
    expect(await answer).toEqual([200, { done: true }])
    expect(await closed).toBeLessThan(1000)
    expect(existsSync(path)).toBe(false)
  })

  test('go on while others connect and say nothing', async () => {
    const silent = Array.from({ length: 40 }, () => connect(path).on('error', () => {}))
    silent[0]!.write('POST /v1/probe/echo HTTP/1.1\r\n')
    expect(await send('/v1/probe/echo')).toEqual(echoed({}))
    for (const each of silent) each.destroy()
  })
})

describe('the file', () => {
  const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8)

  test('is for owner and group only, whatever the umask, which stays as it was', async () => {
    const mask = process.umask(0)
    try {
      await open()
      expect(modeOf(path)).toBe('660')
      expect(process.umask()).toBe(0)
    } finally {
      process.umask(mask)
    }
  })

  test('of a server that is gone is replaced', async () => {
    const server = await listening(path)
    // As after a crash: nobody listens, the file remains.
    const moved = `${path}.old`
    const { renameSync } = await import('node:fs')
    renameSync(path, moved)
    server.close()
    await new Promise((resolve) => server.once('close', resolve))
    renameSync(moved, path)
    await open()
    expect(await send('/v1/probe/echo')).toEqual(echoed({}))
  })

  test('of a living server is left alone', async () => {
    const server = await listening(path)
    expect(await refusal(open())).toEqual([
      undefined,
      `another server listens on ${path}`,
      'stop it first, or give this one its own data_dir or admin.socket',
    ])
    expect(existsSync(path)).toBe(true)
    server.close()
  })

  test.each([
    ['a file', () => writeFileSync(path, 'precious')],
    ['a directory', () => mkdirSync(path)],
    ['a link', () => symlinkSync('/dev/null', path)],
  ])('is not put in place of %s', async (_, make) => {
    make()
    expect(await refusal(open())).toEqual([
      undefined,
      `${path} is where the admin socket goes, but it is not a socket`,
      'move it away, or set admin.socket to another path',
    ])
  })

  test('needs a directory', async () => {
    path = join(admin.directory, 'none', 'admin.sock')
    expect((await refusal(open())).slice(1, 2)).toEqual([
      `the directory of the admin socket does not exist: ${join(admin.directory, 'none')}`,
    ])
  })

  test('has a path that the system can take', async () => {
    path = `/tmp/${'x'.repeat(103)}`
    expect((await refusal(open())).slice(1, 2)).toEqual([
      `the admin socket's path has 108 octets; the system allows 107: ${path}`,
    ])
  })

  const asUser = process.getuid?.() === 0 ? test.skip : test
  asUser('in a directory that we may not write to', async () => {
    chmodSync(admin.directory, 0o500)
    expect((await refusal(open())).slice(1, 2)).toEqual([`the admin socket cannot be created: ${path}`])
    chmodSync(admin.directory, 0o700)
  })
})

function listening(at: string): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(at, () => resolve(server))
  })
}
