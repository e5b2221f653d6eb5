/**
 * Tokens, accounts and policies as tests want them, and the OTPs that a user would read off a token. The OTPs are made
 * by otplib, so that no test holds our own algorithm against itself.
 */
import { createHash } from 'node:crypto'
import { createGuardrails, generateSync } from 'otplib'
import { type Account, type AccountKey, type Token, userKey } from '../../src/auth/account.ts'
import type { Policy } from '../../src/auth/authenticate.ts'
import type { Login } from '../../src/auth/login.ts'
import { type PinStorage, pinKey, sealPin } from '../../src/auth/pin.ts'
import { plain } from '../../src/tokens/credential.ts'
import type { Algorithm } from '../../src/tokens/otp_generator.ts'
import { tokenType } from '../../src/tokens/registry.ts'
import type { Instant } from '../../src/tokens/token_type.ts'

/** The moment at which rows play: the first millisecond of a time step, whether of 30 or of 60 seconds. */
export const NOW: Instant = Date.UTC(2026, 10, 24, 12)
/** The time step of 30 seconds that begins at NOW. */
export const T = NOW / 30_000

export const PIN_KEY = pinKey(new Uint8Array(32).fill(7))

/** The configuration's defaults (spec/authentication.md). */
export const POLICY: Policy = {
  pinKey: PIN_KEY,
  autoResync: true,
  autoResyncTimeoutMs: 240_000,
  resetFailCounters: 'token',
  unlockAfterMs: 0,
}

export interface TokenInput extends Partial<Omit<Token, 'pin' | 'state'>> {
  /** As the user types it; sealed here. */
  readonly pin?: string
  readonly pinStorage?: PinStorage
  /** Octets of the shared secret; by default they follow from the serial. */
  readonly secret?: Uint8Array
  readonly digits?: 6 | 8
  readonly algorithm?: Algorithm
  readonly period?: 30 | 60
}

/** An enabled, unused token of alice's with the defaults of its type; `input` says what is different. */
export function makeToken(input: TokenInput = {}): Token {
  const { serial = 'A', kind = 'hotp', pin = '', pinStorage = 'mac', ...rest } = input
  const { secret, digits, algorithm, period, ...fields } = rest
  const type = tokenType(kind)
  const entropy = createHash('sha512').update(serial).digest()
  return {
    id: 0,
    serial,
    kind,
    state: type.enroll({ secret, digits, algorithm, period }, entropy),
    user: 'alice',
    active: true,
    pending: false,
    description: null,
    pin: sealPin({ ...PIN_KEY, storage: pinStorage }, pin, entropy),
    changePin: false,
    ...type.defaults,
    maxFail: 10,
    maxAttempts: null,
    maxSuccesses: null,
    validFrom: null,
    validUntil: null,
    createdAt: NOW,
    version: 1,
    counter: 0,
    drift: 0,
    failCount: 0,
    attemptCount: 0,
    successCount: 0,
    lastUsedAt: null,
    lockedAt: null,
    pendingResync: null,
    auditHead: 0,
    ...fields,
  }
}

export function makeAccount(tokens: readonly Token[], key: AccountKey = userKey('alice')): Account {
  return { key, tokens }
}

export function makeLogin(password: string, user = 'alice'): Login {
  return { user, credential: plain(password), actor: 'client:vpn', source: '192.0.2.1' }
}

/** What the token shows at a counter (HOTP) or a time step (TOTP). */
export function otpAt(token: Token, movingFactor: number): string {
  return generateSync({ strategy: 'hotp', ...otplibOptions(token), counter: movingFactor })
}

/** What a TOTP token whose clock is right shows at a moment. */
export function otpOn(token: Token, at: Instant): string {
  const { period } = tokenType(token.kind).settings(token.state)
  return generateSync({
    strategy: 'totp',
    ...otplibOptions(token),
    epoch: Math.floor(at / 1000),
    period: period!,
  })
}

// otplib refuses the short and the long secrets that real tokens come with.
export const GUARDRAILS = createGuardrails({ MIN_SECRET_BYTES: 1, MAX_SECRET_BYTES: 1024 })

function otplibOptions({ kind, state }: Token) {
  const type = tokenType(kind)
  const { digits, algorithm } = type.settings(state)
  return {
    secret: type.secret(state)!,
    digits: digits as 6 | 8,
    algorithm: algorithm!,
    guardrails: GUARDRAILS,
  }
}

/** A well-formed OTP that the token shows nowhere near: neither before its counter nor in its sync window. */
export function strayOtp(token: Token): string {
  const { digits } = tokenType(token.kind).settings(token.state)
  const near = token.kind === 'totp' ? T : token.counter
  const shown = new Set<string>()
  for (let m = Math.max(0, near - 300); m < near + 1300; m++) shown.add(otpAt(token, m))
  let stray = 0
  while (shown.has(String(stray).padStart(digits, '0'))) stray++
  return String(stray).padStart(digits, '0')
}
