/**
 * Recognises retransmissions (RFC 5080 §2.2.2): a copy of a request under decision is dropped, a copy of an answered one
 * gets the same octets again. Knows nothing of sockets or logins; time comes in. Everything stands in a few large arrays,
 * a ring with a hash table over it: as objects, a hundred thousand requests would be most of what the garbage collector
 * has to look through.
 */
import { BoundedMap } from '../bounded_map.ts'

/** Names a request that `see` called new, until it is answered or forgotten. */
export interface Request {
  /** Its place in the order of all requests; the ring's place follows from it. */
  readonly number: number
  readonly source: number
  /** Source port and Identifier. */
  readonly low: number
}

export type Sighting =
  | { readonly kind: 'new'; readonly request: Request }
  | { readonly kind: 'in-flight' }
  | { readonly kind: 'answered'; readonly reply: Uint8Array }

const AUTHENTICATOR_OCTETS = 16
/** Longer replies, with a State or Proxy-States in them, are kept apart. Those of a login alone have 38. */
const SHORT_REPLY_OCTETS = 48
const SOURCES = 65_536
/** A flood of EAP makes nothing else: some 30,000 of them, more than a second's handshakes by far. */
const MAX_LONG_OCTETS = 32 * 1024 * 1024
const NONE = -1
const UNDECIDED = 0
const LONG = -1
const IN_FLIGHT: Sighting = { kind: 'in-flight' }

export class DuplicateCache {
  readonly #windowMs: () => number
  readonly #capacity: number
  /** By bucket: the first place of its chain. */
  readonly #buckets: Int32Array
  // By place in the ring.
  readonly #next: Int32Array
  readonly #numbers: Float64Array
  readonly #sources: Float64Array
  readonly #lows: Int32Array
  readonly #times: Float64Array
  readonly #authenticators: Uint8Array
  readonly #replyLengths: Int8Array
  readonly #replies: Uint8Array
  readonly #longReplies = new Map<number, Uint8Array>()
  #longOctets = 0
  /** A number for each source address. */
  readonly #known: BoundedMap<string, number>
  #lastSource = 0
  #seenAddress = ''
  #seenSource = 0
  #lastNumber = 0
  #size = 0

