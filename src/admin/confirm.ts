/** `token confirm`: the first OTP of a token that was enrolled with `pending`. It proves that the secret arrived; it is spent. */
import { z } from 'zod'
import { type Token, typeOf } from '../auth/account.ts'
import { isLocked, withFailure } from '../auth/limits.ts'
import { type OtpPlace, placeOfOtp } from '../auth/otp_place.ts'
import type { Instant } from '../tokens/token_type.ts'
import { command } from './command.ts'
import { CommandError } from './command_error.ts'
import { otp, serial } from './fields.ts'
import { placeInWords } from './note_words.ts'
import { type Change, changeToken } from './token_change.ts'
import { tokenSchema, tokenView } from './token_view.ts'
import { takeTry } from './try_otp.ts'

export const confirmCommand = command({
  noun: 'token',
  verb: 'confirm',
  summary: 'activate a pending token by its first OTP, which is spent',
  role: 'helpdesk',
  input: z.strictObject({ serial, otp: otp.describe('the OTP that it shows now, without the PIN') }),
  output: z.strictObject({ token: tokenSchema }),
  positional: ['serial', 'otp'],
  example: 'TOTP1234ABCD 287082',
  run: async ({ serial, otp }, context) => {
    await takeTry(serial, context)
    const change = await changeToken('token confirm', serial, context, (token, now) =>
      confirm(token, otp, now),
    )
    if (change.refused !== undefined) throw notConfirmed(change)
    return { token: tokenView(change.token as Token) }
  },
})

/** A wrong one counts as a failure, and the last that `maxFail` allows locks the token, as at a login. */
export function confirm(token: Token, otp: string, now: Instant): Change {
  const { serial } = token
  if (!token.pending) {
    const hint = token.active ? 'it takes part in logins' : `\`sallyport token enable ${serial}\` lets it`
    throw new CommandError('conflict', `token ${serial} does not wait for its first OTP`, hint)
  }
  if (isLocked(token)) {
    throw new CommandError(
      'conflict',
      `token ${serial} is locked: ${token.failCount} wrong OTPs were tried`,
      `run \`sallyport token reset-fail-count ${serial}\` first, or enroll the token anew`,
    )
  }
  const place = placeOfOtp(token, otp, now)
  if (place.found !== 'window') {
    return {
      token: withFailure(token, false, now),
      refused: REFUSED[place.found],
      detail: placeInWords(place),
    }
  }
  const { counter, drift } = typeOf(token).advance(token.state, token, place.movingFactor, now)
  const detail = drift === token.drift ? placeInWords(place) : `drift ${token.drift} -> ${drift}`
  const proven = { ...token, counter, drift, active: true, pending: false, failCount: 0, lockedAt: null }
  return { token: proven, detail }
}

const REFUSED = {
  'sync-window': 'otp-out-of-sync',
  used: 'otp-already-used',
  nowhere: 'wrong-otp',
} as const satisfies Record<Exclude<OtpPlace['found'], 'window'>, string>

function notConfirmed({ detail, refused }: Change): CommandError {
  const isFar = refused === REFUSED['sync-window']
  return new CommandError(
    'invalid',
    isFar ? `the OTP is a code of this token, but ${detail}` : 'the OTP is no code of this token',
    isFar
      ? 'let the phone set its clock automatically, or bring the token into step with `sallyport token resync`; then confirm with the next code'
      : 'type the code that this very entry shows now; if it goes on, delete the token and enroll it again',
  )
}
