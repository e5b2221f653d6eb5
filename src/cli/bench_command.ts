/** `sallyport bench`: a load on any RADIUS server, measured. What it may be given, and what comes out of it. */
import { isIPv4 } from 'node:net'
import type { Command as Commander } from 'commander'
import { nameOf, seedOf } from '../load/credentials.ts'
import { type Load, type LoadResult, MAX_OUTSTANDING, type Pace } from '../load/load.ts'
import { runLoad } from '../load/load_run.ts'
import { describeLoad, loadObject } from './bench_report.ts'
import { type TlsOptions, tlsOptions, tlsTarget } from './bench_tls.ts'
import { type BenchUsers, chooseUsers, populationOf, type UserOptions } from './bench_users.ts'
import { type GlobalOptions, print, printJson } from './context.ts'
import { CliError, ExitStatus, usageError } from './exit_status.ts'
import type { Io } from './io.ts'
import { withProgress } from './progress.ts'
import { addressOf, formatEndpoint, radiusTarget, type TargetOptions } from './radius_target.ts'

interface BenchOptions extends TargetOptions, TlsOptions, UserOptions {
  readonly outstanding?: number
  readonly rate?: number
  readonly seconds: number
  readonly logins?: number
  readonly warmUp?: number
  readonly timeout: number
  readonly retries: number
  readonly order: string
  readonly allowRemote?: boolean
  readonly printUsers?: boolean
}

const OUTSTANDING = 64

export function addBenchCommand(
  program: Commander,
  globals: () => GlobalOptions,
  io: Io,
  done: (status: number) => void,
): void {
  program
    .command('bench')
    .summary('put a load on a RADIUS server, and measure it')
    .description(
      'Sends Access-Requests (PAP, signed) as fast as they are answered or at a given rate, verifies every reply, ' +
        'and shows throughput, latency and outcomes. The logins are real ones, and count.',
    )
    .argument('[address:port]', 'where to (default: the first radius.listen of the configuration)')
    .option(
      '--client <name>',
      'use the secret of this [[radius.clients]] (default: localhost, or the only one)',
    )
    .option('--secret-file <file>', 'read the shared secret from a file instead')
    .option('--tls', 'RADIUS over TLS, to the first radsec.listen of the configuration')
    .option('--certificate <file>', 'with --tls: to show, PEM')
    .option('--key <file>', 'with --tls: of that certificate, PEM')
    .option('--ca <file>', 'with --tls: who signed the certificate of the server')
    .option('--user <name>', 'one user with a fixed password, which is asked for')
    .option('--password-stdin', 'read the password from the first line of standard input')
    .option('--credentials <file>', 'many users: a line "NAME PASSWORD" for each; - for standard input')
    .option('--hotp <number>', 'so many generated users with HOTP tokens', whole('--hotp', 1, 10_000_000))
    .option('--print-users', 'print what to enroll for --hotp, as input of `token enroll`, and stop')
    .option('--counters <file>', 'HOTP counters: read at the start if it is there, written at the end')
    .option('--prefix <text>', 'of the generated names: PREFIX000000, PREFIX000001, …', 'u')
    .option('--pin <text>', 'of the generated users', '1234')
    .option('--digits <number>', 'of their OTPs: 6 or 8', whole('--digits', 6, 8), 6)
    .option('--order <sequential|random>', 'in which users log in', 'sequential')
    .option(
      '--outstanding <number>',
      `closed loop: requests under way at any time (default: ${OUTSTANDING})`,
      whole('--outstanding', 1, MAX_OUTSTANDING),
    )
    .option(
      '--rate <number>',
      'open loop: requests a second; latency counts from when each was due',
      whole('--rate', 1, 1_000_000),
    )
    .option('--seconds <number>', 'how long to measure, 600 at most', amount('--seconds', 0.1, 600), 5)
    .option(
      '--logins <number>',
      'end after so many, if the time is not over before',
      whole('--logins', 1, 100_000_000),
    )
    .option(
      '--warm-up <number>',
      'seconds before that (default: 1; 0 with --logins)',
      amount('--warm-up', 0, 60),
    )
    .option('--timeout <number>', 'seconds until a request counts as lost', amount('--timeout', 0.1, 60), 3)
    .option('--retries <number>', 'how often a lost one is sent again', whole('--retries', 0, 10), 0)
    .option('--allow-remote', 'also load a server that is not on this machine')
    .addHelpText(
      'after',
      '\nExample:\n  $ sallyport bench --credentials users.txt --outstanding 256\n' +
        '\nExit status: 0 measured, 1 a reply could not be believed, 3 no reply.',
    )
    .action(async (server: string | undefined, options: BenchOptions) =>
      done(await runBench(server === undefined ? options : { ...options, server }, globals(), io)),
    )
}

