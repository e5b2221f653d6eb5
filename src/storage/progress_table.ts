/**
 * What logins change of many tokens, as rows of numbers that are used again when they are free. As objects they would
 * outlive many collections of the heap. Knows nothing of which token a row is for.
 */
import type { Token } from '../auth/account.ts'
import type { ProgressRow } from './columns.ts'
import { decodeProgress, NUMBERS, putProgress, tokenAt } from './progress_octets.ts'

const FIRST_ROWS = 1024

export class ProgressTable {
  #numbers = new Float64Array(FIRST_ROWS * NUMBERS)
  readonly #free: number[] = []
  #used = 0

  /** The row that it stands in from now on. */
  add(token: Token): number {
    const row = this.#free.pop() ?? this.#used++
    if (row * NUMBERS === this.#numbers.length) {
      const larger = new Float64Array(2 * this.#numbers.length)
      larger.set(this.#numbers)
      this.#numbers = larger
    }
    this.write(row, token)
    return row
  }

  write(row: number, token: Token): void {
    putProgress(this.#numbers, row * NUMBERS, token)
  }

  read(row: number, details: Token): Token {
    return tokenAt(this.#numbers, row * NUMBERS, details)
  }

  progressRow(row: number): ProgressRow {
    return decodeProgress(this.#numbers, row)
  }

  /** `progressRow` for less. */
  progressOf(row: number): Pick<Token, 'version' | 'counter'> {
    const at = row * NUMBERS
    return { version: this.#numbers[at + 1]!, counter: this.#numbers[at + 2]! }
  }

  /** These rows in this order, as `encodeProgress` makes them. */
  encoded(rows: readonly number[]): Float64Array<ArrayBuffer> {
    const numbers = new Float64Array(rows.length * NUMBERS)
    for (const [i, row] of rows.entries()) {
      numbers.set(this.#numbers.subarray(row * NUMBERS, (row + 1) * NUMBERS), i * NUMBERS)
    }
    return numbers
  }

  remove(row: number): void {
    this.#free.push(row)
  }
}
