/** `token set` and `token set-limits`: what an operator may choose about a token, and how a change of it reads. */
import { z } from 'zod'
import { type Token, typeOf } from '../auth/account.ts'
import { isLocked } from '../auth/limits.ts'
import type { Instant } from '../tokens/token_type.ts'
import { command } from './command.ts'
import { CommandError } from './command_error.ts'
import { count, description, maxFail, serial, syncWindow, validFrom, validUntil, window } from './fields.ts'
import { formatTime, parseTime } from './rfc3339.ts'
import { type Change, changeToken } from './token_change.ts'
import { tokenSchema, tokenView } from './token_view.ts'

const output = z.strictObject({ token: tokenSchema })

const setInput = z.strictObject({
  serial,
  description: description.nullable().optional(),
  window: window.optional(),
  syncWindow: syncWindow.optional(),
  maxFail: maxFail.optional(),
  changePin: z.boolean().describe('the PIN must be changed at the next login').optional(),
  attemptCount: count.describe('attempts used so far').optional(),
  successCount: count.describe('successes used so far').optional(),
})

export const setCommand = command({
  noun: 'token',
  verb: 'set',
  summary: "change a token's settings",
  role: 'admin',
  input: setInput,
  output,
  positional: ['serial'],
  example: 'HOTP1234ABCD --max-fail 5 --description "blue key ring"',
  run: async ({ serial, ...settings }, context) => {
    refuseNothing(settings, Object.keys(setInput.shape))
    const change = await changeToken('token set', serial, context, (token, now) =>
      withSettings(token, settings, now),
    )
    return { token: tokenView(change.token as Token) }
  },
})

const limitsInput = z.strictObject({
  serial,
  maxAttempts: count.nullable().describe('logins tried at most; null = unlimited').optional(),
  maxSuccesses: count.nullable().describe('logins accepted at most; null = unlimited').optional(),
  validFrom: validFrom.nullable().optional(),
  validUntil: validUntil.nullable().optional(),
})

export const setLimitsCommand = command({
  noun: 'token',
  verb: 'set-limits',
  summary: 'limit how often and how long a token may be used',
  role: 'admin',
  input: limitsInput,
  output,
  positional: ['serial'],
  example: 'HOTP1234ABCD --max-successes 20 --valid-until 2030-12-31',
  run: async ({ serial, validFrom, validUntil, ...counts }, context) => {
    const limits = {
      ...counts,
      validFrom: instant(validFrom, 'start'),
      validUntil: instant(validUntil, 'end'),
    }
    refuseNothing(limits, Object.keys(limitsInput.shape))
    const change = await changeToken('token set-limits', serial, context, (token) =>
      withLimits(token, limits),
    )
    return { token: tokenView(change.token as Token) }
  },
})

export type Settings = Omit<z.infer<typeof setInput>, 'serial'>

export function withSettings(token: Token, settings: Settings, now: Instant): Change {
  const changed = changedBy(token, settings)
  const after = { ...token, ...changed.fields }
  checkWindows(after)
  const lockedAt = isLocked(after) ? (token.lockedAt ?? now) : null
  if (changed.detail === null) return { token, detail: null }
  return { token: { ...after, lockedAt }, detail: changed.detail }
}

/** undefined: leave it; null: no limit. */
export interface Limits {
  readonly maxAttempts?: number | null | undefined
  readonly maxSuccesses?: number | null | undefined
  readonly validFrom?: Instant | null | undefined
  readonly validUntil?: Instant | null | undefined
}

export function withLimits(token: Token, limits: Limits): Change {
  const changed = changedBy(token, limits)
  const after = { ...token, ...changed.fields }
  if (after.validFrom !== null && after.validUntil !== null && after.validFrom > after.validUntil) {
    const until = formatTime(after.validUntil)
    throw new CommandError('invalid', `validFrom must not be later than validUntil, which is ${until}`)
  }
  return { token: changed.detail === null ? token : after, detail: changed.detail }
}

/** Throws CommandError if no code could ever be accepted, or resync would see less than a login. */
export function checkWindows(token: Token): void {
  const { from, to } = typeOf(token).window(token.state, { ...token, counter: 0 }, 0)
  if (from > to) {
    throw new CommandError(
      'invalid',
      `window must be at least 1 for ${token.kind}: with 0 no code is ever accepted`,
    )
  }
  if (token.syncWindow < token.window) {
    throw new CommandError('invalid', `syncWindow must be at least window, which is ${token.window}`)
  }
}

type Field = keyof Settings | keyof Limits

interface Changed {
  readonly fields: Partial<Token>
  /** `maxFail 10 -> 5, window 10 -> 20`; null if nothing is different. */
  readonly detail: string | null
}

function changedBy(token: Token, wanted: Readonly<Partial<Record<Field, unknown>>>): Changed {
  const different = (Object.entries(wanted) as [Field, unknown][]).filter(
    ([field, value]) => value !== undefined && value !== token[field],
  )
  if (different.length === 0) return { fields: {}, detail: null }
  const detail = different.map(
    ([field, value]) => `${field} ${show(field, token[field])} -> ${show(field, value)}`,
  )
  return { fields: Object.fromEntries(different), detail: detail.join(', ') }
}

function show(field: Field, value: unknown): string {
  if (value === null) return 'none'
  if (field === 'validFrom' || field === 'validUntil') return formatTime(value as Instant)
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

function instant(text: string | null | undefined, bareDate: 'start' | 'end'): Instant | null | undefined {
  return typeof text === 'string' ? parseTime(text, bareDate) : text
}

function refuseNothing(wanted: object, fields: readonly string[]): void {
  if (Object.values(wanted).some((value) => value !== undefined)) return
  const settable = fields.filter((field) => field !== 'serial').join(', ')
  throw new CommandError('invalid', 'nothing to change was given', `give at least one of ${settable}`)
}
