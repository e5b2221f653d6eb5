/**
 * The API's answers for people. An answer is printed property by property: those below in their own form, any other as
 * a block or a table of what it holds, so that a new command needs nothing here.
 */
import type { z } from 'zod'
import type { auditEntrySchema } from '../admin/audit_view.ts'
import type { Fix } from '../admin/fix.ts'
import { shortWords } from '../admin/note_words.ts'
import type { SessionView } from '../admin/session_commands.ts'
import type { TokenView } from '../admin/token_view.ts'
import { faultLines } from './diagnosis_views.ts'
import { block, type Column, indent, table } from './layout.ts'
import { sessionColumns, sessionPairs } from './session_views.ts'
import { duration, plainTime, relativeTime } from './time_text.ts'
import { driftLines, fixLines, loginLines, minuteLines, reasonLines } from './trail_views.ts'

export interface Page {
  /** Columns of the terminal; null when there is none. */
  readonly width: number | null
  /** Milliseconds since 1970. */
  readonly now: number
}

type View = (value: never, page: Page) => string[]
type Entry = z.infer<typeof auditEntrySchema>
interface UserRow {
  readonly user: string
  readonly tokens: number
  readonly locked: number
  readonly groups: readonly string[]
}

/** By the property of the answer. */
const VIEWS: Readonly<Record<string, View>> = {
  token: (token: TokenView, page) => block(tokenPairs(token, page)),
  tokens: (tokens: TokenView[], page) => list(tokens, tokenColumns(page), page, 'no tokens'),
  users: (users: UserRow[], page) => list(users, USER_COLUMNS, page, 'no users'),
  entries: (entries: Entry[], page) => list(entries, ENTRY_COLUMNS, page, 'no entries'),
  session: (session: SessionView, page) => block(sessionPairs(session, page)),
  sessions: (sessions: SessionView[], page) => list(sessions, sessionColumns(page), page, 'no sessions'),
  recent: (entries: (Entry & { fix?: Fix | null })[], page) => [
    '',
    ...list(entries, ENTRY_COLUMNS, page, 'nothing in the audit trail'),
    ...fixLines(entries),
  ],
  logins: loginLines,
  drift: driftLines,
  minutes: minuteLines,
  reasons: reasonLines,
  faults: (faults: never[], { now }) => faultLines('faults', faults, now),
  dropped: (faults: never[], { now }) => faultLines('dropped', faults, now),
  // To be copied as they are.
  configuration: (lines: string[]) =>
    lines.length === 0 ? [] : headed('lines of the configuration that would admit it', lines),
}

/** Said of the list by itself. */
const FOOTERS: Readonly<Record<string, (value: never, answer: object) => string[]>> = {
  total: (total: number, answer) => {
    const { tokens, nextCursor, totalIsExact } = answer as {
      tokens?: unknown[]
      nextCursor?: unknown
      totalIsExact?: boolean
    }
    const all = `${total.toLocaleString('en')}${totalIsExact === false ? '+' : ''}`
    return nextCursor === null ? [] : ['', `${tokens?.length ?? 0} of ${all}`]
  },
  totalIsExact: () => [],
  newest: () => [],
  leftOut: (isSo: boolean) => (isSo ? ['more than these have come since'] : []),
  nextCursor: (cursor: string | null) => (cursor === null ? [] : [`more: --cursor ${cursor}`]),
}

export function render(answer: object, page: Page): string[] {
  const scalars: [string, string][] = []
  const parts: string[][] = []
  const footers: string[][] = []
  for (const [name, value] of Object.entries(answer)) {
    const view = VIEWS[name] as ((value: unknown, page: Page) => string[]) | undefined
    const footer = FOOTERS[name] as ((value: unknown, answer: object) => string[]) | undefined
    if (view !== undefined && !isScalar(value)) parts.push(view(value, page))
    else if (footer !== undefined) footers.unshift(footer(value, answer))
    else if (isScalar(value)) scalars.push([words(name), scalar(name, value, page)])
    else if (isShortList(value)) scalars.push([words(name), value.join(', ') || 'none'])
    else parts.push(nested(name, value, page))
  }
  const gap = scalars.length > 0 && parts.length > 0 ? [''] : []
  return [...block(scalars), ...gap, ...parts.flat(), ...footers.flat()]
}

function list<T>(rows: readonly T[], columns: readonly Column<T>[], { width }: Page, none: string): string[] {
  return rows.length === 0 ? [none] : table(columns, rows, width)
}

function tokenColumns(page: Page): readonly Column<TokenView>[] {
  return [
    { title: 'SERIAL', text: ({ serial }) => serial, whole: true },
    { title: 'TYPE', text: ({ type }) => type, whole: true },
    { title: 'USER', text: ({ user }) => user ?? '' },
    { title: 'STATE', text: (token) => tokenState(token, page), whole: true },
    { title: 'FAILS', text: failures, align: 'right' },
    { title: 'LAST USED', text: ({ lastUsedAt }) => ago(lastUsedAt, page), whole: true },
    { title: 'DESCRIPTION', text: ({ description }) => description ?? '' },
  ]
}

const USER_COLUMNS: readonly Column<UserRow>[] = [
  { title: 'USER', text: ({ user }) => user },
  { title: 'TOKENS', text: ({ tokens }) => String(tokens), align: 'right' },
  { title: 'LOCKED', text: ({ locked }) => String(locked), align: 'right' },
  { title: 'GROUPS', text: ({ groups }) => groups.join(' ') },
]

