import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { OTPS, SECRET_HEX } from '../admin/make_admin.ts'
import { makeSandbox, run, runShell, type Sandbox } from './run_sallyport.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await makeSandbox()
  for (let i = 0; i < 30; i++) {
    await sandbox.admin.run('token enroll', {
      type: 'hotp',
      serial: `H${i}`,
      user: `user${i}`,
      secretHex: SECRET_HEX,
    })
  }
})
afterAll(async () => await sandbox.close())

const options = (env: Record<string, string> = {}) => ({ env: { ...sandbox.env, ...env } })

test.each([
  ['token show H0', 'token show', { serial: 'H0' }],
  ['token list --limit 2 --sort -serial', 'token list', { limit: 2, sort: '-serial' }],
  ['user list --search user1', 'user list', { search: 'user1' }],
  ['audit list --limit 3', 'audit list', { limit: 3 }],
  ['server status', 'server status', {}],
])('%s --json prints the very object of the API', async (args, name, body) => {
  const { status, stdout, stderr } = await run([...args.split(' '), '--json'], options())
  expect([status, stderr]).toEqual([0, ''])
  expect(JSON.parse(stdout)).toEqual(await sandbox.admin.run(name, body))
})

test('names whoever ran it in the audit trail, also behind sudo', async () => {
  await run(['token', 'disable', 'H1'], options())
  const { rows } = await sandbox.admin.store.listAudit({ serial: 'H1', limit: 1, cursor: null })
  expect(rows[0]).toMatchObject({ actor: 'admin:carol', source: 'socket', action: 'token disable' })
})

test('is silent when the reader of a pipe has seen enough', async () => {
  const script = 'set -o pipefail; "$1" token list --json | true; echo $?'
  expect(await runShell(script, options())).toEqual({ status: 0, stdout: '0\n', stderr: '' })
})

test('reads a PIN from the first line only', async () => {
  const args = `token enroll hotp pia --serial PIA --secret-hex ${SECRET_HEX} --pin-stdin`.split(' ')
  expect(await run(args, { ...options(), stdin: '4711\r\nnot this\n' })).toMatchObject({ status: 0 })
  const checked = await sandbox.admin.run('login check', { user: 'pia', password: `4711${OTPS[0]}` })
  expect(checked).toMatchObject({ verdict: 'accept' })
})

