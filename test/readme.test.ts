/**
 * Plays the README's sessions (```console) on a real server and compares what is printed; then holds what the README
 * says of commands, keys, reasons and messages against the code. Where `script` or radtest is missing, PIN and
 * password come from standard input and the request from `sallyport test`.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { commands } from '../src/admin/commands.ts'
import { runCli } from '../src/cli/run_cli.ts'
import { readConfig } from '../src/config/config.ts'
import { readOverrides } from '../src/config/environment.ts'
import { clientKeys, schema, sections } from '../src/config/schema.ts'
import { decodeBase32 } from '../src/tokens/otpauth_uri.ts'
import { hasTerminal, runInTerminal } from './cli/run_in_terminal.ts'
import { freeUdpPort } from './support/free_port.ts'

const root = resolve(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

const hasRadtest = spawnSync('sh', ['-c', 'command -v radtest && command -v radclient']).status === 0
const PIN = '1234'
/** Before what the progress display leaves standing. */
const CLEAR_LINE = '\x1b[K'
/** PIN and OTP as the README prints them. */
const PRINTED_PASSWORD = `${PIN}492039`

/** What `npm start` runs, as it was built for the tests. */
const PARTS = ['bin', 'src', 'build', 'vite.config.ts']

describe('the first login', () => {
  let directory: string
  let port: number
  let env: Record<string, string>
  let secret = ''
  let password = ''
  const started: { kill(): Promise<void> }[] = []

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'sallyport-readme-'))
    for (const name of [...PARTS, 'package.json', 'package-lock.json', 'node_modules']) {
      symlinkSync(join(root, name), join(directory, name))
    }
    port = await freeUdpPort()
    env = {
      PATH: process.env.PATH ?? '',
      HOME: directory,
      LANG: 'C.UTF-8',
      TERM: 'xterm',
      npm_config_update_notifier: 'false',
      // 1812 may be taken on this machine.
      SALLYPORT_RADIUS__LISTEN: `["127.0.0.1:${port}", "[::1]:${port}"]`,
      SALLYPORT_CONSOLE__LISTEN: `127.0.0.1:${port + 2}`,
    }
  })
  afterAll(async () => {
    for (const process of started) await process.kill()
    rmSync(directory, { recursive: true, force: true })
  })

  const sessions = fences('console').flatMap(stepsOf)

  test('takes four commands at most', () => {
    const typed = sessions.map(({ command }) => command)
    const accepted = typed.findIndex((command) => command.startsWith('radtest'))
    expect(accepted).toBeGreaterThan(0)
    expect(accepted + 1).toBeLessThanOrEqual(4)
  })

  test('goes as the README prints it', async () => {
    for (const step of sessions) expect(await play(step)).toEqual(step)
  }, 120_000)

  async function play({ command, shown: expected }: Step): Promise<Step> {
    const shown = await output(command, expected)
    return { command, shown: withDots(linesOf(shown), expected) }
  }

  async function output(command: string, expected: readonly string[]): Promise<string> {
    if (!hasRadtest && /radclient|session list/.test(command)) return expected.join('\n')
    if (command === 'npm start') return await start(command, expected)
    if (command.includes('token enroll')) {
      const answers: [string, string][] = [
        ['PIN for the new token (empty: none): ', `${PIN}\r`],
        ['Once more: ', `${PIN}\r`],
      ]
      const shown = await answered(command, answers, '--pin-stdin')
      secret = /^secret +(\w+)$/m.exec(shown)?.[1] ?? ''
      return shown
    }
    if (command.startsWith('radtest')) {
      // The same again is the very same, also when the clock has moved on.
      password ||= `${PIN}${code(0)}`
      return await radtest(command, password)
    }
    if (command.includes('sallyport test')) {
      // The code of now is spent.
      const answers: [string, string][] = [['Password (PIN and OTP): ', `${PIN}${code(1)}\r`]]
      return await answered(command, answers, '--password-stdin')
    }
    return await run(command.replace(':1813', `:${port + 1}`))
  }

  /** Waits until all is there that the README prints. */
  async function start(command: string, expected: readonly string[]): Promise<string> {
    const server = spawn('sh', ['-c', `exec ${command}`], { cwd: directory, env, detached: true })
    const ended = once(server, 'close')
    started.push({
      kill: async () => {
        if (server.exitCode === null) process.kill(-server.pid!, 'SIGTERM')
        await ended
      },
    })
    let shown = ''
    for (const stream of [server.stdout, server.stderr]) {
      stream.on('data', (chunk) => {
        shown += chunk
      })
    }
    const last = expected.filter((line) => line !== '…').at(-1)!
    for (let waited = 0; waited < 60_000 && server.exitCode === null; waited += 50) {
      if (linesOf(shown).includes(last)) break
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return shown
  }

  async function answered(
    command: string,
    answers: readonly [string, string][],
    fromStdin: string,
  ): Promise<string> {
    if (!hasTerminal) {
      const [[, typed]] = answers as [[string, string]]
      const asked = answers.map(([question]) => `${question}\n`).join('')
      return asked + (await run(`printf '%s\\n' '${typed.trim()}' | ${command} ${fromStdin}`))
    }
    const { shown } = await runInTerminal(['sh', '-c', `cd '${directory}' && ${command}`], answers, env)
    expect(shown).not.toContain(PIN)
    return shown.replace(/\n-?echo \n$/, '\n')
  }

  async function radtest(command: string, typed: string): Promise<string> {
    expect(command).toContain(PRINTED_PASSWORD)
    if (hasRadtest) {
      return await run(command.replace(PRINTED_PASSWORD, typed).replace(' 127.0.0.1 ', ` 127.0.0.1:${port} `))
    }
    const shown = await run(`printf '%s\\n' '${typed}' | bin/sallyport test alice --password-stdin`)
    const received = /Access-\w+ after/.exec(shown)?.[0].split(' ')[0]
    return `…\nReceived ${received} Id 1 from 127.0.0.1:1812 to 127.0.0.1:50000 length 38\n…\n`
  }

  async function run(command: string): Promise<string> {
    const child = spawn('sh', ['-c', `${command} 2>&1`], { cwd: directory, env, detached: true })
    let shown = ''
    child.stdout.on('data', (chunk) => {
      shown += chunk
    })
    child.stdin.end()
    await once(child, 'close')
    return shown
  }

  /** RFC 6238, by nothing of ours. */
  function code(stepsAhead: number): string {
    const counter = Buffer.alloc(8)
    counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + stepsAhead))
    const mac = createHmac('sha1', decodeBase32(secret)).update(counter).digest()
    const number = mac.readUInt32BE(mac.at(-1)! & 15) & 0x7fff_ffff
    return String(number % 1_000_000).padStart(6, '0')
  }

  function linesOf(shown: string): string[] {
    const lines = shown
      .replaceAll(`:${port}`, ':1812')
      .replaceAll(`:${port + 1}`, ':1813')
      .replaceAll(`:${port + 2}`, ':8443')
      .split('\n')
    if (lines.at(-1) === '') lines.pop()
    return lines.map(withoutWhatVaries)
  }
})

