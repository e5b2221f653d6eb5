/** What HOTP and TOTP share: a secret, an algorithm, a number of digits, and how these are stored. */
import { z } from 'zod'
import {
  ALGORITHMS,
  type Algorithm,
  type OtpGenerator,
  otpGenerator,
  SECRET_OCTETS,
} from './otp_generator.ts'
import type { EnrollInput, SerializedState } from './token_type.ts'

export interface HmacState {
  /** Base64: rarely needed, and the smallest form in memory. */
  readonly secret: string
  readonly algorithm: Algorithm
  readonly digits: number
  /** Seconds of one time step; 0 for HOTP. */
  readonly period: number
  readonly generate: OtpGenerator
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
  return { secret: text, algorithm, digits, period, generate: otpGenerator(algorithm, secret) }
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
