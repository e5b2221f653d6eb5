import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { z } from 'zod'
import { consoleTypes, TYPES_FILE } from '../../scripts/console_types.ts'
import { command } from '../../src/admin/command.ts'
import { commands } from '../../src/admin/commands.ts'

test('the types of the console are those of the command table: else run scripts/console_types.ts', () => {
  expect(readFileSync(TYPES_FILE, 'utf8')).toBe(consoleTypes(commands))
})

test('every kind of field has its type', () => {
  const probe = command({
    noun: 'probe',
    verb: 'try',
    summary: "what's this?",
    role: 'viewer',
    input: z.strictObject({
      serial: z.string(),
      limit: z.int().default(50),
      sort: z.enum(['a', 'b']).nullable().optional(),
      lines: z.array(z.union([z.literal(6), z.string()])),
    }),
    output: z.strictObject({
      at: z.iso.datetime(),
      counters: z.record(z.string(), z.number()),
      rest: z.unknown(),
    }),
    positional: ['serial'],
    run: async () => ({ at: '', counters: {}, rest: null }),
  })
  const text = consoleTypes([probe])
  expect(text).toContain(
    '  "probe try": { input: { serial: string; limit?: number; sort?: "a" | "b" | null; lines: (6 | string)[] }; output: { at: string; counters: Record<string, number>; rest: unknown } }\n',
  )
  expect(text).toContain('  "probe try": "viewer",\n')
})
