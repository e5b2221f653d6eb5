/** `token history`: what the audit trail says of a token, and how its clock has gone. */
import { z } from 'zod'
import type { Token } from '../auth/account.ts'
import { readNote } from '../auth/note.ts'
import { type AuditRow, BadCursor } from '../storage/store.ts'
import { tokenType } from '../tokens/registry.ts'
import { type Context, command } from './command.ts'
import { explained, explainedSchema } from './explained.ts'
import { nextCursor, paging, serial } from './fields.ts'
import { formatTime } from './rfc3339.ts'
import { noSuchToken } from './token_change.ts'

export const historyCommand = command({
  noun: 'token',
  verb: 'history',
  summary: 'show what the audit trail says of a token, newest first, and how its clock has gone',
  role: 'viewer',
  input: z.strictObject({ serial, ...paging }),
  output: z.strictObject({
    entries: z.array(explainedSchema),
    drift: z
      .array(
        z.strictObject({
          at: z.iso.datetime(),
          seconds: z.int().describe('that the clock of a TOTP token was ahead by then; 0 for others'),
          steps: z
            .int()
            .nullable()
            .describe('how far the code was from the expected one; null = set by hand'),
        }),
      )
      .describe('of the codes that were accepted, as far as the trail tells; newest first'),
    nextCursor,
  }),
  positional: ['serial'],
  example: 'TOTP1234ABCD --limit 20',
  run: async ({ serial, limit, cursor }, context) => {
    const { store } = context
    const token = await tokenNow(serial, context)
    const place = cursor === undefined ? { drift: token?.drift ?? null, cursor: null } : readPlace(cursor)
    const page = await store.listAudit({ serial, limit, cursor: place.cursor })
    if (token === undefined && page.rows.length === 0 && cursor === undefined) throw noSuchToken(serial)
    const period = token === undefined ? null : tokenType(token.kind).settings(token.state).period
    const { points, before } = driftOf(page.rows, serial, place.drift, period ?? 0, await store.notesSince())
    return {
      entries: page.rows.map(explained),
      drift: points.map(({ at, ...rest }) => ({ at: formatTime(at), ...rest })),
      nextCursor: page.nextCursor === null ? null : `${before ?? '-'}:${page.nextCursor}`,
    }
  },
})

async function tokenNow(serial: string, { store }: Context): Promise<Token | undefined> {
  const key = await store.locate(serial)
  if (key === null) return undefined
  return (await store.load([key])).get(key)?.tokens.find((token) => token.serial === serial)
}

/** The clock error where the page before ended, and the trail's own cursor. */
function readPlace(cursor: string): { drift: number | null; cursor: string } {
  const [, drift, rest] = /^(-|-?\d{1,9}):(.+)$/.exec(cursor) ?? []
  if (drift === undefined || rest === undefined) throw new BadCursor()
  return { drift: drift === '-' ? null : Number(drift), cursor: rest }
}

interface Point {
  readonly at: number
  readonly seconds: number
  readonly steps: number | null
}

/**
 * Backwards from the clock error that is known: a code that was so many steps from the expected one has moved it by as many
 * periods, and what an operation did to it stands in its row. `before`: what it was before the last of `rows`; null where the
 * trail does not tell. No row of a login is larger for it.
 */
export function driftOf(
  rows: readonly AuditRow[],
  serial: string,
  known: number | null,
  period: number,
  notesSince: number,
): { points: Point[]; before: number | null } {
  const points: Point[] = []
  let seconds = known
  for (const row of rows) {
    if (seconds === null) break
    const { at, action, detail } = row
    if (action === 'login') {
      if (!spendsCode(row)) continue
      const steps = stepsOf(row, serial, notesSince)
      if (steps !== null) points.push({ at, seconds, steps })
      seconds = steps === null ? null : seconds - steps * period
    } else if (action === 'token enroll') seconds = null
    else {
      const [, from, to] = / ?drift (-?\d{1,9}) -> (-?\d{1,9})$/.exec(detail ?? '') ?? []
      if (from === undefined || !CHANGES_DRIFT.has(action)) continue
      points.push({ at, seconds: Number(to), steps: null })
      seconds = Number(from)
    }
  }
  return { points, before: seconds }
}

const CHANGES_DRIFT: ReadonlySet<string> = new Set(['token resync', 'token confirm'])
const SPENDING: ReadonlySet<string | null> = new Set(['otp-accepted', 'resynced', 'new-pin-asked'])

function spendsCode({ outcome, reason }: AuditRow): boolean {
  return (outcome === 'accept' || outcome === 'challenge') && SPENDING.has(reason)
}

/** Null for a row of a version that did not say it. */
function stepsOf({ at, detail, serials }: AuditRow, serial: string, notesSince: number): number | null {
  const { distance } = readNote(detail)
  if (distance !== undefined) return distance[serials.indexOf(serial)] ?? null
  return detail !== null || at >= notesSince ? 0 : null
}
