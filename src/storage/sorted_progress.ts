/** Rows of a ProgressTable by rising id, as the thread that writes them goes through the table of the database. */
import { IdTable } from './id_table.ts'
import { decodeProgress, NUMBERS, type Progress, progressCount } from './progress_octets.ts'
import type { SharedRows } from './progress_table.ts'

export class SortedProgress {
  readonly #parts: readonly SharedRows[]
  readonly #ids: Float64Array
  readonly #rowsOfPart: number
  /** Each id's row, counted over all parts, which are alike in length. */
  readonly #rows = new IdTable()

  constructor(parts: readonly SharedRows[]) {
    this.#parts = parts
    this.#rowsOfPart = parts.length === 0 ? 0 : progressCount(parts[0]!)
    let row = 0
    for (const part of parts) {
      for (let at = 0; at < part.length; at += NUMBERS, row++)
        if (part[at] !== 0) this.#rows.set(part[at]!, row)
    }
    this.#ids = Float64Array.from(this.#rows.ids()).sort()
  }

  get length(): number {
    return this.#ids.length
  }

  /** Of id 0, which no token has: it was deleted, or written by another way, since. */
  at(index: number): Progress {
    const row = this.#rows.get(this.#ids[index]!)!
    return decodeProgress(this.#parts[Math.floor(row / this.#rowsOfPart)]!, row % this.#rowsOfPart)
  }
}
