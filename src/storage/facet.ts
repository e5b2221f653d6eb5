/**
 * A token's facet: all that a list filters by and that has few values, in one short text. Each index of a list begins
 * with it, so that any filter is a few ranges of that index, each in the order of the list. An accepted login changes it
 * only where it ends a lock.
 */
import type { Token } from '../auth/account.ts'
import { isLocked } from '../auth/limits.ts'
import type { TokenFilter } from './store.ts'

const ACTIVE = 1
const ASSIGNED = 2
const LOCKED = 4
const PENDING = 8

/** The type and a hexadecimal digit: `hotp3` is enabled and has an owner, `hotpa` has one and waits for its first OTP. */
export function facetOf(token: Token): string {
  const digit =
    (token.active ? ACTIVE : 0) +
    (token.user === null ? 0 : ASSIGNED) +
    (isLocked(token) ? LOCKED : 0) +
    (token.pending ? PENDING : 0)
  return `${token.kind}${digit.toString(16)}`
}

export function hasFacet(facet: string, { type, active, assigned, locked, pending }: TokenFilter): boolean {
  const digit = Number.parseInt(facet.at(-1) ?? '', 16)
  const is = (bit: number, wanted: boolean | undefined) =>
    wanted === undefined || ((digit & bit) !== 0) === wanted
  return (
    (type === undefined || facet.slice(0, -1) === type) &&
    is(ACTIVE, active) &&
    is(ASSIGNED, assigned) &&
    is(LOCKED, locked) &&
    is(PENDING, pending)
  )
}

/** SQL that is 1 for a locked token and 0 for another. */
export const LOCKED_IN_SQL = `CASE WHEN substr(facet, length(facet)) IN (${Array.from(
  { length: 16 },
  (_, digit) => digit,
)
  .filter((digit) => (digit & LOCKED) !== 0)
  .map((digit) => `'${digit.toString(16)}'`)
  .join(', ')}) THEN 1 ELSE 0 END`
