/** Who serves himself at /me, what he may do there, and how it is asked for. */
import { useQueryClient } from '@tanstack/react-query'
import { createContext, useCallback, useContext } from 'react'
import { post } from '../api/client.ts'
import type { Explained, TokenView } from '../api/commands.gen.ts'

export interface MeSession {
  readonly user: string
  readonly passwordSet: boolean
  /** By a registration code, not by the password. */
  readonly byCode: boolean
  readonly enrollNeedsOtp: boolean
  /** What is not switched off. */
  readonly may: Readonly<Record<'enroll' | 'setPin' | 'resync' | 'lost' | 'setPassword', boolean>>
  readonly expiresAt: string
}

/** Answer of `/me/show`. */
export interface Own {
  readonly user: string
  readonly tokens: readonly TokenView[]
  readonly recent: readonly Explained[]
}

export const MeContext = createContext<MeSession | null>(null)

/** Throws outside of MeApp. */
export function useMe(): MeSession {
  const found = useContext(MeContext)
  if (found === null) throw new Error('a part of /me stands outside of MeApp')
  return found
}

/** Does something; everything shown is asked for again afterwards. Throws ApiError. */
export function useMeRun(): <T>(path: string, body: object) => Promise<T> {
  const queries = useQueryClient()
  return useCallback(
    async <T,>(path: string, body: object) => {
      try {
        return await post<T>(`/me/${path}`, body)
      } finally {
        void queries.invalidateQueries()
      }
    },
    [queries],
  )
}
