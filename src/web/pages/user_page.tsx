/** A user, the helpdesk's desk: why the last logins failed, what mends it, and all that belongs to him. */
import { Button, Stack } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import { ApiError, type Output } from '../api/client.ts'
import { useCommand } from '../api/use_command.ts'
import { ExplainDialog } from '../explain/explain_dialog.tsx'
import { RecentEntries } from '../explain/recent_entries.tsx'
import { ErrorNotice } from '../parts/error_notice.tsx'
import { Loading } from '../parts/loading.tsx'
import { PageHeader } from '../parts/page_header.tsx'
import { enrollPath } from '../parts/paths.ts'
import { usePathPart } from '../parts/use_address.ts'
import { useMay } from '../session/session.tsx'
import { userText } from '../texts/user_text.ts'
import { LastLogin } from '../users/last_login.tsx'
import { PasswordDialog } from '../users/password_dialog.tsx'
import { RegistrationDialog } from '../users/registration_dialog.tsx'
import { UnknownUser } from '../users/unknown_user.tsx'
import { UserSessions } from '../users/user_sessions.tsx'
import { UserSettings } from '../users/user_settings.tsx'
import { UserTokens } from '../users/user_tokens.tsx'

/** Somebody is on the phone and tries again. */
const EVERY_MS = 5_000

/** Nothing that is open or typed about one user may become another's by the browser's way back. */
export default function UserPage() {
  const name = usePathPart(1)
  return <Desk key={name} name={name} />
}

function Desk({ name }: { name: string }) {
  const { data, error, isPending, refetch } = useCommand('user show', { user: name }, { everyMs: EVERY_MS })
  const isUnknown = error instanceof ApiError && error.code === 'not-found'
  const user = data?.user ?? name
  return (
    <>
      <PageHeader title={user}>
        <UserActions user={user} hasToken={(data?.tokens.length ?? 0) > 0} />
      </PageHeader>
      {isPending ? <Loading /> : null}
      {isUnknown ? <UnknownUser user={name} /> : null}
      {error !== null && !isUnknown ? <ErrorNotice error={error} retry={() => void refetch()} /> : null}
      {data === undefined || isUnknown ? null : <KnownUser shown={data} />}
      <ExplainDialog />
    </>
  )
}

function KnownUser({ shown }: { shown: Output<'user show'> }) {
  const { user, tokens, recent, groups, reply } = shown
  return (
    <Stack gap="xl">
      <LastLogin user={user} tokens={tokens} recent={recent} />
      <UserTokens tokens={tokens} />
      <UserSessions user={user} />
      <RecentEntries entries={recent} />
      <UserSettings user={user} groups={groups} reply={reply} />
    </Stack>
  )
}

function UserActions({ user, hasToken }: { user: string; hasToken: boolean }) {
  const may = useMay()
  const [open, setOpen] = useState<'registration' | 'password' | null>(null)
  const close = () => setOpen(null)
  return (
    <>
      {may('token enroll') ? (
        <Button component={Link} href={enrollPath(user)} variant={hasToken ? 'default' : 'filled'}>
          {userText.enroll}
        </Button>
      ) : null}
      {may('registration create') ? (
        <Button variant="default" onClick={() => setOpen('registration')}>
          {userText.register}
        </Button>
      ) : null}
      {may('user set-password') ? (
        <Button variant="default" onClick={() => setOpen('password')}>
          {userText.setPassword}
        </Button>
      ) : null}
      <RegistrationDialog user={user} isOpen={open === 'registration'} onClose={close} />
      <PasswordDialog user={user} hasToken={hasToken} isOpen={open === 'password'} onClose={close} />
    </>
  )
}
