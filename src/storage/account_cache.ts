/**
 * Accounts as they were last seen, bounded by their tokens: what they take of the memory is what their tokens take. What a
 * login changes is kept as numbers, and tokens are made of them when they are asked for: kept as objects, each login's
 * would grow old in the heap before they are garbage, and collecting those was a fifth of a login's cost.
 */
import { type Account, type AccountKey, type AccountRecord, keyOf, type Token } from '../auth/account.ts'
import type { RecordChange, TokenChange } from '../auth/action.ts'
import { ProgressTable } from './progress_table.ts'
import { onlyUsed } from './token_rows.ts'

export const TOKENS_KEPT = 100_000
/** About; with a token's share of the account. */
const OCTETS_OF_TOKEN = 700

interface Kept {
  /** As they were when they were loaded. */
  readonly tokens: readonly Token[]
  /** Each token's row in the table. */
  readonly rows: readonly number[]
  readonly record: AccountRecord | undefined
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
    const { tokens, rows, record } = kept
    return { key, tokens: rows.map((row, i) => this.#table.read(row, tokens[i]!)), record }
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
  set({ key, tokens, record }: Account): void {
    this.delete(key)
    if (tokens.length === 0) return
    const until =
      this.#maxAgeMs === Number.POSITIVE_INFINITY ? this.#maxAgeMs : performance.now() + this.#maxAgeMs
    const rows = tokens.map((token) => this.#table.add(token))
    this.#kept.set(key, { tokens, rows, record, until })
    this.#tokens += tokens.length + weightOf(record)
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

  /** What was known of the account is known with its record no more. */
  recordCommitted({ key }: RecordChange): void {
    this.delete(key)
  }

  delete(key: AccountKey): void {
    const kept = this.#kept.get(key)
    if (kept === undefined) return
    this.#kept.delete(key)
    this.#tokens -= kept.tokens.length + weightOf(kept.record)
    for (const row of kept.rows) this.#table.remove(row)
  }

  clear(): void {
    for (const key of [...this.#kept.keys()]) this.delete(key)
  }

  get size(): number {
    return this.#tokens
  }
}

/** In tokens, which take as much each. */
function weightOf(record: AccountRecord | undefined): number {
  if (record === undefined) return 0
  return 1 + Math.ceil([...record.groups, ...record.reply].join('').length / OCTETS_OF_TOKEN)
}
