/** How often a login to the console may fail, for one user and for one address; counted when it has failed. */
import { type Limit, TokenBuckets } from '../token_buckets.ts'

/** One who mistypes is not held up; one who guesses has 8,640 tries a day, for a password and an OTP together. */
const OF_USER: Limit = { burst: 10, perSecond: 1 / 10 }
/** Several people may come from one address. */
const OF_SOURCE: Limit = { burst: 30, perSecond: 1 / 2 }

export class LoginThrottle {
  readonly #users = new TokenBuckets()
  readonly #sources = new TokenBuckets()
  readonly #now: () => number

  /** Milliseconds that rise steadily. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  mayTry(user: string, source: string): boolean {
    const now = this.#now()
    return !this.#users.isEmpty(user, now, OF_USER) && !this.#sources.isEmpty(source, now, OF_SOURCE)
  }

  failed(user: string, source: string): void {
    const now = this.#now()
    this.#users.take(user, now, OF_USER)
    this.#sources.take(source, now, OF_SOURCE)
  }
}
