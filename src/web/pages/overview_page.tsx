/** How things are: logins of late, what stands in their way, and how the server is. Asked for again and again. */
import { Stack, Text } from '@mantine/core'
import { useCommand } from '../api/use_command.ts'
import { Activity } from '../overview/activity.tsx'
import { DroppedRequests } from '../overview/dropped_requests.tsx'
import { Health } from '../overview/health.tsx'
import { LockedTokens } from '../overview/locked_tokens.tsx'
import { ErrorNotice } from '../parts/error_notice.tsx'
import { PageHeader } from '../parts/page_header.tsx'
import { overviewText } from '../texts/overview_text.ts'

const EVERY_MS = 5_000

export default function OverviewPage() {
  const { data, error, refetch } = useCommand('server status', {}, { everyMs: EVERY_MS })
  return (
    <>
      <PageHeader title={overviewText.title} />
      <Stack>
        {error === null ? null : <ErrorNotice error={error} retry={() => void refetch()} />}
        <Activity />
        <div className="cards">
          <LockedTokens />
          {data === undefined ? null : <DroppedRequests {...data} />}
        </div>
        {data === undefined ? null : <Health status={data} />}
        {data === undefined ? null : (
          <Text size="sm" c="dimmed">
            {overviewText.ofThisNode(data.node)}
          </Text>
        )}
      </Stack>
    </>
  )
}
