/**
 * The one command that would mend what a login was rejected for, where there is one and it still would: looked up in how the
 * tokens are now. What needs the user (a code, a PIN) or the configuration has none; `login explain` says what helps then.
 */
import { z } from 'zod'
import type { Token } from '../auth/account.ts'
import { type Obstacle, obstacle } from '../auth/limits.ts'
import type { AuditRow } from '../storage/store.ts'
import type { Context } from './command.ts'

export const fixSchema = z.strictObject({
  command: z.string().describe('such as token reset-fail-count'),
  input: z.record(z.string(), z.unknown()).describe('its fields'),
  words: z.string(),
})

export type Fix = z.infer<typeof fixSchema>

/** `tokens`: all of the user. */
export function fixFor(
  { action, outcome, reason, serials }: AuditRow,
  tokens: readonly Token[],
  { policy, now }: Pick<Context, 'policy' | 'now'>,
): Fix | null {
  if (action !== 'login' || outcome !== 'reject') return null
  const named = tokens.filter(({ serial }) => serials.includes(serial))
  if (reason === 'token-disabled') {
    const [token, ...others] = named.filter(({ active }) => !active)
    // Which of several is for whoever knows why they were disabled.
    return token === undefined || others.length > 0 ? null : enabling(token)
  }
  if (reason === 'pin-change-required') {
    const token = named.find(({ active, changePin }) => active && changePin)
    return token === undefined ? null : set(token, { changePin: false }, 'let the PIN stay as it is')
  }
  if (!MAY_HAVE_LOCKED.has(reason) && !(reason !== null && Object.hasOwn(OBSTACLES, reason))) return null
  const at = now()
  for (const token of named.filter(({ active }) => active)) {
    const found = obstacle(token, policy.unlockAfterMs, at)
    if (found === 'token-locked' || (found !== null && found === reason)) return OBSTACLES[found](token)
  }
  return null
}

/** A failure may have been the last that the token had. */
const MAY_HAVE_LOCKED: ReadonlySet<string | null> = new Set([
  'wrong-pin',
  'wrong-otp',
  'wrong-pin-or-otp',
  'otp-already-used',
  'otp-out-of-sync',
])

const OBSTACLES: Readonly<Record<Obstacle, (token: Token) => Fix>> = {
  'token-locked': ({ serial }) => ({
    command: 'token reset-fail-count',
    input: { serial },
    words: `unlock token ${serial}`,
  }),
  'token-not-yet-valid': (token) => limits(token, { validFrom: null }, 'let its validity begin now'),
  'token-expired': (token) => limits(token, { validUntil: null }, 'let its validity not end'),
  'attempts-used-up': (token) => limits(token, { maxAttempts: null }, 'lift the limit of attempts'),
  'successes-used-up': (token) => limits(token, { maxSuccesses: null }, 'lift the limit of logins'),
}

function enabling({ serial, pending }: Token): Fix {
  const words = pending ? `activate token ${serial} without its first OTP` : `enable token ${serial}`
  return { command: 'token enable', input: { serial }, words }
}

function limits({ serial }: Token, change: object, what: string): Fix {
  return { command: 'token set-limits', input: { serial, ...change }, words: `${what}: token ${serial}` }
}

function set({ serial }: Token, change: object, what: string): Fix {
  return { command: 'token set', input: { serial, ...change }, words: `${what}: token ${serial}` }
}
