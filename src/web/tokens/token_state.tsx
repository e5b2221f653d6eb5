/** Whether a token takes part in logins, and if not why, in a word and a colour. That it is locked stands at its failures. */
import { Badge } from '@mantine/core'
import type { TokenView } from '../api/commands.gen.ts'
import { tokensText } from '../texts/tokens_text.ts'

export function TokenState({ token }: { token: TokenView }) {
  const state = stateOf(token, Date.now())
  return (
    <Badge variant="light" radius="sm" color={COLORS[state]} title={tokensText.stateHints[state]}>
      {tokensText.states[state]}
    </Badge>
  )
}

export type State = keyof typeof tokensText.states

const COLORS: Readonly<Record<State, string>> = {
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
