/** `token test`: says where an OTP lies, spends nothing. How many are tried of an account is bounded, else it were an oracle. */
import { z } from 'zod'
import { type OtpPlace, placeOfOtp } from '../auth/otp_place.ts'
import { type Context, command } from './command.ts'
import { CommandError } from './command_error.ts'
import { otp, serial } from './fields.ts'
import { placeInWords } from './note_words.ts'
import { changeToken, noSuchToken } from './token_change.ts'

export const testCommand = command({
  noun: 'token',
  verb: 'test',
  summary: "say where an OTP lies among a token's codes; spends nothing",
  role: 'helpdesk',
  input: z.strictObject({ serial, otp: otp.describe('an OTP, without the PIN') }),
  output: z.strictObject({
    found: z
      .enum(['window', 'sync-window', 'used', 'nowhere'])
      .describe(
        'window: a login would accept it; sync-window: resync would find it; used: it was used or passed over',
      ),
    distance: z
      .int()
      .nullable()
      .describe('codes from the expected one, positive for ahead; used: from the next that may be accepted'),
    words: z.string(),
  }),
  positional: ['serial', 'otp'],
  example: 'HOTP1234ABCD 755224',
  run: async ({ serial, otp }, context) => {
    await takeTry(serial, context)
    let place: OtpPlace = { found: 'nowhere' }
    await changeToken('token test', serial, context, (token, now) => {
      place = placeOfOtp(token, otp, now)
      return { token, detail: placeInWords(place) }
    })
    return {
      found: place.found,
      distance: 'distance' in place ? (place as { distance: number }).distance : null,
      words: placeInWords(place),
    }
  },
})

/** Throws CommandError if too many OTPs were tried of the token's account lately, or there is no such token. */
export async function takeTry(serial: string, { store, mayTryOtp }: Context): Promise<void> {
  const key = await store.locate(serial)
  if (key === null) throw noSuchToken(serial)
  if (mayTryOtp(key)) return
  throw new CommandError(
    'unavailable',
    'too many OTPs were tried of the tokens of this account',
    'wait a minute for the next; a login tells more, see `sallyport login explain`',
  )
}
