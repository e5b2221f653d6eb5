/**
 * An administrator's login to the console, once his password was found right: by an OTP of his own, decided and counted as a
 * login by RADIUS is. The password takes the place of the PIN. The same OTP proves a user who changes what is his.
 */
import { plain } from '../tokens/credential.ts'
import type { Account, AuditEntry } from './account.ts'
import type { Action } from './action.ts'
import type { Policy } from './authenticate.ts'
import { accessOf, withAccess } from './console_access.ts'
import { authenticateByOtp } from './otp_only.ts'
import type { Role } from './role.ts'

export interface OtpProof {
  readonly user: string
  readonly otp: string
  readonly actor: string
  readonly source: string
}

export interface AdminLogin extends OtpProof {
  /** That the password was checked against; if it is another by now, so is the password. */
  readonly passwordHash: string
}

/** `epoch`: that the session begins in. */
export type LoggedIn = { readonly name: string; readonly role: Role; readonly epoch: number } | null

export function logInAdministrator(login: AdminLogin, policy: Policy): Action<LoggedIn> {
  return (account, now) => {
    const { role, passwordHash, epoch } = accessOf(account)
    if (role === null || passwordHash !== login.passwordHash) {
      const { tokens } = account
      return { result: null, tokens, audit: [refusedLogin('admin login', login, 'wrong-password', now)] }
    }
    const { result, tokens, audit } = authenticateByOtp(loginOf(login), policy)(account, now)
    const rows = audit.map((row) => ({ ...row, action: 'admin login' }))
    if (result.kind !== 'accept') return { result: null, tokens, audit: rows }
    const record = withAccess(account, login.user, { lastLoginAt: now })
    return { result: { name: record.name, role, epoch }, tokens, record, audit: rows }
  }
}

/** `serial`: of this token alone; null: of any. Spends the OTP, and counts it when it is wrong. A
 * temporary password proves nothing here: he may have got it here. */
export function proveByOtp(proof: OtpProof, serial: string | null, policy: Policy): Action<boolean> {
  return (account, now) => {
    const asked = account.tokens.filter(
      (token) => token.kind !== 'password' && (serial === null || token.serial === serial),
    )
    const narrowed: Account = { ...account, tokens: asked }
    const { result, tokens, audit } = authenticateByOtp(loginOf(proof), policy)(narrowed, now)
    const after = new Map(tokens.map((token) => [token.serial, token]))
    return {
      result: result.kind === 'accept',
      tokens: account.tokens.map((token) => after.get(token.serial) ?? token),
      audit: audit.map((row) => ({ ...row, action: 'user prove' })),
    }
  }
}

function loginOf({ user, otp, actor, source }: OtpProof) {
  return { user, credential: plain(otp), actor, source }
}

export function refusedLogin(
  action: string,
  { user, actor, source }: Pick<OtpProof, 'user' | 'actor' | 'source'>,
  reason: string,
  at: number,
): AuditEntry {
  return { at, actor, source, user, serials: [], action, outcome: 'reject', reason, detail: null }
}
