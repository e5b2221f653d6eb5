/**
 * The newest progress of each of some tokens, as rows of numbers in memory that the writing thread reads too: nothing is
 * copied to be handed over. As objects they would outlive many collections of the heap.
 */
import type { Token } from '../auth/account.ts'
import type { ProgressRow } from './columns.ts'
import { IdTable } from './id_table.ts'
import { decodeProgress, NUMBERS, putProgress } from './progress_octets.ts'

/** Rows, of which those that begin with 0 are none. A table that grows takes no more than it needs, and copies nothing. */
export type SharedRows = Float64Array<SharedArrayBuffer>

const ROWS = 4096

export class ProgressTable {
  /** Each token's row. */
  readonly #rows = new IdTable()
  readonly #parts: SharedRows[] = []
  readonly #free: number[] = []
  #used = 0

  get size(): number {
    return this.#rows.size
  }

  put(token: Token): void {
    const row = this.#rows.get(token.id) ?? this.#add(token.id)
    putProgress(this.#partOf(row), (row % ROWS) * NUMBERS, token)
  }

  #add(id: number): number {
    const row = this.#free.pop() ?? this.#used++
    if (row === this.#parts.length * ROWS) {
      this.#parts.push(
        new Float64Array(new SharedArrayBuffer(ROWS * NUMBERS * Float64Array.BYTES_PER_ELEMENT)),
      )
    }
    this.#rows.set(id, row)
    return row
  }

  get(id: number): ProgressRow | undefined {
    const row = this.#rows.get(id)
    return row === undefined ? undefined : decodeProgress(this.#partOf(row), row % ROWS)
  }

  delete(id: number): void {
    const row = this.#rows.get(id)
    if (row === undefined) return
    this.#rows.delete(id)
    this.#partOf(row)[(row % ROWS) * NUMBERS] = 0
    this.#free.push(row)
  }

  /** Its memory is used again: nobody else may be reading it. */
  clear(): void {
    this.#rows.clear()
    for (const part of this.#parts) part.fill(0)
    this.#free.length = 0
    this.#used = 0
  }

  /** For the writing thread; while it reads, rows may be deleted, but none put. */
  get shared(): readonly SharedRows[] {
    return this.#parts
  }

  #partOf(row: number): SharedRows {
    return this.#parts[Math.floor(row / ROWS)]!
  }
}
