/** Reading the audit trail, and checking that nobody has altered it. */
import { z } from 'zod'
import type { Instant } from '../tokens/token_type.ts'
import { outcome } from './audit_view.ts'
import { command } from './command.ts'
import { explained, explainedSchema } from './explained.ts'
import { from, nextCursor, paging, serial, to, user } from './fields.ts'
import { parseTime } from './rfc3339.ts'

const auditList = command({
  noun: 'audit',
  verb: 'list',
  summary: 'list logins and operations, newest first',
  role: 'viewer',
  input: z.strictObject({
    user: user.optional(),
    serial: serial.optional(),
    action: z.string().min(1).max(64).optional().describe('login, or a command such as "token disable"'),
    outcome: outcome.optional().describe('how it ended'),
    from: from.optional(),
    to: to.optional(),
    ...paging,
  }),
  output: z.strictObject({ entries: z.array(explainedSchema), nextCursor }),
  example: '--user alice --outcome reject --from 2030-01-01',
  run: async ({ from, to, cursor = null, ...filter }, { store }) => {
    const page = await store.listAudit({
      ...filter,
      from: instant(from, 'start'),
      to: instant(to, 'end'),
      cursor,
    })
    return { entries: page.rows.map(explained), nextCursor: page.nextCursor }
  },
})

function instant(text: string | undefined, bareDate: 'start' | 'end'): Instant | undefined {
  return text === undefined ? undefined : (parseTime(text, bareDate) ?? undefined)
}

const auditVerify = command({
  noun: 'audit',
  verb: 'verify',
  summary: 'check that no row of the audit trail was changed, removed or added',
  role: 'viewer',
  input: z.strictObject({}),
  output: z.strictObject({
    ok: z.boolean(),
    entries: z.int().describe('rows checked'),
    firstBad: z
      .strictObject({ id: z.int().nullable(), chain: z.int(), problem: z.string() })
      .nullable()
      .describe('where the trail was altered; null = nowhere'),
  }),
  run: async (_, { verifyAudit }) => {
    const { entries, firstBad } = await verifyAudit()
    return { ok: firstBad === null, entries, firstBad }
  },
})

export const auditCommands = [auditList, auditVerify]
