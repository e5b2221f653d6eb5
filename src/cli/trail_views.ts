/** Logins in plain words, a token's clock, and minutes of activity, as people read them. */
import type { Explained } from '../admin/explained.ts'
import type { Fix } from '../admin/fix.ts'
import { block, type Column, indent, table } from './layout.ts'
import { plainTime } from './time_text.ts'

interface Page {
  readonly width: number | null
}

const LOGIN_COLUMNS: readonly Column<Explained & { readonly client: string | null }>[] = [
  { title: 'ID', text: ({ id }) => String(id), align: 'right', whole: true },
  { title: 'TIME', text: ({ at }) => plainTime(at), whole: true },
  { title: 'CLIENT', text: ({ client, actor }) => client ?? actor },
  { title: 'FROM', text: ({ source }) => source },
  { title: 'USER', text: ({ user }) => user ?? '' },
  { title: 'TOKENS', text: ({ serials }) => serials.join(' ') },
  { title: 'WHAT HAPPENED', text: ({ explanation }) => explanation },
]

type Logins = readonly (Explained & { readonly client: string | null })[]

export function loginLines(logins: Logins, { width }: Page): string[] {
  return logins.length === 0 ? ['no logins'] : table(LOGIN_COLUMNS, logins, width)
}

interface Drift {
  readonly at: string
  readonly seconds: number
  readonly steps: number | null
}

const DRIFT_COLUMNS: readonly Column<Drift>[] = [
  { title: 'TIME', text: ({ at }) => plainTime(at), whole: true },
  { title: 'CLOCK', text: ({ seconds }) => (seconds === 0 ? '' : `${signed(seconds)} s`), align: 'right' },
  { title: 'CODE', text: ({ steps }) => (steps === null ? 'set by hand' : signed(steps)), align: 'right' },
]

export function driftLines(drift: readonly Drift[], { width }: Page): string[] {
  return drift.length === 0 ? [] : ['', 'accepted codes', ...indent(table(DRIFT_COLUMNS, drift, width))]
}

function signed(count: number): string {
  return count > 0 ? `+${count}` : String(count)
}

interface Minute {
  readonly at: string
  readonly accept: number
  readonly reject: number
  readonly challenge: number
  readonly dropped: number
}

const number = (title: string, of: (minute: Minute) => number): Column<Minute> => {
  return { title, text: (minute) => String(of(minute)), align: 'right' }
}

const MINUTE_COLUMNS: readonly Column<Minute>[] = [
  { title: 'MINUTE', text: ({ at }) => plainTime(at), whole: true },
  number('ACCEPTED', ({ accept }) => accept),
  number('REJECTED', ({ reject }) => reject),
  number('ASKED BACK', ({ challenge }) => challenge),
  number('DROPPED', ({ dropped }) => dropped),
]

/** Minutes without anything are left out, and counted. */
export function minuteLines(minutes: readonly Minute[], { width }: Page): string[] {
  const busy = minutes.filter(({ at: _, ...counts }) => Object.values(counts).some((count) => count > 0))
  const quiet = minutes.length - busy.length
  return [
    ...(busy.length === 0 ? [] : table(MINUTE_COLUMNS, busy, width)),
    ...(quiet === 0 ? [] : [`${quiet} minute${quiet === 1 ? '' : 's'} without requests`]),
  ]
}

interface Reason {
  readonly reason: string
  readonly count: number
  readonly words: string
}

const REASON_COLUMNS: readonly Column<Reason>[] = [
  { title: 'REJECTED FOR', text: ({ reason }) => reason, whole: true },
  { title: 'TIMES', text: ({ count }) => String(count), align: 'right', whole: true },
  { title: 'MEANS', text: ({ words }) => words },
]

export function reasonLines(reasons: readonly Reason[], { width }: Page): string[] {
  return reasons.length === 0 ? [] : ['', ...table(REASON_COLUMNS, reasons, width)]
}

/** Each once, the newest first: several logins may have failed for the same. */
export function fixLines(rows: readonly { readonly fix?: Fix | null }[]): string[] {
  const fixes = rows.flatMap(({ fix }) => fix ?? [])
  const byCommand = new Map(fixes.map((fix) => [commandLine(fix), fix.words]))
  if (byCommand.size === 0) return []
  return [
    '',
    'what would mend it',
    ...indent(
      [...byCommand].flatMap(([line, words]) => [
        ...block([['-', words]]),
        ...indent(block([['', line]]).map((text) => text.trim())),
      ]),
    ),
  ]
}

function commandLine({ command, input }: Fix): string {
  const { serial, ...fields } = input
  const options = Object.entries(fields).map(([name, value]) => {
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    return value === false ? `--no-${flag}` : `--${flag} ${value ?? 'none'}`
  })
  return ['sallyport', command, serial, ...options].join(' ')
}