describe('the server is found', () => {
  const without = (env: Record<string, string> = {}) => ({ ...sandbox.env, SALLYPORT_SOCKET: '', ...env })

  test.each([
    ['by --socket, relative to here', (dir: string) => [['--socket', 'admin.sock'], without(), dir] as const],
    [
      'by SALLYPORT_SOCKET',
      (dir: string) => [[], without({ SALLYPORT_SOCKET: `${dir}/admin.sock` }), '/'] as const,
    ],
    ['by --config', (dir: string) => [['--config', `${dir}/s.toml`], without(), '/'] as const],
    [
      'by SALLYPORT_CONFIG',
      (dir: string) => [[], without({ SALLYPORT_CONFIG: `${dir}/s.toml` }), '/'] as const,
    ],
    ['by the default data directory', (dir: string) => [[], without(), `${dir}/home`] as const],
  ])('%s', async (_, where) => {
    const { directory } = sandbox.admin
    writeFileSync(join(directory, 's.toml'), '[admin]\nsocket = "admin.sock"\n', { mode: 0o600 })
    mkdirSync(join(directory, 'home', 'data'), { recursive: true })
    symlinkSync(sandbox.socket, join(directory, 'home', 'data', 'admin.sock'), 'file')
    const [args, env, cwd] = where(directory)
    const ran = await run([...args, 'token', 'show', 'H0', '--json'], { env, cwd })
    unlinkSync(join(directory, 'home', 'data', 'admin.sock'))
    expect(ran).toMatchObject({ status: 0, stderr: '' })
  })

  test('but not with a configuration that cannot be read', async () => {
    expect(await run(['token', 'list', '--config', '/none.toml'], { env: without() })).toEqual({
      status: 3,
      stdout: '',
      stderr: [
        'sallyport: /none.toml: the configuration cannot be read: no such file',
        'mend it, or name the admin socket of the running server with --socket or SALLYPORT_SOCKET\n',
      ].join('\n'),
    })
  })

  test('but not in something else that listens there', async () => {
    const path = join(sandbox.admin.directory, 'other.sock')
    const other = createServer((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi'),
    ).listen(path)
    expect(await run(['token', 'list', '--socket', path], options())).toMatchObject({
      status: 3,
      stderr: `sallyport: what listens on ${path} is not Sallyport\nname its admin socket with --socket or SALLYPORT_SOCKET\n`,
    })
    other.close()
  })

  test('and a connection that breaks is no usage error', async () => {
    const path = join(sandbox.admin.directory, 'broken.sock')
    const other = createServer((socket) => socket.destroy()).listen(path)
    const { status, stderr } = await run(['token', 'list', '--socket', path], options())
    expect([status, stderr.split('\n')[0]]).toEqual([
      1,
      'sallyport: the server closed the connection before it answered',
    ])
    other.close()
  })
})

describe('completion', () => {
  const complete = async (...words: string[]) => {
    const { stdout } = await run(['__complete', '--', ...words], options())
    return stdout.split('\n').flatMap((line) => line.split('\t')[0] || [])
  }

  test.each([
    ['nouns', ['']],
    ['one noun', ['us']],
    ['verbs', ['token', 'un']],
    ['options', ['token', 'enroll', 'hotp', '--s']],
    ['options of a prompt', ['login', 'check', 'x', '--pass']],
    ['choices of an option', ['token', 'enroll', '--algorithm', 'sha2']],
    ['choices of an argument', ['token', 'enroll', '']],
    ['serials of the server', ['token', 'show', 'H2']],
    ['users of the server, behind a global option', ['--json', 'user', 'show', 'user29']],
    ['nothing behind the last argument but options', ['server', 'status', '']],
    ['nothing for an unknown noun', ['tokn', '']],
    ['shells', ['completion', 'b']],
  ])('offers %s', async (name, words) => {
    expect({ name, offered: await complete(...words) }).toEqual({ name, offered: OFFERED[name] })
  })

  const OFFERED: Record<string, string[]> = {
    nouns: [
      'serve',
      'test',
      'bench',
      'eap',
      'completion',
      'token',
      'user',
      'login',
      'session',
      'audit',
      'client',
      'admin',
      'registration',
      'server',
    ],
    'one noun': ['user'],
    verbs: ['unassign'],
    options: ['--serial', '--secret', '--secret-hex', '--sync-window', '--socket'],
    'options of a prompt': ['--password-stdin'],
    'choices of an option': ['sha256'],
    'choices of an argument': ['hotp', 'totp'],
    'serials of the server': ['H2', ...Array.from({ length: 10 }, (_, i) => `H2${i}`)],
    'users of the server, behind a global option': ['user29'],
    'nothing behind the last argument but options': [],
    'nothing for an unknown noun': [],
    shells: ['bash'],
  }

  test('works in bash', async () => {
    const script = `
      sallyport() { "$program" "$@"; }
      program=$1; source <("$1" completion bash)
      COMP_WORDS=("$1" token ena) COMP_CWORD=2; _sallyport; printf '%s\\n' "\${COMPREPLY[@]}"
      COMP_WORDS=("$1" token show H2) COMP_CWORD=3; _sallyport; echo \${#COMPREPLY[@]}
      complete -p sallyport`
    expect(await runShell(script, options())).toEqual({
      status: 0,
      stdout: 'enable\n11\ncomplete -o default -F _sallyport sallyport\n',
      stderr: '',
    })
  })

  test.each(['zsh', 'fish'])('has a script for %s', async (shell) => {
    const { status, stdout } = await run(['completion', shell], options())
    expect([status, stdout.includes('__complete')]).toEqual([0, true])
  })

  test('offers nothing, and says nothing, without a server', async () => {
    const ran = await run(['__complete', '--', 'token', 'show', ''], options({ SALLYPORT_SOCKET: '/none' }))
    expect(ran).toEqual({ status: 0, stdout: '', stderr: '' })
  })
})
