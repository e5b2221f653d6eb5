/**
 * User-Password, hidden and un-hidden (RFC 2865 §5.2). CHAP and MS-CHAPv2 will stand here too, as proofs
 * to test candidates against. Knows nothing of the rest of the packet.
 */
import { DIGEST_OCTETS, Md5 } from './md5.ts'
import type { SharedSecret } from './shared_secret.ts'
import { decodeUtf8 } from './utf8.ts'

export type Unhidden =
  | { readonly kind: 'password'; readonly password: string }
  | { readonly kind: 'invalid-length' }
  | { readonly kind: 'not-utf8' }

const CHUNK_OCTETS = DIGEST_OCTETS
const MAX_HIDDEN_OCTETS = 128

const md5 = new Md5()
const mask = new Uint8Array(DIGEST_OCTETS)
const unhidden = new Uint8Array(MAX_HIDDEN_OCTETS)

/** What the user typed, from the value of User-Password and the 16 octets of its packet's Request Authenticator. */
export function unhidePassword(
  hidden: Uint8Array,
  requestAuthenticator: Uint8Array,
  secret: SharedSecret,
): Unhidden {
  const { length } = hidden
  if (length === 0 || length > MAX_HIDDEN_OCTETS || length % CHUNK_OCTETS !== 0)
    return { kind: 'invalid-length' }
  for (let at = 0; at < length; at += CHUNK_OCTETS) {
    makeMask(hidden, at, requestAuthenticator, secret)
    for (let i = 0; i < CHUNK_OCTETS; i++) unhidden[at + i] = hidden[at + i]! ^ mask[i]!
  }
  const password = decodeUtf8(unhidden, 0, lengthWithoutPadding(unhidden, length))
  return password === null ? { kind: 'not-utf8' } : { kind: 'password', password }
}

/** RFC 9765 §5.1.1: in RADIUS/1.1 the value is the password itself, without padding. */
export function plainPassword(value: Uint8Array): Unhidden {
  if (value.length === 0 || value.length > MAX_HIDDEN_OCTETS) return { kind: 'invalid-length' }
  const password = decodeUtf8(value)
  return password === null ? { kind: 'not-utf8' } : { kind: 'password', password }
}

/** The value of User-Password. Throws RangeError for a password of more than 128 octets. */
export function hidePassword(
  password: string,
  requestAuthenticator: Uint8Array,
  secret: SharedSecret,
): Uint8Array {
  const typed = Buffer.from(password, 'utf8')
  if (typed.length > MAX_HIDDEN_OCTETS) throw new RangeError('a User-Password holds at most 128 octets')
  const hidden = new Uint8Array(Math.max(1, Math.ceil(typed.length / CHUNK_OCTETS)) * CHUNK_OCTETS)
  hidden.set(typed)
  hideInPlace(hidden, requestAuthenticator, secret)
  return hidden
}

/** Hides a password that stands in `padded`, filled up with zeros to a multiple of 16 octets, 16 at least. */
export function hideInPlace(
  padded: Uint8Array,
  requestAuthenticator: Uint8Array,
  secret: SharedSecret,
): void {
  for (let at = 0; at < padded.length; at += CHUNK_OCTETS) {
    makeMask(padded, at, requestAuthenticator, secret)
    for (let i = 0; i < CHUNK_OCTETS; i++) padded[at + i] = padded[at + i]! ^ mask[i]!
  }
}

/** RFC 2865 §5.2: b1 = MD5(S + RA), then b(i) = MD5(S + c(i-1)), where c is the hidden chunk before. */
function makeMask(
  hidden: Uint8Array,
  at: number,
  requestAuthenticator: Uint8Array,
  secret: SharedSecret,
): void {
  md5.start()
  secret.addTo(md5)
  if (at === 0) md5.add(requestAuthenticator)
  else md5.add(hidden, at - CHUNK_OCTETS, at)
  md5.finish(mask)
}

/** Only what trails is padding: a NUL with something behind it belongs to the password. */
function lengthWithoutPadding(octets: Uint8Array, length: number): number {
  while (length > 0 && octets[length - 1] === 0) length--
  return length
}
