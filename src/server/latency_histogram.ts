/** How long logins took, in powers of two of a millisecond: one addition for each login, and no memory that grows. */

/** 1 ms, 2 ms, 4 ms … 8.192 s. */
const BOUNDS = 14

/** As Prometheus counts: how many took at most so many seconds, for each bound. */
export interface LatencyReading {
  readonly buckets: readonly (readonly [seconds: number, count: number])[]
  readonly count: number
  /** In seconds. */
  readonly sum: number
}

export class LatencyHistogram {
  /** The last is for what took longer than any bound. */
  readonly #counts = new Float64Array(BOUNDS + 1)
  #sumMs = 0

  /** A clock that was set back makes no negative time. */
  add(ms: number): void {
    // The k for which 2^(k-1) < ms <= 2^k.
    const bucket = ms <= 1 ? 0 : 32 - Math.clz32(Math.ceil(ms) - 1)
    this.#counts[Math.min(bucket, BOUNDS)]!++
    this.#sumMs += Math.max(ms, 0)
  }

  read(): LatencyReading {
    let count = 0
    const buckets = [...this.#counts.subarray(0, BOUNDS)].map((own, exponent) => {
      count += own
      return [2 ** exponent / 1000, count] as const
    })
    return { buckets, count: count + this.#counts[BOUNDS]!, sum: this.#sumMs / 1000 }
  }
}
