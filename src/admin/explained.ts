/** A row of the audit trail as lists show it to people: with what it says in plain words. */
import { z } from 'zod'
import type { AuditRow } from '../storage/store.ts'
import { auditEntrySchema, auditView } from './audit_view.ts'
import { inWords } from './plain_words.ts'

export const explainedSchema = auditEntrySchema.extend({
  explanation: z.string().describe('what happened, in plain words'),
})

export type Explained = z.infer<typeof explainedSchema>

export function explained(row: AuditRow): Explained {
  return { ...auditView(row), explanation: inWords(row) }
}
