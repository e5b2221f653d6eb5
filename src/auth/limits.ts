/** Whether a token may be used now, and what a failure or a success does to its counts. */
import type { Instant } from '../tokens/token_type.ts'
import type { Token } from './account.ts'
import type { RejectReason } from './verdict.ts'

export type Obstacle = Extract<
  RejectReason,
  'token-locked' | 'token-not-yet-valid' | 'token-expired' | 'attempts-used-up' | 'successes-used-up'
>

/** `failCount` has reached `maxFail`. */
export function isLocked({ failCount, maxFail }: Pick<Token, 'failCount' | 'maxFail'>): boolean {
  return maxFail > 0 && failCount >= maxFail
}

/** Why an enabled token cannot be used now; null if it can. `unlockAfterMs` 0: a lock lasts until it is reset. */
export function obstacle(token: Token, unlockAfterMs: number, now: Instant): Obstacle | null {
  if (isLocked(token) && !lockHasEnded(token, unlockAfterMs, now)) return 'token-locked'
  if (token.validFrom !== null && now < token.validFrom) return 'token-not-yet-valid'
  if (token.validUntil !== null && now > token.validUntil) return 'token-expired'
  if (token.maxAttempts !== null && token.attemptCount >= token.maxAttempts) return 'attempts-used-up'
  if (token.maxSuccesses !== null && token.successCount >= token.maxSuccesses) return 'successes-used-up'
  return null
}

function lockHasEnded({ lockedAt }: Token, unlockAfterMs: number, now: Instant): boolean {
  return unlockAfterMs > 0 && lockedAt !== null && now - lockedAt >= unlockAfterMs
}

/** One failure more, up to `maxFail` and no further. `counted`: it could have been used, so an attempt is spent too. */
export function withFailure(token: Token, counted: boolean, now: Instant): Token {
  const failCount = isLocked(token) ? token.failCount : token.failCount + 1
  const attemptCount = counted ? token.attemptCount + 1 : token.attemptCount
  if (failCount === token.failCount && attemptCount === token.attemptCount) return token
  // A token whose lock had ended is locked anew by its next failure; trying a locked one does not prolong the lock.
  const lockedAt = isLocked({ ...token, failCount }) ? now : token.lockedAt
  return { ...token, failCount, attemptCount, lockedAt }
}

export function withFailCountReset(token: Token): Token {
  if (token.failCount === 0 && token.lockedAt === null) return token
  return { ...token, failCount: 0, lockedAt: null }
}
