/**
 * A number for each of many tokens, by their ids: a hash table in one array, with no object that the garbage collector would
 * look through and one place in memory to look at. A Map of a million takes five times the room, and three times as long.
 */
const FEWEST_SLOTS = 64
/**
 * 2^32 over the golden ratio: the upper bits of its multiples spread ids that follow each other evenly (Knuth, TAOCP 6.4). Left
 * side by side, runs of them met, and a search went through hundreds of slots.
 */
const SPREAD = 0x9e3779b1
/** What a slot holds: more ids than most databases will ever give. Larger ones are kept apart. */
const LARGEST = 0xffff_ffff

export class IdTable {
  /** Two for each slot: id and value. Id 0, which no stored token has: the slot is free. */
  #slots = new Uint32Array(2 * FEWEST_SLOTS)
  #mask = FEWEST_SLOTS - 1
  #used = 0
  readonly #large = new Map<number, number>()

  get size(): number {
    return this.#used + this.#large.size
  }

  get(id: number): number | undefined {
    if (id > LARGEST) return this.#large.get(id)
    const at = this.#find(id)
    return this.#slots[at] === 0 ? undefined : this.#slots[at + 1]
  }

  /** `value`: 0 to 2^32 - 1. */
  set(id: number, value: number): void {
    if (id > LARGEST) {
      this.#large.set(id, value)
      return
    }
    if (4 * (this.#used + 1) > 3 * (this.#mask + 1)) this.#grow()
    this.#put(id, value)
  }

  #put(id: number, value: number): void {
    const at = this.#find(id)
    if (this.#slots[at] === 0) this.#used++
    this.#slots[at] = id
    this.#slots[at + 1] = value
  }

  /** What stands behind it moves up, so that no search ends too early. */
  delete(id: number): void {
    if (id > LARGEST) {
      this.#large.delete(id)
      return
    }
    const slots = this.#slots
    const wrap = 2 * this.#mask + 1
    let hole = this.#find(id)
    if (slots[hole] === 0) return
    this.#used--
    for (let at = (hole + 2) & wrap; slots[at] !== 0; at = (at + 2) & wrap) {
      const wayFromHome = (at - this.#homeOf(slots[at]!)) & wrap
      if (wayFromHome < ((at - hole) & wrap)) continue
      slots[hole] = slots[at]!
      slots[hole + 1] = slots[at + 1]!
      hole = at
    }
    slots[hole] = 0
  }

  clear(): void {
    this.#slots.fill(0)
    this.#used = 0
    this.#large.clear()
  }

  /** Where it stands, or would. */
  #find(id: number): number {
    const slots = this.#slots
    const wrap = 2 * this.#mask + 1
    let at = this.#homeOf(id)
    while (slots[at] !== id && slots[at] !== 0) at = (at + 2) & wrap
    return at
  }

  #homeOf(id: number): number {
    return 2 * (Math.imul(id, SPREAD) >>> Math.clz32(this.#mask))
  }

  #grow(): void {
    const before = this.#slots
    this.#slots = new Uint32Array(2 * before.length)
    this.#mask = before.length - 1
    this.#used = 0
    for (let at = 0; at < before.length; at += 2) {
      if (before[at] !== 0) this.#put(before[at]!, before[at + 1]!)
    }
  }
}
