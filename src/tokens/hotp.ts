/** HOTP (RFC 4226): codes counted by an event counter. */
import { z } from 'zod'
import {
  enrollHmac,
  generatorOf,
  type HmacState,
  hmacEnrollment,
  packHmac,
  parseHmac,
  secretOf,
  serializeHmac,
  unpackHmac,
} from './hmac_state.ts'
import { findOtp, formatOtp } from './otp_generator.ts'
import type { TokenType } from './token_type.ts'

export const hotp: TokenType<HmacState> = {
  kind: 'hotp',
  summary: 'event-based one-time passwords (RFC 4226)',
  enrollable: true,
  enrollment: z.strictObject({
    ...hmacEnrollment,
    counter: z
      .int()
      .min(0)
      .max(2 ** 48)
      .optional(),
  }),
  defaults: { window: 10, syncWindow: 1000 },

  enroll: (input, entropy) => enrollHmac(input, entropy, 0),
  serialize: serializeHmac,
  parse: parseHmac,
  pack: packHmac,
  unpack: unpackHmac,
  settings: ({ digits, algorithm }) => ({ digits, algorithm, period: null }),
  secret: secretOf,

  find: (state, otp, range) => findOtp(generatorOf(state), state.digits, otp, range),
  codeAt: (state, movingFactor) => formatOtp(generatorOf(state), state.digits, movingFactor),
  expected: (_, { counter }) => counter,
  window: (_, { counter, window }) => ({ from: counter, to: counter + window - 1 }),
  syncWindow: (_, { counter, syncWindow }) => ({ from: counter, to: counter + syncWindow - 1 }),
  passed: (_, { counter, window }) => ({ from: counter - window, to: counter - 1 }),
  advance: (_, __, movingFactor) => ({ counter: movingFactor + 1, drift: 0 }),
  pending: (_, movingFactor, at) => ({ movingFactor, error: 0, at }),
  confirmation: (_, first) => ({ from: first.movingFactor + 1, to: first.movingFactor + 1 }),
}
