/** `token lost`: the lost token is disabled and a temporary password takes its place, in one step. */
import { z } from 'zod'
import type { Token } from '../auth/account.ts'
import { tokenType } from '../tokens/registry.ts'
import type { Instant } from '../tokens/token_type.ts'
import { command } from './command.ts'
import { CommandError } from './command_error.ts'
import { freeSerial, newToken } from './enroll.ts'
import { serial } from './fields.ts'
import { type Change, changeToken } from './token_change.ts'
import { tokenSchema, tokenView } from './token_view.ts'

const VALID_FOR_MS = 10 * 86_400_000

export const lostCommand = command({
  noun: 'token',
  verb: 'lost',
  summary: 'disable a lost token and give its user a password for ten days',
  role: 'helpdesk',
  input: z.strictObject({ serial }),
  output: z.strictObject({
    token: tokenSchema.describe('the temporary one'),
    password: z.string().describe('typed after the PIN in place of the OTP; shown once'),
  }),
  positional: ['serial'],
  example: 'HOTP1234ABCD',
  run: async ({ serial }, context) => {
    const temporarySerial = await freeSerial('LOST', context)
    const state = tokenType('password').enroll({}, context.entropy(64))
    const { maxFail } = context.tokenDefaults
    const { added } = await changeToken('token lost', serial, context, (token, now) =>
      replaceLost(token, { serial: temporarySerial, state, maxFail }, now),
    )
    const [temporary] = added as [Token]
    const { password } = tokenType('password').serialize(temporary.state)
    return { token: tokenView(temporary), password: String(password) }
  },
})

export interface Temporary {
  readonly serial: string
  /** Made by the token type `password`. */
  readonly state: unknown
  readonly maxFail: number
}

export function replaceLost(lost: Token, { serial, state, maxFail }: Temporary, now: Instant): Change {
  if (lost.user === null) {
    throw new CommandError(
      'conflict',
      `token ${lost.serial} belongs to nobody who could use a password`,
      `run \`sallyport token disable ${lost.serial}\` instead`,
    )
  }
  const { user, pin } = lost
  const description = `in place of ${lost.serial}`
  const temporary = newToken({
    ...{ serial, kind: 'password', state, user, description, pin, maxFail, counter: 0 },
    ...tokenType('password').defaults,
    // It has the same PIN.
    changePin: lost.changePin,
  })
  return {
    token: lost.active || lost.pending ? { ...lost, active: false, pending: false } : lost,
    added: [{ ...temporary, createdAt: now, validUntil: now + VALID_FOR_MS }],
    detail: `${lost.serial} disabled, ${serial} in its place`,
  }
}
