/** Rows of `token_progress` as numbers side by side: cheap to make, to hand to another thread and to keep as one value. */
import type { ProgressRow } from './columns.ts'

/** Of one row: a token's id, then its progress; a null is NaN. `pending` is its three numbers. */
export const NUMBERS = 13

export type Progress = ProgressRow & { readonly token_id: number }

export function encodeProgress(rows: Iterable<NumberedProgress>, count: number): Float64Array<ArrayBuffer> {
  const numbers = new Float64Array(count * NUMBERS)
  let at = 0
  for (const token of rows) {
    putProgress(numbers, at, token)
    at += NUMBERS
  }
  return numbers
}

/** One row, at the number `at`. */
export function putProgress(numbers: Float64Array, at: number, token: NumberedProgress): void {
  const { pendingResync: pending } = token
  numbers[at] = token.id
  numbers[at + 1] = token.version
  numbers[at + 2] = token.counter
  numbers[at + 3] = token.drift
  numbers[at + 4] = token.failCount
  numbers[at + 5] = token.attemptCount
  numbers[at + 6] = token.successCount
  numbers[at + 7] = token.lastUsedAt ?? Number.NaN
  numbers[at + 8] = token.lockedAt ?? Number.NaN
  numbers[at + 9] = pending === null ? Number.NaN : pending.movingFactor
  numbers[at + 10] = pending === null ? 0 : pending.error
  numbers[at + 11] = pending === null ? 0 : pending.at
  numbers[at + 12] = token.auditHead
}

export function tokenIdAt(numbers: Float64Array, at: number): number {
  return numbers[at]!
}

/** What a compare-and-swap looks at. */
export function versionAt(numbers: Float64Array, at: number): { version: number; counter: number } {
  return { version: numbers[at + 1]!, counter: numbers[at + 2]! }
}

/** The part of a Token that is its progress. */
export interface NumberedProgress {
  readonly id: number
  readonly version: number
  readonly counter: number
  readonly drift: number
  readonly failCount: number
  readonly attemptCount: number
  readonly successCount: number
  readonly lastUsedAt: number | null
  readonly lockedAt: number | null
  readonly pendingResync: {
    readonly movingFactor: number
    readonly error: number
    readonly at: number
  } | null
  readonly auditHead: number
}

export function progressCount(numbers: Float64Array): number {
  return numbers.length / NUMBERS
}

export function decodeProgress(numbers: Float64Array, index: number): Progress {
  const at = index * NUMBERS
  const number = (i: number) => numbers[at + i]!
  const orNull = (i: number) => (Number.isNaN(numbers[at + i]) ? null : numbers[at + i]!)
  return {
    token_id: number(0),
    version: number(1),
    counter: number(2),
    drift: number(3),
    fail_count: number(4),
    attempt_count: number(5),
    success_count: number(6),
    last_used_at: orNull(7),
    locked_at: orNull(8),
    pending:
      orNull(9) === null
        ? null
        : JSON.stringify({ movingFactor: number(9), error: number(10), at: number(11) }),
    audit_head: number(12),
  }
}

export function progressToOctets(numbers: Float64Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
}

/** A copy, since octets from a database stand anywhere. Little-endian, as every machine that Node.js runs on. */
export function progressFromOctets(octets: Uint8Array): Float64Array {
  return new Float64Array(Uint8Array.from(octets).buffer)
}