  constructor({ windowMs, maxRequests }: { windowMs: () => number; maxRequests: number }) {
    this.#windowMs = windowMs
    this.#capacity = maxRequests
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(2 * maxRequests))).fill(NONE)
    this.#next = new Int32Array(maxRequests)
    this.#numbers = new Float64Array(maxRequests)
    this.#sources = new Float64Array(maxRequests)
    this.#lows = new Int32Array(maxRequests)
    this.#times = new Float64Array(maxRequests)
    this.#authenticators = new Uint8Array(maxRequests * AUTHENTICATOR_OCTETS)
    this.#replyLengths = new Int8Array(maxRequests)
    this.#replies = new Uint8Array(maxRequests * SHORT_REPLY_OCTETS)
    this.#known = new BoundedMap(SOURCES)
  }

  see(address: string, port: number, identifier: number, authenticator: Uint8Array, now: number): Sighting {
    const source = this.#sourceOf(address)
    const low = (port << 8) | identifier
    const place = this.#find(source, low)
    if (place !== NONE) {
      if (this.#hasAuthenticator(place, authenticator)) {
        if (this.#replyLengths[place] === UNDECIDED) return IN_FLIGHT
        if (now - this.#times[place]! < this.#windowMs())
          return { kind: 'answered', reply: this.#replyAt(place) }
      }
      // A new Authenticator takes the old one's place.
      this.#remove(place)
    }
    return { kind: 'new', request: this.#add(source, low, authenticator, now) }
  }

  /** False: a newer request has taken its place meanwhile, and this reply must not be sent. */
  answer(request: Request, reply: Uint8Array): boolean {
    const place = this.#find(request.source, request.low)
    // Pushed out of a full cache, it is still the client's last word.
    if (place === NONE) return true
    if (this.#numbers[place] !== request.number) return false
    if (reply.length <= SHORT_REPLY_OCTETS) {
      this.#replies.set(reply, place * SHORT_REPLY_OCTETS)
      this.#replyLengths[place] = reply.length
    } else {
      // A copy: as part of Node's pool it would keep 64 KiB of other things with it.
      this.#longReplies.set(place, new Uint8Array(reply))
      this.#longOctets += reply.length
      this.#replyLengths[place] = LONG
      // The oldest are asked for again the least.
      while (this.#longOctets > MAX_LONG_OCTETS) this.#remove(this.#longReplies.keys().next().value!)
    }
    return true
  }

  isCurrent({ source, low, number }: Request): boolean {
    const place = this.#find(source, low)
    return place === NONE || this.#numbers[place] === number
  }

  /** It will not be answered: a retransmission shall be decided anew. */
  forget({ source, low, number }: Request): void {
    const place = this.#find(source, low)
    if (place !== NONE && this.#numbers[place] === number) this.#remove(place)
  }

  get size(): number {
    return this.#size
  }

  #add(source: number, low: number, authenticator: Uint8Array, now: number): Request {
    const number = ++this.#lastNumber
    const place = number % this.#capacity
    if (this.#numbers[place] !== 0) this.#remove(place)
    this.#numbers[place] = number
    this.#sources[place] = source
    this.#lows[place] = low
    this.#times[place] = now
    this.#replyLengths[place] = UNDECIDED
    for (let i = 0, at = place * AUTHENTICATOR_OCTETS; i < AUTHENTICATOR_OCTETS; i++)
      this.#authenticators[at + i] = authenticator[i]!
    const bucket = this.#bucketOf(source, low)
    this.#next[place] = this.#buckets[bucket]!
    this.#buckets[bucket] = place
    this.#size++
    return { number, source, low }
  }

  #remove(place: number): void {
    const bucket = this.#bucketOf(this.#sources[place]!, this.#lows[place]!)
    let at = this.#buckets[bucket]!
    if (at === place) this.#buckets[bucket] = this.#next[place]!
    else {
      while (this.#next[at] !== place) at = this.#next[at]!
      this.#next[at] = this.#next[place]!
    }
    if (this.#replyLengths[place] === LONG) {
      this.#longOctets -= this.#longReplies.get(place)!.length
      this.#longReplies.delete(place)
    }
    this.#numbers[place] = 0
    this.#size--
  }

  #find(source: number, low: number): number {
    let place = this.#buckets[this.#bucketOf(source, low)]!
    while (place !== NONE && (this.#lows[place] !== low || this.#sources[place] !== source))
      place = this.#next[place]!
    return place
  }

  #bucketOf(source: number, low: number): number {
    const mixed = Math.imul(low ^ Math.imul(source | 0, 0x9e3779b1), 0x85ebca6b)
    return (mixed ^ (mixed >>> 15)) & (this.#buckets.length - 1)
  }

  #hasAuthenticator(place: number, authenticator: Uint8Array): boolean {
    for (let i = 0, at = place * AUTHENTICATOR_OCTETS; i < AUTHENTICATOR_OCTETS; i++)
      if (this.#authenticators[at + i] !== authenticator[i]) return false
    return true
  }

  /** A copy: the ring goes on while it is sent. */
  #replyAt(place: number): Uint8Array {
    const length = this.#replyLengths[place]!
    if (length === LONG) return this.#longReplies.get(place)!
    const at = place * SHORT_REPLY_OCTETS
    return this.#replies.slice(at, at + length)
  }

  /** Most come from where the one before came from. */
  #sourceOf(address: string): number {
    if (address === this.#seenAddress) return this.#seenSource
    const known = this.#known.get(address)
    if (known === undefined) this.#known.set(address, ++this.#lastSource)
    this.#seenAddress = address
    this.#seenSource = known ?? this.#lastSource
    return this.#seenSource
  }
}
