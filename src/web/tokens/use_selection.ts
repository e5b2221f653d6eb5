/** Which tokens are selected: across pages and searches, until they are let go. */
import { useState } from 'react'
import type { TokenView } from '../api/commands.gen.ts'
import { notify } from '../parts/notices.tsx'
import { tokensText } from '../texts/tokens_text.ts'

/** What a person can still look through before it is done. */
const MAX_SELECTED = 1000

export interface Selection {
  /** As they are now, where the page shows them. */
  readonly tokens: readonly TokenView[]
  readonly elsewhere: number
  readonly has: (serial: string) => boolean
  readonly set: (tokens: readonly TokenView[], isSelected: boolean) => void
  /** What an operation made of one: null, it is gone. */
  readonly update: (serial: string, token: TokenView | null) => void
  readonly clear: () => void
}

export function useSelection(shown: readonly TokenView[]): Selection {
  const [chosen, setChosen] = useState<ReadonlyMap<string, TokenView>>(new Map())
  const onPage = new Map(shown.map((token) => [token.serial, token]))
  return {
    tokens: [...chosen.values()].map((token) => onPage.get(token.serial) ?? token),
    elsewhere: [...chosen.keys()].filter((serial) => !onPage.has(serial)).length,
    has: (serial) => chosen.has(serial),
    set: (tokens, isSelected) => {
      const next = new Map(chosen)
      for (const token of tokens) {
        if (!isSelected) next.delete(token.serial)
        else if (next.size < MAX_SELECTED) next.set(token.serial, token)
        else {
          notify(tokensText.tooMany(MAX_SELECTED), { isBad: true })
          break
        }
      }
      setChosen(next)
    },
    update: (serial, token) =>
      setChosen((before) => {
        if (!before.has(serial)) return before
        const next = new Map(before)
        if (token === null) next.delete(serial)
        else next.set(serial, token)
        return next
      }),
    clear: () => setChosen(new Map()),
  }
}
