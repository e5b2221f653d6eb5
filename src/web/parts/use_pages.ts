/**
 * Pages of a list by cursor: forward by what the server hands out, back by what was seen. Another question starts anew. The
 * browser's history keeps them, so that going back from a row finds the page that it was on.
 */
import { useState } from 'react'

export interface Pages {
  /** For the command's input; empty on the first page. */
  readonly place: { readonly cursor?: string }
  /** From 1. */
  readonly number: number
  readonly next: (cursor: string) => void
  readonly previous: (() => void) | null
}

interface Seen {
  readonly question: string
  readonly cursors: readonly string[]
}

/** `question`: whatever the list depends on, as one string. */
export function usePages(question: string): Pages {
  const [state, setState] = useState<Seen>(() => seenBefore() ?? { question, cursors: [] })
  const cursors = state.question === question ? state.cursors : []
  const goTo = (there: readonly string[]) => {
    const pages = { question, cursors: there }
    setState(pages)
    history.replaceState({ ...history.state, pages }, '')
  }
  const cursor = cursors.at(-1)
  return {
    place: cursor === undefined ? {} : { cursor },
    number: cursors.length + 1,
    next: (cursor) => goTo([...cursors, cursor]),
    previous: cursors.length === 0 ? null : () => goTo(cursors.slice(0, -1)),
  }
}

function seenBefore(): Seen | undefined {
  return (history.state as { pages?: Seen } | null)?.pages
}
