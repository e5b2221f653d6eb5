/** The users of `sallyport bench`: one, those of a file, or generated ones, whose HOTP counters a file carries on. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  type Credentials,
  type HotpPopulation,
  hotpCredentials,
  type StaticLogin,
  staticCredentials,
} from '../load/credentials.ts'
import type { LoadCounts } from '../load/load.ts'
import { CliError, ExitStatus, usageError } from './exit_status.ts'
import { type Io, readLineOfStdin, readWholeStdin } from './io.ts'
import { askPassword } from './terminal.ts'

export interface UserOptions {
  readonly user?: string
  readonly passwordStdin?: boolean
  readonly credentials?: string
  readonly hotp?: number
  readonly counters?: string
  readonly prefix: string
  readonly pin: string
  readonly digits: number
}

export interface BenchUsers {
  readonly credentials: Credentials
  /** After the run: what the next one must know. */
  keep(): void
  /** What the counts of a run say of these users; null if nothing. */
  advice(counts: LoadCounts): string | null
}

export async function chooseUsers(options: UserOptions, io: Io): Promise<BenchUsers> {
  const ways = [options.user, options.credentials, options.hotp].filter((way) => way !== undefined)
  if (ways.length !== 1) {
    throw usageError(
      ways.length === 0 ? 'who shall log in?' : 'these are several ways to say who shall log in',
      'give one of --user, --credentials and --hotp',
    )
  }
  if (options.hotp !== undefined) return hotpUsers(options, io)
  if (options.counters !== undefined) throw usageError('--counters is for --hotp only')
  const logins =
    options.user === undefined ? await loginsOf(options.credentials!, io) : [await oneLogin(options, io)]
  return { credentials: carriable(() => staticCredentials(logins)), keep: () => {}, advice: () => null }
}

async function oneLogin({ user, passwordStdin }: UserOptions, io: Io): Promise<StaticLogin> {
  const password = passwordStdin === true ? await readLineOfStdin(io) : await askPassword(io, 'Password')
  return { user: user!, password }
}

/** `NAME PASSWORD`: the name ends at the first blank; empty lines and those that begin with # are skipped. */
async function loginsOf(file: string, io: Io): Promise<StaticLogin[]> {
  const text = file === '-' ? await readWholeStdin(io) : read(resolve(io.cwd, file))
  const logins = text.split(/\r?\n/).flatMap((line, index): StaticLogin[] => {
    if (/^\s*(#|$)/.test(line)) return []
    const [, user, password] = /^\s*(\S+)[ \t](.*)$/.exec(line) ?? []
    // The line is not repeated: it may be a password.
    if (user === undefined) throw usageError(`line ${index + 1} of the credentials is not "NAME PASSWORD"`)
    return [{ user, password: password! }]
  })
  if (logins.length === 0)
    throw usageError('there are no credentials in it: a line "NAME PASSWORD" for each user')
  return logins
}

export function populationOf({ hotp, prefix, pin, digits }: UserOptions): HotpPopulation {
  if (hotp === undefined) throw usageError('--hotp says how many users')
  if (digits !== 6 && digits !== 8) throw usageError('--digits must be 6 or 8')
  return { first: 0, size: hotp, prefix, pin, digits }
}

function hotpUsers(options: UserOptions, io: Io): BenchUsers {
  const population = populationOf(options)
  const file = options.counters === undefined ? null : resolve(io.cwd, options.counters)
  const counters = new Float64Array(population.size)
  // A file for more users than now keeps what it knows of the others.
  const others = file !== null && existsSync(file) ? readCounters(file, counters) : []
  const credentials = carriable(() => hotpCredentials(population, counters))
  return {
    credentials,
    keep: () => {
      if (file === null) return
      writeFileSync(`${file}.new`, `${[...counters, ...others].join('\n')}\n`)
      renameSync(`${file}.new`, file)
    },
    advice: ({ rejects }) => {
      if (rejects === 0) return null
      return file === null
        ? 'Every code was a fresh one if the tokens are. After an earlier run they are not: --counters FILE carries on.'
        : `Every code was a fresh one if ${options.counters} has what these tokens were last used with, and none is locked.`
    },
  }
}

/** One number a line, by user; answers those beyond `counters`. */
function readCounters(file: string, counters: Float64Array): number[] {
  const numbers = read(file).trim().split(/\s+/).map(Number)
  const bad = numbers.findIndex((number) => !Number.isSafeInteger(number) || number < 0)
  if (bad >= 0) throw usageError(`line ${bad + 1} of ${file} is not a counter`)
  counters.set(numbers.slice(0, counters.length))
  return numbers.slice(counters.length)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CliError(ExitStatus.refused, `${file} cannot be read (${code})`)
  }
}

function carriable<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw usageError(`RADIUS cannot carry this: ${error.message}`)
  }
}
