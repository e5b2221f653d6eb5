/** Rows of `tokens` and `token_progress` to Token and back. A token type's own state is one sealed column. */
import { foldCase, type Token, typeOf } from '../auth/account.ts'
import { BoundedMap } from '../bounded_map.ts'
import type { Keys } from '../seal.ts'
import { tokenType } from '../tokens/registry.ts'
import type { PendingResync, SerializedState } from '../tokens/token_type.ts'

export interface TokenRow extends DetailRow, ProgressRow {
  readonly id: number
}

/** What an operator changes. */
export interface DetailRow {
  readonly serial: string
  readonly kind: string
  readonly user_key: string | null
  readonly user_name: string | null
  readonly active: number
  readonly description: string | null
  readonly sealed: Uint8Array
  readonly pin: Uint8Array | null
  readonly count_window: number
  readonly sync_window: number
  readonly max_fail: number
  readonly max_attempts: number | null
  readonly max_successes: number | null
  readonly valid_from: number | null
  readonly valid_until: number | null
  readonly created_at: number
  readonly search_text: string
}

/** What a login changes. */
export interface ProgressRow {
  readonly version: number
  readonly counter: number
  readonly drift: number
  readonly fail_count: number
  readonly attempt_count: number
  readonly success_count: number
  readonly last_used_at: number | null
  readonly locked_at: number | null
  readonly pending_factor: number | null
  readonly pending_error: number | null
  readonly pending_at: number | null
}

export const DETAIL_COLUMNS = [
  'serial',
  'kind',
  'user_key',
  'user_name',
  'active',
  'description',
  'sealed',
  'pin',
  'count_window',
  'sync_window',
  'max_fail',
  'max_attempts',
  'max_successes',
  'valid_from',
  'valid_until',
  'created_at',
  'search_text',
] as const satisfies readonly (keyof DetailRow)[]

export const PROGRESS_COLUMNS = [
  'version',
  'counter',
  'drift',
  'fail_count',
  'attempt_count',
  'success_count',
  'last_used_at',
  'locked_at',
  'pending_factor',
  'pending_error',
  'pending_at',
] as const satisfies readonly (keyof ProgressRow)[]

export class TokenRows {
  readonly #keys: Keys
  readonly #opened: BoundedMap<string, { readonly sealed: Uint8Array; readonly state: unknown }>

  /** `keep`: how many opened states to keep; unsealing and preparing one costs ten times what a login does otherwise. */
  constructor(keys: Keys, keep: number) {
    this.#keys = keys
    this.#opened = new BoundedMap(keep)
  }

  /** Throws SealBroken if the row was altered or sealed under another master key. */
  toToken(row: TokenRow): Token {
    return {
      id: row.id,
      serial: row.serial,
      kind: row.kind,
      state: this.#open(row),
      user: row.user_name,
      active: row.active === 1,
      description: row.description,
      pin: row.pin === null ? null : Buffer.from(row.pin).toString('base64'),
      window: row.count_window,
      syncWindow: row.sync_window,
      maxFail: row.max_fail,
      maxAttempts: row.max_attempts,
      maxSuccesses: row.max_successes,
      validFrom: row.valid_from,
      validUntil: row.valid_until,
      createdAt: row.created_at,
      version: row.version,
      counter: row.counter,
      drift: row.drift,
      failCount: row.fail_count,
      attemptCount: row.attempt_count,
      successCount: row.success_count,
      lastUsedAt: row.last_used_at,
      lockedAt: row.locked_at,
      pendingResync: pendingOf(row),
    }
  }

  /** A state that was opened before is used again as long as the sealed octets are the same. */
  #open({ serial, kind, sealed }: TokenRow): unknown {
    const known = this.#opened.get(serial)
    if (known !== undefined && Buffer.compare(known.sealed, sealed) === 0) return known.state
    const json = Buffer.from(this.#keys.open(sealed, serial)).toString('utf8')
    const state = tokenType(kind).parse(JSON.parse(json) as SerializedState)
    this.#opened.set(serial, { sealed, state })
    return state
  }

  /** `sealed` anew each time, with a nonce of its own. */
  toDetail(token: Token): DetailRow {
    const json = JSON.stringify(typeOf(token).serialize(token.state))
    return {
      serial: token.serial,
      kind: token.kind,
      user_key: token.user === null ? null : foldCase(token.user),
      user_name: token.user,
      active: token.active ? 1 : 0,
      description: token.description,
      sealed: this.#keys.seal(Buffer.from(json), token.serial),
      pin: token.pin === null ? null : Buffer.from(token.pin, 'base64'),
      count_window: token.window,
      sync_window: token.syncWindow,
      max_fail: token.maxFail,
      max_attempts: token.maxAttempts,
      max_successes: token.maxSuccesses,
      valid_from: token.validFrom,
      valid_until: token.validUntil,
      created_at: token.createdAt,
      search_text: searchText(token),
    }
  }
}

export function toProgress(token: Token): ProgressRow {
  return {
    version: token.version,
    counter: token.counter,
    drift: token.drift,
    fail_count: token.failCount,
    attempt_count: token.attemptCount,
    success_count: token.successCount,
    last_used_at: token.lastUsedAt,
    locked_at: token.lockedAt,
    pending_factor: token.pendingResync?.movingFactor ?? null,
    pending_error: token.pendingResync?.error ?? null,
    pending_at: token.pendingResync?.at ?? null,
  }
}

function pendingOf(row: ProgressRow): PendingResync | null {
  if (row.pending_factor === null) return null
  return { movingFactor: row.pending_factor, error: row.pending_error ?? 0, at: row.pending_at ?? 0 }
}

/** Did only what a login changes change? */
export function onlyProgressChanged(before: Token, after: Token): boolean {
  return (
    before.state === after.state &&
    before.user === after.user &&
    before.active === after.active &&
    before.description === after.description &&
    before.pin === after.pin &&
    before.window === after.window &&
    before.syncWindow === after.syncWindow &&
    before.maxFail === after.maxFail &&
    before.maxAttempts === after.maxAttempts &&
    before.maxSuccesses === after.maxSuccesses &&
    before.validFrom === after.validFrom &&
    before.validUntil === after.validUntil
  )
}

function searchText({ user, serial, description }: Token): string {
  return foldCase([user ?? '', serial, description ?? ''].join('\n'))
}
