/**
 * The keys of a session that began by MS-CHAPv2 (RFC 3079 §3), and how RADIUS carries keys to the client (RFC 2548 §2.4).
 * Makes only those of 128 bits. Knows nothing of logins.
 */
import type { Attribute } from './attribute.ts'
import { MicrosoftType, Vendor } from './attributes.ts'
import { DIGEST_OCTETS, Md5 } from './md5.ts'
import { sha1 } from './mschap.ts'
import type { Packet } from './packet.ts'
import type { SharedSecret } from './shared_secret.ts'
import { vendorSpecific } from './vendor_attribute.ts'
import { RADIUS_1_1 } from './version.ts'

export const KEY_OCTETS = 16
export const SALT_OCTETS = 2

/** Of the server: what it sends by, and what it receives by. The client's are the same two, crosswise. */
export interface SessionKeys {
  readonly send: Uint8Array
  readonly receive: Uint8Array
}

/** RFC 3079 §3.4. `response`: the NT-Response. */
export function sessionKeys(passwordHashHash: Uint8Array, response: Uint8Array): SessionKeys {
  const master = masterKey(passwordHashHash, response)
  return { send: startKey(master, SERVER_SENDS), receive: startKey(master, SERVER_RECEIVES) }
}

export function masterKey(passwordHashHash: Uint8Array, response: Uint8Array): Uint8Array {
  return sha1(passwordHashHash, response, MASTER_MAGIC).subarray(0, KEY_OCTETS)
}

function startKey(master: Uint8Array, magic: Uint8Array): Uint8Array {
  return sha1(master, PAD_1, magic, PAD_2).subarray(0, KEY_OCTETS)
}

const MASTER_MAGIC = Buffer.from('This is the MPPE Master Key')
const SERVER_RECEIVES = Buffer.from(
  'On the client side, this is the send key; on the server side, it is the receive key.',
)
const SERVER_SENDS = Buffer.from(
  'On the client side, this is the receive key; on the server side, it is the send key.',
)
const PAD_1 = Buffer.alloc(40, 0x00)
const PAD_2 = Buffer.alloc(40, 0xf2)

/**
 * MS-MPPE-Send-Key and MS-MPPE-Recv-Key of a reply, as the version of the request has them. `random`: octets that nobody can
 * foretell, 2 at least; the salts are made of them.
 */
export function sessionKeyAttributes(
  { send, receive }: SessionKeys,
  random: Uint8Array,
  { version, requestAuthenticator }: Packet,
  secret: SharedSecret,
): Attribute[] {
  const salt = random.slice(0, SALT_OCTETS)
  // RFC 2548 §2.4.2: unique in the packet.
  const otherSalt = salt.with(1, salt[1]! ^ 1)
  // RFC 9765 §5.1.4: within TLS they are as they are, without salt and length.
  const carried = (key: Uint8Array, by: Uint8Array) =>
    version === RADIUS_1_1 ? key : hideKey(key, by, requestAuthenticator, secret)
  return [
    vendorSpecific(Vendor.Microsoft, MicrosoftType.MppeSendKey, carried(send, salt)),
    vendorSpecific(Vendor.Microsoft, MicrosoftType.MppeRecvKey, carried(receive, otherSalt)),
  ]
}

const md5 = new Md5()
const mask = new Uint8Array(DIGEST_OCTETS)

/** RFC 2548 §2.4.2: salt, then length and key, hidden. `salt`: 2 octets, another for each key in a packet. */
export function hideKey(
  key: Uint8Array,
  salt: Uint8Array,
  requestAuthenticator: Uint8Array,
  secret: SharedSecret,
): Uint8Array {
  const clear = new Uint8Array(Math.ceil((1 + key.length) / DIGEST_OCTETS) * DIGEST_OCTETS)
  clear[0] = key.length
  clear.set(key, 1)
  const hidden = new Uint8Array(SALT_OCTETS + clear.length)
  // The leftmost bit is always set.
  hidden.set([salt[0]! | 0x80, salt[1]!])
  for (let at = 0; at < clear.length; at += DIGEST_OCTETS) {
    makeMask(hidden, at, requestAuthenticator, secret)
    for (let i = 0; i < DIGEST_OCTETS; i++) hidden[SALT_OCTETS + at + i] = clear[at + i]! ^ mask[i]!
  }
  return hidden
}

/** The key in it; null if what comes out cannot be one, as under another secret. */
export function unhideKey(
  hidden: Uint8Array,
  requestAuthenticator: Uint8Array,
  secret: SharedSecret,
): Uint8Array | null {
  const length = hidden.length - SALT_OCTETS
  if (length <= 0 || length % DIGEST_OCTETS !== 0) return null
  const clear = new Uint8Array(length)
  for (let at = 0; at < length; at += DIGEST_OCTETS) {
    makeMask(hidden, at, requestAuthenticator, secret)
    for (let i = 0; i < DIGEST_OCTETS; i++) clear[at + i] = hidden[SALT_OCTETS + at + i]! ^ mask[i]!
  }
  const end = 1 + clear[0]!
  return end <= length && clear.subarray(end).every((octet) => octet === 0) ? clear.subarray(1, end) : null
}

/** RFC 2548 §2.4.2: b(1) = MD5(S + R + A), b(i) = MD5(S + c(i-1)); `hidden` begins with the salt. */
function makeMask(
  hidden: Uint8Array,
  at: number,
  requestAuthenticator: Uint8Array,
  secret: SharedSecret,
): void {
  md5.start()
  secret.addTo(md5)
  if (at === 0) {
    md5.add(requestAuthenticator)
    md5.add(hidden, 0, SALT_OCTETS)
  } else {
    md5.add(hidden, SALT_OCTETS + at - DIGEST_OCTETS, SALT_OCTETS + at)
  }
  md5.finish(mask)
}
