/** TOTP (RFC 6238): codes counted by a clock, whose error is learned from the codes that match. */
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
import { findOtp, formatOtp, type Range } from './otp_generator.ts'
import type { Instant, TokenType } from './token_type.ts'

const DEFAULT_PERIOD = 30

export const totp: TokenType<HmacState> = {
  kind: 'totp',
  summary: 'time-based one-time passwords (RFC 6238)',
  enrollable: true,
  enrollment: z.strictObject({
    ...hmacEnrollment,
    period: z.union([z.literal(30), z.literal(60)]).optional(),
  }),
  defaults: { window: 2, syncWindow: 100 },

  enroll: (input, entropy) => enrollHmac(input, entropy, input.period ?? DEFAULT_PERIOD),
  serialize: serializeHmac,
  parse: parseHmac,
  pack: packHmac,
  unpack: unpackHmac,
  settings: ({ digits, algorithm, period }) => ({ digits, algorithm, period }),
  secret: secretOf,

  find: (state, otp, range) => findOtp(generatorOf(state), state.digits, otp, range),
  codeAt: (state, movingFactor) => formatOtp(generatorOf(state), state.digits, movingFactor),
  expected: (state, { drift }, now) => step(state, now, drift),
  window: (state, { counter, drift, window }, now) =>
    notBelow(counter, around(step(state, now, drift), window)),
  // Around our own clock, not the corrected one: the bound on the clock error that resync may ever store.
  syncWindow: (state, { counter, syncWindow }, now) =>
    notBelow(counter, around(step(state, now, 0), syncWindow)),
  passed: (state, { counter, drift, window }, now) => {
    const { from, to } = around(step(state, now, drift), window)
    return { from, to: Math.min(to, counter - 1) }
  },
  advance: (state, _, movingFactor, now) => ({
    counter: movingFactor + 1,
    drift: (movingFactor - step(state, now, 0)) * state.period,
  }),
  pending: (state, movingFactor, at) => ({ movingFactor, error: movingFactor - step(state, at, 0), at }),
  // A later code that shows the same clock error within one step (spec/authentication.md, "Autosync").
  confirmation: (state, first, now) =>
    notBelow(first.movingFactor + 1, around(step(state, now, 0) + first.error, 1)),
}

/** The time step of the token's clock, which is `drift` seconds ahead of ours (RFC 6238 §4.2). */
function step(state: HmacState, now: Instant, drift: number): number {
  return Math.floor((Math.floor(now / 1000) + drift) / state.period)
}

function around(centre: number, steps: number): Range {
  return { from: centre - steps, to: centre + steps }
}

function notBelow(counter: number, range: Range): Range {
  return { from: Math.max(counter, range.from), to: range.to }
}
