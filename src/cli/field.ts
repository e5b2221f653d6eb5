/** A command's input fields as the command line sees them: taken from the published schema, so that a new one needs no word here. */
import { z } from 'zod'
import type { Command } from '../admin/command.ts'

export interface Field {
  readonly name: string
  /** Without the dashes: `max-fail`. */
  readonly flag: string
  readonly kind: 'text' | 'number' | 'boolean' | 'choice' | 'list' | 'json'
  readonly choices: readonly (string | number)[]
  readonly nullable: boolean
  readonly required: boolean
  readonly summary: string
  readonly preset: unknown
  /** Of a list: what also separates its items, beside giving the option again. */
  readonly separator: string | null
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

/** The value that the typed text stands for; text that stands for none stays as it is, for the schema to refuse. */
export function parseValue({ kind, choices, nullable }: Field, text: string): unknown {
  if (nullable && text === NONE) return null
  switch (kind) {
    case 'text':
    case 'boolean':
      return text
    case 'choice':
      return choices.find((choice) => String(choice) === text) ?? text
    case 'number':
      return /^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : text
    case 'list':
    case 'json':
      return parseJson(text)
  }
}

/** What an option that may be given again stands for. */
export function parseList({ nullable, separator }: Field, texts: readonly string[]): unknown {
  if (nullable && texts.length === 1 && texts[0] === NONE) return null
  return separator === null ? texts : texts.flatMap((text) => text.split(separator))
}

interface Schema {
  readonly type?: string
  readonly enum?: readonly (string | number)[]
  readonly const?: string | number
  readonly anyOf?: readonly Schema[]
  readonly description?: string
  readonly default?: unknown
  readonly items?: Schema
  readonly 'x-separator'?: string
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
    separator: first['x-separator'] ?? null,
  }
}

const KINDS: Readonly<Record<string, Field['kind']>> = {
  string: 'text',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
}

function kindOf({ type = '', items }: Schema, alternatives: number): Field['kind'] {
  if (alternatives === 1 && type === 'array' && items?.type === 'string') return 'list'
  return alternatives > 1 ? 'json' : (KINDS[type] ?? 'json')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
