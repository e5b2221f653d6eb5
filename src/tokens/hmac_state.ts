/** What HOTP and TOTP share: a secret, an algorithm, a number of digits, and how these are stored. */
import { z } from 'zod'
import {
  ALGORITHMS,
  type Algorithm,
  type OtpGenerator,
  otpGenerator,
  SECRET_OCTETS,
  sha1Otp,
} from './otp_generator.ts'
import { type HmacSha1States, hmacSha1States } from './sha1.ts'
import type { EnrollInput, SerializedState } from './token_type.ts'

export interface HmacState {
  /** Base64: rarely needed, and the smallest form in memory. */
  readonly secret: string
  readonly algorithm: Algorithm
  readonly digits: number
  /** Seconds of one time step; 0 for HOTP. */
  readonly period: number
  /** Of SHA-1, so that no login computes it; the others are rare, and slower by it. */
  readonly key: HmacSha1States | null
}

/** RFC 4226 §4 R6 demands 16 octets; real tokens are seeded with as few as 10, and the otpauth world with up to 128. */
export const SECRET_LENGTH = { min: 10, max: 128 } as const

export const hmacEnrollment = {
  digits: z.union([z.literal(6), z.literal(8)]).optional(),
  algorithm: z.enum(ALGORITHMS).optional(),
}

export function enrollHmac(input: EnrollInput, entropy: Uint8Array, period: number): HmacState {
  const algorithm = input.algorithm ?? 'sha1'
  const secret = input.secret ?? entropy.slice(0, SECRET_OCTETS[algorithm])
  return hmacState(secret, algorithm, input.digits ?? 6, period)
}

function hmacState(secret: Uint8Array, algorithm: Algorithm, digits: number, period: number): HmacState {
  const text = Buffer.from(secret).toString('base64')
  const key = algorithm === 'sha1' ? hmacSha1States(secret) : null
  return { secret: text, algorithm, digits, period, key }
}

export function generatorOf(state: HmacState): OtpGenerator {
  const { key } = state
  return key === null ? otpGenerator(state.algorithm, secretOf(state)) : (m) => sha1Otp(key, m)
}

export function serializeHmac(state: HmacState): SerializedState {
  const { secret, algorithm, digits, period } = state
  return { secret, algorithm, digits, period }
}

export function parseHmac(serialized: SerializedState): HmacState {
  const { secret, algorithm, digits, period } = serialized
  return hmacState(
    Buffer.from(String(secret), 'base64'),
    algorithm as Algorithm,
    Number(digits),
    Number(period),
  )
}

/** The octets of the shared secret. */
export function secretOf(state: HmacState): Uint8Array {
  return Buffer.from(state.secret, 'base64')
}

const KEY_WORDS = 10
const HEAD = 4

/** Algorithm, digits, period and the length of the secret, the secret in base64, and the key's words, four octets each. */
export function packHmac({ secret, algorithm, digits, period, key }: HmacState): string {
  const octets = [ALGORITHMS.indexOf(algorithm), digits, period, secret.length]
  const words = key === null ? [] : [...key.inner, ...key.outer]
  const ofWords = words.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255])
  return String.fromCharCode(...octets) + secret + String.fromCharCode(...ofWords)
}

export function unpackHmac(packed: string): HmacState {
  const end = HEAD + packed.charCodeAt(3)
  return {
    secret: packed.slice(HEAD, end),
    algorithm: ALGORITHMS[packed.charCodeAt(0)]!,
    digits: packed.charCodeAt(1),
    period: packed.charCodeAt(2),
    key:
      packed.length === end + 4 * KEY_WORDS
        ? { inner: wordsAt(packed, end), outer: wordsAt(packed, end + 2 * KEY_WORDS) }
        : null,
  }
}

/** Written out: a loop or a map takes several times as long, at each login. */
function wordsAt(packed: string, at: number): readonly number[] {
  return [
    wordAt(packed, at),
    wordAt(packed, at + 4),
    wordAt(packed, at + 8),
    wordAt(packed, at + 12),
    wordAt(packed, at + 16),
  ]
}

function wordAt(packed: string, at: number): number {
  return (
    (packed.charCodeAt(at) << 24) |
    (packed.charCodeAt(at + 1) << 16) |
    (packed.charCodeAt(at + 2) << 8) |
    packed.charCodeAt(at + 3)
  )
}
