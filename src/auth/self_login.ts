/** A user's own login to the console, by a password that was found right or by a registration code, which is spent by it. */
import { type AuditEntry, spelledName } from './account.ts'
import type { Action, Outcome } from './action.ts'
import { refusedLogin } from './admin_login.ts'
import { accessOf, withAccess } from './console_access.ts'

export interface SelfLogin {
  readonly user: string
  readonly actor: string
  readonly source: string
  readonly by: { readonly passwordHash: string } | { readonly codeHash: string }
}

export type SelfLoggedIn = { readonly name: string; readonly epoch: number } | null

const ACTION = 'user login'

export function logInUser(login: SelfLogin): Action<SelfLoggedIn> {
  return (account, now): Outcome<SelfLoggedIn> => {
    const { tokens } = account
    const { passwordHash, registration, epoch } = accessOf(account)
    const refuse = (reason: string) => ({
      result: null,
      tokens,
      audit: [refusedLogin(ACTION, login, reason, now)],
    })
    const name = spelledName(account, login.user)
    const accept = (reason: string): SelfAccept => {
      const { actor, source } = login
      const row: AuditEntry = {
        ...{ at: now, actor, source, user: name, serials: [], action: ACTION },
        ...{ outcome: 'accept', reason, detail: null },
      }
      return { result: { name, epoch }, tokens, audit: [row] }
    }
    if ('passwordHash' in login.by) {
      return passwordHash === login.by.passwordHash ? accept('password-accepted') : refuse('wrong-password')
    }
    if (registration === null || registration.hash !== login.by.codeHash) return refuse('wrong-code')
    if (now >= registration.expiresAt) return refuse('code-expired')
    // Of two who come with it at once, the second finds it gone.
    return { ...accept('code-accepted'), record: withAccess(account, name, { registration: null }) }
  }
}

type SelfAccept = Outcome<SelfLoggedIn>
