/**
 * Accounts as they were last seen, bounded by their tokens: what they take of the memory is what their tokens take. They are
 * kept as octets outside of the heap, and made into objects when they are asked for: as objects they took 1 kB a token,
 * and the garbage collector stopped every login for 20 ms at a time to look through them.
 */
import { type Account, type AccountKey, type AccountRecord, keyOf, type Token } from '../auth/account.ts'
import type { RecordChange, TokenChange } from '../auth/action.ts'
import { Arena, type Chunk, MAX_OCTETS, type Place } from './arena.ts'
import { IdTable } from './id_table.ts'
import { octetsOfToken, packToken, prepareToken, unpackToken } from './packed_token.ts'
import { putProgress, tokenIdAt, versionAt } from './progress_octets.ts'
import { onlyUsed } from './token_rows.ts'

/** `database.cached_tokens` of the configuration. */
export const CACHED_TOKENS = 1_000_000
/** About; with a token's share of the account. */
const OCTETS_OF_TOKEN = 400
/** Its octets, when it was loaded, and how many tokens follow. */
const HEAD_NUMBERS = 3
const HEAD_OCTETS = 8 * HEAD_NUMBERS

export class AccountCache {
  /** In the order in which they were loaded. */
  readonly #places = new Map<AccountKey, Place>()
  /** Of the few accounts that have one. */
  readonly #records = new Map<AccountKey, AccountRecord>()
  /** Where each token's progress stands. */
  readonly #spots = new IdTable()
  readonly #arena = new Arena()
  readonly #maxAgeMs: () => number
  readonly #limit: number
  #tokens = 0

  /** `maxAgeMs`: since it was loaded, by a clock that never jumps. */
  constructor({ maxAgeMs = () => Number.POSITIVE_INFINITY, limit = CACHED_TOKENS } = {}) {
    this.#maxAgeMs = maxAgeMs
    this.#limit = limit
  }

  get(key: AccountKey): Account | undefined {
    const place = this.#fresh(key)
    if (place === undefined) return undefined
    const chunk = this.#arena.chunkOf(place)
    const tokens: Token[] = []
    for (let at = this.#arena.octetOf(place) + HEAD_OCTETS, left = this.#countOf(place); left > 0; left--) {
      tokens.push(unpackToken(chunk, at))
      at += octetsOfToken(chunk, at)
    }
    return { key, tokens, record: this.#records.size === 0 ? undefined : this.#records.get(key) }
  }

  has(key: AccountKey): boolean {
    return this.#fresh(key) !== undefined
  }

  /** Of one token, by its id: what `get` would show, for less. */
  progressOf(id: number): Pick<Token, 'version' | 'counter'> | undefined {
    const spot = this.#spots.get(id)
    if (spot === undefined) return undefined
    return versionAt(this.#arena.numbersAt(spot), this.#arena.indexOf(spot))
  }

  #versionAt(spot: number): number {
    return versionAt(this.#arena.numbersAt(spot), this.#arena.indexOf(spot)).version
  }

  #fresh(key: AccountKey): Place | undefined {
    const place = this.#places.get(key)
    if (place === undefined) return undefined
    const maxAgeMs = this.#maxAgeMs()
    if (maxAgeMs === Number.POSITIVE_INFINITY) return place
    return performance.now() - this.#head(place, 1) <= maxAgeMs ? place : undefined
  }

  #head(place: Place, index: number): number {
    return this.#arena.chunkOf(place).numbers[this.#arena.octetOf(place) / 8 + index]!
  }

  #countOf(place: Place): number {
    return this.#head(place, 2)
  }

  /** An account without tokens is not worth a place: anybody can make up any number of names. */
  set({ key, tokens, record }: Account): void {
    this.delete(key)
    if (tokens.length === 0 || this.#limit === 0) return
    const packed = tokens.map(prepareToken)
    const octets = packed.reduce((sum, each) => sum + each.octets, HEAD_OCTETS)
    if (octets > MAX_OCTETS) return
    const place = this.#arena.take(octets)
    const chunk = this.#arena.chunkOf(place)
    let at = this.#arena.octetOf(place)
    this.#putHead(chunk, at, octets, tokens.length)
    at += HEAD_OCTETS
    for (const each of packed) {
      packToken(each, chunk, at)
      this.#spots.set(each.token.id, this.#arena.spotOf(place, at))
      at += each.octets
    }
    this.#places.set(whole(key), place)
    if (record !== undefined) this.#records.set(key, record)
    this.#tokens += tokens.length + weightOf(record)
    while (this.#tokens > this.#limit) {
      const [oldest] = this.#places.keys()
      this.delete(oldest as AccountKey)
    }
  }

  #putHead({ numbers }: Chunk, at: number, octets: number, tokens: number): void {
    numbers[at / 8] = octets
    // A simulation has no clock, and what never grows old needs none.
    numbers[at / 8 + 1] = this.#maxAgeMs() === Number.POSITIVE_INFINITY ? 0 : performance.now()
    numbers[at / 8 + 2] = tokens
  }

  /**
   * After a login the account is known; after anything else (a new id, another owner) it is read again. So it is where the token
   * is known otherwise than as it was before: a load beside the commit may have ended late, and its PIN and owner are older
   * than the version that is now.
   */
  committed({ key, before, after }: TokenChange): void {
    if (before !== null && after !== null && onlyUsed(before, after)) {
      const spot = this.#spots.get(after.id)
      if (spot !== undefined && this.#versionAt(spot) === before.version) {
        putProgress(this.#arena.numbersAt(spot), this.#arena.indexOf(spot), after)
        return
      }
    }
    this.delete(key)
    if (after !== null) this.delete(keyOf(after))
  }

  /** What was known of the account is known with its record no more. */
  recordCommitted({ key }: RecordChange): void {
    this.delete(key)
  }

  delete(key: AccountKey): void {
    const place = this.#places.get(key)
    if (place === undefined) return
    this.#places.delete(key)
    this.#forgetSpots(place)
    this.#tokens -= this.#countOf(place) + weightOf(this.#records.get(key))
    this.#records.delete(key)
    this.#arena.giveBack(place, this.#head(place, 0))
  }

  #forgetSpots(place: Place): void {
    const chunk = this.#arena.chunkOf(place)
    for (let at = this.#arena.octetOf(place) + HEAD_OCTETS, left = this.#countOf(place); left > 0; left--) {
      const id = tokenIdAt(chunk.numbers, at / 8)
      // Another node may have given the token to another account, which was loaded since.
      if (this.#spots.get(id) === this.#arena.spotOf(place, at)) this.#spots.delete(id)
      at += octetsOfToken(chunk, at)
    }
  }

  clear(): void {
    for (const key of [...this.#places.keys()]) this.delete(key)
  }

  get size(): number {
    return this.#tokens
  }
}

/** In one piece: what was put together of two keeps both, three times the memory. */
function whole(key: AccountKey): AccountKey {
  return key.isWellFormed() ? (Buffer.from(key).toString() as AccountKey) : key
}

/** In tokens, which take as much each. */
function weightOf(record: AccountRecord | undefined): number {
  if (record === undefined) return 0
  return 1 + Math.ceil([...record.groups, ...record.reply].join('').length / OCTETS_OF_TOKEN)
}
