/**
 * Recognises retransmissions (RFC 5080 §2.2.2): a copy of a request under decision is dropped, a copy of an answered one
 * gets the same octets again. Knows nothing of sockets or logins; time comes in.
 */
import { BoundedMap } from '../bounded_map.ts'

export interface Request {
  readonly key: string
  readonly authenticator: Uint8Array
  readonly at: number
  /** What was answered; null while it is decided. */
  reply: Uint8Array | null
}

export type Sighting =
  | { readonly kind: 'new'; readonly request: Request }
  | { readonly kind: 'in-flight' }
  | { readonly kind: 'answered'; readonly reply: Uint8Array }

export class DuplicateCache {
  readonly #windowMs: () => number
  /** By source address, source port and Identifier: a new Authenticator takes the old one's place. */
  readonly #requests: BoundedMap<string, Request>

  constructor({ windowMs, maxRequests }: { windowMs: () => number; maxRequests: number }) {
    this.#windowMs = windowMs
    this.#requests = new BoundedMap(maxRequests)
  }

  see(address: string, port: number, identifier: number, authenticator: Uint8Array, now: number): Sighting {
    const key = `${address} ${port} ${identifier}`
    const known = this.#requests.get(key)
    if (known !== undefined && isSame(known.authenticator, authenticator)) {
      if (known.reply === null) return { kind: 'in-flight' }
      if (now - known.at < this.#windowMs()) return { kind: 'answered', reply: known.reply }
    }
    // A copy: the datagram's memory is not kept for the sake of sixteen octets.
    const request: Request = { key, authenticator: Uint8Array.from(authenticator), at: now, reply: null }
    this.#requests.delete(key)
    this.#requests.set(key, request)
    return { kind: 'new', request }
  }

  /** False: a newer request has taken its place meanwhile, and this reply must not be sent. */
  answer(request: Request, reply: Uint8Array): boolean {
    if (!this.isCurrent(request)) return false
    request.reply = reply
    return true
  }

  isCurrent(request: Request): boolean {
    const current = this.#requests.get(request.key)
    // Pushed out of a full cache, it is still the client's last word.
    return current === undefined || current === request
  }

  /** It will not be answered: a retransmission shall be decided anew. */
  forget(request: Request): void {
    if (this.#requests.get(request.key) === request) this.#requests.delete(request.key)
  }

  /** Drops what is older than the window. */
  sweep(now: number): void {
    for (const [key, { at, reply }] of this.#requests.entries()) {
      if (now - at < this.#windowMs()) return
      if (reply !== null) this.#requests.delete(key)
    }
  }

  get size(): number {
    return this.#requests.size
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < 16; i++) if (a[i] !== b[i]) return false
  return true
}
