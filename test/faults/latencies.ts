/** Milliseconds, counted in buckets that are 5 % wide: any number of them in a few kilobytes. */
const WIDTH = Math.log(1.05)
const BUCKETS = 400
/** The least that is told apart. */
const FROM_MS = 0.01

export class Latencies {
  readonly #buckets = new Uint32Array(BUCKETS)
  count = 0
  max = 0

  add(ms: number): void {
    this.count++
    this.max = Math.max(this.max, ms)
    const bucket = Math.floor(Math.log(Math.max(ms, FROM_MS) / FROM_MS) / WIDTH)
    this.#buckets[Math.min(bucket, BUCKETS - 1)]!++
  }

  /** `share` 0.99: 99 % were as fast as this, or faster. 0 if there were none. */
  quantile(share: number): number {
    let left = this.count * share
    for (const [bucket, count] of this.#buckets.entries()) {
      left -= count
      if (left <= 0 && count > 0) return Math.min(FROM_MS * Math.exp((bucket + 1) * WIDTH), this.max)
    }
    return this.max
  }
}
