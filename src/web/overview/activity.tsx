/** What the server answered lately: as bars, as a table, and why it rejected. */
import { Anchor, Group, NativeSelect, Paper, Table, Text, Title } from '@mantine/core'
import { Link } from 'wouter'
import type { Output } from '../api/client.ts'
import { useCommand } from '../api/use_command.ts'
import { Card } from '../parts/card.tsx'
import { capitalized, ErrorNotice } from '../parts/error_notice.tsx'
import { Loading } from '../parts/loading.tsx'
import { Columns } from '../parts/scroll_table.tsx'
import { useQuery } from '../parts/use_address.ts'
import { overviewText as text } from '../texts/overview_text.ts'
import { LoginsChart, timeOf } from './logins_chart.tsx'
import { SERIES, type Slot, slotsOf, totalOf } from './slots.ts'

/** A day is asked for less often: it is a long answer. */
const RANGES = {
  hour: { minutes: 60, slotMinutes: 1, everyMs: 5_000 },
  day: { minutes: 1440, slotMinutes: 15, everyMs: 30_000 },
} as const

export function Activity() {
  const [query, change] = useQuery()
  const range = query.get('range') === 'day' ? 'day' : 'hour'
  const { minutes, slotMinutes, everyMs } = RANGES[range]
  const { data, error, refetch } = useCommand(
    'server activity',
    { minutes },
    { everyMs, keepsPrevious: true },
  )
  if (data === undefined) {
    return error === null ? <Loading /> : <ErrorNotice error={error} retry={() => void refetch()} />
  }
  const slots = slotsOf(data.minutes, slotMinutes, minutes / slotMinutes)
  return (
    <>
      <Paper withBorder p="md" radius="md" component="section" aria-labelledby="logins">
        <Group justify="space-between" mb="sm">
          <Title order={2} size="h4" id="logins">
            {text.logins}
          </Title>
          <NativeSelect
            aria-label={text.range}
            size="xs"
            value={range}
            onChange={(event) => change({ range: event.currentTarget.value === 'day' ? 'day' : null })}
            data={Object.entries(text.ranges).map(([value, label]) => ({
              value,
              label: `${text.range} ${label}`,
            }))}
          />
        </Group>
        <LoginsChart slots={slots} slotMinutes={slotMinutes} range={text.ranges[range] ?? range} />
        <SlotTable slots={slots} range={text.ranges[range] ?? range} />
      </Paper>
      <Reasons reasons={data.reasons} />
    </>
  )
}

function SlotTable({ slots, range }: { slots: readonly Slot[]; range: string }) {
  const shown = slots.filter((slot) => totalOf(slot) > 0).reverse()
  if (shown.length === 0) return null
  return (
    <details className="more">
      <summary>{text.asTable}</summary>
      <Table aria-label={text.tableOf(range)}>
        <Columns names={[text.when, ...SERIES.map((series) => text.series[series])]} />
        <Table.Tbody>
          {shown.map((slot) => (
            <Table.Tr key={slot.at}>
              <Table.Th scope="row">{timeOf(slot)}</Table.Th>
              {SERIES.map((series) => (
                <Table.Td key={series}>{slot[series]}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </details>
  )
}

function Reasons({ reasons }: { reasons: Output<'server activity'>['reasons'] }) {
  const most = Math.max(1, ...reasons.map(({ count }) => count))
  return (
    <Card title={text.reasons}>
      {reasons.length === 0 ? (
        <Text>{text.noReasons}</Text>
      ) : (
        <ul className="reasons">
          {reasons.map(({ reason, count, words }) => (
            <li key={reason}>
              <Group justify="space-between" wrap="nowrap" gap="md">
                <Anchor
                  component={Link}
                  href={`/live?${new URLSearchParams({ outcome: 'reject', reason })}`}
                  size="sm"
                >
                  {capitalized(words)}
                </Anchor>
                <Text size="sm" fw={600}>
                  {text.reasonCount(count)}
                </Text>
              </Group>
              <span className="swatch is-reject is-wide" style={{ width: `${(count / most) * 100}%` }} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
