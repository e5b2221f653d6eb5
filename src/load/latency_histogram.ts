/**
 * Latencies counted in fixed bins: exact to 1 µs up to 128 µs, to less than 1 % above. What is recorded costs no memory,
 * so that hours of it fit where seconds do. Knows nothing of requests.
 */

/** Bins to a power of two: half of them, from the second on, because the lower half is the power before. */
const STEPS = 128
const HALF = STEPS / 2
/** Up to 2^31 µs, 35 minutes; whatever took longer is counted there. */
const BINS = STEPS + 24 * HALF
const MAX_US = 2 ** 31 - 1

export interface Bar {
  readonly fromUs: number
  readonly toUs: number
  readonly count: number
}

export class LatencyHistogram {
  count = 0
  maxUs = 0
  readonly #bins = new Float64Array(BINS)
  #sumUs = 0

  record(latencyUs: number): void {
    const us = Math.min(Math.max(0, latencyUs), MAX_US)
    this.#bins[binOf(us | 0)]!++
    this.count++
    this.#sumUs += us
    if (us > this.maxUs) this.maxUs = us
  }

  get meanUs(): number {
    return this.count === 0 ? 0 : this.#sumUs / this.count
  }

  /** What the share `q` (0 to 1) of all latencies does not exceed, by nearest rank; 0 if there are none. */
  quantileUs(q: number): number {
    const rank = Math.max(1, Math.ceil(q * this.count))
    let seen = 0
    for (let bin = 0; bin < BINS; bin++) {
      seen += this.#bins[bin]!
      if (seen >= rank && this.count > 0) return Math.min(middleOf(bin), this.maxUs)
    }
    return 0
  }

  /** How many fell between one boundary (µs, rising) and the next; each bin goes where its middle lies. */
  bars(boundariesUs: readonly number[]): Bar[] {
    const bars = boundariesUs.slice(1).map((toUs, i) => ({ fromUs: boundariesUs[i]!, toUs, count: 0 }))
    let at = 0
    for (let bin = 0; bin < BINS; bin++) {
      const count = this.#bins[bin]!
      if (count === 0) continue
      while (at < bars.length - 1 && middleOf(bin) >= bars[at]!.toUs) at++
      if (bars[at] !== undefined) bars[at]!.count += count
    }
    return bars
  }
}

function binOf(us: number): number {
  if (us < STEPS) return us
  const shift = 31 - Math.clz32(us) - 6
  return STEPS + (shift - 1) * HALF + (us >>> shift) - HALF
}

function middleOf(bin: number): number {
  if (bin < STEPS) return bin
  const shift = Math.floor((bin - STEPS) / HALF) + 1
  const rest = (bin - STEPS) % HALF
  return (rest + HALF + 0.5) * 2 ** shift
}
