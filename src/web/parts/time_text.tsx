/** A time: local and as people say it, with RFC 3339 in the tooltip. */
import { commonText } from '../texts/common_text.ts'
import { useTick } from './use_tick.ts'

const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const LOCAL = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const STEPS: readonly [number, Intl.RelativeTimeFormatUnit][] = [
  [60, 'second'],
  [3600, 'minute'],
  [86_400, 'hour'],
  [30 * 86_400, 'day'],
  [365 * 86_400, 'month'],
]

/** `at`: RFC 3339, or null for never. */
export function TimeText({ at, isRelative = false }: { at: string | null; isRelative?: boolean }) {
  if (at === null) return <>{commonText.never}</>
  return (
    <time dateTime={at} title={at}>
      {isRelative ? <Relative at={at} /> : localTime(at)}
    </time>
  )
}

function Relative({ at }: { at: string }) {
  useTick()
  return <>{relative(at, Date.now())}</>
}

export function localTime(at: string): string {
  return LOCAL.format(new Date(at))
}

/** `3 minutes ago`, `in 2 days`. */
export function relative(at: string, nowMs: number): string {
  const seconds = (Date.parse(at) - nowMs) / 1000
  const distance = Math.abs(seconds)
  let unitSeconds = 1
  for (const [limit, unit] of STEPS) {
    if (distance < limit) return RELATIVE.format(Math.round(seconds / unitSeconds), unit)
    unitSeconds = limit
  }
  return RELATIVE.format(Math.round(seconds / unitSeconds), 'year')
}

/** `2 d 4 h`, `3 h 20 min`, `45 s`: the two greatest units. */
export function durationText(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [Math.floor(seconds) % 60, 's'],
  ] as const
  const first = parts.findIndex(([count]) => count > 0)
  const shown = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2)
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ')
}
