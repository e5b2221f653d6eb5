/** Logins as rows: who, how it ended, what happened, through which client. */
import { Table } from '@mantine/core'
import { ExplainLink } from '../explain/explain_link.tsx'
import { explanationOf } from '../explain/explanation.ts'
import { OutcomeBadge } from '../parts/outcome_badge.tsx'
import { Columns, ScrollTable } from '../parts/scroll_table.tsx'
import { localTime, TimeText } from '../parts/time_text.tsx'
import { UserLink } from '../parts/user_link.tsx'
import { liveText } from '../texts/live_text.ts'
import type { Login } from './use_live.ts'

export function LoginTable({ logins }: { logins: readonly Login[] }) {
  return (
    <ScrollTable label={liveText.list} verticalSpacing="xs">
      <Columns names={Object.values(liveText.columns)} />
      <Table.Tbody>
        {logins.map((login) => (
          <LoginRow key={login.id} login={login} />
        ))}
      </Table.Tbody>
    </ScrollTable>
  )
}

function LoginRow({ login }: { login: Login }) {
  const { id, at, outcome, user, client, source } = login
  return (
    <Table.Tr>
      <Table.Td className="whole">
        <TimeText at={at} />
      </Table.Td>
      <Table.Td>
        <OutcomeBadge outcome={outcome} />
      </Table.Td>
      <Table.Th scope="row">
        <UserLink user={user} />
      </Table.Th>
      <Table.Td className="words">{explanationOf(login)}</Table.Td>
      <Table.Td>
        {client ?? liveText.checked}, {source}
      </Table.Td>
      <Table.Td>
        <ExplainLink id={id} text={liveText.why} label={liveText.whyRow(user ?? '', localTime(at))} />
      </Table.Td>
    </Table.Tr>
  )
}
