/** A fail counter against its maximum: green, amber from the half on, red when the token is locked. The words say it too. */
import { Badge } from '@mantine/core'
import type { TokenView } from '../api/commands.gen.ts'
import { commonText } from '../texts/common_text.ts'

export function FailCount({ token }: { token: Pick<TokenView, 'failCount' | 'maxFail' | 'locked'> }) {
  const { failCount, maxFail, locked } = token
  const color = locked ? 'red' : failCount * 2 >= maxFail ? 'orange' : 'teal'
  return (
    <Badge variant="light" color={color} radius="sm" title={commonText.failCount(failCount, maxFail)}>
      {failCount} / {maxFail}
      {locked ? ` · ${commonText.locked}` : ''}
    </Badge>
  )
}
