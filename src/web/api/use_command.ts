/** Commands in pages: what is shown is a query, what is done a mutation, after which everything shown is asked for again. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
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

/** `mutateAsync(input)` runs it, and throws ApiError. */
export function useRun<K extends CommandName>(name: K) {
  const queries = useQueryClient()
  return useMutation<Output<K>, Error, Input<K>>({
    mutationKey: [name],
    // What it answers may be a password: gone with the dialogue that shows it.
    gcTime: 0,
    mutationFn: async (input) => await call(name, input),
    // A failed one may have changed something too: another administrator was faster.
    onSettled: async () => await queries.invalidateQueries(),
  })
}
