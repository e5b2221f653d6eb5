/**
 * Whether somebody who has got in by an OTP may come in again without one, on a session that he has kept. Nothing is spent and
 * nothing counted; but the account and a token that he got in by must be as good as for a new login.
 */
import type { Token } from './account.ts'
import type { Action } from './action.ts'
import { barred, type Policy } from './authenticate.ts'
import { type Obstacle, obstacle } from './limits.ts'
import { auditOf, type Login } from './login.ts'
import type { Accept, Reject, RejectReason, Verdict } from './verdict.ts'

export interface Readmission extends Omit<Login, 'credential'> {
  /** By which he got in. */
  readonly serials: readonly string[]
}

export function readmit(readmission: Readmission, policy: Policy): Action<Verdict> {
  const { unlockAfterMs } = policy
  return (account, now) => {
    const { serials } = readmission
    const kept = account.tokens.filter(({ serial }) => serials.includes(serial))
    const usable = kept.filter((token) => reasonAgainst(token, unlockAfterMs, now) === null)
    const bar = barred(account, policy)?.verdict as Reject | undefined
    const { record } = account
    const verdict: Accept | Reject =
      bar ??
      (usable.length > 0
        ? {
            kind: 'accept',
            reason: 'session-resumed',
            serials: usable.map(({ serial }) => serial),
            ...(record === undefined ? {} : { record }),
          }
        : {
            kind: 'reject',
            reason: refusal(kept[0], unlockAfterMs, now),
            serials: kept.map((token) => token.serial),
          })
    return { result: verdict, tokens: account.tokens, audit: [auditOf(readmission, verdict, undefined, now)] }
  }
}

function refusal(token: Token | undefined, unlockAfterMs: number, now: number): RejectReason {
  // Deleted, or given to somebody else.
  if (token === undefined) return 'unknown-user'
  return reasonAgainst(token, unlockAfterMs, now) ?? 'token-disabled'
}

function reasonAgainst(token: Token, unlockAfterMs: number, now: number): RejectReason | null {
  if (!token.active) return 'token-disabled'
  const reason = obstacle(token, unlockAfterMs, now)
  // What the session rests on has been paid for: coming back to it uses up nothing.
  return reason !== null && PAID.includes(reason) ? null : reason
}

const PAID: readonly Obstacle[] = ['attempts-used-up', 'successes-used-up']
