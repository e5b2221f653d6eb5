/** The decision of a login: spec/authentication.md, "The decision, for one account", from top to bottom. */
import type { Credential } from '../tokens/credential.ts'
import type { Instant } from '../tokens/token_type.ts'
import { type Account, type AccountRecord, type Token, typeOf } from './account.ts'
import type { Action, Outcome } from './action.ts'
import { type Candidate, candidatesByPin, candidatesByTrial, findCode, keyOfMatch } from './candidate.ts'
import { obstacle, withFailCountReset, withFailure } from './limits.ts'
import { auditOf, type Login } from './login.ts'
import { distanceOf, enabledBeside, failuresOf, type Note, noteOfDistance, typedShort } from './note.ts'
import type { PinKey } from './pin.ts'
import type { Accept, RecordProblem, Reject, RejectReason, Verdict } from './verdict.ts'

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
    const decision = barred(account, policy) ?? decide(account, login.credential, policy, now, false)
    return outcomeOf(login, account, decision, now)
  }
}

/** Before anything is spent: who has the password of a user whose rights are not known shall not have any. */
export function barred(account: Account, { recordProblem }: Policy): Decision | null {
  const { record, tokens } = account
  if (record === undefined || tokens.length === 0) return null
  const problem = recordProblem?.(record) ?? null
  return problem === null ? null : unchanged(account, problem, [])
}

export function outcomeOf(
  login: Login,
  { record }: Account,
  { verdict, tokens, note }: Decision,
  now: Instant,
): Outcome<Verdict> {
  // An Accept spends every token that it rests on; a Reject may rest on the lack of one.
  const isProvenByCommit = verdict.kind === 'accept'
  const result = record !== undefined && verdict.kind === 'accept' ? { ...verdict, record } : verdict
  return { result, tokens, audit: [auditOf(login, verdict, note, now)], isProvenByCommit }
}

/** What is answered, and the account's tokens after it: the same array where none changes. */
export interface Decision {
  readonly verdict: Verdict
  readonly tokens: readonly Token[]
  /** For the trail. */
  readonly note?: Note | undefined
}

/** `asksBack`: the client can be asked for a new PIN, so that a token whose PIN must be changed may be used by it. */
export function decide(
  account: Account,
  credential: Credential,
  policy: Policy,
  now: Instant,
  asksBack: boolean,
): Decision {
  // 1.
  if (account.tokens.length === 0) return unchanged(account, 'unknown-user', [])
  // 2. Disabled tokens take no part.
  const enabled = those(account.tokens, (token) => token.active)
  if (enabled.length === 0) return unchanged(account, 'token-disabled', account.tokens)
  // 3.
  const candidates =
    credential.kind === 'plain'
      ? candidatesByPin(enabled, credential, policy.pinKey)
      : candidatesByTrial(enabled, credential)
  // 4. A proof that cannot be tried with any token guesses nothing: no counter moves, else a device that is set to CHAP
  // would lock everybody out.
  if (candidates.length === 0) {
    if (credential.kind === 'proof') return unchanged(account, 'pin-not-recoverable', enabled)
    return wrongPin(account, enabled, credential, policy, now)
  }
  const allowed = asksBack ? candidates : those(candidates, keepsPin)
  if (allowed.length === 0) return unchanged(account, 'pin-change-required', tokensOf(candidates))
  return decideByOtp(account, enabled, allowed, policy, now)
}

const keepsPin = ({ token }: Candidate): boolean => !token.changePin

/** Steps 5 and 6: for `candidates`, the first factor has been checked. `enabled`: all tokens that take part. */
export function decideByOtp(
  account: Account,
  enabled: readonly Token[],
  candidates: readonly Candidate[],
  policy: Policy,
  now: Instant,
): Decision {
  // 5.
  const usable = those(candidates, ({ token }) => obstacle(token, policy.unlockAfterMs, now) === null)
  if (usable.length === 0) return notUsable(account, candidates, policy, now)
  // 6.
  const found = matches(usable, (candidate) => inWindow(candidate, now))
  if (found.length > 0) return accept(account, 'otp-accepted', found, enabled, policy, now)
  const confirmed = matches(usable, (candidate) => afterPending(candidate, policy, now))
  if (confirmed.length > 0) return accept(account, 'resynced', confirmed, enabled, policy, now)
  return wrongOtp(account, enabled, usable, policy, now)
}

/** The array itself where all are: most accounts have nothing to leave out, and a login should not pay for it. */
export function those<T>(items: readonly T[], are: (item: T) => boolean): readonly T[] {
  return items.every(are) ? items : items.filter(are)
}

interface Match {
  readonly token: Token
  readonly movingFactor: number
  readonly candidate: Candidate
}

