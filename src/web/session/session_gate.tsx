/** Shows the console to whoever is logged in, and the login to everybody else. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react'
import { ApiError, get, onNoSession, post } from '../api/client.ts'
import { ErrorNotice } from '../parts/error_notice.tsx'
import { Loading } from '../parts/loading.tsx'
import { LoginPage } from './login_page.tsx'
import { type Session, SessionContext } from './session.tsx'

export function SessionGate({ children }: { children: ReactNode }) {
  const queries = useQueryClient()
  const [isOver, setOver] = useState(false)
  const { data, error, isPending, refetch } = useQuery<Session | null>({
    queryKey: ['session'],
    queryFn: async ({ signal }) => {
      try {
        return await get<Session>('/session', { signal, isBackground: true })
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null
        throw error
      }
    },
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  })

  /** Nothing of the one before is left for the next who sits down here. */
  const forget = useCallback(() => {
    queries.setQueryData(['session'], null)
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' })
  }, [queries])
  useEffect(() => {
    const listener = (path: string) => {
      if (!path.startsWith('/v1/')) return
      if (queries.getQueryData(['session']) != null) setOver(true)
      forget()
    }
    onNoSession.add(listener)
    return () => void onNoSession.delete(listener)
  }, [forget, queries])

  const session = data ?? null
  const value = useMemo(() => {
    if (session === null) return null
    const logOut = async () => {
      await post('/session/logout', {}).catch(() => {})
      setOver(false)
      forget()
    }
    return { session, logOut }
  }, [session, forget])

  if (isPending) return <Loading />
  if (error !== null) return <ErrorNotice error={error} retry={() => void refetch()} />
  if (value === null) {
    return (
      <LoginPage
        isOver={isOver}
        onLoggedIn={async () => {
          setOver(false)
          await refetch()
        }}
      />
    )
  }
  return <SessionContext value={value}>{children}</SessionContext>
}
