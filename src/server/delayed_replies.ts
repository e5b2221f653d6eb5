/**
 * Holds replies back for a while: an Access-Reject that comes late slows down whoever guesses, and costs us a timer.
 * Bounded: past the bound the oldest goes out at once.
 */
export class DelayedReplies {
  readonly #waiting = new Map<() => void, NodeJS.Timeout>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Calls `send` once, after `delayMs` or earlier. */
  add(delayMs: number, send: () => void): void {
    if (delayMs <= 0) {
      send()
      return
    }
    if (this.#waiting.size >= this.#limit) this.#release(this.#waiting.keys().next().value as () => void)
    this.#waiting.set(
      send,
      setTimeout(() => this.#release(send), delayMs),
    )
  }

  #release(send: () => void): void {
    clearTimeout(this.#waiting.get(send))
    this.#waiting.delete(send)
    send()
  }

  /** Sends everything now. */
  flush(): void {
    for (const send of [...this.#waiting.keys()]) this.#release(send)
  }

  get size(): number {
    return this.#waiting.size
  }
}
