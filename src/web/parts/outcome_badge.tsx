/** How something ended, in a word and a colour. */
import { Badge } from '@mantine/core'
import type { Outcome } from '../api/commands.gen.ts'
import { commonText } from '../texts/common_text.ts'

const COLORS: Readonly<Record<Outcome, string>> = {
  accept: 'teal',
  reject: 'red',
  challenge: 'blue',
  done: 'gray',
  refused: 'orange',
}

export function OutcomeBadge({ outcome }: { outcome: Outcome }) {
  return (
    <Badge variant="light" color={COLORS[outcome]} radius="sm">
      {commonText.outcomes[outcome]}
    </Badge>
  )
}