const ENTRY_COLUMNS: readonly Column<Entry>[] = [
  { title: 'ID', text: ({ id }) => String(id), align: 'right', whole: true },
  { title: 'TIME', text: ({ at }) => plainTime(at), whole: true },
  { title: 'BY', text: ({ actor }) => actor },
  { title: 'FROM', text: ({ source }) => source },
  { title: 'ACTION', text: ({ action }) => action },
  { title: 'USER', text: ({ user }) => user ?? '' },
  { title: 'TOKENS', text: ({ serials }) => serials.join(' ') },
  { title: 'OUTCOME', text: ({ outcome }) => outcome, whole: true },
  { title: 'WHY', text: why },
]

function why({ action, reason, detail }: Entry): string {
  const more = action === 'login' ? shortWords(detail) : detail
  return [reason, more].filter((text) => text !== null).join(': ')
}

/** The first thing that keeps the token from being used, as auth/limits.ts looks at it. */
function tokenState(token: TokenView, { now }: Page): string {
  const { validFrom, validUntil, attemptCount, maxAttempts, successCount, maxSuccesses } = token
  if (token.pending) return 'pending'
  if (!token.active) return 'disabled'
  if (token.locked) return 'locked'
  if (validFrom !== null && now < Date.parse(validFrom)) return 'not yet valid'
  if (validUntil !== null && now > Date.parse(validUntil)) return 'expired'
  if (maxAttempts !== null && attemptCount >= maxAttempts) return 'used up'
  if (maxSuccesses !== null && successCount >= maxSuccesses) return 'used up'
  return 'ok'
}

function tokenPairs(token: TokenView, page: Page): [string, string | null][] {
  const { digits, algorithm, period, drift, validFrom, validUntil } = token
  const settings = [
    `${digits} ${token.type === 'password' ? 'characters' : 'digits'}`,
    algorithm,
    period && `${period} s`,
  ]
  return [
    ['serial', token.serial],
    ['type', [token.type, ...settings.filter((setting) => setting !== null)].join(', ')],
    ['user', token.user ?? 'nobody'],
    ['state', tokenState(token, page)],
    ['PIN', `${token.pinSet ? 'set' : 'none'}${token.changePin ? ', to be changed at the next login' : ''}`],
    ['description', token.description],
    ['counter', String(token.counter)],
    ['window', `${token.window}, resync ${token.syncWindow}`],
    ['clock', drift === 0 ? null : `${Math.abs(drift)} s ${drift > 0 ? 'ahead' : 'behind'}`],
    ['failures', `${token.failCount} of ${token.maxFail === 0 ? 'any number' : token.maxFail}`],
    ['attempts', used(token.attemptCount, token.maxAttempts)],
    ['successes', used(token.successCount, token.maxSuccesses)],
    ['valid from', validFrom && dated(validFrom, page)],
    ['valid until', validUntil && dated(validUntil, page)],
    ['created', dated(token.createdAt, page)],
    ['last used', token.lastUsedAt === null ? 'never' : dated(token.lastUsedAt, page)],
  ]
}

function used(count: number, limit: number | null): string {
  return limit === null ? String(count) : `${count} of ${limit}`
}

function failures({ failCount, maxFail }: TokenView): string {
  return maxFail === 0 ? String(failCount) : `${failCount}/${maxFail}`
}

function ago(at: string | null, { now }: Page): string {
  return at === null ? 'never' : relativeTime(at, now)
}

function dated(at: string, { now }: Page): string {
  return `${plainTime(at)} (${relativeTime(at, now)})`
}

type Scalar = string | number | boolean | null

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value !== 'object'
}

function scalar(name: string, value: Scalar, page: Page): string {
  if (value === null) return 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (name.endsWith('Seconds') && typeof value === 'number') return duration(value) || '0 seconds'
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return dated(value, page)
  return String(value)
}

/** Words that fit on a line, rather than sentences. */
function isShortList(value: unknown): value is string[] {
  const isWord = (each: unknown) => typeof each === 'string' && !each.includes(' ')
  return Array.isArray(value) && value.every(isWord) && value.join(', ').length <= 60
}

/** What has no view of its own: a list or an object under its name. */
function nested(name: string, value: unknown, page: Page): string[] {
  if (!Array.isArray(value)) return headed(name, render(value as object, page))
  if (value.every(isScalar))
    return headed(
      name,
      value.map((each) => scalar('', each, page)).flatMap((text) => block([['-', text]])),
    )
  return headed(name, table(columnsOf(value as object[], page), value as object[], page.width))
}

function headed(name: string, lines: readonly string[]): string[] {
  return [words(name), ...indent(lines)]
}

function columnsOf(rows: readonly object[], page: Page): readonly Column<object>[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  return names.map((name) => ({
    title: words(name).toUpperCase(),
    text: (row) => {
      const value = (row as Record<string, unknown>)[name]
      return isScalar(value) ? scalar(name, value, page) : JSON.stringify(value)
    },
  }))
}

/** `uptimeSeconds` -> `uptime`, `kernelDrops` -> `kernel drops`. */
function words(name: string): string {
  return name.replace(/Seconds$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
