/**
 * What logins change of many tokens, as rows of numbers that are used again when they are free. As objects they would
 * outlive many collections of the heap. Knows nothing of which token a row is for.
 */
import type { Token } from '../auth/account.ts'
import type { ProgressRow } from './columns.ts'
import { decodeProgress, NUMBERS, putProgress } from './progress_octets.ts'

/** Of one array: a table that grows takes no more than it needs, and copies nothing. */
const ROWS = 4096

export class ProgressTable {
  readonly #parts: Float64Array[] = []
  readonly #free: number[] = []
  #used = 0

  /** The row that it stands in from now on. */
  add(token: Token): number {
    const row = this.#free.pop() ?? this.#used++
    if (row === this.#parts.length * ROWS) this.#parts.push(new Float64Array(ROWS * NUMBERS))
    this.write(row, token)
    return row
  }

  write(row: number, token: Token): void {
    putProgress(this.#partOf(row), (row % ROWS) * NUMBERS, token)
  }

  progressRow(row: number): ProgressRow {
    return decodeProgress(this.#partOf(row), row % ROWS)
  }

  /** These rows in this order, as `encodeProgress` makes them. */
  encoded(rows: readonly number[]): Float64Array<ArrayBuffer> {
    const numbers = new Float64Array(rows.length * NUMBERS)
    for (const [i, row] of rows.entries()) {
      const at = (row % ROWS) * NUMBERS
      numbers.set(this.#partOf(row).subarray(at, at + NUMBERS), i * NUMBERS)
    }
    return numbers
  }

  #partOf(row: number): Float64Array {
    return this.#parts[Math.floor(row / ROWS)]!
  }

  remove(row: number): void {
    this.#free.push(row)
  }
}
