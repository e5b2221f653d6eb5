/**
 * A token as octets: its progress, its other numbers, and its texts one after the other. Half of what the objects take,
 * and nothing of it is looked through by the garbage collector.
 */
import { type Token, typeOf } from '../auth/account.ts'
import { TOKEN_KINDS, tokenType } from '../tokens/registry.ts'
import { unreadable } from '../tokens/unreadable.ts'
import type { Chunk } from './arena.ts'
import { NUMBERS, putProgress } from './progress_octets.ts'

/** Whose index is stored. */
const KINDS = [...TOKEN_KINDS, unreadable.kind]

/** After the progress, eight octets each. */
const TIMES_AND_LIMITS = 5
/** After them, four octets each: the last five say where each text ends, in characters. */
const INTEGERS = 10
const INTEGERS_AT = NUMBERS + TIMES_AND_LIMITS
const TEXT_OCTETS_AT = 8 * INTEGERS_AT + 4 * INTEGERS

const ACTIVE = 1
const CHANGE_PIN = 2
const HAS_USER = 4
const HAS_DESCRIPTION = 8
const HAS_PIN = 16
/** Two octets for each character of its texts: one is above 255. */
const WIDE = 32
const PENDING = 64

/** What `packToken` needs. */
export interface Packed {
  readonly token: Token
  readonly texts: readonly [string, string, string, string, string]
  readonly isWide: boolean
  /** A multiple of eight. */
  readonly octets: number
}

export function prepareToken(token: Token): Packed {
  const { serial, user, description, pin } = token
  const texts = [serial, user ?? '', description ?? '', pin ?? '', typeOf(token).pack(token.state)] as const
  const isWide = texts.some((text) => /[^\0-\xff]/.test(text))
  const characters = texts.reduce((sum, text) => sum + text.length, 0)
  return { token, texts, isWide, octets: octetsFor(characters, isWide) }
}

function octetsFor(characters: number, isWide: boolean): number {
  return 8 * Math.ceil((TEXT_OCTETS_AT + (isWide ? 2 : 1) * characters) / 8)
}

/** `at`: an octet of the chunk, a multiple of eight. */
export function packToken(
  { token, texts, isWide }: Packed,
  { numbers, integers, octets }: Chunk,
  at: number,
): void {
  putProgress(numbers, at / 8, token)
  numbers[at / 8 + NUMBERS] = token.createdAt
  numbers[at / 8 + NUMBERS + 1] = token.validFrom ?? Number.NaN
  numbers[at / 8 + NUMBERS + 2] = token.validUntil ?? Number.NaN
  numbers[at / 8 + NUMBERS + 3] = token.maxAttempts ?? Number.NaN
  numbers[at / 8 + NUMBERS + 4] = token.maxSuccesses ?? Number.NaN
  const own = (at / 8 + INTEGERS_AT) * 2
  integers[own] = token.window
  integers[own + 1] = token.syncWindow
  integers[own + 2] = token.maxFail
  integers[own + 3] = KINDS.indexOf(token.kind)
  integers[own + 4] = flagsOf(token, isWide)
  let end = 0
  texts.forEach((text, i) => {
    end += text.length
    integers[own + 5 + i] = end
  })
  octets.write(texts.join(''), at + TEXT_OCTETS_AT, isWide ? 'utf16le' : 'latin1')
}

function flagsOf(token: Token, isWide: boolean): number {
  return (
    (token.active ? ACTIVE : 0) |
    (token.pending ? PENDING : 0) |
    (token.changePin ? CHANGE_PIN : 0) |
    (token.user === null ? 0 : HAS_USER) |
    (token.description === null ? 0 : HAS_DESCRIPTION) |
    (token.pin === null ? 0 : HAS_PIN) |
    (isWide ? WIDE : 0)
  )
}

/** By name, since a spread takes thrice the time. */
export function unpackToken({ numbers, integers, octets }: Chunk, at: number): Token {
  const first = at / 8
  const other = first + NUMBERS
  const own = (first + INTEGERS_AT) * 2
  const flags = integers[own + 4]!
  const endOfSerial = integers[own + 5]!
  const endOfUser = integers[own + 6]!
  const endOfDescription = integers[own + 7]!
  const endOfPin = integers[own + 8]!
  const end = integers[own + 9]!
  const from = at + TEXT_OCTETS_AT
  const text =
    flags & WIDE
      ? octets.toString('utf16le', from, from + 2 * end)
      : octets.toString('latin1', from, from + end)
  const kind = KINDS[integers[own + 3]!]!
  const movingFactor = numbers[first + 9]!
  return {
    id: numbers[first]!,
    serial: text.slice(0, endOfSerial),
    kind,
    state: (kind === unreadable.kind ? unreadable : tokenType(kind)).unpack(text.slice(endOfPin)),
    user: flags & HAS_USER ? text.slice(endOfSerial, endOfUser) : null,
    active: (flags & ACTIVE) !== 0,
    pending: (flags & PENDING) !== 0,
    description: flags & HAS_DESCRIPTION ? text.slice(endOfUser, endOfDescription) : null,
    pin: flags & HAS_PIN ? text.slice(endOfDescription, endOfPin) : null,
    changePin: (flags & CHANGE_PIN) !== 0,
    window: integers[own]!,
    syncWindow: integers[own + 1]!,
    maxFail: integers[own + 2]!,
    maxAttempts: orNull(numbers[other + 3]!),
    maxSuccesses: orNull(numbers[other + 4]!),
    validFrom: orNull(numbers[other + 1]!),
    validUntil: orNull(numbers[other + 2]!),
    createdAt: numbers[other]!,
    version: numbers[first + 1]!,
    counter: numbers[first + 2]!,
    drift: numbers[first + 3]!,
    failCount: numbers[first + 4]!,
    attemptCount: numbers[first + 5]!,
    successCount: numbers[first + 6]!,
    lastUsedAt: orNull(numbers[first + 7]!),
    lockedAt: orNull(numbers[first + 8]!),
    pendingResync: Number.isNaN(movingFactor)
      ? null
      : { movingFactor, error: numbers[first + 10]!, at: numbers[first + 11]! },
    auditHead: numbers[first + 12]!,
  }
}

function orNull(number: number): number | null {
  return Number.isNaN(number) ? null : number
}

/** Octets of the token that was packed there. */
export function octetsOfToken({ integers }: Chunk, at: number): number {
  const own = (at / 8 + INTEGERS_AT) * 2
  return octetsFor(integers[own + 9]!, (integers[own + 4]! & WIDE) !== 0)
}
