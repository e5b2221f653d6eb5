/**
 * Logins by an OTP alone, as the answer to a challenge and the "second password" of a client with `otp_only` are: somebody
 * has checked the first factor before. The decision from there on is authenticate.ts's.
 */

import type { Credential } from '../tokens/credential.ts'
import type { Instant } from '../tokens/token_type.ts'
import { type Account, type Token, typeOf } from './account.ts'
import type { Action } from './action.ts'
import {
  barred,
  type Decision,
  decideByOtp,
  outcomeOf,
  type Policy,
  those,
  unchanged,
} from './authenticate.ts'
import { type Candidate, candidatesByOtpTrial } from './candidate.ts'
import type { Login } from './login.ts'
import type { Verdict } from './verdict.ts'

/** A login at a client with `otp_only`: PINs are not looked at, nor that one must be changed. */
export function authenticateByOtp(login: Login, policy: Policy): Action<Verdict> {
  return (account, now) => {
    const decision = barred(account, policy) ?? decide(account, login.credential, policy, now)
    return outcomeOf(login, account, { ...decision, note: { ...decision.note, otpOnly: true } }, now)
  }
}

function decide(account: Account, credential: Credential, policy: Policy, now: Instant): Decision {
  if (account.tokens.length === 0) return unchanged(account, 'unknown-user', [])
  const enabled = those(account.tokens, ({ active }) => active)
  if (enabled.length === 0) return unchanged(account, 'token-disabled', account.tokens)
  return decideByOtp(account, enabled, otpCandidates(enabled, credential), policy, now)
}

/**
 * The tokens that an OTP of this length may be of; all, if it is of none: then each was tried in vain. A proof is tried with
 * all of them.
 */
export function otpCandidates(tokens: readonly Token[], credential: Credential): readonly Candidate[] {
  if (credential.kind === 'proof') return candidatesByOtpTrial(tokens, credential)
  const otp = credential.password
  const fitting = those(tokens, (token) => typeOf(token).settings(token.state).digits === otp.length)
  return (fitting.length === 0 ? tokens : fitting).map((token) => ({ token, otp, trial: null }))
}
