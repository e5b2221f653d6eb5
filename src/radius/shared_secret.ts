/** The secret shared with one client (RFC 2865 §3), made ready once so that a packet pays for no HMAC key. */
import { Secret } from '../secret.ts'
import { BLOCK_OCTETS, Md5, type Md5State } from './md5.ts'

export class SharedSecret extends Secret {
  readonly #inner: Md5State
  readonly #outer: Md5State

  /** Throws RangeError on an empty secret. RFC 2865 §3: it MUST NOT be empty, for that forges every packet. */
  constructor(value: Uint8Array | string) {
    super(value)
    if (value.length === 0) throw new RangeError('a shared secret is never empty')
    const key = hmacKey(this.reveal())
    this.#inner = stateAfter(key, INNER_PAD)
    this.#outer = stateAfter(key, OUTER_PAD)
  }

  /** Adds the secret itself, as in the Response Authenticator and the hiding of User-Password. */
  addTo(md5: Md5): void {
    md5.add(this.reveal())
  }

  /** Begins HMAC-MD5 (RFC 2104) under this secret; then `add` to `md5`, then `finishHmac`. */
  startHmac(md5: Md5): void {
    md5.start(this.#inner)
  }

  /** Writes the 16 octets of the HMAC into `into` at `at`. */
  finishHmac(md5: Md5, into: Uint8Array, at = 0): void {
    md5.finishOuter(this.#outer, into, at)
  }
}

const INNER_PAD = 0x36
const OUTER_PAD = 0x5c

/** RFC 2104 §2: a key longer than a block is hashed first, a shorter one filled with zeros. */
function hmacKey(secret: Uint8Array): Uint8Array {
  const key = new Uint8Array(BLOCK_OCTETS)
  if (secret.length <= BLOCK_OCTETS) {
    key.set(secret)
  } else {
    const md5 = new Md5()
    md5.start()
    md5.add(secret)
    md5.finish(key)
  }
  return key
}

function stateAfter(key: Uint8Array, pad: number): Md5State {
  const md5 = new Md5()
  md5.start()
  md5.add(key.map((octet) => octet ^ pad))
  return md5.save()
}
