/** Trying a login from here, on the very road of RADIUS. */
import { z } from 'zod'
import { plain } from '../tokens/credential.ts'
import { command } from './command.ts'
import { loginExplain } from './explain_command.ts'
import { user, utf8Length } from './fields.ts'
import { loginRecent } from './login_recent.ts'

/** RFC 2865 §5.2 */
const MAX_PASSWORD_OCTETS = 128
const PASSWORD_ALLOWED = `must be PIN and OTP together, at most ${MAX_PASSWORD_OCTETS} octets in UTF-8`

const loginCheck = command({
  noun: 'login',
  verb: 'check',
  summary: 'try a login as RADIUS would; it counts like one',
  role: 'helpdesk',
  input: z.strictObject({
    user,
    password: z
      .string()
      .max(MAX_PASSWORD_OCTETS, PASSWORD_ALLOWED)
      .refine((text) => text.isWellFormed() && utf8Length(text) <= MAX_PASSWORD_OCTETS, PASSWORD_ALLOWED)
      .describe('PIN and OTP together'),
    client: z.string().min(1).max(64).optional().describe('name of the RADIUS client that it is tried as'),
  }),
  output: z.strictObject({
    verdict: z.enum(['accept', 'reject', 'challenge']),
    reason: z.string().describe('why; for operators, a RADIUS client is never told'),
    serials: z.array(z.string()).describe('tokens that took part'),
  }),
  positional: ['user'],
  prompt: { field: 'password', label: 'Password (PIN and OTP)', confirm: false, empty: 'refuse' },
  example: 'alice',
  run: async ({ user, password, client = null }, { checkLogin }) => {
    const verdict = await checkLogin(user, plain(password), client)
    return { verdict: verdict.kind, reason: verdict.reason, serials: [...verdict.serials] }
  },
})

export const loginCommands = [loginCheck, loginExplain, loginRecent]
