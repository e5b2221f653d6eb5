/**
 * PINs at rest: a keyed MAC with a salt. The key is derived from the master key and never in the database, so a copied
 * database tells nothing, and a check stays fast: a slow hash would cap the server at tens of logins a second.
 * The record is salt (16 octets) then HMAC-SHA-256(key, salt || PIN in UTF-8), in base64; `token lost` copies it to another
 * token.
 */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'

export const SALT_OCTETS = 16

export type PinKey = ReturnType<typeof hmac.create>

/** Prepares the key (32 octets) once: the HMAC's inner states are kept. */
export function pinKey(key: Uint8Array): PinKey {
  return hmac.create(sha256, key)
}

/** `entropy`: at least 16 octets, for the salt. An empty PIN is no PIN. */
export function sealPin(key: PinKey, pin: string, entropy: Uint8Array): string | null {
  if (pin === '') return null
  const salt = entropy.subarray(0, SALT_OCTETS)
  const record = new Uint8Array(SALT_OCTETS + 32)
  record.set(salt)
  record.set(mac(key, salt, pin), SALT_OCTETS)
  return Buffer.from(record).toString('base64')
}

/** Exact and case-sensitive, in constant time; a token without a PIN matches only the empty one. */
export function pinMatches(key: PinKey, record: string | null, pin: string): boolean {
  if (record === null) return pin === ''
  const octets = Buffer.from(record, 'base64')
  const expected = mac(key, octets.subarray(0, SALT_OCTETS), pin)
  let difference = 0
  for (let i = 0; i < expected.length; i++) difference |= expected[i]! ^ octets[SALT_OCTETS + i]!
  return difference === 0
}

const utf8 = new TextEncoder()

function mac(key: PinKey, salt: Uint8Array, pin: string): Uint8Array {
  return key.clone().update(salt).update(utf8.encode(pin)).digest()
}
