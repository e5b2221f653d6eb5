/**
 * Whether there is a session, of administrators or of users for themselves: over as soon as the server says so, to whatever was
 * asked. Knows no page.
 */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useState } from 'react'
import { ApiError, get, onNoSession, post } from '../api/client.ts'
import { messageOf } from '../parts/error_notice.tsx'
import { clearNotices, notify } from '../parts/notices.tsx'
import { loginText } from '../texts/login_text.ts'
import { useOtherWindows } from './other_windows.ts'

export interface SessionPaths {
  readonly session: string
  readonly logOut: string
  /** Requests below it are refused once the session is over. */
  readonly below: string
}

/** How soon a page that asks for nothing by itself sees that the session is over. */
const EVERY_MS = 60_000

export function useSessionState<T extends object>({ session: path, logOut, below }: SessionPaths) {
  const queries = useQueryClient()
  const [isOver, setOver] = useState(false)
  const { data, error, isPending, refetch } = useQuery<T | null>({
    queryKey: ['session', path],
    queryFn: async ({ signal }) => {
      try {
        return await get<T>(path, { signal, isBackground: true })
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null
        throw error
      }
    },
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (state.data == null ? false : EVERY_MS),
    refetchOnWindowFocus: 'always',
  })

  /** Nothing of the one before is left for the next who sits down here. */
  const forget = useCallback(() => {
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' })
    clearNotices()
  }, [queries])
  useEffect(() => {
    const listener = (asked: string) => {
      const isOurs = asked.startsWith(below) || asked === path
      if (!isOurs || queries.getQueryData(['session', path]) == null) return
      setOver(true)
      queries.setQueryData(['session', path], null)
      forget()
    }
    onNoSession.add(listener)
    return () => void onNoSession.delete(listener)
  }, [forget, queries, path, below])
  const tellOthers = useOtherWindows(
    `session ${path}`,
    useCallback(() => {
      setOver(false)
      forget()
      // It may be another person: nothing of the page stays, and it begins anew.
      void queries.resetQueries({ queryKey: ['session', path] })
    }, [forget, queries, path]),
  )

  return {
    session: data ?? null,
    /** Why it is not known. One that is known stays while the server does not answer, with all that is open. */
    error: data === undefined ? error : null,
    isPending,
    /** One that was there has ended, other than by logging out. */
    isOver,
    refetch,
    loggedIn: useCallback(async () => {
      setOver(false)
      const { data, error } = await refetch()
      if (data == null) throw error ?? new Error(loginText.noCookie)
      tellOthers()
    }, [refetch, tellOthers]),
    logOut: useCallback(async () => {
      try {
        await post(logOut, {})
      } catch (error) {
        return notify(loginText.stillIn(messageOf(error)), { isBad: true })
      }
      setOver(false)
      queries.setQueryData(['session', path], null)
      forget()
      tellOthers()
    }, [queries, path, logOut, forget, tellOthers]),
  }
}
