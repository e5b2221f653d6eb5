/** Registration codes: handed to a user who has no other way in, so that he can enroll a token himself. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { userKey } from '../auth/account.ts'
import { accessOf, withAccess } from '../auth/console_access.ts'
import { encodeBase32 } from '../tokens/otpauth_uri.ts'
import { command } from './command.ts'
import { CommandError } from './command_error.ts'
import { durationMs, expiresIn } from './console_fields.ts'
import { knownSpelling } from './enroll.ts'
import { user } from './fields.ts'
import { recordChange } from './record_change.ts'
import { formatTime } from './rfc3339.ts'
import { requireRank } from './role_check.ts'

/** 80 bits: nobody guesses it, so that a fast hash will do. */
const CODE_OCTETS = 10

const registrationCreate = command({
  noun: 'registration',
  verb: 'create',
  summary: 'make a code by which a user can enroll a token himself, once',
  role: 'helpdesk',
  input: z.strictObject({ user, expiresIn }),
  output: z.strictObject({
    user: z.string(),
    code: z.string().describe('shown once'),
    link: z.string().nullable().describe('to the console, with the code; null without console.url'),
    expiresAt: z.iso.datetime(),
  }),
  positional: ['user'],
  example: 'alice --expires-in 7d',
  run: async ({ user, expiresIn }, context) => {
    const code = grouped(encodeBase32(context.entropy(CODE_OCTETS)))
    const name = await knownSpelling(user, context)
    const expiresAt = await context.transact(userKey(user), (account, now) => {
      requireRank(account, context)
      if (account.record?.isReadable === false) {
        throw new CommandError(
          'conflict',
          `what is set about ${user} cannot be opened`,
          `see \`sallyport user show ${user}\``,
        )
      }
      const expiresAt = now + (durationMs(expiresIn) as number)
      const record = withAccess(account, name, { registration: { hash: hashCode(code), expiresAt } })
      const detail = `until ${formatTime(expiresAt)}`
      const done = { action: 'registration create', detail, at: now }
      return recordChange(account, record, context, done, expiresAt)
    })
    const link = context.registrationLink(name, code)
    return { user: name, code, link, expiresAt: formatTime(expiresAt) }
  },
})

const registrationRevoke = command({
  noun: 'registration',
  verb: 'revoke',
  summary: "make a user's registration code worthless",
  role: 'helpdesk',
  input: z.strictObject({ user }),
  output: z.strictObject({ user: z.string(), revoked: z.boolean().describe('false: there was none') }),
  positional: ['user'],
  example: 'alice',
  run: async ({ user }, context) => {
    const revoked = await context.transact(userKey(user), (account, now) => {
      requireRank(account, context)
      if (accessOf(account).registration === null) {
        return { result: false, tokens: account.tokens, audit: [] }
      }
      const record = withAccess(account, user, { registration: null })
      const done = { action: 'registration revoke', detail: null, at: now }
      return recordChange(account, record, context, done, true)
    })
    return { user, revoked }
  },
})

/** As it is stored. What people add or leave out when they copy it makes no difference. */
export function hashCode(code: string): string {
  const plain = code.toUpperCase().replace(/[^A-Z2-7]/g, '')
  return createHash('sha256').update(plain).digest('hex')
}

/** `ABCD-EFGH-…` */
function grouped(code: string): string {
  return (code.match(/.{1,4}/g) as string[]).join('-')
}

export const registrationCommands = [registrationCreate, registrationRevoke]
