/** The last rows of the audit trail about a user, in plain words, each with the way to its explanation. */
import { Table, Text, Title } from '@mantine/core'
import { ExplainLink } from '../live/explain_link.tsx'
import { actorName, explanationOf } from '../parts/explanation.ts'
import { OutcomeBadge } from '../parts/outcome_badge.tsx'
import { localTime, TimeText } from '../parts/time_text.tsx'
import { userText } from '../texts/user_text.ts'
import type { Recent } from './last_login.tsx'

export interface RecentEntriesProps {
  readonly entries: readonly Omit<Recent[number], 'fix'>[]
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
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is scrolled by keys too.
        <section className="scroll-x" tabIndex={0} aria-label={label}>
          <Table aria-label={label} verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{userText.columns.at}</Table.Th>
                <Table.Th scope="col">{userText.columns.outcome}</Table.Th>
                <Table.Th scope="col">{userText.columns.what}</Table.Th>
                <Table.Th scope="col">{userText.columns.from}</Table.Th>
                <Table.Th scope="col">{userText.columns.why}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {entries.map(({ id, at, action, outcome, explanation, actor, source }) => (
                <Table.Tr key={id}>
                  <Table.Td className="no-wrap">
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
          </Table>
        </section>
      )}
    </section>
  )
}
