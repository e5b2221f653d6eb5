/** The sessions of a user that accounting knows to go on. Nothing is shown where there are none. */
import { Button, Table, Text, Title } from '@mantine/core'
import { useState } from 'react'
import type { SessionView } from '../api/commands.gen.ts'
import { useCommand, useRun } from '../api/use_command.ts'
import { ConfirmDialog } from '../parts/confirm_dialog.tsx'
import { notify } from '../parts/notices.tsx'
import { Columns, ScrollTable } from '../parts/scroll_table.tsx'
import { durationText, TimeText } from '../parts/time_text.tsx'
import { useMay } from '../session/session.tsx'
import { userText } from '../texts/user_text.ts'

const EVERY_MS = 10_000
const ROWS = 20

export function UserSessions({ user }: { user: string }) {
  const may = useMay()
  const [asked, setAsked] = useState<SessionView | null>(null)
  const disconnect = useRun('session disconnect')
  const { data } = useCommand('session list', { user, active: true, limit: ROWS }, { everyMs: EVERY_MS })
  if (data === undefined || data.sessions.length === 0) return null
  const { sessionColumns: columns } = userText
  return (
    <section aria-labelledby="sessions">
      <Title order={2} size="h4" id="sessions" mb="sm">
        {userText.sessions}
      </Title>
      <ScrollTable label={userText.sessionList}>
        <Columns
          names={[
            columns.started,
            columns.client,
            columns.from,
            columns.address,
            columns.duration,
            ...(may('session disconnect') ? [columns.action] : []),
          ]}
        />
        <Table.Tbody>
          {data.sessions.map((session) => (
            <Table.Tr key={session.id}>
              <Table.Td>
                <TimeText at={session.startedAt} />
              </Table.Td>
              <Table.Td>
                {session.client}
                {session.nasIdentifier === null ? '' : ` (${session.nasIdentifier})`}
              </Table.Td>
              <Table.Td>{session.callingStationId ?? ''}</Table.Td>
              <Table.Td>{session.framedIpAddress ?? ''}</Table.Td>
              <Table.Td>{durationText(session.durationSeconds)}</Table.Td>
              {may('session disconnect') ? (
                <Table.Td>
                  <Button
                    size="compact-sm"
                    variant="default"
                    onClick={() => setAsked(session)}
                    aria-label={userText.disconnectSession(session.id)}
                  >
                    {userText.disconnect}
                  </Button>
                </Table.Td>
              ) : null}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ScrollTable>
      {data.nextCursor === null ? null : <Text size="sm">{userText.moreSessions}</Text>}
      <ConfirmDialog
        isOpen={asked !== null}
        onClose={() => setAsked(null)}
        title={userText.disconnectTitle}
        confirmLabel={userText.disconnect}
        isDangerous
        onConfirm={async () => {
          const { session } = await disconnect.run({ id: asked?.id ?? 0 })
          notify(userText.disconnected(session.client))
        }}
      >
        <Text>{userText.disconnectEffect(asked?.client ?? '')}</Text>
      </ConfirmDialog>
    </section>
  )
}
