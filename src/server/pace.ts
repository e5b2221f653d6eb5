/** Lets work go on in company: at once if none did for a while, else together with what comes meanwhile. Knows nothing of what it is. */
export class Pace {
  readonly #ms: number
  readonly #waiting: (() => void)[] = []
  #wentAt = Number.NEGATIVE_INFINITY

  /** `ms`: the longest that anything waits. */
  constructor(ms: number) {
    this.#ms = ms
  }

  /** Calls `go` now, or soon; it must not throw. */
  together(go: () => void): void {
    this.#waiting.push(go)
    if (this.#waiting.length > 1) return
    const waitMs = this.#wentAt + this.#ms - performance.now()
    if (waitMs > 0) setTimeout(() => this.#release(), waitMs)
    else this.#release()
  }

  #release(): void {
    this.#wentAt = performance.now()
    for (const go of this.#waiting.splice(0)) go()
  }
}
