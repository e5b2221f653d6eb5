/** Times as people read them at a glance; `--json` keeps RFC 3339. */

const UNITS = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** `3 minutes ago`, `in 2 days`, `now`. */
export function relativeTime(at: string, now: number): string {
  const seconds = Math.round((now - Date.parse(at)) / 1000)
  const text = duration(Math.abs(seconds))
  if (text === '') return 'now'
  return seconds > 0 ? `${text} ago` : `in ${text}`
}

/** The largest unit only: `2 hours`; '' for less than a second. */
export function duration(seconds: number): string {
  for (const [unit, length] of UNITS) {
    const count = Math.floor(seconds / length)
    if (count >= 1) return `${count} ${unit}${count === 1 ? '' : 's'}`
  }
  return ''
}

/** `2026-11-24 02:10:33Z`: RFC 3339 without the milliseconds, and easier on the eye. */
export function plainTime(at: string): string {
  return at.replace('T', ' ').replace(/\.\d+Z$/, 'Z')
}
