/** Requests that were dropped, or rejected without a decision: of which client, why, and what helps. */
import { Anchor, Stack, Text } from '@mantine/core'
import { Link } from 'wouter'
import type { Output } from '../api/client.ts'
import { Card } from '../parts/card.tsx'
import { capitalized } from '../parts/error_notice.tsx'
import { TimeText } from '../parts/time_text.tsx'
import { overviewText as text } from '../texts/overview_text.ts'

/** The latest; the page of clients has all. */
const SHOWN = 4

type Status = Output<'server status'>

export function DroppedRequests({ faults, unknownAddresses }: Pick<Status, 'faults' | 'unknownAddresses'>) {
  const latest = faults.toSorted((a, b) => b.lastAt.localeCompare(a.lastAt)).slice(0, SHOWN)
  const isQuiet = latest.length === 0 && unknownAddresses.length === 0
  return (
    <Card title={text.dropped}>
      {isQuiet ? (
        <Text>{text.droppedNone}</Text>
      ) : (
        <Stack gap="sm">
          {latest.map(({ client, reason, count, lastAt, cause, remedy }) => (
            <div key={`${client} ${reason}`}>
              <Text size="sm" fw={600}>
                {text.droppedRow(client, count)}, {text.last} <TimeText at={lastAt} isRelative />
              </Text>
              <Text size="sm">
                {capitalized(cause)}. {capitalized(remedy)}.
              </Text>
            </div>
          ))}
          {unknownAddresses.length === 0 ? null : (
            <Text size="sm">{text.unknownAddresses(unknownAddresses.length)}</Text>
          )}
          <Anchor component={Link} href="/clients">
            {text.seeClients}
          </Anchor>
        </Stack>
      )}
    </Card>
  )
}
