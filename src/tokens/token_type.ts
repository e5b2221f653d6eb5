/**
 * The contract of a token type: how its codes are made, where it looks for them, and what a match does to its counter
 * and clock. One file per type and a line in `registry.ts`; whatever a type must remember of its own is one sealed value.
 */
import type { z } from 'zod'
import type { Algorithm, Range } from './otp_generator.ts'

/** Milliseconds since 1970-01-01T00:00:00Z. Time enters the pure folders only as an argument of this type. */
export type Instant = number

/** What a code search may look at of a token: its place in the sequence, its clock error, and how far to look. */
export interface Position {
  /** The next counter (HOTP) or time step (TOTP) that may be accepted; it only ever rises. */
  readonly counter: number
  /** Seconds to add to our clock to get the token's (TOTP); 0 for the others. */
  readonly drift: number
  readonly window: number
  readonly syncWindow: number
}

/** An OTP seen outside the window: the first half of an autosync. `error` is the clock error in steps (TOTP). */
export interface PendingResync {
  readonly movingFactor: number
  readonly error: number
  readonly at: Instant
}

export interface Advanced {
  readonly counter: number
  readonly drift: number
}

export interface TokenSettings {
  readonly digits: number
  readonly algorithm: Algorithm | null
  readonly period: number | null
}

export interface TokenType<S = unknown> {
  readonly kind: string
  /** One line for `--help` and the console. */
  readonly summary: string
  /** May an operator enroll it? The temporary password of `token lost` is made by that command only. */
  readonly enrollable: boolean
  /** The fields of `token enroll` that belong to this type, strict. */
  readonly enrollment: z.ZodType
  readonly defaults: { readonly window: number; readonly syncWindow: number }

  /** State of a new token. `entropy` gives the generated secret (64 octets) where `input` has none. */
  enroll(input: EnrollInput, entropy: Uint8Array): S
  /** To and from the plain JSON value that is sealed at rest; the reverse computes what is worth keeping ready. */
  serialize(state: S): SerializedState
  parse(serialized: SerializedState): S
  /**
   * To and from one string, in which many are kept in memory: what is worth keeping ready is in it, so that the reverse costs
   * a login next to nothing.
   */
  pack(state: S): string
  unpack(packed: string): S
  settings(state: S): TokenSettings
  /** The shared secret, shown once at enrolment; null for a type that has none. */
  secret(state: S): Uint8Array | null

  /** The lowest moving factor in `range` whose code is `otp`, or null. */
  find(state: S, otp: string, range: Range): number | null
  /** The code at `movingFactor` (>= 0), as the user types it: what a proof is tried with. */
  codeAt(state: S, movingFactor: number): string
  /** Where the code of a token that is in step lies now; how far off a code was is counted from here. */
  expected(state: S, at: Position, now: Instant): number
  /** Where a login may find its code: never below `counter`. */
  window(state: S, at: Position, now: Instant): Range
  /** Where resync and autosync may find it: never below `counter`. */
  syncWindow(state: S, at: Position, now: Instant): Range
  /** Where a code would lie that has been used or passed over; only for naming the reason of a Reject. */
  passed(state: S, at: Position, now: Instant): Range
  /** What accepting `movingFactor` at `now` makes of the counter and the clock. */
  advance(state: S, at: Position, movingFactor: number, now: Instant): Advanced
  /** Remembers an OTP found at `movingFactor`, for `confirmation`. */
  pending(state: S, movingFactor: number, now: Instant): PendingResync
  /** Where the code after `first` must lie to confirm a resync. */
  confirmation(state: S, first: PendingResync, now: Instant): Range
}

/** The type's own part of `token enroll`, already validated by `enrollment`. */
export interface EnrollInput {
  readonly secret?: Uint8Array | undefined
  readonly digits?: number | undefined
  readonly algorithm?: Algorithm | undefined
  readonly period?: number | undefined
}

export type SerializedState = Readonly<Record<string, string | number>>
