/** Pages of a list by cursor: forward by what the server hands out, back by what was seen. Another question starts anew. */
import { useState } from 'react'

export interface Pages {
  /** Undefined on the first page. */
  readonly cursor: string | undefined
  /** From 1. */
  readonly number: number
  readonly next: (cursor: string) => void
  readonly previous: (() => void) | null
}

/** `question`: whatever the list depends on, as one string. */
export function usePages(question: string): Pages {
  const [state, setState] = useState({ question, cursors: [] as readonly string[] })
  const cursors = state.question === question ? state.cursors : []
  return {
    cursor: cursors.at(-1),
    number: cursors.length + 1,
    next: (cursor) => setState({ question, cursors: [...cursors, cursor] }),
    previous: cursors.length === 0 ? null : () => setState({ question, cursors: cursors.slice(0, -1) }),
  }
}
