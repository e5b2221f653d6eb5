/** The limits of a token as people type them, and as the command takes them. An empty field is no limit. */
import type { Input } from '../api/client.ts'
import type { TokenView } from '../api/commands.gen.ts'
import { fromLocalInput, toLocalInput } from '../parts/local_time_input.ts'

export const LIMIT_FIELDS = ['maxAttempts', 'maxSuccesses', 'validFrom', 'validUntil'] as const
export type LimitField = (typeof LIMIT_FIELDS)[number]
export type Limits = Omit<Input<'token set-limits'>, 'serial'>

export function isTime(field: LimitField): boolean {
  return field === 'validFrom' || field === 'validUntil'
}

/** For an input of the browser: a time is the local one, to the minute. */
export function limitText(field: LimitField, token: TokenView): string {
  const value = token[field]
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  return toLocalInput(value)
}

/** What the server is to judge, if it is no number and no time. */
export function limitValue(field: LimitField, text: string): number | string | null {
  const typed = text.trim()
  if (typed === '') return null
  if (!isTime(field)) return Number(typed)
  return fromLocalInput(typed) ?? typed
}

export function limitsOf(texts: Readonly<Partial<Record<LimitField, string>>>): Limits {
  const fields = LIMIT_FIELDS.filter((field) => texts[field] !== undefined)
  return Object.fromEntries(fields.map((field) => [field, limitValue(field, texts[field] ?? '')])) as Limits
}

/** Whether setting these would change nothing. */
export function hasLimits(token: TokenView, limits: Limits): boolean {
  return LIMIT_FIELDS.every((field) => limits[field] === undefined || isSame(limits[field], token[field]))
}

function isSame(one: number | string | null, other: number | string | null): boolean {
  if (typeof one === 'string' && typeof other === 'string') return Date.parse(one) === Date.parse(other)
  return one === other
}

/** As they are, to come back to. */
export function presentLimits({ maxAttempts, maxSuccesses, validFrom, validUntil }: TokenView): Limits {
  return { maxAttempts, maxSuccesses, validFrom, validUntil }
}
