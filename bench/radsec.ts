/**
 * RADIUS over TLS beside UDP: one server on SQLite, one generator, 256 requests outstanding, in interleaved rounds.
 * `node bench/radsec.ts [ROUNDS [SECONDS]]`; certificates are made by openssl.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { parse, stringify, type TomlTable } from 'smol-toml'
import { cpuSecondsOf, familyOf, pinned } from './machine.ts'
import { makePlace } from './sallyport_subject.ts'
import { seed, USERS } from './seed.ts'
import { startProgram } from './subject.ts'

const PROGRAM = resolve(import.meta.dirname, '../bin/sallyport')
const OUTSTANDING = 256
const ACCOUNTS = 10_000
const [rounds = 3, seconds = 4] = process.argv.slice(2).map(Number)

interface Way {
  readonly name: 'udp' | 'tls'
  readonly args: readonly string[]
}

interface Sample {
  readonly perSecond: number
  readonly p99Us: number
  readonly serverCpuUs: number
}

const directory = mkdtempSync(join(tmpdir(), 'sallyport-bench-radsec-'))
try {
  await compare()
} finally {
  rmSync(directory, { recursive: true, force: true })
}

async function compare(): Promise<void> {
  const file = (name: string) => join(directory, name)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  for (const name of ['server', 'client']) {
    const made = ['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`), '-subj', `/CN=${name}`]
    execFileSync('openssl', ['req', '-x509', ...key, ...made], { stdio: 'ignore' })
  }
  const place = makePlace(directory, null, 'bench-secret-of-22-chars')
  writeFileSync(file('secret'), 'bench-secret-of-22-chars')
  writeFileSync(place.configFile, withTls(readFileSync(place.configFile, 'utf8'), file))
  await seed({ ...place, accounts: ACCOUNTS })
  const started = await startProgram(PROGRAM, ['serve'], {
    ready: /admin socket/,
    logFile: file('server.log'),
    env: { SALLYPORT_CONFIG: place.configFile },
    cwd: directory,
  })
  try {
    const address = (title: string) => new RegExp(`${title} +([\\d.:]+)`).exec(started.printed)![1]!
    const tls = ['--tls', '--certificate', file('client.pem'), '--key', file('client.key')]
    const ways: Way[] = [
      { name: 'udp', args: [address('listening'), '--secret-file', file('secret')] },
      { name: 'tls', args: [address('over TLS'), ...tls] },
    ]
    const samples: Record<Way['name'], Sample[]> = { udp: [], tls: [] }
    for (let round = 0; round < rounds; round++)
      for (const way of ways) samples[way.name].push(drive(way, started.pid, file('counters')))
    for (const { name } of ways) print(name, samples[name])
    const ratio = median(samples.tls.map(rate)) / median(samples.udp.map(rate))
    process.stdout.write(`TLS / UDP: ${ratio.toFixed(2)}\n`)
  } finally {
    await started.stop()
  }
}

function withTls(toml: string, file: (name: string) => string): string {
  const settings = parse(toml) as { radius: { clients: object[] } } & TomlTable
  const print = execFileSync('openssl', [
    'x509',
    '-in',
    file('client.pem'),
    '-noout',
    '-fingerprint',
    '-sha256',
  ])
  const fingerprint = `sha256:${print.toString().trim().split('=')[1]}`
  settings.radius.clients.push({ name: 'over-tls', tls: { fingerprint } })
  const radsec = {
    listen: ['127.0.0.1:0'],
    certificate_file: file('server.pem'),
    key_file: file('server.key'),
  }
  return stringify({ ...settings, radsec } as TomlTable)
}

function drive({ args }: Way, pid: number, counters: string): Sample {
  const who = ['--hotp', String(ACCOUNTS), '--pin', USERS.pin, '--counters', counters]
  const how = ['--outstanding', String(OUTSTANDING), '--seconds', String(seconds), '--warm-up', '1', '--json']
  const family = familyOf(pid)
  const before = cpuSecondsOf(family)
  const ran = spawnSync(...pinned('client', PROGRAM, ['bench', ...args, ...who, ...how]), {
    encoding: 'utf8',
  })
  const cpuSeconds = cpuSecondsOf(family) - before
  if (ran.status !== 0) throw new Error(`sallyport bench ended with ${ran.status}: ${ran.stderr}`)
  const { perSecond, latencyUs, counts } = JSON.parse(ran.stdout)
  if (counts.accepts !== counts.sent) throw new Error(`not all were accepted: ${JSON.stringify(counts)}`)
  return { perSecond, p99Us: latencyUs.p99, serverCpuUs: (cpuSeconds * 1e6) / counts.accepts }
}

function print(name: string, samples: readonly Sample[]): void {
  const rates = samples.map(rate).map((each) => Math.round(each))
  const [p99, cpu] = [
    median(samples.map(({ p99Us }) => p99Us)),
    median(samples.map((each) => each.serverCpuUs)),
  ]
  process.stdout.write(
    `${name}: ${rates.join(', ')} logins/s, p99 ${(p99 / 1000).toFixed(1)} ms, ${cpu.toFixed(1)} us CPU of the server a login\n`,
  )
}

function rate({ perSecond }: Sample): number {
  return perSecond
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}
