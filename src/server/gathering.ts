/**
 * When the next batch begins. Not before the sockets are read empty: what has arrived shares the commit. A lone request
 * never waits; under load a small batch does, for three milliseconds at most. Knows nothing of what is in a batch.
 */
export interface GatheringOptions {
  readonly maxBatch: number
  /** How many wait now. */
  readonly waiting: () => number
  readonly begin: () => void
  readonly monotonicNow: () => number
  readonly nextTurn: (callback: () => void) => void
  readonly setTimer: (callback: () => void, delayMs: number) => unknown
}

/**
 * A commit costs the same for one login as for fifty (a thread woken, an fsync). At 20,000 a second, batches that begin as
 * soon as the last is through have a dozen each and fill a core.
 */
const PACE_MS = 3
const BUSY_BATCH = 8
const LARGE_BATCH = 56

export class Gathering {
  readonly #options: GatheringOptions
  #seen = 0
  #isOn = false
  #isPaused = false
  #pauses = 0
  #lastBatch = 0
  #lastBegin = Number.NEGATIVE_INFINITY

  constructor(options: GatheringOptions) {
    this.#options = options
  }

  /** Something waits. `begin` follows. */
  start(): void {
    if (this.#isOn) {
      if (this.#isPaused && this.#options.waiting() >= LARGE_BATCH) this.#goOn()
      return
    }
    this.#isOn = true
    this.#seen = 0
    this.#goOn()
  }

  /** A batch of so many has begun. */
  begun(size: number): void {
    this.#lastBatch = size
    this.#lastBegin = this.#options.monotonicNow()
  }

  /** What has lost a race goes again at once: two nodes that both pause for as long would only meet again. */
  hurry(): void {
    this.#lastBatch = 0
  }

  #goOn(): void {
    this.#isPaused = false
    this.#options.nextTurn(this.#gather)
  }

  // The event loop hands over so many datagrams a turn, so turns are waited for as long as they bring something, which costs
  // a lone request one empty turn (10 µs).
  readonly #gather = (): void => {
    const { waiting, maxBatch } = this.#options
    const count = waiting()
    if (count > this.#seen && count < maxBatch) {
      this.#seen = count
      this.#goOn()
      return
    }
    const rest = this.#lastBegin + PACE_MS - this.#options.monotonicNow()
    if (this.#lastBatch >= BUSY_BATCH && count < LARGE_BATCH && rest > 0) this.#pause(rest)
    else this.#begin()
  }

  #pause(ms: number): void {
    this.#isPaused = true
    const pause = ++this.#pauses
    this.#options.setTimer(() => {
      if (this.#isPaused && this.#pauses === pause) this.#begin()
    }, ms)
  }

  #begin(): void {
    this.#isPaused = false
    this.#isOn = false
    this.#options.begin()
  }
}
