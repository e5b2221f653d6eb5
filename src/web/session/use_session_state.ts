/**
 * Whether there is a session, of administrators or of users for themselves: asked once, and over as soon as the server says
 * so. Knows no page.
 */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useState } from 'react'
import { ApiError, get, onNoSession, post } from '../api/client.ts'

export interface SessionPaths {
  readonly session: string
  readonly logOut: string
  /** Requests below it are refused once the session is over. */
  readonly below: string
}

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
    refetchOnWindowFocus: false,
  })

  /** Nothing of the one before is left for the next who sits down here. */
  const forget = useCallback(() => {
    queries.setQueryData(['session', path], null)
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' })
  }, [queries, path])
  useEffect(() => {
    const listener = (asked: string) => {
      if (!asked.startsWith(below) || asked === path) return
      if (queries.getQueryData(['session', path]) != null) setOver(true)
      forget()
    }
    onNoSession.add(listener)
    return () => void onNoSession.delete(listener)
  }, [forget, queries, path, below])

  return {
    session: data ?? null,
    error,
    isPending,
    /** One that was there has ended, other than by logging out. */
    isOver,
    refetch,
    loggedIn: useCallback(async () => {
      setOver(false)
      await refetch()
    }, [refetch]),
    logOut: useCallback(async () => {
      await post(logOut, {}).catch(() => {})
      setOver(false)
      forget()
    }, [logOut, forget]),
  }
}
