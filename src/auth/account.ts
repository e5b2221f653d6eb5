/** The nouns of a decision: an account with its tokens, and the row that a decision leaves in the audit trail. */
import { tokenType } from '../tokens/registry.ts'
import type { Instant, PendingResync, TokenType } from '../tokens/token_type.ts'
import type { ConsoleAccess } from './console_record.ts'
import { foldCase } from './fold_case.ts'

/** Names a unit that is loaded and decided as a whole: all tokens of one user, or one token that nobody owns. */
export type AccountKey = `user:${string}` | `token:${string}`

export interface Account {
  readonly key: AccountKey
  readonly tokens: readonly Token[]
  /** Undefined for most: nothing was ever set about the user. */
  readonly record?: AccountRecord | undefined
}

/** What an operator has set about a user, beside his tokens. It outlives them. */
export interface AccountRecord {
  /** The user's name as it was given. */
  readonly name: string
  /** Rises by one with every stored change; the compare-and-swap compares it. */
  readonly version: number
  /** Names of `[[radius.groups]]`, in the order in which they count. */
  readonly groups: readonly string[]
  /** Lines of radius/reply_rules.ts. */
  readonly reply: readonly string[]
  /** False: it was altered in the database, or sealed under another key. Nothing of it is known but the version. */
  readonly isReadable: boolean
  /** Without it, the user has nothing to do with the console. */
  readonly access?: ConsoleAccess
  /** What a later version of this program has stored with it; kept as it is. */
  readonly others: Readonly<Record<string, unknown>>
}

/** One OTP generator. Fields that a login changes stand last; storage keeps them in a narrow table of their own. */
export interface Token {
  /** Storage's own number; 0 until it is stored. */
  readonly id: number
  readonly serial: string
  readonly kind: string
  /** The type's own state, made by `tokenType(kind)`. */
  readonly state: unknown
  /** The owner's name as it was given; null while unassigned. */
  readonly user: string | null
  readonly active: boolean
  /** Enrolled, and its first OTP not seen yet: not active until it is. */
  readonly pending: boolean
  readonly description: string | null
  /** See auth/pin.ts; null = no PIN. */
  readonly pin: string | null
  /** The user must choose another PIN before the next login is accepted (auth/new_pin.ts). */
  readonly changePin: boolean
  readonly window: number
  readonly syncWindow: number
  /** 0 = no limit. */
  readonly maxFail: number
  readonly maxAttempts: number | null
  readonly maxSuccesses: number | null
  readonly validFrom: Instant | null
  readonly validUntil: Instant | null
  readonly createdAt: Instant

  /** Rises by one with every stored change; the compare-and-swap compares it. */
  readonly version: number
  readonly counter: number
  readonly drift: number
  readonly failCount: number
  readonly attemptCount: number
  readonly successCount: number
  readonly lastUsedAt: Instant | null
  /** When the last failure brought `failCount` to `maxFail`; null when it did not. */
  readonly lockedAt: Instant | null
  readonly pendingResync: PendingResync | null
  /** Storage's own: where the audit trail's newest row about it stands; 0 = none. */
  readonly auditHead: number
}

export interface AuditEntry {
  readonly at: Instant
  /** `client:NAME` for a login, `admin:NAME` for an operation. */
  readonly actor: string
  /** Where it came from: an IP address, or `socket`. */
  readonly source: string
  readonly user: string | null
  readonly serials: readonly string[]
  /** `login`, or the command that was run: `token disable`. */
  readonly action: string
  readonly outcome: 'accept' | 'reject' | 'challenge' | 'done' | 'refused'
  readonly reason: string | null
  /** What changed, for people; never a PIN, OTP, password or secret. */
  readonly detail: string | null
}

export function userKey(user: string): AccountKey {
  return `user:${foldCase(user)}`
}

export function isUserKey(key: AccountKey): boolean {
  return key.startsWith('user:')
}

/** The user's name, folded, or the serial. */
export function nameIn(key: AccountKey): string {
  return key.slice(key.indexOf(':') + 1)
}

/** The user's name as his tokens or his record have it; `asked` where there are neither. */
export function spelledName({ tokens, record }: Pick<Account, 'tokens' | 'record'>, asked: string): string {
  return tokens[0]?.user ?? record?.name ?? asked
}

export function keyOf(token: Pick<Token, 'user' | 'serial'>): AccountKey {
  return token.user === null ? `token:${token.serial}` : userKey(token.user)
}

export function typeOf(token: Token): TokenType {
  return tokenType(token.kind)
}
