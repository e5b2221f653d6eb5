/**
 * The fields that several commands share: what is allowed, in the schema and in words. Every message continues a
 * sentence that begins with the field's name, and repeats nothing of what was typed: it may be a PIN.
 */
import { z } from 'zod'
import { isPin, MAX_PIN_CHARACTERS } from '../auth/pin_rules.ts'
import { parseTime } from './rfc3339.ts'

const MAX_USER_OCTETS = 253

const USER_ALLOWED = 'must be a visible name without control characters, of at most 253 octets in UTF-8'
const PIN_ALLOWED = 'must be at most 64 characters (118 octets in UTF-8) without control characters'
const TIME_ALLOWED = 'must be a date such as 2030-12-31 or a time such as 2030-12-31T18:00:00Z'

export const serial = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of the characters A-Z a-z 0-9 . _ -')
  .describe('serial number of the token')

// RFC 2865 §5.1: 1 to 253 octets, like any attribute; blank ones never log in (spec/authentication.md, "Words").
export const user = z
  .string()
  .min(1, USER_ALLOWED)
  .max(MAX_USER_OCTETS, USER_ALLOWED)
  .refine(isUserName, USER_ALLOWED)
  .describe('user name, with or without @realm; case does not matter')

export const pin = z
  .string()
  .max(MAX_PIN_CHARACTERS, PIN_ALLOWED)
  .refine(isPin, PIN_ALLOWED)
  .describe('what is typed before the OTP; empty = no PIN')

export const otp = z.string().regex(/^\d{6,10}$/, 'must be a one-time password: digits only, without the PIN')

export const description = z
  .string()
  .max(256)
  .regex(/^\P{Cc}*$/u, 'must be one line without control characters')
  .describe('note for people')

export const window = z
  .int()
  .min(0)
  .max(100)
  .describe('how many codes ahead (TOTP: on either side) are accepted')
export const syncWindow = z.int().min(0).max(10_000).describe('how far resync and autosync look')
export const maxFail = z.int().min(0).max(1000).describe('failures that lock the token; 0 = never')

export const count = z
  .int()
  .min(0)
  .max(2 ** 31 - 1)

export const validFrom = time('start').describe('first moment of use: a date (UTC) or an RFC 3339 time')
export const validUntil = time('end').describe(
  'last moment of use: a date (UTC, to its end) or an RFC 3339 time',
)
export const from = time('start').describe('not before: a date (UTC) or an RFC 3339 time')
export const to = time('end').describe('not after: a date (UTC, to its end) or an RFC 3339 time')

export const expiresBefore = time('start').describe(
  'only tokens whose validity ends, or ended, before this: a date (UTC) or an RFC 3339 time',
)
export const unusedSince = time('start').describe(
  'only tokens not used since this, of those never used the ones enrolled before it',
)

export const search = z.string().min(1).max(253)

export const paging = {
  limit: z.int().min(1).max(1000).default(50).describe('rows at most, 1 to 1000'),
  cursor: z.string().min(1).max(4096).optional().describe('nextCursor of the page before'),
}

export const nextCursor = z.string().nullable().describe('cursor of the next page; null at the end')

function time(bareDate: 'start' | 'end') {
  return z
    .string()
    .max(40, TIME_ALLOWED)
    .refine((text) => parseTime(text, bareDate) !== null, TIME_ALLOWED)
}

function isUserName(name: string): boolean {
  return (
    name.isWellFormed() &&
    !/\p{Cc}/u.test(name) &&
    /[^\s\p{Cf}]/u.test(name) &&
    utf8Length(name) <= MAX_USER_OCTETS
  )
}

export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length
}
