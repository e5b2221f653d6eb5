/** What a login is answered, and the reason that only the audit trail and the log may know. */
import type { AccountRecord } from './account.ts'

export type Verdict = Accept | Reject | Challenge

export interface Accept {
  readonly kind: 'accept'
  readonly reason: 'otp-accepted' | 'resynced'
  readonly serials: readonly string[]
  /** Of the account, for what the reply says of the session. */
  readonly record?: AccountRecord
}

export interface Reject {
  readonly kind: 'reject'
  readonly reason: RejectReason
  readonly serials: readonly string[]
}

/** Asks for one more answer (RFC 2865 §4.4). Nothing produces it yet: challenge-response comes with its own issue. */
export interface Challenge {
  readonly kind: 'challenge'
  readonly state: Uint8Array
  readonly message: string
  readonly serials: readonly string[]
}

export type RejectReason =
  | 'unknown-user'
  | 'token-disabled'
  | 'wrong-pin'
  | 'wrong-otp'
  | 'otp-already-used'
  | 'otp-out-of-sync'
  | 'token-locked'
  | 'token-not-yet-valid'
  | 'token-expired'
  | 'attempts-used-up'
  | 'successes-used-up'
  | 'user-record-unreadable'
  | 'unknown-group'
  | 'bad-reply-attribute'

/** What a reply must say cannot be known: without it, the session might have more rights than it should. */
export type RecordProblem = Extract<
  RejectReason,
  'user-record-unreadable' | 'unknown-group' | 'bad-reply-attribute'
>
