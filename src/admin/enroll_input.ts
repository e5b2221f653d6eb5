/** What `token enroll` takes: the fields of every token, and those of each type that may be enrolled. */
import { z } from 'zod'
import { SECRET_LENGTH } from '../tokens/hmac_state.ts'
import { decodeBase32 } from '../tokens/otpauth_uri.ts'
import { ENROLLABLE_KINDS, tokenType } from '../tokens/registry.ts'
import type { EnrollInput, TokenType } from '../tokens/token_type.ts'
import { CommandError } from './command_error.ts'
import { description, maxFail, pin, serial, syncWindow, user, window } from './fields.ts'

/** Help for the types' own fields; a field that says what it is keeps its own words. */
const HELP: Readonly<Record<string, string>> = {
  digits: 'length of the OTP (default: tokens.digits of the configuration)',
  algorithm: 'hash of the OTP (default: sha1)',
  period: 'seconds of a time step, totp only (default: 30)',
  counter: 'first counter that may be accepted, hotp only (default: 0)',
}

const base = {
  type: z.enum(ENROLLABLE_KINDS).describe(ENROLLABLE_KINDS.map(describeType).join('; ')),
  user: user.optional().describe('owner; without one the token stays unassigned'),
  serial: serial.optional().describe('serial number (default: generated)'),
  secret: z
    .string()
    .max(512)
    .optional()
    .describe('secret in base32 (default: generated); seen by others in `ps`: rather use --input -'),
  secretHex: z.string().max(512).optional().describe('the same in hexadecimal'),
  pin: pin.optional(),
  description: description.optional(),
  window: window.optional(),
  syncWindow: syncWindow.optional(),
  maxFail: maxFail.optional(),
  pending: z
    .boolean()
    .optional()
    .describe('takes no part in logins until `token confirm` has seen its first OTP'),
}

export const enrollInput = z.strictObject({ ...typeFields(), ...base })

function describeType(kind: string): string {
  return `${kind}: ${tokenType(kind).summary}`
}

/** The union of the types' fields. A name that two types share must mean the same to both. */
function typeFields(): Readonly<Record<string, z.ZodType>> {
  const shapes = ENROLLABLE_KINDS.map((kind) => shapeOf(tokenType(kind)))
  const fields = Object.entries(Object.assign({}, ...shapes) as Record<string, z.ZodType>)
  return Object.fromEntries(fields.map(([name, field]) => [name, described(name, field)]))
}

function described(name: string, field: z.ZodType): z.ZodType {
  return field.description === undefined && HELP[name] !== undefined ? field.describe(HELP[name]) : field
}

function shapeOf(type: TokenType): Readonly<Record<string, z.ZodType>> {
  return (type.enrollment as z.ZodObject).shape as Record<string, z.ZodType>
}

/** The fields of `input` that are the type's own. Throws CommandError for one that belongs to another type only. */
export function ownFields(
  type: TokenType,
  input: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const own: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined || name in base) continue
    if (!(name in shapeOf(type))) throw notOf(type, name)
    own[name] = value
  }
  return own
}

function notOf(type: TokenType, field: string): CommandError {
  const owners = ENROLLABLE_KINDS.filter((kind) => field in shapeOf(tokenType(kind)))
  return new CommandError(
    'invalid',
    `${field} is for ${owners.join(' and ')} only`,
    `leave it out for ${type.kind}`,
  )
}

export interface GivenSecret {
  readonly secret?: string | undefined
  readonly secretHex?: string | undefined
}

/** The octets that were given; undefined if one is to be generated. Throws CommandError, which does not repeat them. */
export function givenSecret({ secret, secretHex }: GivenSecret): EnrollInput['secret'] {
  if (secret !== undefined && secretHex !== undefined) {
    throw new CommandError('invalid', 'secret and secretHex are two ways to say the same', 'give one of them')
  }
  if (secret === undefined && secretHex === undefined) return undefined
  const octets = secret === undefined ? fromHex(secretHex ?? '') : fromBase32(secret)
  const { min, max } = SECRET_LENGTH
  if (octets.length < min || octets.length > max) {
    throw new CommandError(
      'invalid',
      `the secret has ${octets.length} octets; allowed are ${min} to ${max}`,
      'leave it out, and one of the right length is generated',
    )
  }
  return octets
}

function fromBase32(text: string): Uint8Array {
  try {
    return decodeBase32(text)
  } catch {
    throw new CommandError(
      'invalid',
      'secret is not base32: only the letters A-Z and the digits 2-7 occur in it',
      'hexadecimal goes into secretHex',
    )
  }
}

function fromHex(text: string): Uint8Array {
  const digits = text.replace(/[\s:-]/g, '')
  if (!/^([0-9A-Fa-f]{2})*$/.test(digits)) {
    throw new CommandError(
      'invalid',
      'secretHex is not hexadecimal: an even number of the digits 0-9 and A-F',
      'base32 goes into secret',
    )
  }
  return Uint8Array.from(digits.match(/../g) ?? [], (octet) => Number.parseInt(octet, 16))
}
