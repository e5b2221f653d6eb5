/** Who may run which command on whom: by role, by rank, and a user on nothing but what is his. */
import { type Account, userKey } from '../auth/account.ts'
import { roleOf } from '../auth/console_access.ts'
import { isAtLeast } from '../auth/role.ts'
import type { Command, Context } from './command.ts'
import { CommandError } from './command_error.ts'

/** What a user may run for himself, where the console lets him (server/console/me_routes.ts). */
const FOR_ONESELF: readonly string[] = [
  'user show',
  'user set-password',
  'token enroll',
  'token confirm',
  'token set-pin',
  'token resync',
  'token disable',
  'token lost',
]

/** Throws CommandError('denied') that names the role needed. */
export function requireRole({ noun, verb, role: needed }: Command, { role }: Pick<Context, 'role'>): void {
  const name = `${noun} ${verb}`
  if (role === 'self' ? FOR_ONESELF.includes(name) : isAtLeast(role, needed)) return
  const have = role === 'self' ? 'none' : role
  throw new CommandError(
    'denied',
    `${name} needs the role ${needed}; you have ${have}`,
    'ask an administrator: `sallyport admin list` names them',
  )
}

/** Only this user's own input, whatever else came in. Throws CommandError('denied'). */
export function requireOwn(input: Readonly<Record<string, unknown>>, context: Context): void {
  if (context.role !== 'self' || !('user' in input)) return
  if (userKey(String(input.user)) !== context.account) {
    throw new CommandError('denied', 'this is not yours')
  }
}

export type By = Pick<Context, 'actor' | 'source'> & Partial<Pick<Context, 'role' | 'account'>>

/**
 * An administrator's tokens and codes are changed by those of his rank: else the helpdesk could make itself his. Throws
 * CommandError('denied').
 */
export function requireRank(account: Account, { role }: By): void {
  const owner = roleOf(account)
  if (owner === null || role === undefined || role === 'self' || isAtLeast(role, owner)) return
  throw new CommandError(
    'denied',
    `this belongs to an administrator of the role ${owner}; you have ${role}`,
    `ask one who has the role ${owner}`,
  )
}
