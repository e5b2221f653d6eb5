/** A row of the audit trail as commands answer it: what it holds, and nothing that it means (explained.ts). */
import { z } from 'zod'
import type { AuditRow } from '../storage/store.ts'
import { formatTime } from './rfc3339.ts'

export const outcome = z.enum(['accept', 'reject', 'challenge', 'done', 'refused'])

export const auditEntrySchema = z.strictObject({
  id: z.int(),
  at: z.iso.datetime(),
  node: z.string(),
  actor: z.string().describe('client:NAME of a login, admin:NAME of an operation'),
  source: z.string().describe('IP address, or socket'),
  user: z.string().nullable(),
  serials: z.array(z.string()),
  action: z.string().describe('login, or the command'),
  outcome,
  reason: z.string().nullable(),
  detail: z.string().nullable(),
})

export function auditView(row: AuditRow): z.infer<typeof auditEntrySchema> {
  const { id, at, node, actor, source, user, serials, action, outcome, reason, detail } = row
  return {
    id,
    at: formatTime(at),
    node,
    actor,
    source,
    user,
    serials: [...serials],
    action,
    outcome,
    reason,
    detail,
  }
}
