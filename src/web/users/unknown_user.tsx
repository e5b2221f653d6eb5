/** A name of which nothing is known: what came under it, for it may be mistyped at a device, and what to do next. */
import { Stack, Text } from '@mantine/core'
import { Link } from 'wouter'
import { useCommand } from '../api/use_command.ts'
import { RecentEntries } from '../explain/recent_entries.tsx'
import { Panel } from '../parts/panel.tsx'
import { userText } from '../texts/user_text.ts'
import { NoTokens } from './user_tokens.tsx'

const ROWS = 10

export function UnknownUser({ user }: { user: string }) {
  const { data } = useCommand('login recent', { user, limit: ROWS })
  const logins = data?.logins ?? []
  return (
    <Stack gap="xl">
      <Panel title={userText.unknown(user)} tone="warn">
        <Text>{userText.unknownHint}</Text>
        <Link href={`/users?${new URLSearchParams({ q: user })}`}>{userText.similar}</Link>
        <NoTokens />
      </Panel>
      {logins.length === 0 ? null : <RecentEntries entries={logins} />}
    </Stack>
  )
}
