/** How many tokens are locked, with the way to them. */
import { Anchor, Text } from '@mantine/core'
import { Link } from 'wouter'
import { useCommand } from '../api/use_command.ts'
import { Card } from '../parts/card.tsx'
import { overviewText as text } from '../texts/overview_text.ts'

const EVERY_MS = 10_000

export function LockedTokens() {
  const { data } = useCommand('token list', { locked: true, limit: 1 }, { everyMs: EVERY_MS })
  return (
    <Card title={text.locked}>
      {data === undefined ? null : data.total === 0 ? (
        <Text>{text.noneLocked}</Text>
      ) : (
        <>
          <Text fz="2.2rem" fw={700} lh={1.2}>
            {text.lockedCount(data.total, data.totalIsExact)}
          </Text>
          <Anchor component={Link} href="/tokens?locked=1">
            {text.seeLocked}
          </Anchor>
        </>
      )}
    </Card>
  )
}
