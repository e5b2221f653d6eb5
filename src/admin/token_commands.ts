/** What may be done with a token (spec/authentication.md, "Token management"); `enroll`, `set` and `lost` have files of their own. */
import { z } from 'zod'
import type { Token } from '../auth/account.ts'
import { withFailCountReset } from '../auth/limits.ts'
import { sealPin } from '../auth/pin.ts'
import { resync } from '../auth/resync.ts'
import { type Context, command } from './command.ts'
import { CommandError } from './command_error.ts'
import { confirmCommand } from './confirm.ts'
import { disconnectSchema, disconnectUser, disconnectView } from './disconnect_sessions.ts'
import { enrollCommand, knownSpelling } from './enroll.ts'
import { otp, pin, serial, user } from './fields.ts'
import { lostCommand } from './lost.ts'
import { setCommand, setLimitsCommand } from './settings.ts'
import { type Change, changeToken, type Edit } from './token_change.ts'
import { historyCommand } from './token_history.ts'
import { listCommand, showCommand } from './token_queries.ts'
import { tokenSchema, tokenView } from './token_view.ts'
import { testCommand } from './try_otp.ts'

const output = z.strictObject({ token: tokenSchema })
const onlySerial = z.strictObject({ serial })

const assignCommand = command({
  noun: 'token',
  verb: 'assign',
  summary: 'give an unassigned token to a user',
  role: 'admin',
  input: z.strictObject({ serial, user, pin: pin.optional() }),
  output,
  positional: ['serial', 'user'],
  prompt: {
    field: 'pin',
    label: 'New PIN (empty: the token keeps what it has)',
    confirm: true,
    empty: 'omit',
  },
  example: 'HOTP1234ABCD alice',
  run: async ({ serial, user, pin }, context) => {
    const owner = await knownSpelling(user, context)
    const salt = context.entropy(16)
    const newPin = (token: Token) =>
      pin === undefined ? token.pin : sealPin(context.policy.pinKey, pin, salt)
    return await edited('assign', serial, context, (token) => assign(token, owner, newPin(token)))
  },
})

export function assign(token: Token, user: string, pin: string | null): Change {
  const { serial } = token
  if (token.user !== null) {
    throw new CommandError(
      'conflict',
      `token ${serial} belongs to ${token.user}`,
      `run \`sallyport token unassign ${serial}\` first`,
    )
  }
  return { token: { ...token, user, pin }, detail: pin === token.pin ? null : pinDetail(pin) }
}

const unassignCommand = onToken({
  verb: 'unassign',
  summary: 'take a token from its user; clears the PIN',
  role: 'admin',
  edit: unassign,
})

export function unassign(token: Token): Change {
  if (token.user === null && token.pin === null && !token.changePin && token.failCount === 0) return { token }
  const detail = token.user === null ? null : `was ${token.user}'s`
  return { token: { ...withFailCountReset(token), user: null, pin: null, changePin: false }, detail }
}

const enableCommand = onToken({
  verb: 'enable',
  summary: 'let a disabled token be used again',
  role: 'helpdesk',
  edit: (token) => setActive(token, true),
})

const disableCommand = command({
  noun: 'token',
  verb: 'disable',
  summary: 'let a token take no part in logins',
  role: 'helpdesk',
  input: z.strictObject({
    serial,
    disconnect: z.boolean().optional().describe('also ask the devices to end all sessions of its owner'),
  }),
  output: z.strictObject({ token: tokenSchema, disconnects: z.array(disconnectSchema).optional() }),
  positional: ['serial'],
  example: 'HOTP1234ABCD --disconnect',
  run: async ({ serial, disconnect = false }, context) => {
    const disabled = await edited('disable', serial, context, (token) => setActive(token, false))
    const { user } = disabled.token
    if (!disconnect) return disabled
    const disconnects = user === null ? [] : await disconnectUser(user, context)
    return { ...disabled, disconnects: disconnects.map(disconnectView) }
  },
})

export function setActive(token: Token, active: boolean): Change {
  // Whoever says so by hand has decided: it waits for no OTP any more.
  if (token.pending)
    return { token: { ...token, active, pending: false }, detail: 'waited for its first OTP' }
  return token.active === active
    ? { token, detail: `was ${active ? 'enabled' : 'disabled'} already` }
    : { token: { ...token, active } }
}

const resetFailCountCommand = onToken({
  verb: 'reset-fail-count',
  summary: 'unlock a token',
  role: 'helpdesk',
  edit: resetFailCount,
})

