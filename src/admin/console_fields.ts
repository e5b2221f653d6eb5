/** Fields of the commands about the console: passwords, roles, durations. */
import { z } from 'zod'
import { ROLES } from '../auth/role.ts'

export const MIN_PASSWORD = 10
export const MAX_PASSWORD = 128
const PASSWORD_ALLOWED = `must have ${MIN_PASSWORD} to ${MAX_PASSWORD} characters, without control characters`

/** NIST SP 800-63B §3.1.1.2: length counts; no rule about what it is made of. */
export const newPassword = z
  .string()
  .min(MIN_PASSWORD, PASSWORD_ALLOWED)
  .max(MAX_PASSWORD, PASSWORD_ALLOWED)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), PASSWORD_ALLOWED)
  .describe(`for the console, of ${MIN_PASSWORD} characters or more`)

export const role = z
  .enum(ROLES)
  .describe('viewer: looks; helpdesk: unlocks, resets, resyncs; admin: everything')

const DURATION_ALLOWED = 'must be a time from 5m to 30d, such as 30m, 24h or 7d'
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const LEAST_MS = 5 * UNIT_MS.m
const MOST_MS = 30 * UNIT_MS.d

export const expiresIn = z
  .string()
  .max(8, DURATION_ALLOWED)
  .refine((text) => {
    const ms = durationMs(text)
    return ms !== null && ms >= LEAST_MS && ms <= MOST_MS
  }, DURATION_ALLOWED)
  .default('24h')
  .describe('how long it may be used: 30m, 24h, 7d')

/** Null for what is no duration. */
export function durationMs(text: string): number | null {
  const found = /^([1-9]\d{0,5})([mhd])$/.exec(text)
  return found === null ? null : Number(found[1]) * UNIT_MS[found[2] as keyof typeof UNIT_MS]
}
