/** Reading tokens: one, or a page of those that a filter leaves. */
import { z } from 'zod'
import { TOKEN_ORDERS, type TokenOrder } from '../storage/store.ts'
import { TOKEN_KINDS } from '../tokens/registry.ts'
import type { Instant } from '../tokens/token_type.ts'
import { command } from './command.ts'
import { expiresBefore, nextCursor, paging, search, serial, unusedSince, user } from './fields.ts'
import { parseTime } from './rfc3339.ts'
import { noSuchToken } from './token_change.ts'
import { tokenSchema, tokenView } from './token_view.ts'

export const showCommand = command({
  noun: 'token',
  verb: 'show',
  summary: 'show one token',
  role: 'viewer',
  input: z.strictObject({ serial }),
  output: z.strictObject({ token: tokenSchema }),
  positional: ['serial'],
  example: 'HOTP1234ABCD',
  run: async ({ serial }, { store }) => {
    const key = await store.locate(serial)
    const account = key === null ? undefined : (await store.load([key])).get(key)
    const token = account?.tokens.find((candidate) => candidate.serial === serial)
    if (token === undefined) throw noSuchToken(serial)
    return { token: tokenView(token) }
  },
})

const SORTS = TOKEN_ORDERS.flatMap((order) => [order, `-${order}`] as const)

export const listCommand = command({
  noun: 'token',
  verb: 'list',
  summary: 'list tokens; filter, sort, page',
  role: 'viewer',
  input: z.strictObject({
    user: user.optional(),
    serial: serial.optional(),
    type: z.enum(TOKEN_KINDS).optional().describe('token type'),
    active: z.boolean().optional().describe('only enabled (false: disabled) tokens'),
    locked: z.boolean().optional().describe('only locked (false: not locked) tokens'),
    assigned: z.boolean().optional().describe('only tokens with (false: without) an owner'),
    pending: z.boolean().optional().describe('only tokens that wait (false: do not) for their first OTP'),
    expiresBefore: expiresBefore.optional(),
    unusedSince: unusedSince.optional(),
    search: search.optional().describe('part of the user, serial or description'),
    sort: z.enum(SORTS).default('serial').describe('order; - before it: descending'),
    ...paging,
  }),
  output: z.strictObject({
    tokens: z.array(tokenSchema),
    nextCursor,
    total: z.int().describe('how many there are on all pages, counted up to 10,000'),
    totalIsExact: z.boolean().describe('false: there may be more than total'),
  }),
  example: '--locked --sort -used',
  run: async ({ sort, limit, cursor = null, expiresBefore, unusedSince, ...rest }, { store }) => {
    const filter = { ...rest, expiresBefore: instant(expiresBefore), unusedSince: instant(unusedSince) }
    const descending = sort.startsWith('-')
    const order = sort.replace('-', '') as TokenOrder
    // A count that ended early may be below what the page shows.
    const [page, { total, isExact }] = await Promise.all([
      store.listTokens({ ...filter, order, descending, limit, cursor }),
      store.countTokens(filter),
    ])
    return {
      tokens: page.rows.map(tokenView),
      nextCursor: page.nextCursor,
      total: Math.max(total, page.rows.length),
      totalIsExact: isExact,
    }
  },
})

function instant(text: string | undefined): Instant | undefined {
  return text === undefined ? undefined : (parseTime(text, 'start') ?? undefined)
}
