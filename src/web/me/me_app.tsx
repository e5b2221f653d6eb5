/** Users' own desk at /me: the login where there is no session, else what is theirs. Knows no page of administrators. */
import { Group, Text } from '@mantine/core'
import { ErrorNotice } from '../parts/error_notice.tsx'
import { Loading } from '../parts/loading.tsx'
import { useTitle } from '../parts/use_title.ts'
import { useSessionState } from '../session/use_session_state.ts'
import { SessionButtons } from '../shell/session_buttons.tsx'
import { meText } from '../texts/me_text.ts'
import { shellText } from '../texts/shell_text.ts'
import { MeHome } from './me_home.tsx'
import { MeLogin } from './me_login.tsx'
import { MeContext, type MeSession } from './me_session.tsx'
import { useRegistrationLink } from './registration_link.ts'

const PATHS = { session: '/me/session', logOut: '/me/logout', below: '/me/' }

export default function MeApp() {
  const { session, error, isPending, isOver, refetch, loggedIn, logOut } = useSessionState<MeSession>(PATHS)
  const [link, forgetLink] = useRegistrationLink()
  useTitle(meText.title)
  if (isPending) return <Loading />
  if (error !== null) return <ErrorNotice error={error} retry={() => void refetch()} />
  // Whoever comes with a link wants that, whoever was here before.
  if (session === null || link !== null) {
    return (
      <MeLogin
        key={link?.code ?? ''}
        link={link}
        isOver={isOver}
        onLoggedIn={async () => {
          await loggedIn()
          forgetLink()
        }}
      />
    )
  }
  return (
    <MeContext value={session}>
      <a className="skip" href="#page">
        {shellText.skip}
      </a>
      <header className="shell-header">
        <Group gap="xs" wrap="nowrap">
          <img src="/favicon.svg" alt="" width={26} height={26} />
          <Text size="sm" className="shell-who" title={session.user}>
            {session.user}
          </Text>
        </Group>
        <Group gap="xs" wrap="nowrap">
          <SessionButtons logOut={logOut} />
        </Group>
      </header>
      <main id="page" tabIndex={-1} className="me-page">
        <MeHome />
      </main>
    </MeContext>
  )
}
