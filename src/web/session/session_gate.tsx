/** Shows the console to whoever is logged in, and the login to everybody else. */
import { type ReactNode, useMemo } from 'react'
import { ErrorNotice } from '../parts/error_notice.tsx'
import { Loading } from '../parts/loading.tsx'
import { LoginPage } from './login_page.tsx'
import { type Session, SessionContext } from './session.tsx'
import { useSessionState } from './use_session_state.ts'

const PATHS = { session: '/session', logOut: '/session/logout', below: '/v1/' }

export function SessionGate({ children }: { children: ReactNode }) {
  const { session, error, isPending, isOver, refetch, loggedIn, logOut } = useSessionState<Session>(PATHS)
  const value = useMemo(() => (session === null ? null : { session, logOut }), [session, logOut])
  if (isPending) return <Loading />
  if (error !== null) return <ErrorNotice error={error} retry={() => void refetch()} />
  if (value === null) return <LoginPage isOver={isOver} onLoggedIn={loggedIn} />
  return <SessionContext value={value}>{children}</SessionContext>
}