function matches(usable: readonly Candidate[], find: (candidate: Candidate) => number | null): Match[] {
  const found: Match[] = []
  for (const candidate of usable) {
    const movingFactor = find(candidate)
    if (movingFactor !== null) found.push({ token: candidate.token, movingFactor, candidate })
  }
  return found
}

function inWindow(candidate: Candidate, now: Instant): number | null {
  const { token } = candidate
  return findCode(candidate, typeOf(token).window(token.state, token, now))
}

/** Autosync's second half: the code right after the one that is remembered, in time. */
function afterPending(candidate: Candidate, policy: Policy, now: Instant): number | null {
  const { token } = candidate
  const first = token.pendingResync
  if (!policy.autoResync || first === null || now - first.at > policy.autoResyncTimeoutMs) return null
  const range = typeOf(token).confirmation(token.state, first, now)
  return findCode(candidate, { from: Math.max(range.from, token.counter), to: range.to })
}

export function unchanged(account: Account, reason: RejectReason, tokens: readonly Token[]): Decision {
  return { verdict: reject(reason, tokens), tokens: account.tokens }
}

function wrongPin(
  account: Account,
  enabled: readonly Token[],
  credential: Credential,
  policy: Policy,
  now: Instant,
): Decision {
  let { tokens } = account
  const failed: Token[] = []
  for (const token of enabled) {
    const counted = obstacle(token, policy.unlockAfterMs, now) === null
    const after = withFailure(token, counted, now)
    failed.push(after)
    tokens = replaced(tokens, token, after)
  }
  const note = { typed: typedShort(credential, enabled), failures: failuresOf(failed) }
  return { verdict: reject('wrong-pin', enabled), tokens, note }
}

export function notUsable(
  account: Account,
  candidates: readonly Candidate[],
  policy: Policy,
  now: Instant,
): Decision {
  const tokens = tokensOf(candidates)
  const obstacles = tokens.map((token) => obstacle(token, policy.unlockAfterMs, now) as RejectReason)
  const decision = unchanged(account, obstacles[0] as RejectReason, tokens)
  return obstacles.every((each) => each === obstacles[0]) ? decision : { ...decision, note: { obstacles } }
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
  const { candidate, movingFactor } = found[0] as Match
  const key = keyOfMatch(candidate, movingFactor)
  const verdict = { kind: 'accept', reason, serials } as const
  const note = noteOfDistance(found, now)
  return { verdict: key === undefined ? verdict : { ...verdict, key }, tokens, note }
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

function wrongOtp(
  account: Account,
  enabled: readonly Token[],
  usable: readonly Candidate[],
  policy: Policy,
  now: Instant,
): Decision {
  let { tokens } = account
  let reason: RejectReason = usable[0]?.trial === null ? 'wrong-otp' : 'wrong-pin-or-otp'
  const outOfSync: (number | null)[] = []
  const passed: (number | null)[] = []
  const failed: Token[] = []
  for (const candidate of usable) {
    const { token } = candidate
    const type = typeOf(token)
    const first = findCode(candidate, type.syncWindow(token.state, token, now))
    const before = first === null ? findCode(candidate, type.passed(token.state, token, now)) : null
    if (first !== null) reason = 'otp-out-of-sync'
    else if (before !== null) reason = 'otp-already-used'
    outOfSync.push(first === null ? null : distanceOf(token, first, now))
    passed.push(before === null ? null : token.counter - before)
    const remember = policy.autoResync && first !== null
    const pendingResync = remember ? type.pending(token.state, first, now) : token.pendingResync
    const after = { ...withFailure(token, true, now), pendingResync }
    failed.push(after)
    tokens = replaced(tokens, token, after)
  }
  const isFound = (place: number | null) => place !== null
  const note: Note = {
    outOfSync: outOfSync.some(isFound) ? outOfSync : undefined,
    passed: passed.some(isFound) ? passed : undefined,
    autosyncOff: !policy.autoResync && outOfSync.some(isFound),
    enabled: enabledBeside(usable.length, enabled.length),
    failures: failuresOf(failed),
  }
  return { verdict: reject(reason, tokensOf(usable)), tokens, note }
}

function tokensOf(candidates: readonly Candidate[]): readonly Token[] {
  return candidates.map(({ token }) => token)
}

function replaced(tokens: readonly Token[], token: Token, after: Token): readonly Token[] {
  return after === token ? tokens : tokens.with(tokens.indexOf(token), after)
}

function reject(reason: RejectReason, tokens: readonly Token[]): Reject {
  return { kind: 'reject', reason, serials: tokens.map(({ serial }) => serial) }
}
