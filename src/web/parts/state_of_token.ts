/** Whether a token takes part in logins, and if not why. That it is locked is told beside it, with its failures. */
import type { TokenView } from '../api/commands.gen.ts'

export type State = 'enabled' | 'disabled' | 'pending' | 'expired' | 'not-yet-valid' | 'used-up'

export const STATE_COLORS: Readonly<Record<State, string>> = {
  enabled: 'teal',
  disabled: 'gray',
  pending: 'orange',
  expired: 'red',
  'not-yet-valid': 'orange',
  'used-up': 'red',
}

export function stateOf(token: TokenView, nowMs: number): State {
  if (token.pending) return 'pending'
  if (!token.active) return 'disabled'
  if (token.validFrom !== null && nowMs < Date.parse(token.validFrom)) return 'not-yet-valid'
  if (token.validUntil !== null && nowMs > Date.parse(token.validUntil)) return 'expired'
  const isUsedUp =
    (token.maxAttempts !== null && token.attemptCount >= token.maxAttempts) ||
    (token.maxSuccesses !== null && token.successCount >= token.maxSuccesses)
  return isUsedUp ? 'used-up' : 'enabled'
}
