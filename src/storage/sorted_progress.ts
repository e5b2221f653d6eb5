/**
 * Rows of a ProgressTable by rising id, as the thread that writes them goes through the table of the database. Put into
 * ranges of ids at once, and each range in order when it is come to: to sort all at once holds commits up for 40 ms.
 */
import { decodeProgress, NUMBERS, type Progress, progressCount } from './progress_octets.ts'
import type { SharedRows } from './progress_table.ts'

/** About, where ids are spread evenly: those of a range take a third of a millisecond to sort. */
const ROWS_OF_RANGE = 4096

export class SortedProgress {
  readonly #parts: readonly SharedRows[]
  readonly #rowsOfPart: number
  readonly #total: number
  /** An id and its row, counted over all parts, in one number: to sort numbers takes a third of the time of anything else. */
  readonly #keys: Float64Array
  /** Where the keys of each range end. */
  readonly #ends: Uint32Array
  /** Ranges that are in order. */
  #sortedRanges = 0

  /** `parts`: alike in length. */
  constructor(parts: readonly SharedRows[]) {
    this.#parts = parts
    this.#rowsOfPart = parts.length === 0 ? 0 : progressCount(parts[0]!)
    this.#total = parts.length * this.#rowsOfPart
    const keys = this.#readKeys()
    const { count, rangeOf } = rangesOver(keys)
    const ends = new Uint32Array(count)
    for (const key of keys) ends[rangeOf(key)]!++
    for (let range = 1; range < count; range++) ends[range]! += ends[range - 1]!
    this.#ends = ends
    this.#keys = new Float64Array(keys.length)
    const next = Uint32Array.of(0, ...ends)
    for (const key of keys) this.#keys[next[rangeOf(key)]!++] = key
  }

  #readKeys(): Float64Array {
    // Beyond it ids are in no order, which is slower to write and nothing worse.
    const largest = Math.floor(Number.MAX_SAFE_INTEGER / Math.max(1, this.#total)) - 1
    const keys = new Float64Array(this.#total)
    let count = 0
    let row = 0
    for (const part of this.#parts) {
      for (let at = 0; at < part.length; at += NUMBERS, row++)
        if (part[at] !== 0) keys[count++] = Math.min(part[at]!, largest) * this.#total + row
    }
    return keys.subarray(0, count)
  }

  get length(): number {
    return this.#keys.length
  }

  /** Of id 0, which no token has: it was deleted, or written by another way, since. */
  at(index: number): Progress {
    while (this.#sortedRanges < this.#ends.length && index >= this.#sortedUntil) this.#sortRange()
    const row = this.#keys[index]! % this.#total
    return decodeProgress(this.#parts[Math.floor(row / this.#rowsOfPart)]!, row % this.#rowsOfPart)
  }

  get #sortedUntil(): number {
    return this.#sortedRanges === 0 ? 0 : this.#ends[this.#sortedRanges - 1]!
  }

  #sortRange(): void {
    this.#keys.subarray(this.#sortedUntil, this.#ends[this.#sortedRanges]).sort()
    this.#sortedRanges++
  }
}

/** Ranges alike in width, and which of them a key is in: of two keys, the larger in none before. */
function rangesOver(keys: Float64Array) {
  let [least, most] = [Number.POSITIVE_INFINITY, 0]
  for (const key of keys) {
    if (key < least) least = key
    if (key > most) most = key
  }
  const count = Math.ceil(keys.length / ROWS_OF_RANGE)
  const width = (most - least + 1) / count
  return { count, rangeOf: (key: number) => Math.min(count - 1, Math.floor((key - least) / width)) }
}
