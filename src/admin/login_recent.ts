/**
 * `login recent`: the newest logins, to be asked again and again for those since. On PostgreSQL a commit that takes longer
 * than a later one may come in below `newest`, and is not seen by who polls: the stream may miss a login, `audit list` has it.
 */
import { z } from 'zod'
import { outcome } from './audit_view.ts'
import { command } from './command.ts'
import { explained, explainedSchema } from './explained.ts'
import { user } from './fields.ts'

/** Entries that a filter is tried on: what is rare and long ago is found by `audit list`. */
const LOOK = 20_000
const CLIENT = 'client:'

export const loginRecent = command({
  noun: 'login',
  verb: 'recent',
  summary: 'show the newest logins, or those since a row, in plain words',
  role: 'viewer',
  input: z.strictObject({
    user: user.optional(),
    client: z.string().min(1).max(64).optional().describe('name of the RADIUS client'),
    outcome: outcome.extract(['accept', 'reject', 'challenge']).optional().describe('how it ended'),
    reason: z
      .string()
      .regex(/^[a-z0-9-]{1,64}$/, 'must be a reason such as wrong-otp')
      .optional()
      .describe('why, such as wrong-otp'),
    after: z
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .optional()
      .describe('only rows behind this ID: `newest` of the answer before'),
    limit: z.int().min(1).max(1000).default(50).describe('rows at most, 1 to 1000: the newest'),
  }),
  output: z.strictObject({
    logins: z.array(
      explainedSchema.extend({ client: z.string().nullable().describe('null: tried by `login check`') }),
    ),
    newest: z.int().describe('for `after`, the next time'),
    leftOut: z.boolean().describe('there were more since `after` than `limit`'),
  }),
  example: '--outcome reject --client vpn',
  run: async ({ client, after, ...filter }, { store }) => {
    // First: whatever comes between the two reads is shown now or the next time.
    const { rows: top } = await store.listAudit({ limit: 1, cursor: null })
    const actor = client === undefined ? undefined : `${CLIENT}${client}`
    const page = await store.listAudit({ ...filter, actor, after, action: 'login', look: LOOK, cursor: null })
    return {
      logins: page.rows.map((row) => ({
        ...explained(row),
        client: row.actor.startsWith(CLIENT) ? row.actor.slice(CLIENT.length) : null,
      })),
      newest: Math.max(after ?? 0, top[0]?.id ?? 0, page.rows[0]?.id ?? 0),
      leftOut: after !== undefined && page.nextCursor !== null,
    }
  },
})
