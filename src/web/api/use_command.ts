/** Commands in pages: what is shown is a query; after what is done, everything shown is asked for again. */
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type CommandName, call, type Input, type Output } from './client.ts'

export interface QueryOptions {
  readonly isEnabled?: boolean
  /** Asked again after so long, as long as the page is seen. */
  readonly everyMs?: number
  /** Keeps what the last input brought until the new answer is here: no flicker while typing. */
  readonly keepsPrevious?: boolean
}

export function useCommand<K extends CommandName>(
  name: K,
  input: Input<K>,
  { isEnabled = true, everyMs, keepsPrevious = false }: QueryOptions = {},
) {
  return useQuery<Output<K>>({
    queryKey: [name, input],
    queryFn: async ({ signal, client, queryKey }) => {
      // Whoever only watches is away: polling must not keep his session alive. The first time, somebody opened the page.
      const { dataUpdateCount = 0, errorUpdateCount = 0 } = client.getQueryState(queryKey) ?? {}
      const isBackground = everyMs !== undefined && dataUpdateCount + errorUpdateCount > 0
      return await call(name, input, { signal, isBackground })
    },
    enabled: isEnabled,
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
    ...(keepsPrevious ? { placeholderData: keepPreviousData as never } : {}),
  })
}

/** What is shown follows what was done, unless that takes longer: an answer may be a secret that somebody waits for. */
const SHOWN_WITHIN_MS = 2_000

/** `run(input)` throws ApiError. Neither what was typed nor the answer is kept here: either may be a secret. */
export function useRun<K extends CommandName>(name: K) {
  const queries = useQueryClient()
  const [running, setRunning] = useState(0)
  const run = async (input: Input<K>): Promise<Output<K>> => {
    setRunning((count) => count + 1)
    try {
      return await call(name, input)
    } finally {
      // A failed one may have changed something too: another administrator was faster.
      const shown = queries.invalidateQueries()
      await Promise.race([shown, new Promise((resolve) => setTimeout(resolve, SHOWN_WITHIN_MS))])
      setRunning((count) => count - 1)
    }
  }
  return { run, isPending: running > 0 }
}
