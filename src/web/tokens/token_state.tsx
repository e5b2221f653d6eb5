/** Whether a token takes part in logins, and if not why, in a word and a colour. That it is locked stands at its failures. */
import { Badge } from '@mantine/core'
import type { TokenView } from '../api/commands.gen.ts'
import { STATE_COLORS, stateOf } from '../parts/state_of_token.ts'
import { tokensText } from '../texts/tokens_text.ts'

export function TokenState({ token }: { token: TokenView }) {
  const state = stateOf(token, Date.now())
  return (
    <Badge variant="light" radius="sm" color={STATE_COLORS[state]} title={tokensText.stateHints[state]}>
      {tokensText.states[state]}
    </Badge>
  )
}
