/** Logins as they come, filtered and held still at will, each with the way to its explanation. */
import { Button, Stack, Text } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { useState } from 'react'
import { ExplainDialog } from '../explain/explain_dialog.tsx'
import { filterOf, LiveFilters } from '../live/live_filters.tsx'
import { LoginTable } from '../live/login_table.tsx'
import { useLive } from '../live/use_live.ts'
import { ErrorNotice } from '../parts/error_notice.tsx'
import { Loading } from '../parts/loading.tsx'
import { PageHeader } from '../parts/page_header.tsx'
import { useQuery } from '../parts/use_address.ts'
import { liveText } from '../texts/live_text.ts'

export default function LivePage() {
  const [query] = useQuery()
  const filter = filterOf(query)
  const [isPaused, setPaused] = useState(false)
  const { rows, waiting, isLeftOut, error } = useLive(filter, isPaused)
  const toggle = () => setPaused((before) => !before)
  useHotkeys([['alt+P', toggle]])
  const resume = waiting === 0 ? liveText.resume : liveText.resumeNew(waiting)
  return (
    <>
      <PageHeader title={liveText.title}>
        <Button
          variant={isPaused ? 'filled' : 'default'}
          onClick={toggle}
          aria-keyshortcuts={liveText.shortcut}
          title={liveText.shortcutHint}
        >
          {isPaused ? resume : liveText.pause}
        </Button>
      </PageHeader>
      <Stack>
        <LiveFilters filter={filter} />
        <Text size="sm" c="dimmed" role="status">
          {isPaused ? liveText.paused(waiting) : liveText.running} {isLeftOut ? liveText.leftOut : ''}
        </Text>
        {error === null ? null : <ErrorNotice error={error} />}
        {rows === null && error === null ? <Loading /> : null}
        {rows === null ? null : rows.length === 0 ? (
          <NoLogins isFiltered={Object.keys(filter).length > 0} />
        ) : (
          <LoginTable logins={rows} />
        )}
      </Stack>
      <ExplainDialog />
    </>
  )
}

function NoLogins({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <Text>{liveText.noneFiltered}</Text>
  return (
    <Text>
      {liveText.none}. {liveText.noneHint}
    </Text>
  )
}
