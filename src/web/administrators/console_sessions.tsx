/** Who is logged in to the console or to /me, and ending that. */
import { Button, Table, Text, Title } from '@mantine/core'
import { useState } from 'react'
import type { Output } from '../api/client.ts'
import { useCommand, useRun } from '../api/use_command.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { ErrorNotice } from '../parts/error_notice.tsx'
import { Loading } from '../parts/loading.tsx'
import { notify } from '../parts/notices.tsx'
import { TimeText } from '../parts/time_text.tsx'
import { UserLink } from '../parts/user_link.tsx'
import { useMay } from '../session/session.tsx'
import { administratorsText } from '../texts/administrators_text.ts'
import { shellText } from '../texts/shell_text.ts'

type ConsoleSession = Output<'admin sessions'>['sessions'][number]

export function ConsoleSessions() {
  const { data, error, refetch } = useCommand('admin sessions', {})
  return (
    <div>
      <Title order={2} size="h3" id="console-sessions" mb={4}>
        {administratorsText.sessions}
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        {administratorsText.sessionsMean}
      </Text>
      {error === null ? null : <ErrorNotice error={error} retry={() => void refetch()} />}
      {data === undefined ? error === null && <Loading /> : <SessionsTable sessions={data.sessions} />}
    </div>
  )
}

function SessionsTable({ sessions }: { sessions: readonly ConsoleSession[] }) {
  const may = useMay()
  const revoke = useRun('admin revoke')
  const [ending, setEnding] = useState<ConsoleSession | null>(null)
  const { columns } = administratorsText
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
    <section className="scroll-x" aria-label={administratorsText.sessions} tabIndex={0}>
      <Table aria-labelledby="console-sessions" verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{columns.user}</Table.Th>
            <Table.Th scope="col">{columns.role}</Table.Th>
            <Table.Th scope="col">{columns.source}</Table.Th>
            <Table.Th scope="col">{columns.begun}</Table.Th>
            <Table.Th scope="col">{columns.lastSeen}</Table.Th>
            {may('admin revoke') ? <Table.Th scope="col">{columns.change}</Table.Th> : null}
          </Table.Tr>
        </Table.Thead>
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
      </Table>
      <ConfirmDialog
        isOpen={ending !== null}
        onClose={() => setEnding(null)}
        title={administratorsText.revokeTitle(ending?.user ?? '')}
        confirmLabel={administratorsText.revoke}
        isDangerous
        onConfirm={async () => {
          const { id, user } = ending as ConsoleSession
          await revoke.mutateAsync({ session: id })
          notify(administratorsText.revoked(user))
        }}
      >
        <Text>{administratorsText.revokeMeans}</Text>
      </ConfirmDialog>
    </section>
  )
}
