/** Gives each caller of the command table what commands work with: the server's parts, under the caller's name. */
import { randomBytes } from 'node:crypto'
import type { Context, ServerStatus } from '../admin/command.ts'
import { CommandError } from '../admin/command_error.ts'
import { type AccountKey, userKey } from '../auth/account.ts'
import type { Action } from '../auth/action.ts'
import type { Keys } from '../seal.ts'
import { verifyAudit } from '../storage/audit_chain.ts'
import type { Store } from '../storage/store.ts'
import type { Caller } from './admin_socket.ts'
import { type Committer, Overloaded } from './committer.ts'
import { ConsoleSessions } from './console/console_sessions.ts'
import { PasswordHasher, TooBusy } from './console/password_hash.ts'
import { disconnect } from './disconnect.ts'
import type { Settings } from './settings.ts'
import { loginAction } from './states.ts'
import type { TokenBuckets } from './token_buckets.ts'

/** OTPs that operators may try of one account, beside logins: ten at once, then one a minute. */
const OTP_TRIES = { burst: 10, perSecond: 1 / 60 }

/** A login that is tried as no client in particular. */
const ITSELF = { name: '', challenge: null, otpOnly: false }

export interface AdminParts {
  readonly store: Store
  readonly committer: Committer
  readonly keys: Keys
  /** Which accounts OTPs were tried of. */
  readonly otpTries: TokenBuckets
  readonly settings: () => Settings
  readonly status: () => Promise<ServerStatus>
  readonly activity: Context['activity']
  readonly checkClient: Context['checkClient']
  readonly reload: Context['reload']
}

/** All passwords of this process wait in one line. */
export const passwords = new PasswordHasher()

export function consoleSessions({ store, keys, settings }: AdminParts): ConsoleSessions {
  return new ConsoleSessions({ store, keys, now: Date.now, limits: () => settings().console })
}

export function adminContext(parts: AdminParts, { actor, source, role, account }: Caller): Context {
  const { store, committer, keys, otpTries, settings, status, activity, checkClient, reload } = parts
  const { policy, tokenDefaults, clients, replies } = settings()
  const transact = <R>(key: AccountKey, action: Action<R>): Promise<R> =>
    committer.transact(key, action).catch((error: unknown) => {
      if (!(error instanceof Overloaded)) throw error
      throw new CommandError('unavailable', error.message, 'try again in a moment')
    })
  return {
    actor,
    source,
    role,
    account: account ?? null,
    store,
    policy,
    tokenDefaults,
    replies,
    transact,
    checkLogin: (user, credential, client) => {
      const asked = client === null ? ITSELF : clients.clients.find(({ name }) => name === client)
      if (asked === undefined) {
        throw new CommandError(
          'not-found',
          `there is no client ${client}`,
          'see [[radius.clients]] in the configuration',
        )
      }
      const key = userKey(user)
      const login = { user, credential, actor, source }
      return transact(key, loginAction(asked, key, login, policy, undefined, keys.state))
    },
    mayTryOtp: (key) => otpTries.take(key, performance.now(), OTP_TRIES),
    disconnect: (session) =>
      disconnect(
        clients.clients.find(({ name }) => name === session.client),
        session,
        Date.now(),
      ),
    hashPassword: (password) =>
      passwords.hash(password).catch((error: unknown) => {
        if (!(error instanceof TooBusy)) throw error
        throw new CommandError('unavailable', error.message, 'try again in a moment')
      }),
    consoleSessions: consoleSessions(parts),
    registrationLink: (user, code) => {
      const { url } = settings().console
      if (url === null) return null
      // In the fragment: browsers send it nowhere, and no log has it.
      return `${url}/me/login#${new URLSearchParams({ user, code })}`
    },
    verifyAudit: () => verifyAudit(store, keys.audit),
    now: Date.now,
    entropy: randomBytes,
    status,
    activity,
    checkClient,
    reload,
  }
}
