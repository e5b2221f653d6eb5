/** Where an OTP lies among a token's codes. Only looks: nothing is spent, and no failure counted. */
import type { Instant } from '../tokens/token_type.ts'
import { type Token, typeOf } from './account.ts'
import { distanceOf } from './note.ts'

/** `movingFactor`: of the code that it is. */
export type OtpPlace =
  | { readonly found: 'window' | 'sync-window'; readonly movingFactor: number; readonly distance: number }
  /** `distance`: how far before the next code that may be accepted; negative. */
  | { readonly found: 'used'; readonly movingFactor: number; readonly distance: number }
  | { readonly found: 'nowhere' }

/** In the order in which a login looks (auth/authenticate.ts). */
export function placeOfOtp(token: Token, otp: string, now: Instant): OtpPlace {
  const type = typeOf(token)
  const { state } = token
  const inWindow = type.find(state, otp, type.window(state, token, now))
  if (inWindow !== null) return ahead('window', token, inWindow, now)
  const farther = type.find(state, otp, type.syncWindow(state, token, now))
  if (farther !== null) return ahead('sync-window', token, farther, now)
  const passed = type.find(state, otp, type.passed(state, token, now))
  if (passed === null) return { found: 'nowhere' }
  return { found: 'used', movingFactor: passed, distance: passed - token.counter }
}

function ahead(found: 'window' | 'sync-window', token: Token, movingFactor: number, now: Instant): OtpPlace {
  return { found, movingFactor, distance: distanceOf(token, movingFactor, now) }
}
