/** What a login is answered, and the reason that only the audit trail and the log may know. */
import type { AccountRecord } from './account.ts'
import type { Ticket } from './ticket.ts'

export type Verdict = Accept | Reject | Challenge

export interface Accept {
  readonly kind: 'accept'
  readonly reason: 'otp-accepted' | 'resynced' | 'pin-changed' | 'session-resumed'
  readonly serials: readonly string[]
  /** Of a proof that matched: what the reply needs of the password. Never to be logged. */
  readonly key?: Uint8Array
  /** Of the account, for what the reply says of the session. */
  readonly record?: AccountRecord
}

export interface Reject {
  readonly kind: 'reject'
  readonly reason: RejectReason
  readonly serials: readonly string[]
}

/** Asks for one more answer (RFC 2865 §4.4). */
export interface Challenge {
  readonly kind: 'challenge'
  readonly reason: ChallengeReason
  /** What the answer will be judged by; the client carries it back, sealed. */
  readonly ticket: Ticket
  readonly serials: readonly string[]
}

export type RejectReason =
  | 'unknown-user'
  | 'token-disabled'
  | 'wrong-pin'
  | 'wrong-otp'
  | 'wrong-pin-or-otp'
  | 'pin-not-recoverable'
  | 'otp-already-used'
  | 'otp-out-of-sync'
  | 'token-locked'
  | 'token-not-yet-valid'
  | 'token-expired'
  | 'attempts-used-up'
  | 'successes-used-up'
  | 'pin-change-required'
  | 'unknown-state'
  | 'state-expired'
  | 'state-used'
  | 'user-record-unreadable'
  | 'unknown-group'
  | 'bad-reply-attribute'

export type ChallengeReason =
  | 'otp-asked'
  | 'next-otp-asked'
  | 'new-pin-asked'
  | 'new-pin-refused'
  | 'new-pin-repeat-asked'
  | 'new-pins-differ'

/** What a reply must say cannot be known: without it, the session might have more rights than it should. */
export type RecordProblem = Extract<
  RejectReason,
  'user-record-unreadable' | 'unknown-group' | 'bad-reply-attribute'
>