async function runBench(options: BenchOptions, globals: GlobalOptions, io: Io): Promise<number> {
  if (options.printUsers === true) return printUsers(options, io)
  const pace = paceOf(options)
  if (options.order !== 'sequential' && options.order !== 'random')
    throw usageError('--order must be sequential or random')
  const { endpoint, secret } =
    options.tls === true
      ? tlsTarget(options, globals, io)
      : radiusTarget(options, globals, io, '<address:port>')
  const server = { host: await addressOf(endpoint.host), port: endpoint.port }
  if (options.allowRemote !== true && !isLoopback(server.host)) {
    throw usageError(
      `${server.host} is not on this machine, and a load is an attack on whoever does not expect it`,
      'if it is your server, and it may be disturbed: --allow-remote',
    )
  }
  const users = await chooseUsers(options, io)
  const load: Load = {
    server,
    secret,
    ...(options.tls === true ? { tls: tlsOptions(options, io, isLoopback(server.host)) } : {}),
    credentials: users.credentials,
    order: options.order,
    pace,
    warmUpMs: (options.warmUp ?? (options.logins === undefined ? 1 : 0)) * 1000,
    measureMs: options.seconds * 1000,
    ...(options.logins === undefined ? {} : { logins: options.logins }),
    timeoutMs: options.timeout * 1000,
    retries: options.retries,
  }
  return await measure(load, users, globals, io)
}

async function measure(load: Load, users: BenchUsers, globals: GlobalOptions, io: Io): Promise<number> {
  const name = formatEndpoint(load.server)
  const interrupted = new AbortController()
  const stop = () => interrupted.abort()
  // What was sent has spent its code: the counters are kept also when somebody has seen enough.
  process.once('SIGINT', stop).once('SIGTERM', stop)
  const result = await withProgress(io, `load on ${name}`, run(load, name, interrupted.signal)).finally(
    () => {
      process.off('SIGINT', stop).off('SIGTERM', stop)
      users.keep()
    },
  )
  const { accepts, rejects, challenges, others, invalid, refused } = result.counts
  const replies = accepts + rejects + challenges + others
  if (replies + invalid === 0) {
    throw new CliError(
      ExitStatus.noServer,
      refused > 0 ? `nothing listens on ${name}` : `no reply from ${name}`,
      '`sallyport test` tries one login, and says more',
    )
  }
  if (globals.json === true) printJson(io, loadObject(load, result))
  else print(io, describeLoad(load, result, users.advice(result.counts)))
  if (interrupted.signal.aborted) return ExitStatus.interrupted
  return invalid > 0 ? ExitStatus.refused : ExitStatus.done
}

/** A connection that cannot be made says why; datagrams just stay away. */
async function run(load: Load, name: string, stop: AbortSignal): Promise<LoadResult> {
  try {
    return await runLoad(load, stop)
  } catch (error) {
    if (load.tls === undefined) throw error
    throw new CliError(ExitStatus.noServer, `no TLS connection to ${name}: ${(error as Error).message}`)
  }
}

function paceOf({ outstanding, rate }: BenchOptions): Pace {
  if (rate === undefined) return { kind: 'outstanding', requests: outstanding ?? OUTSTANDING }
  if (outstanding !== undefined) throw usageError('--outstanding and --rate are two ways to load: give one')
  return { kind: 'rate', perSecond: rate }
}

function printUsers(options: BenchOptions, io: Io): number {
  const population = populationOf(options)
  for (let from = 0; from < population.size; from += 1000) {
    const some = Array.from({ length: Math.min(1000, population.size - from) }, (_, i) => {
      const user = nameOf(population, from + i)
      const { pin, digits } = population
      return JSON.stringify({ type: 'hotp', user, secretHex: seedOf(user).toString('hex'), digits, pin })
    })
    print(io, some)
  }
  return ExitStatus.done
}

function isLoopback(address: string): boolean {
  return isIPv4(address) ? address.startsWith('127.') : address === '::1' || /^::ffff:127\./i.test(address)
}

function whole(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text)
    throw usageError(`${option} must be a whole number from ${min} to ${max}`)
  }
}

function amount(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    if (/^\d+(\.\d+)?$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text)
    throw usageError(`${option} must be a number from ${min} to ${max}`)
  }
}