export function resetFailCount(token: Token): Change {
  const after = withFailCountReset(token)
  return { token: after, detail: after === token ? null : `failCount ${token.failCount} -> 0` }
}

const deleteCommand = command({
  noun: 'token',
  verb: 'delete',
  summary: 'remove a token for good; the audit trail keeps what it did',
  role: 'admin',
  input: onlySerial,
  output: z.strictObject({ serial: z.string() }),
  positional: ['serial'],
  confirm: 'Delete this token for good?',
  example: 'HOTP1234ABCD',
  run: async ({ serial }, context) => {
    await changeToken('token delete', serial, context, ({ kind }) => ({ token: null, detail: kind }))
    return { serial }
  },
})

const setPinCommand = command({
  noun: 'token',
  verb: 'set-pin',
  summary: "set or clear a token's PIN",
  role: 'helpdesk',
  input: z.strictObject({
    serial,
    pin: pin.nullable().describe('the new PIN; null clears it'),
    changeAtNextLogin: z
      .boolean()
      .optional()
      .describe('the user must choose another one, at a client with challenge-response'),
  }),
  output,
  positional: ['serial'],
  prompt: { field: 'pin', label: 'New PIN (empty: none)', confirm: true, empty: 'null' },
  example: 'HOTP1234ABCD',
  run: async ({ serial, pin, changeAtNextLogin = false }, context) => {
    const record = sealPin(context.policy.pinKey, pin ?? '', context.entropy(16))
    return await edited('set-pin', serial, context, (token) => setPin(token, record, changeAtNextLogin))
  },
})

export function setPin(token: Token, pin: string | null, changePin = false): Change {
  if (token.pin === null && pin === null && token.changePin === changePin) return { token }
  const detail = changePin ? `${pinDetail(pin)}, to be changed at the next login` : pinDetail(pin)
  return { token: { ...token, pin, changePin }, detail }
}

function pinDetail(pin: string | null): string {
  return pin === null ? 'PIN cleared' : 'PIN set'
}

const resyncCommand = command({
  noun: 'token',
  verb: 'resync',
  summary: 'find a token again by two consecutive OTPs',
  role: 'helpdesk',
  input: z.strictObject({
    serial,
    otp1: otp.describe('an OTP, without the PIN'),
    otp2: otp.describe('the very next OTP'),
  }),
  output,
  positional: ['serial', 'otp1', 'otp2'],
  example: 'HOTP1234ABCD 755224 287082',
  run: async ({ serial, otp1, otp2 }, context) => {
    const change = await changeToken('token resync', serial, context, (token, now) => {
      const after = resync(token, otp1, otp2, now)
      if (after === null) return { token, refused: 'otps-not-found' }
      return {
        token: after,
        detail: `counter ${token.counter} -> ${after.counter}${driftDetail(token, after)}`,
      }
    })
    if (change.refused !== undefined) throw notConsecutive(serial)
    return viewOf(change)
  },
})

function driftDetail(before: Token, after: Token): string {
  return before.drift === after.drift ? '' : `, drift ${before.drift} -> ${after.drift}`
}

function notConsecutive(serial: string): CommandError {
  return new CommandError(
    'invalid',
    `the two OTPs were not found as a consecutive pair of token ${serial}`,
    'let the token show two codes one after the other, used nowhere before, and type them in that order without the PIN',
  )
}

export const tokenCommands = [
  enrollCommand,
  confirmCommand,
  showCommand,
  listCommand,
  historyCommand,
  assignCommand,
  unassignCommand,
  enableCommand,
  disableCommand,
  setPinCommand,
  resetFailCountCommand,
  resyncCommand,
  testCommand,
  lostCommand,
  setCommand,
  setLimitsCommand,
  deleteCommand,
]

interface OnToken {
  readonly verb: string
  readonly summary: string
  readonly role: 'helpdesk' | 'admin'
  readonly edit: Edit
}

/** A command that takes a serial and nothing else. */
function onToken({ verb, summary, role, edit }: OnToken) {
  return command({
    noun: 'token',
    verb,
    summary,
    role,
    input: onlySerial,
    output,
    positional: ['serial'],
    example: 'HOTP1234ABCD',
    run: async ({ serial }, context) => await edited(verb, serial, context, edit),
  })
}

async function edited(verb: string, serial: string, context: Context, edit: Edit) {
  return viewOf(await changeToken(`token ${verb}`, serial, context, edit))
}

function viewOf({ token }: Change) {
  return { token: tokenView(token as Token) }
}
