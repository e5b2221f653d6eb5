/** What was asked for, once it is there; until then that it is on its way, and at any time what went wrong. */
import type { ReactNode } from 'react'
import { ErrorNotice } from './error_notice.tsx'
import { Loading } from './loading.tsx'

export interface AnsweredProps<T> {
  /** Of useCommand. */
  readonly query: {
    readonly data: T | undefined
    readonly error: unknown
    readonly refetch: () => unknown
  }
  readonly children: (data: T) => ReactNode
}

export function Answered<T>({ query: { data, error, refetch }, children }: AnsweredProps<T>) {
  return (
    <>
      {error === null ? null : <ErrorNotice error={error} retry={() => void refetch()} />}
      {data === undefined ? error === null && <Loading /> : children(data)}
    </>
  )
}
