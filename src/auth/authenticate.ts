/** The decision of a login: spec/authentication.md, "The decision, for one account", from top to bottom. */
import { type Credential, split } from '../tokens/credential.ts'
import type { Instant } from '../tokens/token_type.ts'
import { type Account, type AuditEntry, type Token, typeOf } from './account.ts'
import type { Action } from './action.ts'
import { obstacle, withFailCountReset, withFailure } from './limits.ts'
import { type PinKey, pinMatches } from './pin.ts'
import type { Accept, Reject, RejectReason, Verdict } from './verdict.ts'

export interface Login {
  readonly user: string
  readonly credential: Credential
  /** For the audit trail: who asked (`client:vpn`) and from where. */
  readonly actor: string
  readonly source: string
}

/** The rules that an administrator sets for all tokens. */
export interface Policy {
  readonly pinKey: PinKey
  readonly autoResync: boolean
  readonly autoResyncTimeoutMs: number
  readonly resetFailCounters: 'token' | 'account'
  readonly unlockAfterMs: number
}

export function authenticate(login: Login, policy: Policy): Action<Verdict> {
  return (account, now) => {
    const { verdict, changed } = decide(account, login.credential, policy, now)
    const tokens =
      changed.size === 0 ? account.tokens : account.tokens.map((token) => changed.get(token) ?? token)
    // An Accept spends every token that it rests on; a Reject may rest on the lack of one.
    const isProvenByCommit = verdict.kind === 'accept'
    return { result: verdict, tokens, audit: [auditOf(login, verdict, now)], isProvenByCommit }
  }
}

/** What is answered, and each token that changes with what it becomes. */
interface Decision {
  readonly verdict: Accept | Reject
  readonly changed: ReadonlyMap<Token, Token>
}

function decide(account: Account, credential: Credential, policy: Policy, now: Instant): Decision {
  // 1.
  if (account.tokens.length === 0) return unchanged('unknown-user', [])
  // 2. Disabled tokens take no part.
  const enabled = account.tokens.filter((token) => token.active)
  if (enabled.length === 0) return unchanged('token-disabled', account.tokens)
  // 3.
  const candidates: Candidate[] = []
  for (const token of enabled) {
    const parts = split(credential, typeOf(token).settings(token.state).digits)
    if (parts !== null && pinMatches(policy.pinKey, token.pin, parts.pin)) {
      candidates.push({ token, otp: parts.otp })
    }
  }
  // 4.
  if (candidates.length === 0) return wrongPin(enabled, policy, now)
  // 5.
  const usable = candidates.filter(({ token }) => obstacle(token, policy.unlockAfterMs, now) === null)
  if (usable.length === 0) return notUsable(candidates, policy, now)
  // 6.
  const found = usable.flatMap((candidate) => match(candidate, inWindow(candidate, now)))
  if (found.length > 0) return accept('otp-accepted', found, enabled, policy, now)
  const confirmed = usable.flatMap((candidate) => match(candidate, afterPending(candidate, policy, now)))
  if (confirmed.length > 0) return accept('resynced', confirmed, enabled, policy, now)
  return wrongOtp(usable, policy, now)
}

/** A token whose PIN matched, with what is left of the password for it. */
interface Candidate {
  readonly token: Token
  readonly otp: string
}

interface Match {
  readonly token: Token
  readonly movingFactor: number
}

function match(candidate: Candidate, movingFactor: number | null): Match[] {
  return movingFactor === null ? [] : [{ token: candidate.token, movingFactor }]
}

function inWindow({ token, otp }: Candidate, now: Instant): number | null {
  const type = typeOf(token)
  return type.find(token.state, otp, type.window(token.state, token, now))
}

/** Autosync's second half: the code right after the one that is remembered, in time. */
function afterPending({ token, otp }: Candidate, policy: Policy, now: Instant): number | null {
  const first = token.pendingResync
  if (!policy.autoResync || first === null || now - first.at > policy.autoResyncTimeoutMs) return null
  const type = typeOf(token)
  const range = type.confirmation(token.state, first, now)
  return type.find(token.state, otp, { from: Math.max(range.from, token.counter), to: range.to })
}

function unchanged(reason: RejectReason, tokens: readonly Token[]): Decision {
  return { verdict: reject(reason, tokens), changed: new Map() }
}

function wrongPin(enabled: readonly Token[], policy: Policy, now: Instant): Decision {
  const changed = new Map<Token, Token>()
  for (const token of enabled) {
    const counted = obstacle(token, policy.unlockAfterMs, now) === null
    change(changed, token, withFailure(token, counted, now))
  }
  return { verdict: reject('wrong-pin', enabled), changed }
}

function notUsable(candidates: readonly Candidate[], policy: Policy, now: Instant): Decision {
  const tokens = candidates.map(({ token }) => token)
  const reason = obstacle(tokens[0] as Token, policy.unlockAfterMs, now) as RejectReason
  return unchanged(reason, tokens)
}

function accept(
  reason: Accept['reason'],
  matches: readonly Match[],
  enabled: readonly Token[],
  policy: Policy,
  now: Instant,
): Decision {
  const changed = new Map<Token, Token>()
  if (policy.resetFailCounters === 'account') {
    for (const token of enabled) change(changed, token, withFailCountReset(token))
  }
  for (const { token, movingFactor } of matches) change(changed, token, spent(token, movingFactor, now))
  const serials = matches.map(({ token }) => token.serial)
  return { verdict: { kind: 'accept', reason, serials }, changed }
}

function spent(token: Token, movingFactor: number, now: Instant): Token {
  const { counter, drift } = typeOf(token).advance(token.state, token, movingFactor, now)
  return {
    ...token,
    counter,
    drift,
    attemptCount: token.attemptCount + 1,
    successCount: token.successCount + 1,
    failCount: 0,
    lockedAt: null,
    lastUsedAt: now,
    pendingResync: null,
  }
}

function wrongOtp(usable: readonly Candidate[], policy: Policy, now: Instant): Decision {
  const changed = new Map<Token, Token>()
  let reason: RejectReason = 'wrong-otp'
  for (const { token, otp } of usable) {
    const type = typeOf(token)
    const first = type.find(token.state, otp, type.syncWindow(token.state, token, now))
    if (first !== null) reason = 'otp-out-of-sync'
    else if (type.find(token.state, otp, type.passed(token.state, token, now)) !== null) {
      reason = 'otp-already-used'
    }
    const failed = withFailure(token, true, now)
    const remember = policy.autoResync && first !== null
    const pendingResync = remember ? type.pending(token.state, first, now) : token.pendingResync
    change(changed, token, { ...failed, pendingResync })
  }
  const tokens = usable.map(({ token }) => token)
  return { verdict: reject(reason, tokens), changed }
}

function change(changed: Map<Token, Token>, token: Token, after: Token): void {
  if (after !== token) changed.set(token, after)
}

function reject(reason: RejectReason, tokens: readonly Token[]): Reject {
  return { kind: 'reject', reason, serials: tokens.map(({ serial }) => serial) }
}

function auditOf(login: Login, verdict: Accept | Reject, at: Instant): AuditEntry {
  return {
    at,
    actor: login.actor,
    source: login.source,
    user: login.user,
    serials: verdict.serials,
    action: 'login',
    outcome: verdict.kind,
    reason: verdict.reason,
    detail: null,
  }
}
