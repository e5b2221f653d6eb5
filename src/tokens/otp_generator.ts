/**
 * The one-time password of a moving factor (RFC 4226 §5.3), quickly: the HMAC's two inner states are computed once
 * per token and kept. Knows nothing of counters, clocks or windows.
 */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { compress, type HmacSha1States, hmacSha1States } from './sha1.ts'

export const ALGORITHMS = ['sha1', 'sha256', 'sha512'] as const
export type Algorithm = (typeof ALGORITHMS)[number]

/** Octets of a generated secret: the hash's own length (RFC 4226 §4 R6, RFC 6238 §5.1). */
export const SECRET_OCTETS: Record<Algorithm, number> = { sha1: 20, sha256: 32, sha512: 64 }

/** Moving factor (0 .. 2^53-1) -> the 31-bit number that is cut to `digits` decimal digits. */
export type OtpGenerator = (movingFactor: number) => number

export function otpGenerator(algorithm: Algorithm, secret: Uint8Array): OtpGenerator {
  switch (algorithm) {
    case 'sha1':
      return sha1Generator(secret)
    case 'sha256':
      return nobleGenerator(hmac.create(sha256, secret))
    case 'sha512':
      return nobleGenerator(hmac.create(sha512, secret))
  }
}

// Shared by all tokens: a generator runs to its end before another starts.
const words = new Int32Array(80)
const state = new Int32Array(5)

function sha1Generator(secret: Uint8Array): OtpGenerator {
  const key = hmacSha1States(secret)
  return (movingFactor) => sha1Otp(key, movingFactor)
}

/** One OTP under a key that is kept as its states: what `otpGenerator('sha1', …)` answers. */
export function sha1Otp({ inner, outer }: HmacSha1States, movingFactor: number): number {
  words[0] = Math.floor(movingFactor / 2 ** 32)
  words[1] = movingFactor | 0
  words[2] = 0x80000000 | 0
  for (let i = 3; i < 15; i++) words[i] = 0
  words[15] = (64 + 8) * 8
  load(inner)
  compress(state, words, state)
  for (let i = 0; i < 5; i++) words[i] = state[i]!
  words[5] = 0x80000000 | 0
  for (let i = 6; i < 15; i++) words[i] = 0
  words[15] = (64 + 20) * 8
  load(outer)
  compress(state, words, state)
  // RFC 4226 §5.3: four octets from the offset that the digest's last four bits name.
  const offset = state[4]! & 0xf
  const word = offset >> 2
  const bits = (offset & 3) * 8
  const high = state[word]! << bits
  const low = bits === 0 ? 0 : state[word + 1]! >>> (32 - bits)
  return (high | low) & 0x7fffffff
}

// Loops here and above: `set` and `fill` cost as much as the compression.
function load(kept: readonly number[]): void {
  for (let i = 0; i < 5; i++) state[i] = kept[i]!
}

type KeyedHmac = ReturnType<typeof hmac.create>

function nobleGenerator(keyed: KeyedHmac): OtpGenerator {
  const message = new Uint8Array(8)
  const view = new DataView(message.buffer)
  const digest = new Uint8Array(keyed.outputLen)
  const scratch = keyed.clone()
  return (movingFactor) => {
    view.setUint32(0, Math.floor(movingFactor / 2 ** 32))
    view.setUint32(4, movingFactor >>> 0)
    keyed._cloneInto(scratch).update(message).digestInto(digest)
    const offset = digest[digest.length - 1]! & 0xf
    return (
      ((digest[offset]! & 0x7f) << 24) |
      (digest[offset + 1]! << 16) |
      (digest[offset + 2]! << 8) |
      digest[offset + 3]!
    )
  }
}

/** Counters or time steps, both ends included; empty when `from` > `to`. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** The lowest moving factor in `range` whose OTP is `otp`, or null. `otp` that is not `digits` decimal digits is none. */
export function findOtp(generate: OtpGenerator, digits: number, otp: string, range: Range): number | null {
  const wanted = otpNumber(otp, digits)
  if (wanted === null) return null
  const modulus = 10 ** digits
  for (let m = Math.max(0, range.from); m <= range.to; m++) {
    if (generate(m) % modulus === wanted) return m
  }
  return null
}

/** Compared as numbers, so that the comparison takes the same time whatever the digits are. */
function otpNumber(otp: string, digits: number): number | null {
  if (otp.length !== digits) return null
  let value = 0
  for (let i = 0; i < digits; i++) {
    const digit = otp.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return null
    value = value * 10 + digit
  }
  return value
}

export function formatOtp(generate: OtpGenerator, digits: number, movingFactor: number): string {
  return String(generate(movingFactor) % 10 ** digits).padStart(digits, '0')
}
