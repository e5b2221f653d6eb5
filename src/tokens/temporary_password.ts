/**
 * The temporary password that `token lost` hands out: ten characters in the OTP's place, good until its validity ends.
 * Not a one-time password: it may be used more than once while it is valid, and `counter` counts the uses.
 */
import { z } from 'zod'
import type { TokenType } from './token_type.ts'

export interface PasswordState {
  readonly password: string
}

export const PASSWORD_LENGTH = 10
// No look-alikes (0 O, 1 I l): it is read out over the telephone. 32 symbols, so that an octet maps without bias.
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'

export const temporaryPassword: TokenType<PasswordState> = {
  kind: 'password',
  summary: 'temporary password of a lost token',
  enrollable: false,
  enrollment: z.strictObject({}),
  defaults: { window: 1, syncWindow: 1 },

  enroll: (_, entropy) => ({ password: passwordFrom(entropy) }),
  serialize: ({ password }) => ({ password }),
  parse: ({ password }) => ({ password: String(password) }),
  pack: ({ password }) => password,
  unpack: (password) => ({ password }),
  settings: () => ({ digits: PASSWORD_LENGTH, algorithm: null, period: null }),
  secret: () => null,

  find: ({ password }, otp, { from, to }) => (from <= to && equalInConstantTime(password, otp) ? from : null),
  codeAt: ({ password }) => password,
  expected: (_, { counter }) => counter,
  window: (_, { counter }) => ({ from: counter, to: counter }),
  syncWindow: () => EMPTY,
  passed: () => EMPTY,
  advance: (_, __, movingFactor) => ({ counter: movingFactor + 1, drift: 0 }),
  pending: (_, movingFactor, at) => ({ movingFactor, error: 0, at }),
  confirmation: () => EMPTY,
}

const EMPTY = { from: 0, to: -1 }

function passwordFrom(entropy: Uint8Array): string {
  return Array.from(entropy.subarray(0, PASSWORD_LENGTH), (octet) => ALPHABET[octet % ALPHABET.length]).join(
    '',
  )
}

function equalInConstantTime(expected: string, given: string): boolean {
  if (given.length !== expected.length) return false
  let difference = 0
  for (let i = 0; i < expected.length; i++) difference |= expected.charCodeAt(i) ^ given.charCodeAt(i)
  return difference === 0
}
