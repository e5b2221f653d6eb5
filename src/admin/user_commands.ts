/** Users: the owners of tokens, with what is set about them (user_set.ts). */
import { z } from 'zod'
import { type Account, spelledName, type Token, userKey } from '../auth/account.ts'
import type { Action } from '../auth/action.ts'
import { withFailCountReset } from '../auth/limits.ts'
import { command } from './command.ts'
import { explained, explainedSchema } from './explained.ts'
import { nextCursor, paging, search, user } from './fields.ts'
import { fixFor, fixSchema } from './fix.ts'
import { type By, requireRank } from './role_check.ts'
import { operation } from './token_change.ts'
import { tokenSchema, tokenView } from './token_view.ts'
import { noSuchUser, userSet } from './user_set.ts'

const RECENT_ROWS = 10

const userShow = command({
  noun: 'user',
  verb: 'show',
  summary: "show a user's groups and tokens, and what happened last",
  role: 'viewer',
  input: z.strictObject({ user }),
  output: z.strictObject({
    user: z.string(),
    groups: z.array(z.string()),
    reply: z.array(z.string()).describe('attributes of an Access-Accept'),
    tokens: z.array(tokenSchema),
    recent: z
      .array(explainedSchema.extend({ fix: fixSchema.nullable().describe('what would mend it at once') }))
      .describe('the last ten rows of the audit trail, newest first'),
  }),
  positional: ['user'],
  example: 'alice',
  run: async ({ user }, context) => {
    const { store } = context
    const key = userKey(user)
    const [accounts, recent] = await Promise.all([
      store.load([key]),
      store.listAudit({ user, limit: RECENT_ROWS, cursor: null }),
    ])
    const account: Account = accounts.get(key) ?? { key, tokens: [] }
    const { tokens, record } = account
    if (tokens.length === 0 && record === undefined) throw noSuchUser(user)
    return {
      user: spelledName(account, user),
      groups: [...(record?.groups ?? [])],
      reply: [...(record?.reply ?? [])],
      tokens: tokens.map(tokenView),
      recent: recent.rows.map((row) => ({ ...explained(row), fix: fixFor(row, tokens, context) })),
    }
  },
})

const userList = command({
  noun: 'user',
  verb: 'list',
  summary: 'list users who have a token',
  role: 'viewer',
  input: z.strictObject({ search: search.optional().describe('part of the name'), ...paging }),
  output: z.strictObject({
    users: z.array(
      z.strictObject({ user: z.string(), tokens: z.int(), locked: z.int(), groups: z.array(z.string()) }),
    ),
    nextCursor,
  }),
  example: '--search smith',
  run: async ({ search, limit, cursor = null }, { store }) => {
    const page = await store.listUsers({ search, limit, cursor })
    const users = page.rows.map((row) => ({ ...row, groups: [...row.groups] }))
    return { users, nextCursor: page.nextCursor }
  },
})

const userResetFailCount = command({
  noun: 'user',
  verb: 'reset-fail-count',
  summary: 'unlock all tokens of a user',
  role: 'helpdesk',
  input: z.strictObject({ user }),
  output: z.strictObject({ tokens: z.array(tokenSchema) }),
  positional: ['user'],
  example: 'alice',
  run: async ({ user }, context) => {
    const tokens = await context.transact(userKey(user), resetFailCounts(user, context))
    return { tokens: tokens.map(tokenView) }
  },
})

/** Every token of the account, its failures forgotten. */
export function resetFailCounts(user: string, by: By): Action<readonly Token[]> {
  return (account, now) => {
    requireRank(account, by)
    const before = tokensOf(account, user)
    const tokens = before.map(withFailCountReset)
    const changed = before.filter((token, i) => token !== tokens[i])
    const entry = operation(by, {
      at: now,
      user: before[0].user,
      serials: before.map(({ serial }) => serial),
      action: 'user reset-fail-count',
      reason: null,
      detail:
        changed.length === 0
          ? null
          : changed.map((token) => `${token.serial} ${token.failCount} -> 0`).join(', '),
    })
    return { result: tokens, tokens: changed.length === 0 ? account.tokens : tokens, audit: [entry] }
  }
}

/** Throws CommandError if there are none: then there is no such user. */
function tokensOf(account: Account | undefined, user: string): readonly [Token, ...Token[]] {
  const [first, ...others] = account?.tokens ?? []
  if (first === undefined) throw noSuchUser(user)
  return [first, ...others]
}

export const userCommands = [userShow, userList, userSet, userResetFailCount]
