/** Accounts as they were last seen, bounded by their tokens: what they take of the memory is what their tokens take. */
import { type Account, type AccountKey, type AccountRecord, keyOf, type Token } from '../auth/account.ts'
import type { RecordChange, TokenChange } from '../auth/action.ts'
import { onlyUsed } from './token_rows.ts'

export const TOKENS_KEPT = 100_000
/** About; with a token's share of the account. */
const OCTETS_OF_TOKEN = 700

export class AccountCache {
  readonly #kept = new Map<AccountKey, Kept>()
  readonly #maxAgeMs: number
  readonly #limit: number
  #tokens = 0

  /** `maxAgeMs`: since it was loaded, by a clock that never jumps. */
  constructor({ maxAgeMs = Number.POSITIVE_INFINITY, limit = TOKENS_KEPT } = {}) {
    this.#maxAgeMs = maxAgeMs
    this.#limit = limit
  }

  get(key: AccountKey): Account | undefined {
    const kept = this.#kept.get(key)
    if (kept === undefined || kept.until === Number.POSITIVE_INFINITY) return kept?.account
    return performance.now() <= kept.until ? kept.account : undefined
  }

  /** An account without tokens is not worth a place: anybody can make up any number of names. */
  set(account: Account): void {
    this.delete(account.key)
    if (account.tokens.length === 0) return
    const until =
      this.#maxAgeMs === Number.POSITIVE_INFINITY ? this.#maxAgeMs : performance.now() + this.#maxAgeMs
    this.#kept.set(account.key, { account, until })
    this.#tokens += weightOf(account)
    while (this.#tokens > this.#limit) {
      const [oldest] = this.#kept.keys()
      this.delete(oldest as AccountKey)
    }
  }

  /** After a login the account is known; after anything else (a new id, another owner) it is read again. */
  committed({ key, before, after }: TokenChange): void {
    if (before !== null && after !== null && onlyUsed(before, after)) {
      this.#replace(key, after)
      return
    }
    this.delete(key)
    if (after !== null) this.delete(keyOf(after))
  }

  /** What was known of the account is known with its record no more. */
  recordCommitted({ key }: RecordChange): void {
    this.delete(key)
  }

  #replace(key: AccountKey, token: Token): void {
    const kept = this.#kept.get(key)
    if (kept === undefined) return
    const tokens = kept.account.tokens.map((known) => (known.id === token.id ? token : known))
    kept.account = { key: kept.account.key, tokens, record: kept.account.record }
  }

  delete(key: AccountKey): void {
    const kept = this.#kept.get(key)
    if (kept === undefined) return
    this.#kept.delete(key)
    this.#tokens -= weightOf(kept.account)
  }

  clear(): void {
    this.#kept.clear()
    this.#tokens = 0
  }

  get size(): number {
    return this.#tokens
  }
}

/** In tokens, which take as much each. */
function weightOf({ tokens, record }: Account): number {
  return record === undefined ? tokens.length : tokens.length + weightOfRecord(record)
}

function weightOfRecord({ groups, reply }: AccountRecord): number {
  return 1 + Math.ceil([...groups, ...reply].join('').length / OCTETS_OF_TOKEN)
}

interface Kept {
  account: Account
  readonly until: number
}
