/** The decision of a login: spec/authentication.md, "The decision, for one account", from top to bottom. */
import { type Credential, split } from '../tokens/credential.ts'
import type { Instant } from '../tokens/token_type.ts'
import { type Account, type AccountRecord, type AuditEntry, type Token, typeOf } from './account.ts'
import type { Action } from './action.ts'
import { obstacle, withFailCountReset, withFailure } from './limits.ts'
import { type PinKey, pinMatches } from './pin.ts'
import type { Accept, RecordProblem, Reject, RejectReason, Verdict } from './verdict.ts'

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
  /** Why a user with this record is not let in; null = nothing stands against it. */
  readonly recordProblem?: (record: AccountRecord) => RecordProblem | null
}

export function authenticate(login: Login, policy: Policy): Action<Verdict> {
  return (account, now) => {
    const { verdict, tokens } = decideByRecord(account, login.credential, policy, now)
    // An Accept spends every token that it rests on; a Reject may rest on the lack of one.
    const isProvenByCommit = verdict.kind === 'accept'
    return { result: verdict, tokens, audit: [auditOf(login, verdict, now)], isProvenByCommit }
  }
}

/** What is answered, and the account's tokens after it: the same array where none changes. */
interface Decision {
  readonly verdict: Accept | Reject
  readonly tokens: readonly Token[]
}

/** Before anything is spent: who has the password of a user whose rights are not known shall not have any. */
function decideByRecord(account: Account, credential: Credential, policy: Policy, now: Instant): Decision {
  const { record } = account
  if (record === undefined) return decide(account, credential, policy, now)
  const problem = account.tokens.length === 0 ? null : (policy.recordProblem?.(record) ?? null)
  if (problem !== null) return unchanged(account, problem, [])
  const { verdict, tokens } = decide(account, credential, policy, now)
  return { verdict: verdict.kind === 'accept' ? { ...verdict, record } : verdict, tokens }
}

function decide(account: Account, credential: Credential, policy: Policy, now: Instant): Decision {
  // 1.
  if (account.tokens.length === 0) return unchanged(account, 'unknown-user', [])
  // 2. Disabled tokens take no part.
  const enabled = those(account.tokens, (token) => token.active)
  if (enabled.length === 0) return unchanged(account, 'token-disabled', account.tokens)
  // 3.
  const candidates: Candidate[] = []
  for (const token of enabled) {
    const parts = split(credential, typeOf(token).settings(token.state).digits)
    if (parts !== null && pinMatches(policy.pinKey, token.pin, parts.pin)) {
      candidates.push({ token, otp: parts.otp })
    }
  }
  // 4.
  if (candidates.length === 0) return wrongPin(account, enabled, policy, now)
  // 5.
  const usable = those(candidates, ({ token }) => obstacle(token, policy.unlockAfterMs, now) === null)
  if (usable.length === 0) return notUsable(account, candidates, policy, now)
  // 6.
  const found = matches(usable, (candidate) => inWindow(candidate, now))
  if (found.length > 0) return accept(account, 'otp-accepted', found, enabled, policy, now)
  const confirmed = matches(usable, (candidate) => afterPending(candidate, policy, now))
  if (confirmed.length > 0) return accept(account, 'resynced', confirmed, enabled, policy, now)
  return wrongOtp(account, usable, policy, now)
}

/** The array itself where all are: most accounts have nothing to leave out, and a login should not pay for it. */
function those<T>(items: readonly T[], are: (item: T) => boolean): readonly T[] {
  return items.every(are) ? items : items.filter(are)
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

function matches(usable: readonly Candidate[], find: (candidate: Candidate) => number | null): Match[] {
  const found: Match[] = []
  for (const candidate of usable) {
    const movingFactor = find(candidate)
    if (movingFactor !== null) found.push({ token: candidate.token, movingFactor })
  }
  return found
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

function unchanged(account: Account, reason: RejectReason, tokens: readonly Token[]): Decision {
  return { verdict: reject(reason, tokens), tokens: account.tokens }
}

function wrongPin(account: Account, enabled: readonly Token[], policy: Policy, now: Instant): Decision {
  let { tokens } = account
  for (const token of enabled) {
    const counted = obstacle(token, policy.unlockAfterMs, now) === null
    tokens = replaced(tokens, token, withFailure(token, counted, now))
  }
  return { verdict: reject('wrong-pin', enabled), tokens }
}

function notUsable(
  account: Account,
  candidates: readonly Candidate[],
  policy: Policy,
  now: Instant,
): Decision {
  const tokens = candidates.map(({ token }) => token)
  const reason = obstacle(tokens[0] as Token, policy.unlockAfterMs, now) as RejectReason
  return unchanged(account, reason, tokens)
}

function accept(
  account: Account,
  reason: Accept['reason'],
  found: readonly Match[],
  enabled: readonly Token[],
  policy: Policy,
  now: Instant,
): Decision {
  let { tokens } = account
  for (const { token, movingFactor } of found)
    tokens = replaced(tokens, token, spent(token, movingFactor, now))
  if (policy.resetFailCounters === 'account') {
    for (const token of enabled) {
      if (tokens.includes(token)) tokens = replaced(tokens, token, withFailCountReset(token))
    }
  }
  const serials = found.map(({ token }) => token.serial)
  return { verdict: { kind: 'accept', reason, serials }, tokens }
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

function wrongOtp(account: Account, usable: readonly Candidate[], policy: Policy, now: Instant): Decision {
  let { tokens } = account
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
    tokens = replaced(tokens, token, { ...failed, pendingResync })
  }
  const tried = usable.map(({ token }) => token)
  return { verdict: reject(reason, tried), tokens }
}

function replaced(tokens: readonly Token[], token: Token, after: Token): readonly Token[] {
  return after === token ? tokens : tokens.with(tokens.indexOf(token), after)
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
