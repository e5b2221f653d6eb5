/** The last rows of the audit trail about a user, in plain words, each with the way to its explanation. */
import { Table, Text, Title } from '@mantine/core'
import type { Explained } from '../api/commands.gen.ts'
import { OutcomeBadge } from '../parts/outcome_badge.tsx'
import { Columns, ScrollTable } from '../parts/scroll_table.tsx'
import { localTime, TimeText } from '../parts/time_text.tsx'
import { userText } from '../texts/user_text.ts'
import { ExplainLink } from './explain_link.tsx'
import { actorName, explanationOf } from './explanation.ts'

export interface RecentEntriesProps {
  readonly entries: readonly Explained[]
  readonly heading?: string
  readonly label?: string
}

export function RecentEntries(props: RecentEntriesProps) {
  const { entries, heading = userText.recent, label = userText.recentList } = props
  return (
    <section aria-labelledby="recent">
      <Title order={2} size="h4" id="recent" mb="sm">
        {heading}
      </Title>
      {entries.length === 0 ? (
        <Text>{userText.nothingYet}</Text>
      ) : (
        <ScrollTable label={label} verticalSpacing="xs">
          <Columns
            names={[
              userText.columns.at,
              userText.columns.outcome,
              userText.columns.what,
              userText.columns.from,
              userText.columns.why,
            ]}
          />
          <Table.Tbody>
            {entries.map(({ id, at, action, outcome, explanation, actor, source }) => (
              <Table.Tr key={id}>
                <Table.Td className="whole">
                  <TimeText at={at} />
                </Table.Td>
                <Table.Td>
                  <OutcomeBadge outcome={outcome} />
                </Table.Td>
                <Table.Td className="words">{explanationOf({ action, explanation })}</Table.Td>
                <Table.Td>
                  {actorName(actor)}, {source}
                </Table.Td>
                <Table.Td>
                  <ExplainLink id={id} text={userText.why} label={userText.whyRow(localTime(at))} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </ScrollTable>
      )}
    </section>
  )
}
