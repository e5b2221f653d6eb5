/**
 * How often a login to the console may fail, for one user and for one address; counted when it has failed. A browser that is
 * known as the user's (known_browser.ts) has an allowance of its own, whatever others do under his name.
 */
import { type Limit, TokenBuckets } from '../token_buckets.ts'

/** One who mistypes is not held up; one who guesses has 8,640 tries a day, for a password and an OTP together. */
const OF_USER: Limit = { burst: 10, perSecond: 1 / 10 }
/** Several people may come from one address. */
const OF_SOURCE: Limit = { burst: 30, perSecond: 1 / 2 }

/** Where a login comes from. */
export interface From {
  readonly source: string
  /** Known as one of this user's (known_browser.ts), or null. */
  readonly browser: string | null
}

export interface Trier extends From {
  readonly user: string
}

export class LoginThrottle {
  readonly #users = new TokenBuckets()
  readonly #sources = new TokenBuckets()
  readonly #now: () => number

  /** Milliseconds that rise steadily. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  mayTry({ user, source, browser }: Trier): boolean {
    const now = this.#now()
    if (browser !== null) return !this.#users.isEmpty(browser, now, OF_USER)
    return !this.#users.isEmpty(user, now, OF_USER) && !this.#sources.isEmpty(source, now, OF_SOURCE)
  }

  failed({ user, source, browser }: Trier): void {
    const now = this.#now()
    this.#users.take(browser ?? user, now, OF_USER)
    if (browser === null) this.#sources.take(source, now, OF_SOURCE)
  }
}
