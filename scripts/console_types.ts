/**
 * Types of the command table for the console: writes src/web/api/commands.gen.ts. Run it after a change of a command;
 * test/admin/console_types.test.ts fails until then. Knows JSON Schema as zod writes it, no more.
 */
import { writeFileSync } from 'node:fs'
import { z } from 'zod'
import { auditEntrySchema, outcome } from '../src/admin/audit_view.ts'
import type { Command } from '../src/admin/command.ts'
import { commands, nameOf } from '../src/admin/commands.ts'
import { disconnectSchema } from '../src/admin/disconnect_sessions.ts'
import { explainedSchema } from '../src/admin/explained.ts'
import { fixSchema } from '../src/admin/fix.ts'
import { faultSchema } from '../src/admin/server_commands.ts'
import { sessionSchema } from '../src/admin/session_commands.ts'
import { tokenSchema } from '../src/admin/token_view.ts'

export const TYPES_FILE = new URL('../src/web/api/commands.gen.ts', import.meta.url)

/** What several commands answer, and the pages call by name. */
const NAMED: Readonly<Record<string, z.ZodType>> = {
  TokenView: tokenSchema,
  AuditEntry: auditEntrySchema,
  Outcome: outcome,
  Explained: explainedSchema,
  Fix: fixSchema,
  SessionView: sessionSchema,
  Fault: faultSchema,
  Disconnect: disconnectSchema,
}

type Schema = z.core.JSONSchema.BaseSchema

export function consoleTypes(table: readonly Command[]): string {
  const names = new Map(
    Object.entries(NAMED).map(([name, schema]) => [typeOf(jsonOf(schema, 'output')), name]),
  )
  const rows = table.map((command) => ({ name: JSON.stringify(nameOf(command)), command }))
  const named = (schema: z.ZodType, io: 'input' | 'output') => typeOf(jsonOf(schema, io), names)
  return [
    '/** The command table as the console sees it. Written by scripts/console_types.ts: run that, do not edit this. */',
    "export type Role = 'viewer' | 'helpdesk' | 'admin'",
    '',
    ...Object.entries(NAMED).map(
      ([name, schema]) => `export type ${name} = ${unnamed(jsonOf(schema, 'output'), names)}`,
    ),
    "export type TokenSort = NonNullable<Commands['token list']['input']['sort']>",
    '',
    'export interface Commands {',
    ...rows.map(({ name, command: { input, output } }) => {
      return `  ${name}: { input: ${named(input, 'input')}; output: ${named(output, 'output')} }`
    }),
    '}',
    '',
    '/** The least role that each needs. */',
    'export const COMMAND_ROLES: Readonly<Record<keyof Commands, Role>> = {',
    ...rows.map(({ name, command: { role } }) => `  ${name}: ${JSON.stringify(role)},`),
    '}',
    '',
  ].join('\n')
}

function jsonOf(schema: z.ZodType, io: 'input' | 'output'): Schema {
  return z.toJSONSchema(schema, { io })
}

/** `names`: types that have a name, by what they are. */
function typeOf(schema: Schema, names: ReadonlyMap<string, string> = NONE): string {
  return names.get(unnamed(schema, NONE)) ?? unnamed(schema, names)
}

const NONE: ReadonlyMap<string, string> = new Map()

function unnamed(schema: Schema, names: ReadonlyMap<string, string>): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const either = schema.anyOf ?? schema.oneOf
  if (either !== undefined) return either.map((one) => typeOf(one as Schema, names)).join(' | ')
  // zod writes `string | null` as a list of types.
  if (Array.isArray(schema.type)) {
    return schema.type.map((type) => typeOf({ ...schema, type }, names)).join(' | ')
  }
  switch (schema.type) {
    case 'integer':
      return 'number'
    case 'array': {
      const item = typeOf(schema.items as Schema, names)
      return item.includes(' | ') && !item.endsWith('}') ? `(${item})[]` : `${item}[]`
    }
    case 'object':
      return objectOf(schema, names)
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return schema.type
    default:
      // z.unknown()
      if (Object.keys(schema).every((key) => key === 'description' || key === '$schema')) return 'unknown'
      throw new Error(`no type for ${JSON.stringify(schema)}`)
  }
}

function objectOf(schema: Schema, names: ReadonlyMap<string, string>): string {
  const { properties, required = [], additionalProperties } = schema
  const fields = Object.entries(properties ?? {})
  if (fields.length === 0) {
    const isRecord = typeof additionalProperties === 'object'
    return `Record<string, ${isRecord ? typeOf(additionalProperties as Schema, names) : 'never'}>`
  }
  const members = fields.map(([name, field]) => {
    return `${name}${required.includes(name) ? '' : '?'}: ${typeOf(field as Schema, names)}`
  })
  return `{ ${members.join('; ')} }`
}

if (import.meta.main) writeFileSync(TYPES_FILE, consoleTypes(commands))
