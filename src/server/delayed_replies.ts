/**
 * Holds replies back for a while: an Access-Reject that comes late slows down whoever guesses, and costs us a timer.
 * Bounded: past the bound the oldest goes out at once.
 */
export class DelayedReplies {
  readonly #waiting = new Map<() => void, Cancel>()
  readonly #limit: number
  readonly #setTimer: SetTimer

  constructor(limit: number, setTimer: SetTimer = realTimer) {
    this.#limit = limit
    this.#setTimer = setTimer
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
      this.#setTimer(() => this.#release(send), delayMs),
    )
  }

  #release(send: () => void): void {
    this.#waiting.get(send)?.()
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

/** Calls back once after `delayMs`, unless it is cancelled. */
export type SetTimer = (callback: () => void, delayMs: number) => Cancel
type Cancel = () => void

const realTimer: SetTimer = (callback, delayMs) => {
  const timeout = setTimeout(callback, delayMs)
  return () => clearTimeout(timeout)
}
