import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { drawHistogram } from '../../src/cli/bench_report.ts'
import { LatencyHistogram } from '../../src/load/latency_histogram.ts'
import { type Server, serve } from '../../src/server/serve.ts'
import { type Ran, run } from './run_sallyport.ts'

const USERS = 20

let directory: string
let server: Server
let env: Record<string, string>

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-test-'))
  // A few users log in as often as they can: above what the limit of an account lets through.
  const limits = '[limits]\naccount_rate = 100\naccount_burst = 1000\n'
  const configuration =
    '[radius]\nlisten = ["127.0.0.1:0"]\nreject_delay = 0\n[log]\nlevel = "error"\n[console]\nlisten = "off"\n'
  writeFileSync(join(directory, 's.toml'), `${configuration}${limits}`)
  env = { PATH: process.env.PATH ?? '', SALLYPORT_CONFIG: join(directory, 's.toml') }
  server = await serve({ file: env.SALLYPORT_CONFIG!, env: {}, cwd: directory, print: () => {} })
  // Enrolled as the help says.
  const printed = await run(['bench', '--hotp', String(USERS), '--print-users'], { env })
  const inputs = printed.stdout.trim().split('\n')
  expect(inputs).toHaveLength(USERS)
  for (const stdin of inputs)
    expect(await run(['token', 'enroll', '--input', '-'], { env, stdin })).toMatchObject({ status: 0 })
}, 60_000)
afterAll(async () => {
  await server.drain()
  rmSync(directory, { recursive: true })
})

const bench = (args: readonly string[], stdin = '') =>
  run(['bench', server.listening[0]!, '--seconds', '0.5', '--warm-up', '0.1', ...args], {
    env,
    stdin,
    cwd: directory,
  })

const jsonOf = ({ status, stdout, stderr }: Ran) => {
  expect([status, stderr]).toEqual([0, ''])
  return JSON.parse(stdout)
}

test('generated users are accepted, each code once, from run to run by the file of counters', async () => {
  for (let round = 0; round < 2; round++) {
    const { counts, perSecond, latencyUs } = jsonOf(
      await bench(['--hotp', String(USERS), '--counters', 'counters', '--outstanding', '8', '--json']),
    )
    expect(counts).toEqual({ ...NONE, sent: counts.sent, accepts: counts.sent })
    expect(perSecond).toBeGreaterThan(10)
    expect(latencyUs.p50).toBeLessThanOrEqual(latencyUs.p999)
  }
  const lines = readFileSync(join(directory, 'counters'), 'utf8').trim().split('\n').map(Number)
  expect(lines).toHaveLength(USERS)
  expect(Math.min(...lines)).toBeGreaterThan(1)
  expect(existsSync(join(directory, 'counters.new'))).toBe(false)
})

test('without the file they are rejected the second time, and it is said why', async () => {
  const ran = await bench(['--hotp', '1', '--outstanding', '1'])
  expect([ran.status, ran.stderr]).toEqual([0, ''])
  expect(ran.stdout).toMatch(/^accepts +0$/m)
  expect(ran.stdout).toMatch(/^rejects +[1-9]/m)
  expect(ran.stdout).toContain('--counters FILE carries on')
})

const NONE = {
  sent: 0,
  accepts: 0,
  rejects: 0,
  challenges: 0,
  others: 0,
  timeouts: 0,
  retransmissions: 0,
  unsigned: 0,
  invalid: 0,
  stray: 0,
  refused: 0,
  unsent: 0,
}

test('an open loop keeps its rate', async () => {
  const args = ['--user', 'nobody', '--password-stdin', '--rate', '200', '--json']
  const { counts, rate, outstanding } = jsonOf(await bench(args, 'secret\n'))
  expect([rate, outstanding]).toEqual([200, null])
  expect(Math.abs(counts.sent - 120)).toBeLessThanOrEqual(1)
  expect(counts).toEqual({ ...NONE, sent: counts.sent, rejects: counts.sent })
})

