/**
 * Logins at a client that can ask back: PIN first and OTP after it, the next OTP of a token that is out of step, a new PIN
 * (spec/authentication.md, "Challenge-response"). Between question and answer nothing is kept but the ticket that the client
 * carries. Who gives PIN and OTP together is asked nothing.
 */
import type { Credential } from '../tokens/credential.ts'
import type { Instant } from '../tokens/token_type.ts'
import type { Account, Token } from './account.ts'
import type { Action } from './action.ts'
import {
  barred,
  type Decision,
  decide,
  decideByOtp,
  notUsable,
  outcomeOf,
  type Policy,
  those,
  unchanged,
} from './authenticate.ts'
import { obstacle } from './limits.ts'
import type { Login } from './login.ts'
import { decideNewPin } from './new_pin.ts'
import { realigned } from './note.ts'
import { otpCandidates } from './otp_only.ts'
import { pinMatches } from './pin.ts'
import { isAsItWas, isExpired, isNamedBy, type Stage, type Ticket, ticketFor } from './ticket.ts'
import type { ChallengeReason, Verdict } from './verdict.ts'

/** What came back with the password. */
export interface Reply {
  /** Null: the State is not ours, was altered, or is another user's or client's. */
  readonly ticket: Ticket | null
  /** 16 octets, for the salt of a new PIN. */
  readonly entropy: Uint8Array
}

/** `reply`: null for a request without State, which begins a login. */
export function converse(login: Login, policy: Policy, reply: Reply | null): Action<Verdict> {
  return (account, now) => {
    const { credential } = login
    const decision =
      barred(account, policy) ??
      (reply === null
        ? decideFirst(account, credential, policy, now)
        : decideReply(account, credential, reply, policy, now))
    return outcomeOf(login, account, reply === null ? decision : answering(decision, reply, now), now)
  }
}

function answering(decision: Decision, { ticket }: Reply, now: Instant): Decision {
  if (ticket === null) return decision
  const { stage, issuedAt } = ticket
  const isLate = decision.verdict.reason === 'state-expired'
  const ageSeconds = isLate ? Math.round(Math.abs(now - issuedAt) / 1000) : undefined
  return { ...decision, note: { ...decision.note, answers: stage, ageSeconds } }
}

function decideFirst(account: Account, credential: Credential, policy: Policy, now: Instant): Decision {
  // A proof never gives a PIN, neither the one that is asked for first nor a new one.
  const isPlain = credential.kind === 'plain'
  const decision = decide(account, credential, policy, now, isPlain)
  if (decision.verdict.kind === 'accept' || !isPlain) return followUp(account, decision, policy, now)
  // An empty password is nobody's PIN, and is not answered by a challenge: it would tell which user names have tokens.
  const known = account.tokens.filter(
    ({ active, pin }) => active && pin !== null && pinMatches(policy.pinKey, pin, credential.password),
  )
  if (known.length === 0) return followUp(account, decision, policy, now)
  const asked = known.filter((token) => obstacle(token, policy.unlockAfterMs, now) === null)
  // Nothing of a token changes that cannot be used, nor of the others: a PIN was right (step 5).
  if (asked.length === 0)
    return notUsable(
      account,
      known.map((token) => ({ token, otp: '', trial: null })),
      policy,
      now,
    )
  return { verdict: challenge('otp-asked', 'otp', asked, now), tokens: account.tokens }
}

function decideReply(
  account: Account,
  credential: Credential,
  { ticket, entropy }: Reply,
  policy: Policy,
  now: Instant,
): Decision {
  if (ticket === null) return unchanged(account, 'unknown-state', [])
  if (isExpired(ticket, now)) return unchanged(account, 'state-expired', [])
  if (account.tokens.length === 0) return unchanged(account, 'unknown-user', [])
  const named = account.tokens.filter((token) => isNamedBy(ticket, token))
  // One success ends it, whichever of the tokens that was.
  const isOver = named.length === 0 || !named.every((token) => isAsItWas(ticket, token))
  if (isOver) return unchanged(account, 'state-used', named)
  const enabled = those(named, ({ active }) => active)
  if (enabled.length === 0) return unchanged(account, 'token-disabled', named)
  const allowed = credential.kind === 'plain' ? enabled : those(enabled, ({ changePin }) => !changePin)
  if (allowed.length === 0) return unchanged(account, 'pin-change-required', enabled)
  if (ticket.stage !== 'otp') {
    if (credential.kind !== 'plain') return unchanged(account, 'pin-change-required', enabled)
    const typed = { pin: credential.password, entropy }
    return withAllWritten(named, decideNewPin(account, enabled, ticket, typed, policy, now))
  }
  const taking = those(account.tokens, ({ active }) => active)
  const decision = decideByOtp(account, taking, otpCandidates(allowed, credential), policy, now)
  return followUp(account, withAllWritten(named, decision), policy, now)
}

/**
 * An Accept writes every token of the ticket, also those that stay as they are: of two answers on two nodes, with the OTPs
 * of two tokens, the second then loses the compare-and-swap, and finds the ticket used.
 */
function withAllWritten(named: readonly Token[], decision: Decision): Decision {
  const { verdict, tokens } = decision
  if (verdict.kind !== 'accept') return decision
  return { ...decision, tokens: tokens.map((token) => (named.includes(token) ? { ...token } : token)) }
}

/** What is still to be asked when the OTP has been decided. */
function followUp(account: Account, decision: Decision, policy: Policy, now: Instant): Decision {
  const { verdict, tokens } = decision
  if (verdict.kind === 'accept') {
    const due = tokens.filter(({ changePin, serial }) => changePin && verdict.serials.includes(serial))
    return due.length === 0 ? decision : asking(decision, challenge('new-pin-asked', 'new-pin', due, now))
  }
  if (verdict.kind === 'challenge' || verdict.reason !== 'otp-out-of-sync') return decision
  // The failure counts all the same; whom it has locked cannot go on.
  const begun = tokens.filter(
    (token, index) =>
      token.pendingResync !== account.tokens[index]?.pendingResync &&
      obstacle(token, policy.unlockAfterMs, now) === null,
  )
  return begun.length === 0 ? decision : asking(decision, challenge('next-otp-asked', 'otp', begun, now))
}

/** The challenge that takes the place of what was decided. */
function asking({ verdict, tokens, note }: Decision, asked: Verdict): Decision {
  return { verdict: asked, tokens, note: realigned(note, verdict.serials, asked.serials) }
}

function challenge(reason: ChallengeReason, stage: Stage, tokens: readonly Token[], now: Instant): Verdict {
  const ticket = ticketFor(stage, tokens, now)
  return { kind: 'challenge', reason, ticket, serials: tokens.map(({ serial }) => serial) }
}
