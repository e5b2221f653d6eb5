/**
 * Tokens as rows. What an operator sets is one sealed column of `tokens`: the truth about the token, bound to its serial,
 * so that whoever can only write the database can neither read a secret nor enable, lend or unlock a token by its columns.
 * The plain columns beside it are there to be searched. What a login changes is a narrow row of `token_progress`.
 */
import { type Token, typeOf } from '../auth/account.ts'
import { foldCase } from '../auth/fold_case.ts'
import { isLocked } from '../auth/limits.ts'
import { BoundedMap } from '../bounded_map.ts'
import type { Keys } from '../seal.ts'
import { tokenType } from '../tokens/registry.ts'
import type { Instant, PendingResync, SerializedState } from '../tokens/token_type.ts'
import { unreadable } from '../tokens/unreadable.ts'
import type { DetailRow, ProgressRow, TokenRow } from './columns.ts'
import { facetOf } from './facet.ts'
import type { Report } from './store.ts'

/** The fields of a Token that only an operator changes. */
const DETAILS = [
  'serial',
  'kind',
  'state',
  'user',
  'active',
  'pending',
  'description',
  'pin',
  'changePin',
  'window',
  'syncWindow',
  'maxFail',
  'maxAttempts',
  'maxSuccesses',
  'validFrom',
  'validUntil',
  'createdAt',
] as const satisfies readonly (keyof Token)[]

type Detail = Pick<Token, (typeof DETAILS)[number]>

interface Opened {
  readonly sealed: Uint8Array
  readonly userKey: string | null
  readonly detail: Detail
}

export class TokenRows {
  readonly #keys: Keys
  readonly #report: Report
  readonly #opened: BoundedMap<string, Opened>

  /** `keep`: how many opened rows to keep, for a store that reads the same ones again and again. */
  constructor(keys: Keys, report: Report, keep = 0) {
    this.#keys = keys
    this.#report = report
    this.#opened = new BoundedMap(keep)
  }

  /** A row that was altered, is another token's, or was sealed under another master key is an unreadable token. */
  toToken(row: TokenRow): Token {
    const detail = this.#openOrReport(row)
    return {
      id: row.id,
      serial: detail.serial,
      kind: detail.kind,
      state: detail.state,
      user: detail.user,
      active: detail.active,
      pending: detail.pending,
      description: detail.description,
      pin: detail.pin,
      changePin: detail.changePin,
      window: detail.window,
      syncWindow: detail.syncWindow,
      maxFail: detail.maxFail,
      maxAttempts: detail.maxAttempts,
      maxSuccesses: detail.maxSuccesses,
      validFrom: detail.validFrom,
      validUntil: detail.validUntil,
      createdAt: detail.createdAt,
      version: row.version,
      counter: row.counter,
      drift: row.drift,
      failCount: row.fail_count,
      attemptCount: row.attempt_count,
      successCount: row.success_count,
      lastUsedAt: row.last_used_at,
      lockedAt: row.locked_at,
      pendingResync: pendingOf(row),
      auditHead: row.audit_head,
    }
  }

  /** When the token expires; null for never, and for a row that does not open. */
  expiryOf({ serial, user_key, sealed }: Pick<TokenRow, 'serial' | 'user_key' | 'sealed'>): Instant | null {
    try {
      const opened = this.#keys.open(sealed, contextOf(serial, user_key))
      return (JSON.parse(Buffer.from(opened).toString('utf8')) as Detail).validUntil
    } catch {
      return null
    }
  }

  /** One bad row must not take the others of its account, its batch or its list with it. */
  #openOrReport(row: TokenRow): Detail {
    try {
      return this.#open(row)
    } catch (error) {
      this.#report(
        `token ${row.serial} is left out: ${error instanceof Error ? error.message : String(error)}`,
      )
      return unreadableDetail(row)
    }
  }

  /** What was opened before is used again as long as the sealed octets and what they are bound to are the same. */
  #open({ serial, user_key, sealed }: TokenRow): Detail {
    const known = this.#opened.get(serial)
    const isSame = known?.userKey === user_key && Buffer.compare(known.sealed, sealed) === 0
    if (known !== undefined && isSame) return known.detail
    const opened = this.#keys.open(sealed, contextOf(serial, user_key))
    const stored = JSON.parse(Buffer.from(opened).toString('utf8')) as Detail
    const state = tokenType(stored.kind).parse(stored.state as SerializedState)
    // Rows of a version before these fields are without them.
    const { changePin = false, pending = false } = stored
    const detail = { ...stored, state, changePin, pending }
    this.#opened.set(serial, { sealed, userKey: user_key, detail })
    return detail
  }

  /** Sealed anew each time, with a nonce of its own. */
  toDetail(token: Token): DetailRow {
    const stored = Object.fromEntries(DETAILS.map((name) => [name, token[name]]))
    const json = JSON.stringify({ ...stored, state: typeOf(token).serialize(token.state) })
    const user_key = token.user === null ? null : foldCase(token.user)
    return {
      serial: token.serial,
      facet: facetOf(token),
      user_key,
      user_name: token.user,
      created_at: token.createdAt,
      search_text: foldCase([token.user ?? '', token.serial, token.description ?? ''].join('\n')),
      sealed: this.#keys.seal(Buffer.from(json), contextOf(token.serial, user_key)),
      valid_until: token.validUntil,
    }
  }
}

/** A memory that somebody has spoilt is forgotten: it only spares a user with an old counter one more code. */
function pendingOf({ pending }: TokenRow): PendingResync | null {
  if (pending === null) return null
  try {
    const { movingFactor, error, at } = JSON.parse(pending)
    return [movingFactor, error, at].every(Number.isSafeInteger) ? { movingFactor, error, at } : null
  } catch {
    return null
  }
}

function unreadableDetail({ serial, user_key }: TokenRow): Detail {
  return {
    serial,
    kind: unreadable.kind,
    state: null,
    user: user_key,
    active: false,
    pending: false,
    description: unreadable.summary,
    pin: null,
    changePin: false,
    ...unreadable.defaults,
    maxFail: 0,
    maxAttempts: null,
    maxSuccesses: null,
    validFrom: null,
    validUntil: null,
    createdAt: 0,
  }
}

/** Bound to its serial and its owner: a sealed token under another user's name, or another serial, does not open. */
function contextOf(serial: string, userKey: string | null): string {
  return JSON.stringify([serial, userKey])
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
    pending: token.pendingResync === null ? null : JSON.stringify(token.pendingResync),
    audit_head: token.auditHead,
  }
}

/** Did only what `token_progress` holds change? A lock that begins or ends is in `tokens` too, by its facet. */
export function onlyProgressChanged(before: Token, after: Token): boolean {
  return isLocked(before) === isLocked(after) && onlyUsed(before, after)
}

/** Did only what a login changes change? Written out: by the names of DETAILS it takes ten times as long, at each login. */
export function onlyUsed(before: Token, after: Token): boolean {
  return (
    before.serial === after.serial &&
    before.kind === after.kind &&
    before.state === after.state &&
    before.user === after.user &&
    before.active === after.active &&
    before.pending === after.pending &&
    before.description === after.description &&
    before.pin === after.pin &&
    before.changePin === after.changePin &&
    before.window === after.window &&
    before.syncWindow === after.syncWindow &&
    before.maxFail === after.maxFail &&
    before.maxAttempts === after.maxAttempts &&
    before.maxSuccesses === after.maxSuccesses &&
    before.validFrom === after.validFrom &&
    before.validUntil === after.validUntil &&
    before.createdAt === after.createdAt
  )
}
