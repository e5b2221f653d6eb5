/** Gives each caller of the command table what commands work with: the server's parts, under the caller's name. */
import { randomBytes } from 'node:crypto'
import type { Context, ServerStatus } from '../admin/command.ts'
import { CommandError } from '../admin/command_error.ts'
import { type AccountKey, userKey } from '../auth/account.ts'
import type { Action } from '../auth/action.ts'
import { authenticate } from '../auth/authenticate.ts'
import type { Keys } from '../seal.ts'
import { verifyAudit } from '../storage/audit_chain.ts'
import type { Store } from '../storage/store.ts'
import type { Caller } from './admin_socket.ts'
import { type Committer, Overloaded } from './committer.ts'
import { disconnect } from './disconnect.ts'
import type { Settings } from './settings.ts'

export interface AdminParts {
  readonly store: Store
  readonly committer: Committer
  readonly keys: Keys
  readonly settings: () => Settings
  readonly status: () => Promise<ServerStatus>
  readonly reload: Context['reload']
}

export function adminContext(parts: AdminParts, { actor, source }: Caller): Context {
  const { store, committer, keys, settings, status, reload } = parts
  const { policy, tokenDefaults, clients } = settings()
  const transact = <R>(key: AccountKey, action: Action<R>): Promise<R> =>
    committer.transact(key, action).catch((error: unknown) => {
      if (!(error instanceof Overloaded)) throw error
      throw new CommandError('unavailable', error.message, 'try again in a moment')
    })
  return {
    actor,
    source,
    store,
    policy,
    tokenDefaults,
    transact,
    checkLogin: (user, credential, client) => {
      if (client !== null && !clients.clients.some(({ name }) => name === client)) {
        throw new CommandError(
          'not-found',
          `there is no client ${client}`,
          'see [[radius.clients]] in the configuration',
        )
      }
      return transact(userKey(user), authenticate({ user, credential, actor, source }, policy))
    },
    disconnect: (session) =>
      disconnect(
        clients.clients.find(({ name }) => name === session.client),
        session,
        Date.now(),
      ),
    verifyAudit: () => verifyAudit(store, keys.audit),
    now: Date.now,
    entropy: randomBytes,
    status,
    reload,
  }
}
