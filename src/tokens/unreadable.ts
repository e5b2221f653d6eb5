/**
 * Stands for a token whose stored form does not open: altered in the database, sealed under another master key, or of a
 * type that this version does not know. It matches nothing and cannot be changed, only shown and deleted.
 */
import { z } from 'zod'
import type { TokenType } from './token_type.ts'

const EMPTY = { from: 0, to: -1 }

export const unreadable: TokenType<null> = {
  kind: 'unreadable',
  summary: 'a token that cannot be opened: altered, or sealed under another master key',
  enrollable: false,
  enrollment: z.strictObject({}),
  defaults: { window: 1, syncWindow: 1 },

  enroll: () => null,
  serialize: () => {
    throw new Error('a token that cannot be opened is never stored: what is there would be lost')
  },
  parse: () => null,
  pack: () => '',
  unpack: () => null,
  settings: () => ({ digits: 0, algorithm: null, period: null }),
  secret: () => null,

  find: () => null,
  codeAt: () => '',
  expected: (_, { counter }) => counter,
  window: () => EMPTY,
  syncWindow: () => EMPTY,
  passed: () => EMPTY,
  advance: (_, { counter, drift }) => ({ counter, drift }),
  pending: (_, movingFactor, at) => ({ movingFactor, error: 0, at }),
  confirmation: () => EMPTY,
}
