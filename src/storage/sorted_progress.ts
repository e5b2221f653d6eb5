/** Rows of a ProgressTable by rising id, as the thread that writes them goes through the table of the database. */
import { decodeProgress, NUMBERS, type Progress, progressCount } from './progress_octets.ts'
import type { SharedRows } from './progress_table.ts'

export class SortedProgress {
  readonly #parts: readonly SharedRows[]
  readonly #rowsOfPart: number
  readonly #total: number
  /** An id and its row, counted over all parts, in one number: to sort numbers takes a third of the time of anything else. */
  readonly #keys: Float64Array

  /** `parts`: alike in length. */
  constructor(parts: readonly SharedRows[]) {
    this.#parts = parts
    this.#rowsOfPart = parts.length === 0 ? 0 : progressCount(parts[0]!)
    this.#total = parts.length * this.#rowsOfPart
    // Beyond it ids are in no order, which is slower to write and nothing worse.
    const largest = Math.floor(Number.MAX_SAFE_INTEGER / Math.max(1, this.#total)) - 1
    const keys = new Float64Array(this.#total)
    let count = 0
    let row = 0
    for (const part of parts) {
      for (let at = 0; at < part.length; at += NUMBERS, row++)
        if (part[at] !== 0) keys[count++] = Math.min(part[at]!, largest) * this.#total + row
    }
    this.#keys = keys.subarray(0, count).sort()
  }

  get length(): number {
    return this.#keys.length
  }

  /** Of id 0, which no token has: it was deleted, or written by another way, since. */
  at(index: number): Progress {
    const row = this.#keys[index]! % this.#total
    return decodeProgress(this.#parts[Math.floor(row / this.#rowsOfPart)]!, row % this.#rowsOfPart)
  }
}