interface Step {
  readonly command: string
  readonly shown: readonly string[]
}

/** Each `$ ` line with what is printed after it. */
function stepsOf(session: string): Step[] {
  return session
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...shown] = part.replace(/\n$/, '').split('\n')
      return { command, shown: shown.map(withoutWhatVaries) }
    })
}

/** Serials, secrets, times, ports, and how wide a column is because of them. */
function withoutWhatVaries(line: string): string {
  return (
    line
      .split(CLEAR_LINE)
      .at(-1)!
      .replace(/\bTOTP[0-9A-F]{8}\b/g, 'TOTP00000000')
      .replace(/\b[A-Z2-7]{32}\b/g, 'SECRET')
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, 'TIME')
      .replace(/\b(now|\d+ (second|minute)s? ago)\b/g, 'AGO')
      .replace(/ admin:\S+/g, ' admin:NAME')
      .replace(/on node \S+/, 'on node NAME')
      // The step may end between the code and the login.
      .replace(/(otp-accepted)(: 1 code (ahead|behind))?/, '$1')
      .replace(/\bId \d+ from 127\.0\.0\.1:1812 to 127\.0\.0\.1:\d+/, 'Id N from SERVER to US')
      .replace(/after \d+ ms/, 'after N ms')
      .replace(/, \[::1\]:181[23]/, '')
      .replace(/TIME +\d+:\d\d /, 'TIME LASTED ')
      .replace(/ {2,}/g, '  ')
      .trimEnd()
  )
}

/** `shown` with … for the lines that `expected` leaves out by it. */
function withDots(shown: readonly string[], expected: readonly string[]): string[] {
  const result: string[] = []
  let at = 0
  for (const [index, line] of expected.entries()) {
    if (line === '…') {
      result.push('…')
      const next = expected[index + 1]
      const found = next === undefined ? shown.length : shown.indexOf(next, at)
      at = found === -1 ? at : found
    } else if (at < shown.length) result.push(shown[at++]!)
  }
  return [...result, ...shown.slice(at)]
}

