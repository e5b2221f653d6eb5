/** Input against a command's schema, and in words what is wrong with it: never what was typed, which may be secret. */
import type { z } from 'zod'
import { closest } from './closest.ts'
import type { Command } from './command.ts'
import { CommandError } from './command_error.ts'

type Input = Readonly<Record<string, unknown>>
/** How a field is called where it was typed: `maxFail`, `--max-fail`. */
export type FieldName = (field: string) => string

/** Throws CommandError('invalid') that names every wrong field and what is allowed. */
export function validate(command: Command, body: unknown, nameOf: FieldName = (field) => field): Input {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new CommandError(
      'invalid',
      'the input must be a JSON object',
      'for example {"serial":"HOTP1234ABCD"}',
    )
  }
  const parsed = command.input.safeParse(body)
  if (parsed.success) return parsed.data
  const fields = Object.keys(command.input.shape)
  const problems = parsed.error.issues.map((issue) => describeIssue(issue, body as Input, nameOf))
  throw new CommandError(
    'invalid',
    [...new Set(problems)].join('; '),
    hintFor(parsed.error.issues, fields, nameOf),
  )
}

type Issue = z.core.$ZodIssue

function describeIssue(issue: Issue, body: Input, nameOf: FieldName): string {
  if (issue.code === 'unrecognized_keys') {
    return `unknown field ${issue.keys.map((key) => JSON.stringify(key.slice(0, 64))).join(', ')}`
  }
  const field = String(issue.path[0] ?? '')
  if (field === '') return issue.message
  if (body[field] === undefined) return `${nameOf(field)} is required`
  return `${nameOf(field)} ${rule(issue)}`
}

function rule(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPES[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `must be ${either(issue.values)}`
    case 'invalid_union':
      return `must be ${either(issue.errors.flatMap(allowedBy))}`
    case 'too_big':
      return isWorded(issue) ? issue.message : `must be at most ${issue.maximum}${unit(issue.origin)}`
    case 'too_small':
      return isWorded(issue) ? issue.message : `must be at least ${issue.minimum}${unit(issue.origin)}`
    default:
      return issue.message
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  null: 'null',
}

/** Our own messages are predicates; zod's are not. */
function isWorded(issue: Issue): boolean {
  return issue.message.startsWith('must ')
}

function unit(origin: string): string {
  return origin === 'string' ? ' characters long' : ''
}

function allowedBy(issues: readonly Issue[]): readonly unknown[] {
  return issues.flatMap((issue) => (issue.code === 'invalid_value' ? issue.values : []))
}

function either(values: readonly unknown[]): string {
  const words = values.map(String)
  const last = words.pop() ?? ''
  return words.length === 0 ? last : `${words.join(', ')} or ${last}`
}

function hintFor(issues: readonly Issue[], fields: readonly string[], nameOf: FieldName): string {
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue
    const meant = closest(issue.keys[0] ?? '', fields)
    if (meant !== null) return `did you mean ${nameOf(meant)}?`
    return fields.length === 0 ? 'this command takes no fields' : `fields: ${fields.map(nameOf).join(', ')}`
  }
  return ''
}
