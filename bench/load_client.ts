/** Drives a RADIUS server from the client's core, by radload where there is one and by `sallyport bench` otherwise. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pinned } from './machine.ts'
import { USERS } from './seed.ts'

export type Pace =
  | { readonly kind: 'outstanding'; readonly requests: number }
  | { readonly kind: 'rate'; readonly perSecond: number }

export interface Drive {
  /** `127.0.0.1:1812` */
  readonly server: string
  readonly secretFile: string
  readonly secret: string
  /** How many of the seeded users log in. */
  readonly users: number
  /** A fixed password; null: HOTP, with counters that a file carries from run to run. */
  readonly password: string | null
  readonly countersFile: string
  readonly order: 'sequential' | 'random'
  readonly pace: Pace
  /** Source ports, where the client can be told; null: as many as it takes. */
  readonly ports: number | null
  readonly seconds: number
  readonly warmUpSeconds: number
  /** Ends after so many, where the client can be told. */
  readonly logins?: number
}

export interface Driven {
  readonly perSecond: number
  readonly p50Us: number
  readonly p99Us: number
  readonly p999Us: number
  /** Of the whole run, warm-up included. */
  readonly answered: number
  readonly rejects: number
  readonly timeouts: number
  readonly invalid: number
}

export interface LoadClient {
  readonly name: string
  drive(drive: Drive): Promise<Driven>
}

const ROOT = resolve(import.meta.dirname, '..')
const PROGRAM = join(ROOT, 'bin/sallyport')
const TIMEOUT_SECONDS = 3

/** `path`: radload or its source; null: where it usually stands. `directory`: for what is compiled. */
export function chooseClient(path: string | null, builtIn: boolean, directory: string): LoadClient {
  if (builtIn) return sallyportBench
  const usual = join(ROOT, '../shared/bench/radload.c')
  const found = path ?? (existsSync(usual) ? usual : null)
  if (found === null) return sallyportBench
  return radload(found.endsWith('.c') ? compiled(found, directory) : resolve(found))
}

function compiled(source: string, directory: string): string {
  const program = join(directory, 'radload')
  const { status, stderr } = spawnSync('cc', ['-O3', '-march=native', '-std=gnu11', '-o', program, source], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${source} cannot be compiled: ${stderr || 'no cc'}`)
  return program
}

function radload(program: string): LoadClient {
  if (!existsSync(program) || !statSync(program).isFile()) throw new Error(`there is no ${program}`)
  return {
    name: 'radload',
    drive: async (drive) => {
      const { server, secret, users, password, countersFile, order, pace, ports, seconds, warmUpSeconds } =
        drive
      // It has one order only; the other is ours.
      if (order === 'random') throw new Error('radload cannot draw users at random: use --built-in')
      const who =
        password === null
          ? ['-g', 'hotp', '--counters', countersFile]
          : ['-g', 'static', '--password', password]
      const how = pace.kind === 'rate' ? ['-R', pace.perSecond] : ['-c', pace.requests]
      const from = ports === null ? [] : ['-p', ports]
      const args = ['--json', '--require-ma', '-s', secret, '-u', users, '--pin', USERS.pin, ...who, ...how]
      const times = ['-d', seconds, '-w', warmUpSeconds, '-t', TIMEOUT_SECONDS, '--max-seconds', 700]
      // 1: replies were rejects; they are counted.
      const result = await runJson(
        program,
        [...args, ...from, ...times, server].map(String),
        [0, 1],
        endWithin(seconds),
      )
      return {
        perSecond: result.rate!,
        p50Us: result.p50_us!,
        p99Us: result.p99_us!,
        p999Us: result.p999_us!,
        answered: result.done!,
        rejects: result.reject!,
        // It gives up counting some that are lost, and then ends only when it is told to.
        timeouts: Math.max(result.timeout!, result.sent! - result.done!),
        invalid: result.bad_auth!,
      }
    },
  }
}

const sallyportBench: LoadClient = {
  name: 'sallyport bench',
  drive: async (drive) => {
    const { server, secretFile, users, password, countersFile, order, pace, seconds, warmUpSeconds, logins } =
      drive
    const how = pace.kind === 'rate' ? ['--rate', pace.perSecond] : ['--outstanding', pace.requests]
    const until = logins === undefined ? [] : ['--logins', logins]
    const times = ['--seconds', seconds, '--warm-up', warmUpSeconds, '--timeout', TIMEOUT_SECONDS, ...until]
    const who =
      password === null
        ? ['--hotp', users, '--pin', USERS.pin, '--counters', countersFile, '--order', order]
        : ['--credentials', '-']
    const args = ['--json', 'bench', server, '--secret-file', secretFile, ...who, ...how, ...times].map(
      String,
    )
    const stdin = password === null ? '' : credentials(users, password)
    const { perSecond, latencyUs, counts } = (await runJson(
      PROGRAM,
      args,
      [0, 1],
      endWithin(seconds),
      stdin,
    )) as unknown as {
      perSecond: number
      latencyUs: Record<'p50' | 'p99' | 'p999', number>
      counts: Record<'accepts' | 'rejects' | 'timeouts' | 'invalid' | 'unsigned' | 'unsent', number>
    }
    return {
      perSecond,
      p50Us: latencyUs.p50,
      p99Us: latencyUs.p99,
      p999Us: latencyUs.p999,
      answered: counts.accepts + counts.rejects,
      rejects: counts.rejects,
      // What was due and could not even be sent has not been answered in time either.
      timeouts: counts.timeouts + counts.unsent,
      invalid: counts.invalid + counts.unsigned,
    }
  },
}

/** When a client that measures for so long is told to end, in ms: preparing a million users takes a while. */
function endWithin(seconds: number): number {
  return (seconds + 4 * TIMEOUT_SECONDS + 10) * 1000
}

function credentials(users: number, password: string): string {
  return Array.from({ length: users }, (_, i) => `${userName(i)} ${password}\n`).join('')
}

export function userName(number: number): string {
  return `${USERS.prefix}${String(number).padStart(6, '0')}`
}

/** The object that the program prints; `allowed`: exit statuses that are no failure. */
async function runJson(
  program: string,
  args: readonly string[],
  allowed: readonly number[],
  endWithinMs: number,
  stdin = '',
): Promise<Record<string, number>> {
  const child = spawn(...pinned('client', program, args), { stdio: ['pipe', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  child.stdin.on('error', () => {})
  child.stdin.end(stdin)
  const end = setTimeout(() => child.kill('SIGTERM'), endWithinMs)
  const status = await new Promise<number | null>((done, fail) => child.on('error', fail).on('close', done))
  clearTimeout(end)
  if (!allowed.includes(status ?? -1)) throw new Error(`${program} ended with ${status}: ${stderr}`)
  return JSON.parse(stdout) as Record<string, number>
}
