/** Who is logged in to the console, and ending that. */
import { z } from 'zod'
import { userKey } from '../auth/account.ts'
import { ROLES } from '../auth/role.ts'
import { command } from './command.ts'
import { CommandError } from './command_error.ts'
import { user } from './fields.ts'
import { formatTime } from './rfc3339.ts'
import { operation } from './token_change.ts'

const sessionSchema = z.strictObject({
  id: z.string(),
  user: z.string(),
  role: z.enum(ROLES).nullable().describe("null: a user's own session, to serve himself"),
  source: z.string(),
  createdAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
})
export type ConsoleSessionView = z.infer<typeof sessionSchema>

const adminSessions = command({
  noun: 'admin',
  verb: 'sessions',
  summary: 'list who is logged in to the console',
  role: 'helpdesk',
  input: z.strictObject({ user: user.optional() }),
  output: z.strictObject({ sessions: z.array(sessionSchema) }),
  positional: ['user'],
  example: 'carol',
  run: async ({ user }, { consoleSessions }) => {
    const sessions = await consoleSessions.list(user === undefined ? null : userKey(user))
    return {
      sessions: sessions.map((session) => ({
        ...session,
        createdAt: formatTime(session.createdAt),
        lastSeenAt: formatTime(session.lastSeenAt),
        expiresAt: formatTime(session.expiresAt),
      })),
    }
  },
})

const adminRevoke = command({
  noun: 'admin',
  verb: 'revoke',
  summary: 'end sessions of the console: one by its id, or all of a user',
  role: 'admin',
  input: z.strictObject({
    session: z
      .string()
      .regex(/^[0-9a-f]{16}$/, 'must be an id of `admin sessions`')
      .optional()
      .describe('id of one session'),
    user: user.optional().describe('all sessions of this user'),
  }),
  output: z.strictObject({ revoked: z.int() }),
  example: '--user carol',
  run: async ({ session, user }, context) => {
    if ((session === undefined) === (user === undefined)) {
      throw new CommandError(
        'invalid',
        'give a session or a user, one of the two',
        'see `sallyport admin sessions`',
      )
    }
    const { consoleSessions } = context
    const whose = user ?? (await consoleSessions.list(null)).find(({ id }) => id === session)?.user
    if (whose === undefined) {
      throw new CommandError('not-found', 'there is no such session', 'see `sallyport admin sessions`')
    }
    const revoked = await consoleSessions.revoke(
      session === undefined ? { user: userKey(whose) } : { id: session },
    )
    await context.transact(userKey(whose), ({ tokens }, at) => {
      const detail = session === undefined ? `${revoked} ended` : `session ${session} ended`
      const entry = { at, user: whose, serials: [], action: 'admin revoke', reason: null, detail }
      return { result: null, tokens, audit: [operation(context, entry)] }
    })
    return { revoked }
  },
})

export const consoleSessionCommands = [adminSessions, adminRevoke]
