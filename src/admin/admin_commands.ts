/** Administrators: users with a role, a password and a token of their own. Their sessions are in console_session_commands.ts. */
import { z } from 'zod'
import { type Account, type AccountRecord, nameIn, spelledName, userKey } from '../auth/account.ts'
import type { Action } from '../auth/action.ts'
import { accessOf, roleOf, withNewEpoch } from '../auth/console_access.ts'
import { obstacle } from '../auth/limits.ts'
import { ROLES, type Role } from '../auth/role.ts'
import { type Context, command } from './command.ts'
import { CommandError } from './command_error.ts'
import { newPassword, role } from './console_fields.ts'
import { consoleSessionCommands } from './console_session_commands.ts'
import { user } from './fields.ts'
import { notReadable, recordChange } from './record_change.ts'
import { formatTimeOrNull } from './rfc3339.ts'

const administratorSchema = z.strictObject({
  user: z.string(),
  role: z.enum(ROLES),
  tokens: z.int(),
  usableTokens: z.int().describe('that a login would accept now; with none, the console is closed to him'),
  createdAt: z.iso.datetime().nullable(),
  lastLoginAt: z.iso.datetime().nullable(),
})
export type AdministratorView = z.infer<typeof administratorSchema>

const output = z.strictObject({
  administrator: administratorSchema,
  notes: z.array(z.string()).describe('what to do next, and what to think of'),
})
const prompt = {
  field: 'password',
  label: `Password for the console (10 characters or more)`,
  confirm: true,
  empty: 'refuse',
} as const

const adminAdd = command({
  noun: 'admin',
  verb: 'add',
  summary: 'let a user into the console, by a password and his own token',
  role: 'admin',
  input: z.strictObject({ user, role, password: newPassword }),
  output,
  positional: ['user'],
  prompt,
  example: 'carol --role admin',
  run: async ({ user, role, password }, context) => {
    const passwordHash = await context.hashPassword(password)
    const account = await context.transact(userKey(user), (account, now) => {
      const before = roleOf(account)
      if (before !== null) {
        const hint = `change it by \`sallyport admin set-role ${user} --role ${role}\``
        throw new CommandError('conflict', `${user} is an administrator already, of the role ${before}`, hint)
      }
      const change = { role, since: now, passwordHash, registration: null }
      return changed(
        'add',
        withNewEpoch(readable(account, user), user, change),
        `role ${role}`,
        account,
        now,
        context,
      )
    })
    return { administrator: view(account, context), notes: nextSteps(account, context) }
  },
})

const adminSetRole = command({
  noun: 'admin',
  verb: 'set-role',
  summary: "change an administrator's role; ends his sessions",
  role: 'admin',
  input: z.strictObject({ user, role }),
  output,
  positional: ['user'],
  example: 'carol --role helpdesk',
  run: async ({ user, role }, context) => {
    const account = await context.transact(userKey(user), (account, now) => {
      const before = administratorOf(account, user)
      if (context.account === account.key) throw notOneself('change your own role')
      const record = before === role ? account.record : withNewEpoch(account, user, { role })
      return changed('set-role', record as AccountRecord, `role ${before} -> ${role}`, account, now, context)
    })
    const notes = [...nextSteps(account, context), ...(await lastAdmin(context))]
    return { administrator: view(account, context), notes }
  },
})

const adminSetPassword = command({
  noun: 'admin',
  verb: 'set-password',
  summary: "set an administrator's password; ends his sessions",
  role: 'admin',
  input: z.strictObject({ user, password: newPassword }),
  output,
  positional: ['user'],
  prompt,
  example: 'carol',
  run: async ({ user, password }, context) => {
    const passwordHash = await context.hashPassword(password)
    const account = await context.transact(userKey(user), (account, now) => {
      administratorOf(account, user)
      const record = withNewEpoch(account, user, { passwordHash })
      return changed('set-password', record, 'password set', account, now, context)
    })
    return { administrator: view(account, context), notes: nextSteps(account, context) }
  },
})

