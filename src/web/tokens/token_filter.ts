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
const FLAGS = ['locked', 'disabled', 'unassigned', 'pending'] as const

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

/** `params` with this filter; what stands there besides, stays. */
export function withFilter(params: URLSearchParams, filter: TokenFilter): URLSearchParams {
  const next = new URLSearchParams(params)
  const set = (name: string, value: string | null) =>
    value === null ? next.delete(name) : next.set(name, value)
  set('q', filter.search === '' ? null : filter.search)
  for (const flag of FLAGS) set(flag, filter[flag] ? '1' : null)
  set('expiring', filter.expiringDays?.toString() ?? null)
  set('unused', filter.unusedDays?.toString() ?? null)
  set('sort', filter.sort === 'serial' ? null : filter.sort)
  set('rows', filter.rows === DEFAULT_ROWS ? null : String(filter.rows))
  return next
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
