/** A token as operators see it: every field but the secret and the PIN (spec/commands.md, "token"). */
import { z } from 'zod'
import { type Token, typeOf } from '../auth/account.ts'
import { isLocked } from '../auth/limits.ts'
import { formatTime, formatTimeOrNull } from './rfc3339.ts'

const time = z.iso.datetime()

export const tokenSchema = z.strictObject({
  serial: z.string(),
  type: z.string().describe('hotp, totp, or password (temporary)'),
  user: z.string().nullable().describe('owner; null = unassigned'),
  active: z.boolean(),
  pending: z.boolean().describe('waits for its first OTP, and takes no part in logins until then'),
  locked: z.boolean().describe('failCount has reached maxFail'),
  description: z.string().nullable(),
  digits: z.int(),
  algorithm: z.string().nullable(),
  period: z.int().nullable().describe('seconds of a TOTP step'),
  counter: z.int().describe('the next counter or time step that may be accepted'),
  window: z.int(),
  syncWindow: z.int(),
  drift: z.int().describe('seconds that the clock of a TOTP token is ahead'),
  failCount: z.int(),
  maxFail: z.int().describe('0 = no limit'),
  attemptCount: z.int(),
  maxAttempts: z.int().nullable().describe('null = no limit'),
  successCount: z.int(),
  maxSuccesses: z.int().nullable().describe('null = no limit'),
  validFrom: time.nullable(),
  validUntil: time.nullable(),
  pinSet: z.boolean(),
  changePin: z.boolean().describe('the PIN must be changed at the next login'),
  createdAt: time,
  lastUsedAt: time.nullable(),
})

export type TokenView = z.infer<typeof tokenSchema>

export function tokenView(token: Token): TokenView {
  const { digits, algorithm, period } = typeOf(token).settings(token.state)
  return {
    serial: token.serial,
    type: token.kind,
    user: token.user,
    active: token.active,
    pending: token.pending,
    locked: isLocked(token),
    description: token.description,
    digits,
    algorithm,
    period,
    counter: token.counter,
    window: token.window,
    syncWindow: token.syncWindow,
    drift: token.drift,
    failCount: token.failCount,
    maxFail: token.maxFail,
    attemptCount: token.attemptCount,
    maxAttempts: token.maxAttempts,
    successCount: token.successCount,
    maxSuccesses: token.maxSuccesses,
    validFrom: formatTimeOrNull(token.validFrom),
    validUntil: formatTimeOrNull(token.validUntil),
    pinSet: token.pin !== null,
    changePin: token.changePin,
    createdAt: formatTime(token.createdAt),
    lastUsedAt: formatTimeOrNull(token.lastUsedAt),
  }
}
