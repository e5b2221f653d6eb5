/**
 * Which attributes an operator may have in an Access-Accept: not those that the protocol itself makes, that hold keys, or
 * that only devices send (the tables of RFC 2865 §5.44, RFC 2869 §5.19, RFC 3579 §3.3). By number, so that no dictionary
 * can give one of them another name.
 */
import { Vendor } from './attributes.ts'
import type { AttributeDefinition } from './dictionary.ts'

/** Why it must not be set, as the end of a sentence that begins with its name; null if it may. */
export function whyNotSettable({ vendor, number, unwritable }: AttributeDefinition): string | null {
  const table = vendor === null ? REFUSED : vendor === Vendor.Microsoft ? REFUSED_OF_MICROSOFT : NONE
  return table.get(number) ?? unwritable
}

/** At most one of it may be in an Access-Accept. */
export function isSingle({ vendor, number }: AttributeDefinition): boolean {
  return vendor === null && SINGLE.has(number)
}

const OWN = 'is made by the server itself'
const KEY = 'holds a password or a key, which does not belong into a configuration'
const DEVICE = 'is what devices tell the server, never the other way round'
const ELSEWHERE = 'does not belong into an Access-Accept'

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

function reasons(...rows: readonly (readonly [why: string, numbers: readonly number[]])[]) {
  return new Map(rows.flatMap(([why, numbers]) => numbers.map((number) => [number, why] as const)))
}

const NONE = reasons()

const REFUSED = reasons(
  [KEY, [2, 3, 60, 69, 70, 84, ...range(141, 143)]],
  // State, Proxy-State, EAP-Message, Message-Authenticator, Error-Cause, EAP-Key-Name.
  [OWN, [24, 33, 79, 80, 101, 102]],
  [DEVICE, [4, 5, 30, 31, 32, ...range(40, 55), 61, 68, 77, 86, 87, 94, 95]],
  ['is written by the name of what the vendor has in it', [26]],
  // ARAP, Password-Retry, Prompt, HTTP digests.
  [ELSEWHERE, [71, 73, 74, 75, 76, ...range(103, 121)]],
  ['is an extended attribute (RFC 6929), which is not supported', range(241, 246)],
  ['is no attribute', [0]],
)

/** RFC 2548: all that MS-CHAP and its keys consist of. */
const REFUSED_OF_MICROSOFT = reasons(
  [KEY, [1, 3, 4, 12, 16, 17, 19, 20, 25, 27]],
  [OWN, [2, 5, 6, 11, 26, 33]],
)

/** RFC 2865 §5.44, RFC 2869 §5.19, RFC 3162 §3, RFC 4372 §2, RFC 5607 §7: "0-1". */
const SINGLE = new Set([
  ...[1, ...range(6, 10), 12, 15, 16, 19, 20, 23, ...range(27, 29), ...range(34, 37), 39, 62, 63],
  ...[72, 85, 88, 89, 96, 100, 133, 134, 136],
])
