/**
 * PINs at rest: a keyed MAC with a salt. The key is derived from the master key and never in the database, so a copied
 * database tells nothing, and a check stays fast: a slow hash would cap the server at tens of logins a second.
 * The record is salt (16 octets) then HMAC-SHA-256(key, salt || PIN in UTF-8), in base64; `token lost` copies it to another
 * token. Under `pin_storage = "sealed"` a colon and the PIN itself follow: storage seals the record with the rest of the
 * token (AES-256-GCM), so the same master key that makes the codes gives the PIN too, as CHAP needs it.
 */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import {
  DIGEST_OCTETS,
  type HmacSha256,
  hmacSha256,
  MAX_MESSAGE_OCTETS,
  macOf,
} from '../tokens/hmac_sha256.ts'

export const SALT_OCTETS = 16

export type PinStorage = 'mac' | 'sealed'

export interface PinKey {
  readonly octets: Uint8Array
  readonly ready: HmacSha256
  /** How PINs that are set from now on are kept. */
  readonly storage: PinStorage
}

/** Prepares the key (32 octets) once: the HMAC's inner states are kept. */
export function pinKey(key: Uint8Array, storage: PinStorage = 'mac'): PinKey {
  return { octets: key, ready: hmacSha256(key), storage }
}

/** `entropy`: at least 16 octets, for the salt. An empty PIN is no PIN. */
export function sealPin(key: PinKey, pin: string, entropy: Uint8Array): string | null {
  if (pin === '') return null
  const record = new Uint8Array(RECORD_OCTETS)
  record.set(entropy.subarray(0, SALT_OCTETS))
  record.set(mac(key, record, pin), SALT_OCTETS)
  const verifier = Buffer.from(record).toString('base64')
  return key.storage === 'mac' ? verifier : verifier + PIN_FOLLOWS + Buffer.from(pin).toString('base64')
}

/** The PIN itself, empty for none; null if only its MAC is kept. */
export function knownPin(record: string | null): string | null {
  if (record === null) return ''
  const at = record.indexOf(PIN_FOLLOWS)
  return at < 0 ? null : Buffer.from(record.slice(at + 1), 'base64').toString('utf8')
}

const PIN_FOLLOWS = ':'

/** Exact and case-sensitive, in constant time; a token without a PIN matches only the empty one. */
export function pinMatches(key: PinKey, record: string | null, pin: string): boolean {
  if (record === null) return pin === ''
  decodeBase64(record, decoded)
  const expected = mac(key, decoded, pin)
  let difference = 0
  for (let i = 0; i < DIGEST_OCTETS; i++) difference |= expected[i]! ^ decoded[SALT_OCTETS + i]!
  return difference === 0
}

const RECORD_OCTETS = SALT_OCTETS + DIGEST_OCTETS
const decoded = new Uint8Array(RECORD_OCTETS)
const message = new Uint8Array(64)
const digest = new Uint8Array(DIGEST_OCTETS)

/** Over the salt, which is the first sixteen octets of `record`, and the PIN. Valid until the next call. */
function mac(key: PinKey, record: Uint8Array, pin: string): Uint8Array {
  for (let i = 0; i < SALT_OCTETS; i++) message[i] = record[i]!
  let length = SALT_OCTETS
  for (let i = 0; i < pin.length; i++) {
    const code = pin.charCodeAt(i)
    if (code > 0x7f || length === MAX_MESSAGE_OCTETS) return longMac(key, record, pin)
    message[length++] = code
  }
  const words = macOf(key.ready, message, length)
  for (let i = 0; i < 8; i++) {
    const word = words[i]!
    digest[4 * i] = word >>> 24
    digest[4 * i + 1] = word >>> 16
    digest[4 * i + 2] = word >>> 8
    digest[4 * i + 3] = word
  }
  return digest
}

/** A PIN of more than 39 octets, or not in ASCII. */
function longMac(key: PinKey, record: Uint8Array, pin: string): Uint8Array {
  const salted = Buffer.concat([record.subarray(0, SALT_OCTETS), Buffer.from(pin, 'utf8')])
  return hmac(sha256, key.octets, salted)
}

const BASE64 = Uint8Array.from({ length: 128 }, (_, code) =>
  Math.max(
    0,
    'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.indexOf(String.fromCharCode(code)),
  ),
)

/** Of a multiple of three octets, so without padding; what follows is not read. Buffer.from takes longer than all the rest. */
function decodeBase64(text: string, into: Uint8Array): void {
  for (let from = 0, to = 0; to < into.length; from += 4, to += 3) {
    const bits =
      (BASE64[text.charCodeAt(from) & 127]! << 18) |
      (BASE64[text.charCodeAt(from + 1) & 127]! << 12) |
      (BASE64[text.charCodeAt(from + 2) & 127]! << 6) |
      BASE64[text.charCodeAt(from + 3) & 127]!
    into[to] = bits >> 16
    into[to + 1] = bits >> 8
    into[to + 2] = bits
  }
}
