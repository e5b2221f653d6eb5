/** What a login is answered, and the reason that only the audit trail and the log may know. */
export type Verdict = Accept | Reject | Challenge

export interface Accept {
  readonly kind: 'accept'
  readonly reason: 'otp-accepted' | 'resynced' | 'session-resumed'
  readonly serials: readonly string[]
  /** Of a proof that matched: what the reply needs of the password. Never to be logged. */
  readonly key?: Uint8Array
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
  | 'wrong-pin-or-otp'
  | 'pin-not-recoverable'
  | 'otp-already-used'
  | 'otp-out-of-sync'
  | 'token-locked'
  | 'token-not-yet-valid'
  | 'token-expired'
  | 'attempts-used-up'
  | 'successes-used-up'
