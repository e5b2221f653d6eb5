/** Manual resync: spec/authentication.md, "Manual resync". */
import type { Instant } from '../tokens/token_type.ts'
import { type Token, typeOf } from './account.ts'
import { isLocked, withFailCountReset } from './limits.ts'

/** The token after two consecutive OTPs were found in its sync window; null if they were not. */
export function resync(token: Token, otp1: string, otp2: string, now: Instant): Token | null {
  const movingFactor = findPair(token, otp1, otp2, now)
  if (movingFactor === null) return null
  const { counter, drift } = typeOf(token).advance(token.state, token, movingFactor + 1, now)
  const resynced = { ...token, counter, drift, pendingResync: null }
  // A lock is released by reset, never by resync.
  return isLocked(token) ? resynced : withFailCountReset(resynced)
}

/** The moving factor of `otp1`; every place where it occurs is tried, since six digits repeat within a thousand. */
function findPair(token: Token, otp1: string, otp2: string, now: Instant): number | null {
  const type = typeOf(token)
  const range = type.syncWindow(token.state, token, now)
  for (let { from } = range; ; from++) {
    const first = type.find(token.state, otp1, { from, to: range.to })
    if (first === null) return null
    const next = { from: first + 1, to: first + 1 }
    if (type.find(token.state, otp2, next) !== null) return first
    from = first
  }
}
