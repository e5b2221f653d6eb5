/**
 * The newest logins, asked for again and again since the last one seen. While paused they are collected out of sight. Bounded:
 * what is older than the list is long is let go.
 */
import { useEffect, useRef, useState } from 'react'
import { ApiError, call, type Input, type Output } from '../api/client.ts'

export type Login = Output<'login recent'>['logins'][number]
export type LiveFilter = Pick<Input<'login recent'>, 'outcome' | 'reason' | 'client' | 'user'>

export interface Live {
  /** Null until the first answer. */
  readonly rows: readonly Login[] | null
  /** How many came while it was paused. */
  readonly waiting: number
  /** More came between two questions than an answer holds. */
  readonly isLeftOut: boolean
  readonly error: unknown
}

interface State extends Live {
  readonly held: readonly Login[]
}

const EVERY_MS = 1_500
const MOST_ROWS = 300
const FIRST_ROWS = 100
const EMPTY: State = { rows: null, held: [], waiting: 0, isLeftOut: false, error: null }

export function useLive(filter: LiveFilter, isPaused: boolean): Live {
  const [state, setState] = useState<State>(EMPTY)
  const paused = useRef(isPaused)
  const question = JSON.stringify(filter)

  useEffect(() => {
    const asked = JSON.parse(question) as LiveFilter
    const stop = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    let after: number | undefined
    const ask = async () => {
      const since = after === undefined ? { limit: FIRST_ROWS } : { after, limit: MOST_ROWS }
      // Whoever only watches is away: the first question is his, the others are the clock's.
      const options = { signal: stop.signal, isBackground: after !== undefined }
      try {
        const answer = await call('login recent', { ...asked, ...since }, options)
        after = answer.newest
        setState((before) => taken(before, answer, paused.current))
      } catch (error) {
        if (stop.signal.aborted) return
        setState((before) => ({ ...before, error }))
        // What was refused would be refused again.
        if (error instanceof ApiError && error.status >= 400 && error.status < 500) return
      }
      timer = setTimeout(next, EVERY_MS)
    }
    /** Nobody sees a page in the background: it asks when it is back. */
    const next = () => {
      if (document.visibilityState === 'visible') void ask()
      else timer = setTimeout(next, EVERY_MS)
    }
    setState(EMPTY)
    void ask()
    return () => {
      stop.abort()
      clearTimeout(timer)
    }
  }, [question])

  useEffect(() => {
    paused.current = isPaused
    if (!isPaused) setState(released)
  }, [isPaused])
  return state
}

function taken(before: State, { logins, leftOut }: Output<'login recent'>, isPaused: boolean): State {
  const isLeftOut = before.isLeftOut || leftOut
  if (before.rows === null) return { ...before, rows: logins, error: null }
  if (logins.length === 0) return before.error === null ? before : { ...before, error: null }
  if (!isPaused) return { ...before, rows: joined(logins, before.rows), isLeftOut, error: null }
  const waiting = before.waiting + logins.length
  return { ...before, held: joined(logins, before.held), waiting, isLeftOut, error: null }
}

function released(before: State): State {
  if (before.held.length === 0) return before
  return { ...before, rows: joined(before.held, before.rows ?? []), held: [], waiting: 0 }
}

/** A row that is in both is there once. */
function joined(newer: readonly Login[], older: readonly Login[]): readonly Login[] {
  const ids = new Set(newer.map(({ id }) => id))
  return [...newer, ...older.filter(({ id }) => !ids.has(id))].slice(0, MOST_ROWS)
}
