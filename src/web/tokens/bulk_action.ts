/** What may be done with many tokens: by which command, to which of them it does nothing and why, and the way back. */
import { type CommandName, call } from '../api/client.ts'
import type { TokenView } from '../api/commands.gen.ts'
import { bulkText } from '../texts/tokens_text.ts'
import { hasLimits, type Limits, presentLimits } from './limits.ts'

export type BulkName = keyof typeof bulkText.actions

export interface BulkAction {
  readonly needs: CommandName
  /** Cannot be taken back, and takes something away. */
  readonly isDangerous: boolean
  /** Why it does nothing to this token; null: it will change it. */
  readonly skip: (token: TokenView, limits: Limits) => string | null
  /** Answers the token as it is then; null: it is gone. Throws ApiError. */
  readonly run: (token: TokenView, limits: Limits) => Promise<TokenView | null>
  /** Makes it what it was before. Throws ApiError. */
  readonly undo: ((before: TokenView) => Promise<TokenView>) | null
}

const said = bulkText.actions

export const BULK_ACTIONS: Readonly<Record<BulkName, BulkAction>> = {
  enable: {
    needs: 'token enable',
    isDangerous: false,
    skip: ({ active, pending }) => (pending ? bulkText.pendingSkipped : active ? said.enable.skipped : null),
    run: enable,
    undo: disable,
  },
  disable: {
    needs: 'token disable',
    isDangerous: false,
    skip: ({ active, pending }) => (pending ? bulkText.pendingSkipped : active ? null : said.disable.skipped),
    run: disable,
    undo: enable,
  },
  reset: {
    needs: 'token reset-fail-count',
    isDangerous: false,
    skip: ({ failCount }) => (failCount === 0 ? said.reset.skipped : null),
    run: async ({ serial }) => (await call('token reset-fail-count', { serial })).token,
    undo: null,
  },
  limits: {
    needs: 'token set-limits',
    isDangerous: false,
    skip: (token, limits) => (hasLimits(token, limits) ? said.limits.skipped : null),
    run: async ({ serial }, limits) => (await call('token set-limits', { serial, ...limits })).token,
    undo: async (before) =>
      (await call('token set-limits', { serial: before.serial, ...presentLimits(before) })).token,
  },
  unassign: {
    needs: 'token unassign',
    isDangerous: true,
    skip: ({ user }) => (user === null ? said.unassign.skipped : null),
    run: async ({ serial }) => (await call('token unassign', { serial })).token,
    undo: null,
  },
  delete: {
    needs: 'token delete',
    isDangerous: true,
    skip: () => null,
    run: async ({ serial }) => {
      await call('token delete', { serial })
      return null
    },
    undo: null,
  },
}

async function enable({ serial }: TokenView): Promise<TokenView> {
  return (await call('token enable', { serial })).token
}

async function disable({ serial }: TokenView): Promise<TokenView> {
  return (await call('token disable', { serial })).token
}
