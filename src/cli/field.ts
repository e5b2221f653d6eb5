/** A command's input fields as the command line sees them: taken from the published schema, so that a new one needs no word here. */
import { z } from 'zod'
import type { Command } from '../admin/command.ts'
import { usageError } from './exit_status.ts'

export interface Field {
  readonly name: string
  /** Without the dashes: `max-fail`. */
  readonly flag: string
  readonly kind: 'text' | 'whole' | 'number' | 'boolean' | 'choice' | 'json'
  readonly choices: readonly (string | number)[]
  readonly nullable: boolean
  readonly required: boolean
  readonly summary: string
  readonly preset: unknown
}

/** The word for null: `--max-attempts none`. */
export const NONE = 'none'

export function fieldsOf(command: Command): readonly Field[] {
  const { properties = {}, required = [] } = z.toJSONSchema(command.input, { io: 'input' }) as ObjectSchema
  return Object.entries(properties).map(([name, schema]) => fieldOf(name, schema, required.includes(name)))
}

export function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** The value that the typed text stands for. Throws CliError(usage). */
export function parseValue(field: Field, text: string): unknown {
  if (field.nullable && text === NONE) return null
  switch (field.kind) {
    case 'text':
    case 'boolean':
      return text
    case 'choice': {
      const choice = field.choices.find((candidate) => String(candidate) === text)
      if (choice === undefined) throw usageError(`--${field.flag} must be ${choicesText(field)}`)
      return choice
    }
    case 'whole':
      if (!/^-?\d{1,15}$/.test(text)) throw usageError(`--${field.flag} must be a whole number`)
      return Number(text)
    case 'number':
      if (text.trim() === '' || Number.isNaN(Number(text))) throw usageError(`--${field.flag} must be a number`)
      return Number(text)
    case 'json':
      return parseJson(field, text)
  }
}

export function choicesText({ choices }: Field): string {
  return choices.join(', ').replace(/, ([^,]*)$/, ' or $1')
}

interface Schema {
  readonly type?: string
  readonly enum?: readonly (string | number)[]
  readonly const?: string | number
  readonly anyOf?: readonly Schema[]
  readonly description?: string
  readonly default?: unknown
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
}

function fieldOf(name: string, schema: Schema, required: boolean): Field {
  const alternatives = schema.anyOf ?? [schema]
  const values = alternatives.filter(({ type }) => type !== 'null')
  const [first = {}] = values
  const choices = values.flatMap((value) => value.enum ?? (value.const === undefined ? [] : [value.const]))
  return {
    name,
    flag: flagOf(name),
    kind: choices.length > 0 ? 'choice' : kindOf(first, values.length),
    choices,
    nullable: alternatives.length > values.length,
    required,
    summary: schema.description ?? first.description ?? '',
    preset: schema.default,
  }
}

const KINDS: Readonly<Record<string, Field['kind']>> = {
  string: 'text',
  integer: 'whole',
  number: 'number',
  boolean: 'boolean',
}

function kindOf({ type = '' }: Schema, alternatives: number): Field['kind'] {
  return alternatives > 1 ? 'json' : (KINDS[type] ?? 'json')
}

function parseJson(field: Field, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw usageError(`--${field.flag} must be JSON`)
  }
}
