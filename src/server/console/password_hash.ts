/**
 * Passwords as argon2id hashes in PHC's format, made on the system's threads and one at a time: it takes 20 MB and tens of
 * milliseconds by intent, and logins by RADIUS go on meanwhile. Knows nothing of users.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'

/** Too many wait: nothing was tried. */
export class TooBusy extends Error {}

export interface PasswordHasherOptions {
  readonly atOnce?: number
  readonly maxQueue?: number
}

interface Cost {
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
}

/** OWASP's Password Storage Cheat Sheet: 19 MiB, two passes. */
const COST: Cost = { memory: 19_456, passes: 2, parallelism: 1 }
const SALT_OCTETS = 16
const TAG_OCTETS = 32
/** Of a hash that is stored: more is not ours, and would be work without bound. */
const MAX_COST: Cost = { memory: 262_144, passes: 16, parallelism: 4 }

export class PasswordHasher {
  readonly #atOnce: number
  readonly #maxQueue: number
  readonly #waiting: (() => void)[] = []
  /** What is compared for a user who has none, so that it takes as long. */
  readonly #nobody = { salt: randomBytes(SALT_OCTETS), tag: randomBytes(TAG_OCTETS), ...COST }
  #running = 0

  constructor({ atOnce = 1, maxQueue = 64 }: PasswordHasherOptions = {}) {
    this.#atOnce = atOnce
    this.#maxQueue = maxQueue
  }

  /** Throws TooBusy. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_OCTETS)
    const tag = await this.#next(() => derive(password, salt, COST))
    const { memory, passes, parallelism } = COST
    return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`
  }

  /**
   * Null for a user without a password: false, after the same time. `mayTry` is asked when its turn has come, so that what
   * others have tried meanwhile counts; false: null is answered. Throws TooBusy.
   */
  async verify(password: string, stored: string | null, mayTry: () => boolean): Promise<boolean | null> {
    const expected = stored === null ? null : parse(stored)
    const { salt, tag, ...cost } = expected ?? this.#nobody
    return await this.#next(async () => {
      if (!mayTry()) return null
      const isEqual = timingSafeEqual(await derive(password, salt, cost, tag.length), tag)
      return isEqual && expected !== null
    })
  }

  async #next<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#atOnce) {
      if (this.#waiting.length >= this.#maxQueue) throw new TooBusy('too many passwords are being checked')
      await new Promise<void>((go) => this.#waiting.push(go))
    } else this.#running++
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}

function derive(password: string, salt: Buffer, cost: Cost, tagLength = TAG_OCTETS): Promise<Buffer> {
  // One text has several spellings in Unicode, and keyboards differ.
  const message = Buffer.from(password.normalize('NFC'))
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message, nonce: salt, tagLength, ...cost }, (error, tag) => {
      if (error) reject(error)
      else resolve(tag)
    })
  })
}

const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

/** Null for what is none of ours. */
function parse(stored: string) {
  const found = PHC.exec(stored)
  if (found === null) return null
  const [memory, passes, parallelism] = found.slice(1, 4).map(Number) as [number, number, number]
  if (memory > MAX_COST.memory || passes > MAX_COST.passes || parallelism > MAX_COST.parallelism) return null
  const [salt, tag] = found.slice(4).map((text) => Buffer.from(text, 'base64')) as [Buffer, Buffer]
  return { memory, passes, parallelism, salt, tag }
}

function base64(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64').replace(/=+$/, '')
}