const adminRemove = command({
  noun: 'admin',
  verb: 'remove',
  summary: 'take the console from an administrator; his tokens stay',
  role: 'admin',
  input: z.strictObject({ user }),
  output: z.strictObject({ user: z.string(), notes: z.array(z.string()) }),
  positional: ['user'],
  confirm: 'Take the console from this administrator?',
  example: 'carol',
  run: async ({ user }, context) => {
    const account = await context.transact(userKey(user), (account, now) => {
      const before = administratorOf(account, user)
      // The password goes too: it was given for this, and is no user's way to serve himself.
      const change = { role: null, since: null, lastLoginAt: null, passwordHash: null, registration: null }
      return changed('remove', withNewEpoch(account, user, change), `was ${before}`, account, now, context)
    })
    return { user: spelledName(account, user), notes: await lastAdmin(context) }
  },
})

const adminList = command({
  noun: 'admin',
  verb: 'list',
  summary: 'list administrators',
  role: 'viewer',
  input: z.strictObject({}),
  output: z.strictObject({ administrators: z.array(administratorSchema) }),
  run: async (_, context) => {
    const records = await context.store.listAdministrators()
    const accounts = await context.store.load(records.map(({ name }) => userKey(name)))
    return {
      administrators: [...accounts.values()].filter(isAdministrator).map((account) => view(account, context)),
    }
  },
})

type Changed = ReturnType<Action<Account>>

/** One row in the audit trail, and the account as it is then. */
function changed(
  verb: string,
  record: AccountRecord,
  detail: string,
  account: Account,
  now: number,
  context: Context,
): Changed {
  const done = { action: `admin ${verb}`, detail, at: now }
  return recordChange(account, record, context, done, { ...account, record })
}

function readable(account: Account, user: string): Account {
  if (account.record?.isReadable !== false) return account
  throw notReadable(
    user,
    `restore the database from a backup, or set it anew: \`sallyport user set ${user}\``,
  )
}

/** Throws CommandError if he is none. */
function administratorOf(account: Account, user: string): Role {
  const role = roleOf(account)
  if (role !== null) return role
  throw new CommandError('not-found', `${user} is no administrator`, 'see `sallyport admin list`')
}

function notOneself(what: string): CommandError {
  return new CommandError('denied', `you cannot ${what}`, 'another administrator can, or the admin socket')
}

function isAdministrator(account: Account): boolean {
  return roleOf(account) !== null
}

function view(account: Account, context: Pick<Context, 'policy' | 'now'>): AdministratorView {
  const { role, since, lastLoginAt } = accessOf(account)
  return {
    user: spelledName(account, nameIn(account.key)),
    role: role as Role,
    tokens: account.tokens.length,
    usableTokens: usableTokens(account, context),
    createdAt: formatTimeOrNull(since),
    lastLoginAt: formatTimeOrNull(lastLoginAt),
  }
}

function usableTokens({ tokens }: Account, { policy, now }: Pick<Context, 'policy' | 'now'>): number {
  const at = now()
  return tokens.filter((token) => token.active && obstacle(token, policy.unlockAfterMs, at) === null).length
}

function nextSteps(account: Account, context: Pick<Context, 'policy' | 'now'>): string[] {
  if (usableTokens(account, context) > 0) return []
  const name = spelledName(account, nameIn(account.key))
  const why = account.tokens.length === 0 ? 'has no token yet' : 'has no token that can be used'
  return [`${name} ${why}, and cannot log in to the console without: sallyport token enroll totp ${name}`]
}

async function lastAdmin({ store }: Context): Promise<string[]> {
  const records = await store.listAdministrators()
  if (records.some(({ access }) => access?.role === 'admin')) return []
  return ['nobody has the role admin now: commands of that role are for the admin socket alone']
}

export const adminCommands = [
  adminAdd,
  adminList,
  adminSetRole,
  adminSetPassword,
  adminRemove,
  ...consoleSessionCommands,
]
