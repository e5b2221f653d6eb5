/**
 * Accounts as they were last seen, bounded by their tokens: what they take of the memory is what their tokens take. What a
 * login changes is kept as numbers, and tokens are made of them when they are asked for: kept as objects, each login's
 * would grow old in the heap before they are garbage, and collecting those was a fifth of a login's cost.
 */
import { type Account, type AccountKey, keyOf, type Token } from '../auth/account.ts'
import type { TokenChange } from '../auth/action.ts'
import { NUMBERS, putProgress, tokenAt } from './progress_octets.ts'
import { onlyUsed } from './token_rows.ts'

/** About 700 octets each, with their share of the account. */
export const TOKENS_KEPT = 100_000

interface Kept {
  /** As they were when they were loaded. */
  readonly tokens: readonly Token[]
  /** Each token's row in the table. */
  readonly rows: readonly number[]
  readonly until: number
}

export class AccountCache {
  readonly #kept = new Map<AccountKey, Kept>()
  readonly #maxAgeMs: number
  readonly #limit: number
  readonly #table = new ProgressTable()
  #tokens = 0

  /** `maxAgeMs`: since it was loaded, by a clock that never jumps. */
  constructor({ maxAgeMs = Number.POSITIVE_INFINITY, limit = TOKENS_KEPT } = {}) {
    this.#maxAgeMs = maxAgeMs
    this.#limit = limit
  }

  get(key: AccountKey): Account | undefined {
    const kept = this.#fresh(key)
    if (kept === undefined) return undefined
    const { tokens, rows } = kept
    return { key, tokens: rows.map((row, i) => this.#table.read(row, tokens[i]!)) }
  }

  /** Of one token of the account: what `get` would show, for less. */
  progressOf(key: AccountKey, id: number): Pick<Token, 'version' | 'counter'> | undefined {
    const kept = this.#fresh(key)
    const at = kept?.tokens.findIndex((token) => token.id === id) ?? -1
    return at < 0 ? undefined : this.#table.progressOf(kept!.rows[at]!)
  }

  #fresh(key: AccountKey): Kept | undefined {
    const kept = this.#kept.get(key)
    if (kept === undefined || kept.until === Number.POSITIVE_INFINITY) return kept
    return performance.now() <= kept.until ? kept : undefined
  }

  /** An account without tokens is not worth a place: anybody can make up any number of names. */
  set({ key, tokens }: Account): void {
    this.delete(key)
    if (tokens.length === 0) return
    const until =
      this.#maxAgeMs === Number.POSITIVE_INFINITY ? this.#maxAgeMs : performance.now() + this.#maxAgeMs
    const rows = tokens.map((token) => this.#table.add(token))
    this.#kept.set(key, { tokens, rows, until })
    this.#tokens += tokens.length
    while (this.#tokens > this.#limit) {
      const [oldest] = this.#kept.keys()
      this.delete(oldest as AccountKey)
    }
  }

  /** After a login the account is known; after anything else (a new id, another owner) it is read again. */
  committed({ key, before, after }: TokenChange): void {
    if (before !== null && after !== null && onlyUsed(before, after)) {
      const kept = this.#kept.get(key)
      const at = kept?.tokens.findIndex(({ id }) => id === after.id) ?? -1
      if (at >= 0) this.#table.write(kept!.rows[at]!, after)
      return
    }
    this.delete(key)
    if (after !== null) this.delete(keyOf(after))
  }

  delete(key: AccountKey): void {
    const kept = this.#kept.get(key)
    if (kept === undefined) return
    this.#kept.delete(key)
    this.#tokens -= kept.tokens.length
    for (const row of kept.rows) this.#table.remove(row)
  }

  clear(): void {
    for (const key of [...this.#kept.keys()]) this.delete(key)
  }

  get size(): number {
    return this.#tokens
  }
}

const FIRST_ROWS = 1024

/** Rows of numbers, used again when they are free. */
class ProgressTable {
  #numbers = new Float64Array(FIRST_ROWS * NUMBERS)
  readonly #free: number[] = []
  #used = 0

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

  progressOf(row: number): Pick<Token, 'version' | 'counter'> {
    const at = row * NUMBERS
    return { version: this.#numbers[at + 1]!, counter: this.#numbers[at + 2]! }
  }

  remove(row: number): void {
    this.#free.push(row)
  }
}
