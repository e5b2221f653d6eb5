/** What the list of tokens is filtered and sorted by: as the address has it, and as the command takes it. Knows no component. */
import type { Input } from '../api/client.ts'
import type { TokenSort } from '../api/commands.gen.ts'

export interface TokenFilter {
  readonly search: string
  readonly locked: boolean
  readonly disabled: boolean
  readonly unassigned: boolean
  readonly pending: boolean
  /** Null: whenever they expire. */
  readonly expiringDays: number | null
  readonly unusedDays: number | null
  readonly sort: TokenSort
  readonly rows: number
}

export const ROWS = [25, 50, 200] as const
const DEFAULT_ROWS = 50
const MAX_DAYS = 36_500
const DAY_MS = 86_400_000
const SORTS = /^-?(serial|user|created|used|failures)$/
export const FLAGS = ['locked', 'disabled', 'unassigned', 'pending'] as const

export type Flag = (typeof FLAGS)[number]

/** Of an address that anybody may have typed: what is no filter is none. */
export function filterOf(params: URLSearchParams): TokenFilter {
  const sort = params.get('sort') ?? ''
  const rows = Number(params.get('rows'))
  return {
    search: (params.get('q') ?? '').slice(0, 253),
    locked: params.has('locked'),
    disabled: params.has('disabled'),
    unassigned: params.has('unassigned'),
    pending: params.has('pending'),
    expiringDays: daysOf(params.get('expiring')),
    unusedDays: daysOf(params.get('unused')),
    sort: SORTS.test(sort) ? (sort as TokenSort) : 'serial',
    rows: ROWS.find((choice) => choice === rows) ?? DEFAULT_ROWS,
  }
}

/** Null for what is no number of days. */
export function daysOf(text: string | null): number | null {
  if (text === null || !/^\d{1,5}$/.test(text)) return null
  return Math.min(Number(text), MAX_DAYS)
}

/** As the address has it; null: left out. */
export function changeOf(filter: Partial<TokenFilter>): Record<string, string | null> {
  const { search, expiringDays, unusedDays, sort, rows } = filter
  const flags = FLAGS.flatMap((flag) =>
    filter[flag] === undefined ? [] : [[flag, filter[flag] ? '1' : null]],
  )
  return {
    ...(search === undefined ? {} : { q: search }),
    ...Object.fromEntries(flags),
    ...(expiringDays === undefined ? {} : { expiring: expiringDays?.toString() ?? null }),
    ...(unusedDays === undefined ? {} : { unused: unusedDays?.toString() ?? null }),
    ...(sort === undefined ? {} : { sort: sort === 'serial' ? null : sort }),
    ...(rows === undefined ? {} : { rows: rows === DEFAULT_ROWS ? null : String(rows) }),
  }
}

export function isFiltered(filter: TokenFilter): boolean {
  const { search, expiringDays, unusedDays } = filter
  return search !== '' || expiringDays !== null || unusedDays !== null || FLAGS.some((flag) => filter[flag])
}

/** Days, not moments: the same question has the same answer for a while. */
export function inputOf(filter: TokenFilter, nowMs: number): Input<'token list'> {
  const { search, locked, disabled, unassigned, pending, expiringDays, unusedDays, sort, rows } = filter
  return {
    ...(search.trim() === '' ? {} : { search: search.trim() }),
    ...(locked ? { locked } : {}),
    // A pending token is not enabled either, but nobody has disabled it.
    ...(disabled ? { active: false, pending } : {}),
    ...(unassigned ? { assigned: false } : {}),
    ...(pending ? { pending } : {}),
    ...(expiringDays === null ? {} : { expiresBefore: dateIn(nowMs, expiringDays + 1) }),
    ...(unusedDays === null ? {} : { unusedSince: dateIn(nowMs, -unusedDays) }),
    sort,
    limit: rows,
  }
}

function dateIn(nowMs: number, days: number): string {
  return new Date(nowMs + days * DAY_MS).toISOString().slice(0, 10)
}
