/**
 * What the rest of the program may ask of a database. Two implementations, SQLite and PostgreSQL, pass the same tests.
 * Accounts change through `commit` alone, sessions through `writeSessions`; everything else here reads.
 */

import type { Account, AccountKey, AccountRecord, AuditEntry, Token } from '../auth/account.ts'
import type { RecordChange, TokenChange } from '../auth/action.ts'
import type { Keys } from '../seal.ts'
import type { Instant } from '../tokens/token_type.ts'
import type { AuditBlock } from './columns.ts'
import type { ConsoleStore } from './console_store.ts'
import type { Page } from './page.ts'
import type { Sessions } from './session.ts'

export interface Store extends Sessions {
  /**
   * The account as it was last seen here, at once; undefined where nothing is remembered. On a shared database another
   * node may have changed it since: only a commit that changes its tokens proves that none has.
   */
  recall(key: AccountKey): Account | undefined
  /** Nobody else writes this database: what is recalled is how it is. */
  readonly isAlone: boolean
  /** Every key is in the answer; an account without tokens is an empty one. Throws StoreUnavailable. */
  load(keys: readonly AccountKey[]): Promise<Map<AccountKey, Account>>
  /**
   * All of `changes`, `records` and `audit` durably, or nothing. Answers the accounts that were changed by somebody else
   * since they were loaded; empty means committed. Throws StoreUnavailable, after which it is unknown which of the two.
   */
  commit(
    changes: readonly TokenChange[],
    audit: readonly AuditEntry[],
    records?: readonly RecordChange[],
  ): Promise<ReadonlySet<AccountKey>>
  /** How many commits may be under way at once. */
  readonly commitsInFlight: number

  /** The account that holds the token `serial` now. */
  locate(serial: string): Promise<AccountKey | null>
  listTokens(query: TokenQuery): Promise<Page<Token>>
  /** Counted up to a bound: what a page costs must not grow with the number of tokens. */
  countTokens(filter: TokenFilter): Promise<Count>
  listUsers(query: UserQuery): Promise<Page<UserSummary>>
  /** Whose records say so: at most 1000. */
  listAdministrators(): Promise<AccountRecord[]>
  listAudit(query: AuditQuery): Promise<Page<AuditRow>>
  auditEntry(id: number): Promise<AuditRow | null>
  /** Since when the rows of logins carry a note wherever there is something to say (auth/note.ts). */
  notesSince(): Promise<Instant>
  /** The trail by rising id, for verification: up to `limit` blocks after `afterId`, null = from the first. */
  readAudit(afterId: number | null, limit: number): Promise<AuditBlock[]>
  /** By rising id; the first is the roll of the others (audit_chain.ts). */
  readChains(): Promise<ChainHead[]>

  /** Addresses of `"auto"` clients that have sent a Message-Authenticator once. */
  latchedClients(): Promise<string[]>
  latchClient(address: string, now: Instant): Promise<void>

  /** Sessions of the console. */
  readonly console: ConsoleStore

  /** What was kept under this name, if it has not run out. */
  findEapSession(name: string, now: Instant): Promise<Uint8Array | null>
  /** All of them durably, each in place of what had its name; their names differ. Once at a time. */
  keepEapSessions(sessions: readonly EapSession[]): Promise<void>
  /** Those that have run out. */
  forgetEapSessions(now: Instant): Promise<void>

  /** Resolves while the database answers, throws StoreUnavailable otherwise. */
  ping(): Promise<void>
  /** For people: `sqlite:/var/lib/sallyport/sallyport.db`, without any password. */
  readonly description: string
  close(): Promise<void>
}

/** A TLS session that may be resumed, sealed (server/eap/eap_sessions.ts). */
export interface EapSession {
  readonly name: string
  readonly sealed: Uint8Array
  readonly expiresAt: Instant
}

/** Takes what an administrator must know and nobody else is told: a token that does not open. */
export type Report = (message: string) => void

/** A migrated database of which we do not know yet whether the master key fits. */
export interface Database {
  /** `fingerprint` of the keys that it was begun with; null while it is new. */
  keyFingerprint(): Promise<string | null>
  /** Throws StoreRefused if the database was begun with another master key. `node` names us in the audit trail. */
  store(keys: Keys, node: string, report?: Report, options?: StoreOptions): Promise<Store>
  close(): Promise<void>
}

export interface StoreOptions {
  /**
   * How many tokens are remembered from login to login, with their accounts. What is remembered of a token that others have
   * changed since makes a commit fail and be made anew: not worth it (0) where others serve the same accounts all the time.
   */
  readonly cachedTokens?: number
  /** Is told what takes long at the start, and how far it is: a server that says nothing would be taken for stuck. */
  readonly progress?: (message: string) => void
}

/** The database did not answer, or refused; the caller cannot know whether a commit took place. */
export class StoreUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreUnavailable'
  }
}

export function unavailable(error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error
  return new StoreUnavailable(error instanceof Error ? error.message : String(error), { cause: error })
}

/** The database cannot be used at all, with what to do: another key, a newer schema, no permission. */
export class StoreRefused extends Error {
  readonly hint: string

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreRefused'
    this.hint = hint
  }
}

/** A cursor that no list has given. */
export class BadCursor extends Error {}

export interface Count {
  readonly total: number
  /** False: there are at least `total`, and may be more. */
  readonly isExact: boolean
}

export interface TokenFilter {
  readonly user?: string | undefined
  readonly serial?: string | undefined
  readonly type?: string | undefined
  readonly active?: boolean | undefined
  readonly locked?: boolean | undefined
  readonly assigned?: boolean | undefined
  readonly pending?: boolean | undefined
  /** Part of the user, serial or description, without regard to case. */
  readonly search?: string | undefined
  /** Those whose validity ends, or ended, before this. */
  readonly expiresBefore?: Instant | undefined
  /** Those not used since, and those never used that were enrolled before. */
  readonly unusedSince?: Instant | undefined
}

export const TOKEN_ORDERS = ['serial', 'user', 'created', 'used', 'failures'] as const
export type TokenOrder = (typeof TOKEN_ORDERS)[number]

export interface TokenQuery extends TokenFilter {
  readonly order: TokenOrder
  readonly descending: boolean
  readonly limit: number
  readonly cursor: string | null
}

export interface UserQuery {
  readonly search?: string | undefined
  readonly limit: number
  readonly cursor: string | null
}

export interface UserSummary {
  readonly user: string
  readonly tokens: number
  readonly locked: number
  readonly groups: readonly string[]
}

export interface AuditQuery {
  readonly user?: string | undefined
  readonly serial?: string | undefined
  readonly action?: string | undefined
  readonly outcome?: string | undefined
  readonly reason?: string | undefined
  /** `client:NAME`, `admin:NAME`. */
  readonly actor?: string | undefined
  /** Only entries of a higher id. */
  readonly after?: number | undefined
  /** Ends the search when about so many entries were looked at, as if there were no more. */
  readonly look?: number | undefined
  readonly from?: Instant | undefined
  readonly to?: Instant | undefined
  readonly limit: number
  readonly cursor: string | null
}

/** An entry as it is shown, with its place in the trail. */
export interface AuditRow extends AuditEntry {
  readonly id: number
  readonly node: string
  readonly chain: number
}

export interface ChainHead {
  readonly id: number
  readonly node: string
  readonly seq: number
  readonly hash: Uint8Array
  readonly mac: Uint8Array
}
