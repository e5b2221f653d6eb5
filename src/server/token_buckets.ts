/**
 * A token bucket for each of any number of names, in one fixed megabyte and without an object per name. Knows nothing of
 * what is limited; time comes in.
 *
 * A name has a slot in each of two rows, by a hash whose key is secret, and is refused only when both are empty (a
 * count-min sketch). So it never gets more than a bucket of its own would give it, and others can take its tokens only
 * if some of them empty its one slot and some its other: while 1,000 names are flooded at once, one name in 4,000 shares
 * both; while 100 are, one in 400,000. Whoever floods cannot choose whom.
 */
import { randomBytes } from 'node:crypto'
import { type HashKey, halfSipHash } from './half_sip_hash.ts'

export interface Limit {
  /** Tokens that a full bucket holds. */
  readonly burst: number
  /** Tokens that come back each second. */
  readonly perSecond: number
}

const SLOTS = 65_536
const SECOND_MS = 1000

export class TokenBuckets {
  readonly #key: HashKey
  /** When each slot will be full: all that there is to know of it. Milliseconds since `#origin`, which keeps them exact. */
  readonly #fullAt = new Float64Array(2 * SLOTS).fill(Number.NEGATIVE_INFINITY)
  #origin = Number.NaN
  /** From then on no slot is empty. */
  #emptyUntil = Number.NEGATIVE_INFINITY

  constructor(key: HashKey = randomKey()) {
    this.#key = key
  }

  /** Takes one token; false if there is none. `now` in milliseconds; the limit may be another one each time. */
  take(name: string, now: number, limit: Limit): boolean {
    if (Number.isNaN(this.#origin)) this.#origin = now
    const at = now - this.#origin
    const hash = halfSipHash(name, this.#key)
    const first = hash & 0xffff
    const second = SLOTS + (hash >>> 16)
    const missing = this.#missing(first, at, limit)
    const alsoMissing = this.#missing(second, at, limit)
    const hasToken = Math.min(missing, alsoMissing) <= limit.burst - 1
    if (hasToken) {
      this.#set(first, missing + 1, at, limit)
      this.#set(second, alsoMissing + 1, at, limit)
    }
    // Of the fuller slot: tokens that must come back before it has a whole one.
    const wanting = Math.min(missing, alsoMissing) + (hasToken ? 1 : 0) - (limit.burst - 1)
    const until = at + (wanting * SECOND_MS) / limit.perSecond
    if (wanting > 0 && until > this.#emptyUntil) this.#emptyUntil = until
    return hasToken
  }

  /** False: no bucket at all is empty, which costs next to nothing to know. */
  mayBeEmpty(now: number): boolean {
    return now - this.#origin < this.#emptyUntil
  }

  /** Whether `take` would find no token. */
  isEmpty(name: string, now: number, limit: Limit): boolean {
    const at = now - this.#origin
    const hash = halfSipHash(name, this.#key)
    const missing = this.#missing(hash & 0xffff, at, limit)
    return Math.min(missing, this.#missing(SLOTS + (hash >>> 16), at, limit)) > limit.burst - 1
  }

  /** Tokens that have been taken and are not back yet: 0 to `burst`. */
  #missing(slot: number, at: number, { burst, perSecond }: Limit): number {
    const missing = ((this.#fullAt[slot]! - at) * perSecond) / SECOND_MS
    // More than there are: the clock was set back, or the limit is a new one. Nobody shall wait for that.
    return missing > 0 && missing < burst + 0.5 ? missing : 0
  }

  #set(slot: number, missing: number, at: number, { burst, perSecond }: Limit): void {
    this.#fullAt[slot] = at + (Math.min(missing, burst) * SECOND_MS) / perSecond
  }
}

export function randomKey(): HashKey {
  const octets = randomBytes(8)
  return [octets.readInt32LE(0), octets.readInt32LE(4)]
}
