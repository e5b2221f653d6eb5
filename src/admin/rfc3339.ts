/** Times as operators read and write them: RFC 3339, UTC when we write. */
import type { Instant } from '../tokens/token_type.ts'

const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/

const DAY_MS = 86_400_000

export function formatTime(at: Instant): string {
  return new Date(at).toISOString()
}

export function formatTimeOrNull(at: Instant | null): string | null {
  return at === null ? null : formatTime(at)
}

/** A date or a date with time and offset; null if it is neither. A bare date is that day in UTC, from its start or to its end. */
export function parseTime(text: string, bareDate: 'start' | 'end'): Instant | null {
  if (DATE.test(text)) {
    const start = Date.parse(`${text}T00:00:00Z`)
    if (!isDay(text, start)) return null
    return bareDate === 'start' ? start : start + DAY_MS - 1
  }
  if (!DATE_TIME.test(text) || !isDay(text.slice(0, 10), Date.parse(`${text.slice(0, 10)}T00:00:00Z`)))
    return null
  const at = Date.parse(text.replace(' ', 'T').toUpperCase())
  return Number.isNaN(at) || at < 0 ? null : at
}

/** Date.parse takes 30 February for 2 March. */
function isDay(date: string, start: number): boolean {
  return !Number.isNaN(start) && start >= 0 && new Date(start).toISOString().startsWith(date)
}
