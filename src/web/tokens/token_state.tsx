/** Whether a token takes part in logins, and if not why, in a word and a colour. That it is locked stands at its failures. */
import { Badge } from '@mantine/core'
import type { TokenView } from '../api/commands.gen.ts'
import { type State, stateOf } from '../parts/state_of_token.ts'
import { tokensText } from '../texts/tokens_text.ts'

export function TokenState({ token }: { token: TokenView }) {
  const state = stateOf(token, Date.now())
  return (
    <Badge variant="light" radius="sm" color={COLORS[state]} title={tokensText.stateHints[state]}>
      {tokensText.states[state]}
    </Badge>
  )
}

const COLORS: Readonly<Record<State, string>> = {
  enabled: 'teal',
  disabled: 'gray',
  pending: 'orange',
  expired: 'red',
  'not-yet-valid': 'orange',
  'used-up': 'red',
}
