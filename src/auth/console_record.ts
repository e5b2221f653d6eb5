/** What the sealed record of a user has about the console, and its form as JSON. */
import type { Instant } from '../tokens/token_type.ts'
import type { Role } from './role.ts'

export interface ConsoleAccess {
  /** Null: no administrator. */
  readonly role: Role | null
  /** When he became one. */
  readonly since: Instant | null
  readonly lastLoginAt: Instant | null
  /** In PHC's format, with its parameters. */
  readonly passwordHash: string | null
  readonly registration: Registration | null
  /** Rises with what must end sessions: one that was begun under another number is over. */
  readonly epoch: number
}

/** A code that lets its user in once, to enroll a token. */
export interface Registration {
  /** SHA-256, in hexadecimal digits. */
  readonly hash: string
  readonly expiresAt: Instant
}

export const NO_ACCESS: ConsoleAccess = {
  role: null,
  since: null,
  lastLoginAt: null,
  passwordHash: null,
  registration: null,
  epoch: 0,
}

/** As JSON has it. Throws TypeError for what this version does not understand. */
export function readAccess(value: unknown): ConsoleAccess {
  if (typeof value !== 'object' || value === null) throw new TypeError('console access is no object')
  return { ...NO_ACCESS, ...value }
}
