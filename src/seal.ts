/**
 * The master key and what is derived from it: the AEAD that seals secrets at rest and States, and the keys for PINs and
 * the audit trail. Knows nothing of tokens or databases. AES-256-GCM and HKDF-SHA-256 are node:crypto's.
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

export const MASTER_KEY_OCTETS = 32

export interface Sealer {
  /** Encrypts `plaintext` bound to `context` (a serial): under another context it does not open. */
  seal(plaintext: Uint8Array, context: string): Uint8Array
  /** Throws SealBroken if `sealed` was altered, belongs to another context, or was sealed under another key. */
  open(sealed: Uint8Array, context: string): Uint8Array
}

/** Itself the sealer of tokens at rest. */
export interface Keys extends Sealer {
  /** For the State of an Access-Challenge, which devices carry about: nothing of the database can be sealed by it. */
  readonly state: Sealer
  /** 32 octets for auth/pin.ts. */
  readonly pin: Uint8Array
  /** 32 octets for storage/audit_chain.ts. */
  readonly audit: Uint8Array
  /** Tells whether a database belongs to this key; says nothing of the key itself. */
  readonly fingerprint: string
}

export class SealBroken extends Error {
  constructor(context: string) {
    super(
      `what is stored for '${context}' cannot be opened: it was altered, or sealed under another master key`,
    )
    this.name = 'SealBroken'
  }
}

// A sealed value: version, nonce, tag, ciphertext. The version leaves room for another cipher.
const VERSION = 1
const NONCE_OCTETS = 12
const TAG_OCTETS = 16
const HEADER_OCTETS = 1 + NONCE_OCTETS + TAG_OCTETS

/** `masterKey`: 32 octets of entropy. */
export function deriveKeys(masterKey: Uint8Array): Keys {
  return {
    ...sealer(derive(masterKey, 'seal')),
    state: sealer(derive(masterKey, 'state')),
    pin: derive(masterKey, 'pin'),
    audit: derive(masterKey, 'audit'),
    fingerprint: Buffer.from(derive(masterKey, 'fingerprint')).toString('hex', 0, 16),
  }
}

// RFC 5869: one key per purpose, so that none can be used for another's.
function derive(masterKey: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', masterKey, '', `sallyport ${purpose}`, 32))
}

function sealer(octets: Uint8Array): Sealer {
  // A KeyObject: made anew from octets for each call, a key costs more than the cipher.
  const key = createSecretKey(octets)
  return {
    seal: (plaintext, context) => seal(key, plaintext, context),
    open: (sealed, context) => open(key, sealed, context),
  }
}

function seal(key: KeyObject, plaintext: Uint8Array, context: string): Uint8Array {
  const nonce = randomBytes(NONCE_OCTETS)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), ciphertext])
}

function open(key: KeyObject, sealed: Uint8Array, context: string): Uint8Array {
  if (sealed.length < HEADER_OCTETS || sealed[0] !== VERSION) throw new SealBroken(context)
  const nonce = sealed.subarray(1, 1 + NONCE_OCTETS)
  const tag = sealed.subarray(1 + NONCE_OCTETS, HEADER_OCTETS)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_OCTETS })
  decipher.setAAD(Buffer.from(context)).setAuthTag(tag)
  try {
    return Buffer.concat([decipher.update(sealed.subarray(HEADER_OCTETS)), decipher.final()])
  } catch {
    throw new SealBroken(context)
  }
}

/** A new master key in the form that its file holds: base64 and a newline. */
export function newMasterKey(): string {
  return `${randomBytes(MASTER_KEY_OCTETS).toString('base64')}\n`
}

/** The 32 octets of a key file's content: base64 (ours), 64 hexadecimal digits, or the octets themselves; else null. */
export function parseMasterKey(content: Buffer): Uint8Array | null {
  if (content.length === MASTER_KEY_OCTETS) return content
  const text = content.toString('latin1').trim()
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  const octets = Buffer.from(text, 'base64')
  return /^[A-Za-z0-9+/]{43}=?$/.test(text) && octets.length === MASTER_KEY_OCTETS ? octets : null
}

export function equalOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
