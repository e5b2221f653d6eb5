/** `user set-password`: what a user logs in to the console by, to serve himself. Administrators' is `admin set-password`. */
import { z } from 'zod'
import { userKey } from '../auth/account.ts'
import { roleOf, withNewEpoch } from '../auth/console_access.ts'
import { command } from './command.ts'
import { CommandError } from './command_error.ts'
import { newPassword } from './console_fields.ts'
import { knownSpelling } from './enroll.ts'
import { user } from './fields.ts'
import { recordChange } from './record_change.ts'
import { requireRank } from './role_check.ts'

export const userSetPassword = command({
  noun: 'user',
  verb: 'set-password',
  summary: "set a user's password for the console, where he serves himself",
  role: 'helpdesk',
  input: z.strictObject({ user, password: newPassword }),
  output: z.strictObject({ user: z.string() }),
  positional: ['user'],
  prompt: {
    field: 'password',
    label: 'Password for the console (10 characters or more)',
    confirm: true,
    empty: 'refuse',
  },
  example: 'alice',
  run: async ({ user, password }, context) => {
    const passwordHash = await context.hashPassword(password)
    const spelling = await knownSpelling(user, context)
    const name = await context.transact(userKey(user), (account, now) => {
      requireRank(account, context)
      if (account.record?.isReadable === false) {
        throw new CommandError('conflict', `what is set about ${user} cannot be opened`)
      }
      if (roleOf(account) !== null && context.role !== 'self') {
        throw new CommandError(
          'conflict',
          `${user} is an administrator`,
          `use \`sallyport admin set-password ${user}\``,
        )
      }
      const record = withNewEpoch(account, spelling, { passwordHash })
      const done = { action: 'user set-password', detail: 'password set', at: now }
      return recordChange(account, record, context, done, record.name)
    })
    return { user: name }
  },
})
