/**
 * A new PIN, asked for twice after a login by PIN and OTP was right (`token set-pin --change-at-next-login`). The OTP is
 * spent before the first question, and no ticket of a new PIN is made without one; the second answer alone changes the PIN,
 * and with it the token's condition, so that no ticket of the dialogue is good any more.
 */
import type { Instant } from '../tokens/token_type.ts'
import type { Account, Token } from './account.ts'
import { type Decision, type Policy, unchanged } from './authenticate.ts'
import { type Obstacle, obstacle } from './limits.ts'
import { pinMatches, sealPin } from './pin.ts'
import { isPin } from './pin_rules.ts'
import { type Stage, type Ticket, ticketFor } from './ticket.ts'
import type { ChallengeReason } from './verdict.ts'

export interface Typed {
  readonly pin: string
  /** 16 octets, for the salt. */
  readonly entropy: Uint8Array
}

/** `tokens`: those that the ticket names, as they were then, and enabled. */
export function decideNewPin(
  account: Account,
  tokens: readonly Token[],
  ticket: Ticket,
  { pin, entropy }: Typed,
  policy: Policy,
  now: Instant,
): Decision {
  const obstacles = tokens.map((token) => obstacleNow(token, policy, now)).filter((found) => found !== null)
  if (obstacles.length > 0) return unchanged(account, obstacles[0] as Obstacle, tokens)
  const ask = (reason: ChallengeReason, stage: Stage, newPin: string | null = null): Decision => ({
    verdict: {
      kind: 'challenge',
      reason,
      ticket: ticketFor(stage, tokens, ticket.issuedAt, newPin),
      serials: tokens.map(({ serial }) => serial),
    },
    tokens: account.tokens,
  })
  if (ticket.stage === 'new-pin') {
    const isOld = tokens.some((token) => pinMatches(policy.pinKey, token.pin, pin))
    if (pin === '' || isOld || !isPin(pin)) return ask('new-pin-refused', 'new-pin')
    return ask('new-pin-repeat-asked', 'repeat-pin', sealPin(policy.pinKey, pin, entropy))
  }
  if (!pinMatches(policy.pinKey, ticket.newPin, pin)) return ask('new-pins-differ', 'new-pin')
  const record = sealPin(policy.pinKey, pin, entropy)
  return {
    verdict: { kind: 'accept', reason: 'pin-changed', serials: tokens.map(({ serial }) => serial) },
    tokens: account.tokens.map((token) =>
      tokens.includes(token) ? { ...token, pin: record, changePin: false } : token,
    ),
  }
}

/** The login that the dialogue began with has been counted; what it used up does not end the dialogue. */
function obstacleNow(token: Token, { unlockAfterMs }: Policy, now: Instant): Obstacle | null {
  return obstacle({ ...token, maxAttempts: null, maxSuccesses: null }, unlockAfterMs, now)
}