test('a person reads throughput, latency, outcomes and a histogram in 80 columns', async () => {
  const { status, stdout } = await bench(['--credentials', '-'], '# two of them\nnobody pass word\nnone x\n')
  expect(status).toBe(0)
  for (const word of ['load', 'throughput', 'latency', 'sent', 'accepts', 'rejects', 'timeouts', 'invalid'])
    expect(stdout).toMatch(new RegExp(`^${word} +\\S`, 'm'))
  expect(stdout).toMatch(/64 outstanding on 127\.0\.0\.1:\d+, for 0\.5 s/)
  const bars = stdout.split('\n').filter((line) => / %$/.test(line))
  expect(bars.length).toBeGreaterThan(0)
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  expect(stdout).not.toContain('pass word')
})

test('replies under another secret are 1, and said to be invalid', async () => {
  const forger = createSocket('udp4')
  forger.on('message', (datagram, { port, address }) => {
    const reply = Buffer.alloc(20)
    reply.set([2, datagram[1]!, 0, 20])
    forger.send(reply, port, address)
  })
  forger.bind(0, '127.0.0.1')
  await once(forger, 'listening')
  const args = [
    'bench',
    `127.0.0.1:${forger.address().port}`,
    '--user',
    'a',
    '--password-stdin',
    '--timeout',
    '0.2',
  ]
  const ran = await run([...args, '--seconds', '0.3', '--warm-up', '0'], { env, stdin: 'x\n' })
  forger.close()
  expect(ran.status).toBe(1)
  expect(ran.stdout).toMatch(/^invalid +[1-9].*another shared secret, or forged ones$/m)
})

test('nothing that listens is 3, at once', async () => {
  const args = ['bench', '127.0.0.1:9', '--user', 'a', '--password-stdin', '--outstanding', '1']
  const ran = await run(args, { env, stdin: 'x\n' })
  expect([ran.status, ran.stdout, ran.stderr]).toEqual([
    3,
    '',
    'sallyport: nothing listens on 127.0.0.1:9\n`sallyport test` tries one login, and says more\n',
  ])
})

test.each([
  ['another machine', ['192.0.2.1'], '192.0.2.1 is not on this machine, and a load is an attack'],
  ['nobody to log in', [], 'who shall log in?'],
  ['two ways to say who', ['--user', 'a', '--hotp', '1'], 'these are several ways to say who shall log in'],
  [
    'two loads',
    ['--user', 'a', '--rate', '1', '--outstanding', '1'],
    '--outstanding and --rate are two ways',
  ],
  ['too long a run', ['--hotp', '1', '--seconds', '601'], '--seconds must be a number from 0.1 to 600'],
  ['seven digits', ['--hotp', '1', '--digits', '7'], '--digits must be 6 or 8'],
  ['counters of nobody', ['--user', 'a', '--counters', 'c'], '--counters is for --hotp only'],
  ['an order without sense', ['--hotp', '1', '--order', 'x'], '--order must be sequential or random'],
])('%s is 2', async (_, args, message) => {
  const ran = await run(['bench', ...args], { env, cwd: directory })
  expect([ran.status, ran.stdout]).toEqual([2, ''])
  expect(ran.stderr).toContain(`sallyport: ${message}`)
})

test('a file of counters that holds something else is refused, and left as it is', async () => {
  writeFileSync(join(directory, 'other'), '1\ntwo\n')
  const ran = await bench(['--hotp', '2', '--counters', 'other'])
  expect([ran.status, ran.stderr.replace(directory, '')]).toEqual([
    2,
    'sallyport: line 2 of /other is not a counter\n',
  ])
  expect(readFileSync(join(directory, 'other'), 'utf8')).toBe('1\ntwo\n')
})

test('a histogram shows the longest bar full, and a single latency as a dot', () => {
  const latency = new LatencyHistogram()
  for (let i = 0; i < 999; i++) latency.record(1200)
  latency.record(2_500_000)
  const lines = drawHistogram(latency)
  expect(lines[0]).toBe(`   1 ms -    2 ms  ${'#'.repeat(46)}  99.90 %`)
  expect(lines.at(-1)).toMatch(/^ {4}2 s - {5}[35] s {2}\. +0\.10 %$/)
  expect(lines.length).toBeLessThanOrEqual(24)
})
