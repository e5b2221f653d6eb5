/** Who is logged in to the console or to /me, and ending that. */
import { Button, Table, Text, Title } from '@mantine/core'
import { useState } from 'react'
import type { Output } from '../api/client.ts'
import { useCommand, useRun } from '../api/use_command.ts'
import { Answered } from '../parts/answered.tsx'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { notify } from '../parts/notices.tsx'
import { Columns, ScrollTable } from '../parts/scroll_table.tsx'
import { TimeText } from '../parts/time_text.tsx'
import { UserLink } from '../parts/user_link.tsx'
import { useMay } from '../session/session.tsx'
import { administratorsText } from '../texts/administrators_text.ts'
import { shellText } from '../texts/shell_text.ts'

type ConsoleSession = Output<'admin sessions'>['sessions'][number]

export function ConsoleSessions() {
  const list = useCommand('admin sessions', {})
  return (
    <div>
      <Title order={2} size="h3" mb={4}>
        {administratorsText.sessions}
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        {administratorsText.sessionsMean}
      </Text>
      <Answered query={list}>{({ sessions }) => <SessionsTable sessions={sessions} />}</Answered>
    </div>
  )
}

function SessionsTable({ sessions }: { sessions: readonly ConsoleSession[] }) {
  const may = useMay()
  const revoke = useRun('admin revoke')
  const [ending, setEnding] = useState<ConsoleSession | null>(null)
  const { columns } = administratorsText
  return (
    <>
      <ScrollTable label={administratorsText.sessions} verticalSpacing={6}>
        <Columns
          names={[
            columns.user,
            columns.role,
            columns.source,
            columns.begun,
            columns.lastSeen,
            ...(may('admin revoke') ? [columns.change] : []),
          ]}
        />
        <Table.Tbody>
          {sessions.map((session) => (
            <Table.Tr key={session.id}>
              <Table.Th scope="row">
                <UserLink user={session.user} />
              </Table.Th>
              <Table.Td>
                {session.role === null ? administratorsText.oneself : shellText.roles[session.role]}
              </Table.Td>
              <Table.Td className="mono">{session.source}</Table.Td>
              <Table.Td className="whole">
                <TimeText at={session.createdAt} isRelative />
              </Table.Td>
              <Table.Td className="whole">
                <TimeText at={session.lastSeenAt} isRelative />
              </Table.Td>
              {may('admin revoke') ? (
                <Table.Td>
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={administratorsText.of(administratorsText.revoke, session.user)}
                    onClick={() => setEnding(session)}
                  >
                    {administratorsText.revoke}
                  </Button>
                </Table.Td>
              ) : null}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ScrollTable>
      <ConfirmDialog
        isOpen={ending !== null}
        onClose={() => setEnding(null)}
        title={administratorsText.revokeTitle(ending?.user ?? '')}
        confirmLabel={administratorsText.revoke}
        isDangerous
        onConfirm={async () => {
          const { id, user } = ending as ConsoleSession
          await revoke.run({ session: id })
          notify(administratorsText.revoked(user))
        }}
      >
        <Text>{administratorsText.revokeMeans}</Text>
      </ConfirmDialog>
    </>
  )
}
