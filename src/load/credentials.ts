/** Who logs in with what: the users of a load run. Writes names and passwords where they go, and allocates nothing then. */
import { hash } from 'node:crypto'
import { sha1Otp } from '../tokens/otp_generator.ts'
import { hmacSha1States } from '../tokens/sha1.ts'

export interface Credentials {
  readonly size: number
  /** One request at a time for each user: two codes that overtake each other would be a reject of the client's making. */
  readonly exclusive: boolean
  /** Writes the name of user number `user` into `packet` at `at`, and returns where it ends. */
  writeName(user: number, packet: Uint8Array, at: number): number
  /** The password likewise, in clear; an HOTP is spent by it. */
  writePassword(user: number, packet: Uint8Array, at: number): number
}

export interface StaticLogin {
  readonly user: string
  readonly password: string
}

export const MAX_NAME_OCTETS = 253
export const MAX_PASSWORD_OCTETS = 128

/** Throws RangeError for what a packet cannot carry. */
export function staticCredentials(logins: readonly StaticLogin[]): Credentials {
  const names = logins.map(({ user }) => octetsOf(user, MAX_NAME_OCTETS, 'a user name'))
  const passwords = logins.map(({ password }) => octetsOf(password, MAX_PASSWORD_OCTETS, 'a password'))
  return {
    size: logins.length,
    exclusive: false,
    writeName: (user, packet, at) => copy(names[user]!, packet, at),
    writePassword: (user, packet, at) => copy(passwords[user]!, packet, at),
  }
}

function octetsOf(text: string, max: number, what: string): Buffer {
  const octets = Buffer.from(text, 'utf8')
  if (octets.length > max) throw new RangeError(`${what} has ${max} octets at most`)
  return octets
}

function copy(octets: Uint8Array, packet: Uint8Array, at: number): number {
  for (let i = 0; i < octets.length; i++) packet[at++] = octets[i]!
  return at
}

/** Which generated users there are, and what their tokens are made of. */
export interface HotpPopulation {
  /** Of user number 0; the names are `prefix` and at least six digits, counted from here. */
  readonly first: number
  readonly size: number
  readonly prefix: string
  readonly pin: string
  readonly digits: 6 | 8
}

export interface HotpCredentials extends Credentials {
  /** By user: the next counter to use. */
  readonly counters: Float64Array
}

export function nameOf({ prefix, first }: Pick<HotpPopulation, 'prefix' | 'first'>, user: number): string {
  return `${prefix}${String(first + user).padStart(6, '0')}`
}

/** So that whoever enrolls them need not be told: SHA-1 over the word `radload` and the name. */
export function seedOf(name: string): Buffer {
  return hash('sha1', `radload${name}`, 'buffer')
}

const STATE_WORDS = 5

/** `counters`: by user, the first to use. */
export function hotpCredentials(population: HotpPopulation, counters: Float64Array): HotpCredentials {
  const { size, prefix, first, digits } = population
  const prefixOctets = octetsOf(prefix, MAX_NAME_OCTETS - 16, 'the prefix of the user names')
  const pin = octetsOf(population.pin, MAX_PASSWORD_OCTETS - digits, 'the PIN')
  // One table, not an object for each user: a million of them is 40 MB.
  const states = new Int32Array(size * 2 * STATE_WORDS)
  for (let user = 0; user < size; user++) {
    const { inner, outer } = hmacSha1States(seedOf(nameOf(population, user)))
    states.set(inner, user * 2 * STATE_WORDS)
    states.set(outer, (user * 2 + 1) * STATE_WORDS)
  }
  const key = { inner: [0, 0, 0, 0, 0], outer: [0, 0, 0, 0, 0] }
  const modulus = 10 ** digits
  return {
    size,
    exclusive: true,
    counters,
    writeName: (user, packet, at) => {
      const number = first + user
      const length = number < 1_000_000 ? 6 : String(number).length
      return writeDigits(number, length, packet, copy(prefixOctets, packet, at))
    },
    writePassword: (user, packet, at) => {
      for (let i = 0, from = user * 2 * STATE_WORDS; i < STATE_WORDS; i++, from++) {
        key.inner[i] = states[from]!
        key.outer[i] = states[from + STATE_WORDS]!
      }
      const otp = sha1Otp(key, counters[user]!++) % modulus
      return writeDigits(otp, digits, packet, copy(pin, packet, at))
    },
  }
}

function writeDigits(number: number, length: number, packet: Uint8Array, at: number): number {
  for (let i = at + length - 1; i >= at; i--) {
    packet[i] = 0x30 + (number % 10)
    number = Math.floor(number / 10)
  }
  return at + length
}