test('what is compared with … is compared all the same', () => {
  expect(withDots(['a', 'x', 'y', 'b'], ['a', '…', 'b'])).toEqual(['a', '…', 'b'])
  expect(withDots(['a', 'x', 'c'], ['a', '…', 'b'])).not.toEqual(['a', '…', 'b'])
  expect(withDots(['a', 'b', 'c'], ['a', 'b'])).not.toEqual(['a', 'b'])
})

describe('every command', () => {
  const spans = [...withoutFences().matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!)
  const lines = ['console', 'sh'].flatMap(fences).flatMap((fence) => fence.split('\n'))
  const calls = [...spans, ...lines].flatMap((text) => {
    const call = /^(?:\$ |source <\()?(?:bin\/)?sallyport ([^#|)]+)/.exec(text)?.[1]
    return call === undefined ? [] : [call.trim()]
  })

  test('of the README is found', () => {
    expect(calls.length).toBeGreaterThan(40)
  })

  test.each([...new Set(calls)])('sallyport %s', async (call) => {
    const words = call.replace(/^--json |"[^"]*"/g, '').split(/\s+/)
    const [noun = '', verb = ''] = words
    if (noun.startsWith('--')) {
      expect(await help([])).toContain(noun)
      return
    }
    const own = ['serve', 'test', 'bench', 'completion', 'eap']
    const inTable = commands.some((command) => command.noun === noun && command.verb === verb)
    expect([call, inTable || own.includes(noun)]).toEqual([call, true])
    const page = await help(inTable || noun === 'eap' ? [noun, verb] : [noun])
    for (const flag of words.filter((word) => word.startsWith('--'))) {
      // Options that are arguments too are not listed a second time.
      const names = [flag, `<${flag.slice(2)}>`, `[${flag.slice(2)}]`]
      expect([flag, names.some((name) => page.includes(name))]).toEqual([flag, true])
    }
  })

  async function help(words: readonly string[]): Promise<string> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const io = { stdin: new PassThrough(), stdout, stderr, env: {}, cwd: '/' } as never
    expect(await runCli([...words, '--help'], io, { serve: async () => 1 })).toBe(0)
    return String(stdout.read())
  }
})

describe('the configuration', () => {
  test.each(fences('toml'))('example is valid: %#', (text) => {
    const directory = mkdtempSync(join(tmpdir(), 'sallyport-readme-'))
    try {
      writeFileSync(join(directory, 's.toml'), text, { mode: 0o600 })
      const { warnings } = readConfig({ file: 's.toml', env: {}, cwd: directory })
      expect(warnings).toEqual([])
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test('every key that is named exists', () => {
    const named = [
      ...readme.matchAll(
        /\b(server|database|radius|radsec|accounting|admin|tokens|limits|metrics|log)\.([a-z]\w*)\b/g,
      ),
    ]
    const keys = named.filter(([name]) => !/\.(db|key|pem|sock|ts|md|toml|secret|reachable)$/.test(name))
    expect(keys.length).toBeGreaterThan(30)
    const unknown = keys.filter(
      ([, section, key]) => !(key! in sections[section as keyof typeof sections].shape),
    )
    expect(unknown.map(([name]) => name)).toEqual([])
    const assigned = [...withoutFences().matchAll(/`(\w+) = [^`]+`/g)].map(([, key]) => key!)
    expect(assigned.filter((key) => !clientKeys.includes(key))).toEqual([])
  })

  test('every variable that is named exists', () => {
    const names = [...new Set(readme.match(/\bSALLYPORT_[A-Z_]+/g))]
    const others = ['SALLYPORT_CONFIG', 'SALLYPORT_SOCKET', 'SALLYPORT_SECTION__KEY']
    const { problems } = readOverrides(Object.fromEntries(names.map((name) => [name, '0'])))
    const unknown = problems.filter((problem) => !others.some((name) => problem.startsWith(name)))
    expect(unknown).toEqual([])
  })

  test('every default of the table is the one of the code', () => {
    const defaults: Record<string, Record<string, unknown>> = schema.parse({})
    const rows = rowsOf(section('Configuration')).filter(([key]) => key !== 'key')
    expect(rows.length).toBeGreaterThan(10)
    for (const [cell = '', shown] of rows) {
      const [name = '', key = ''] = cell.replaceAll('`', '').split('.')
      const value = defaults[name]?.[key]
      if (value === undefined || key === 'clients') continue
      const text = cell.includes('radius.listen') ? '["127.0.0.1:1812", "[::1]:1812"]' : JSON.stringify(value)
      expect([cell, shown]).toEqual([cell, `\`${text}\``])
    }
  })
})

describe('every reason', () => {
  test('of a Reject is in the helpdesk tables, and no other', () => {
    const reasons = [
      ...unionOf('src/auth/verdict.ts', 'RejectReason'),
      ...unionOf('src/radius/access.ts', 'RequestRejectReason'),
      ...literals('src/server/radius_server.ts', /\? ('unknown-[\w-]+')/g),
      ...literals('src/server/drop_log.ts', /const reason = ('[\w-]+')/g),
      ...unionOf('src/eap/method.ts', 'FailureReason').filter((reason) => reason !== 'rejected'),
      ...literals('src/server/eap/eap_server.ts', /refused\(('invalid-[\w-]+')/g),
    ]
    expect(reasons.length).toBeGreaterThan(20)
    expect(reasonsIn('Helpdesk: a user cannot log in').sort()).toEqual(reasons.sort())
  })

  test('of a request without an answer is in the tables of troubleshooting, and no other', () => {
    const reasons = [
      ...unionOf('src/radius/malformed_packet.ts', 'MalformedReason'),
      ...unionOf('src/radius/admission.ts', 'DiscardReason'),
      ...unionOf('src/radius/accounting.ts', 'AccountingDiscardReason'),
      ...literals('src/server/drop_log.ts', /const TOO_MANY_FAULTS = ('[\w-]+')/g),
      ...literals('src/server/radius_server.ts', /unanswered\(('[\w-]+')/g),
      ...literals('src/server/radius_server.ts', /Overloaded \? ('[\w-]+' : '[\w-]+')/g),
      ...literals('src/server/accounting/accounting_server.ts', /Overloaded \? ('[\w-]+' : '[\w-]+')/g),
    ]
    // The two ports have some in common.
    expect(reasonsIn('Troubleshooting').sort()).toEqual([...new Set(reasons)].sort())
  })

  function reasonsIn(title: string): string[] {
    return tablesOf(section(title))
      .filter(([header]) => header?.[0] === 'reason')
      .flatMap(([, ...rows]) => rows.flatMap(([cell = '']) => cell.match(/[a-z][a-z0-9-]+/g) ?? []))
  }
})

test('every message of the troubleshooting is one that the program prints', () => {
  const [, ...rows] = tablesOf(section('Troubleshooting')).find(([header]) => header?.[0] === 'message')!
  const messages = rows.map(([cell = '']) => /`([^`]+)`/.exec(cell)![1]!)
  const numbered = section('Troubleshooting').matchAll(/^\d\. `([^`]+)`/gm)
  messages.push(...[...numbered].map(([, span]) => span!))
  messages.push('the database was written by a newer Sallyport')
  const code = sources()
  const pieces = messages.flatMap((message) => message.replace(/^127\S+ | reason=…$/, '').split(' … '))
  expect(pieces.length).toBeGreaterThan(15)
  expect(pieces.filter((piece) => !code.includes(piece))).toEqual([])
})

test('every link leads somewhere', () => {
  const anchors = [...readme.matchAll(/^#+ (.+)$/gm)].map(
    ([, title]) =>
      `#${title!
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-')}`,
  )
  const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target!)
  expect(links.length).toBeGreaterThan(8)
  const broken = links.filter(
    (link) => !anchors.includes(link) && !existsSync(join(root, link.split('#')[0]!)),
  )
  expect(broken).toEqual([])
})

function fences(language: string): string[] {
  return [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , text]) => text!)
}

function withoutFences(): string {
  return readme.replace(/^```[\s\S]*?^```$/gm, '')
}

/** From its `## ` title to the next. */
function section(title: string): string {
  const found = readme.split(/^## /m).find((part) => part.startsWith(`${title}\n`))
  if (found === undefined) throw new Error(`the README has no section ${title}`)
  return found
}

/** Tables, each as rows of cells, the header first. */
function tablesOf(text: string): string[][][] {
  return (text.match(/^\|.*(?:\n\|.*)+/gm) ?? []).map(rowsOf)
}

function rowsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
}

/** The words of `export type NAME = | 'a' | 'b'`. */
function unionOf(file: string, name: string): string[] {
  const [, body = ''] =
    new RegExp(`export type ${name} =((?:\\s*\\| '[^\\n]*)+)`).exec(readFileSync(join(root, file), 'utf8')) ??
    []
  return [...body.matchAll(/\| '([\w-]+)'/g)].map(([, word]) => word!)
}

function literals(file: string, pattern: RegExp): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(pattern)].flatMap(([, found]) => found!.match(/[a-z][\w-]+/g) ?? [])
}

function sources(): string {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
    .join('\n')
}
