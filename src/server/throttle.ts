/** Holds back what would repeat: once per interval for each key, and for all keys past the bound together. */

export interface ThrottleOptions {
  readonly intervalMs: number
  /** Keys told apart; whoever forges source addresses must not fill the memory, nor the log. */
  readonly maxKeys: number
}

export class Throttle {
  readonly #options: ThrottleOptions
  /** Oldest admission first. */
  readonly #entries = new Map<string, Entry>()
  readonly #overflow: Entry = { at: Number.NEGATIVE_INFINITY, suppressed: 0 }

  constructor(options: ThrottleOptions) {
    this.#options = options
  }

  /** Null: keep quiet. A number: go ahead; that many were held back since the last time. `now` in milliseconds. */
  admit(key: string, now: number): number | null {
    const entry = this.#entries.get(key) ?? (this.#hasRoom(now) ? newEntry() : this.#overflow)
    if (now - entry.at < this.#options.intervalMs) {
      entry.suppressed++
      return null
    }
    const { suppressed } = entry
    entry.at = now
    entry.suppressed = 0
    if (entry !== this.#overflow) {
      this.#entries.delete(key)
      this.#entries.set(key, entry)
    }
    return suppressed
  }

  #hasRoom(now: number): boolean {
    for (const [key, { at }] of this.#entries) {
      if (now - at < this.#options.intervalMs) break
      this.#entries.delete(key)
    }
    return this.#entries.size < this.#options.maxKeys
  }
}

interface Entry {
  at: number
  suppressed: number
}

function newEntry(): Entry {
  return { at: Number.NEGATIVE_INFINITY, suppressed: 0 }
}
