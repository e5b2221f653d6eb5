/** Chance that repeats: all that a schedule leaves to luck is drawn here, from its seed. */
// Taken once: a global is slow to reach from where Jest runs the tests.
const { floor, imul } = Math

export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = imul(seed + 1, 0x9e3779b1) >>> 0
  }

  /** 0 <= next() < 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number, both ends included. */
  between(from: number, to: number): number {
    return from + floor(this.next() * (to - from + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.between(0, choices.length - 1)] as T
  }

  octets(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.between(0, 255))
  }
}
