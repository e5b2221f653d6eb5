/** One bulk action on its way: how far it is, what came of it, and its undoing. */
import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { call } from '../api/client.ts'
import type { TokenView } from '../api/commands.gen.ts'
import { messageOf } from '../parts/error_notice.tsx'
import { notify } from '../parts/notices.tsx'
import { bulkText } from '../texts/tokens_text.ts'
import type { BulkAction } from './bulk_action.ts'
import type { Limits } from './limits.ts'
import { type Ran, runBounded } from './run_bounded.ts'

/** A token as it was found and as it is then; null: it is gone. */
interface Change {
  readonly before: TokenView
  readonly after: TokenView | null
}

export type BulkRan = Ran<TokenView, Change>
export type Phase =
  | { readonly kind: 'asking' }
  | { readonly kind: 'running'; readonly done: number; readonly all: number }
  | { readonly kind: 'over'; readonly ran: readonly BulkRan[] }

export type Update = (serial: string, token: TokenView | null) => void

export function useBulkRun(update: Update) {
  const queries = useQueryClient()
  const [phase, setPhase] = useState<Phase>({ kind: 'asking' })
  const stopper = useRef<AbortController | null>(null)

  const run = async (action: BulkAction, tokens: readonly TokenView[], limits: Limits) => {
    const all = tokens.length
    stopper.current = new AbortController()
    setPhase({ kind: 'running', done: 0, all })
    const ran = await runBounded<TokenView, Change>(
      tokens,
      (token) => change(action, token, limits),
      (done) => setPhase({ kind: 'running', done, all }),
      stopper.current.signal,
    )
    for (const { item, result } of ran) if (result !== null) update(item.serial, result.after)
    setPhase({ kind: 'over', ran })
    await queries.invalidateQueries()
    return ran
  }

  /** Also when the dialogue is gone already: it tells by a notice. */
  const undo = async ({ undo }: BulkAction, before: readonly TokenView[]) => {
    if (undo === null) return
    const ran = await runBounded(before, undo, () => {}, new AbortController().signal)
    for (const { item, result } of ran) if (result !== null) update(item.serial, result)
    const failed = ran.filter(({ error }) => error !== null)
    const done = ran.length - failed.length
    if (done > 0) notify(bulkText.undone(done))
    if (failed.length > 0) {
      notify(bulkText.undoFailed(failed.length, messageOf(failed[0]?.error)), { isBad: true })
    }
    await queries.invalidateQueries()
  }

  return { phase, run, undo, stop: () => stopper.current?.abort() }
}

/**
 * It may have been selected an hour ago. What somebody else has done since is not done over: its undoing would take that back.
 * Throws ApiError, or why it was left alone.
 */
async function change(action: BulkAction, selected: TokenView, limits: Limits): Promise<Change> {
  const { token: before } = await call('token show', { serial: selected.serial })
  if (before.user !== selected.user) throw new Error(bulkText.otherOwner(before.user))
  const why = action.skip(before, limits)
  if (why !== null) throw new Error(why)
  return { before, after: await action.run(before, limits) }
}
