/**
 * What a user may do in the console, as his sealed record has it: the role of an administrator, the hash of his password, a
 * registration code. Pure changes of the record; hashes are made and checked elsewhere.
 */
import type { Instant } from '../tokens/token_type.ts'
import type { Account, AccountRecord } from './account.ts'
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

const NONE: ConsoleAccess = {
  role: null,
  since: null,
  lastLoginAt: null,
  passwordHash: null,
  registration: null,
  epoch: 0,
}

export function accessOf({ record }: Pick<Account, 'record'>): ConsoleAccess {
  return record?.access ?? NONE
}

/** Null too where the record cannot be read: what is not known is no right. */
export function roleOf(account: Pick<Account, 'record'>): Role | null {
  return accessOf(account).role
}

export function withAccess(account: Account, user: string, change: Partial<ConsoleAccess>): AccountRecord {
  const record = account.record ?? emptyRecord(account, user)
  return { ...record, access: { ...accessOf(account), ...change } }
}

/** Sessions that were begun before end. */
export function withNewEpoch(account: Account, user: string, change: Partial<ConsoleAccess>): AccountRecord {
  return withAccess(account, user, { ...change, epoch: accessOf(account).epoch + 1 })
}

export function emptyRecord({ tokens }: Pick<Account, 'tokens'>, user: string): AccountRecord {
  const name = tokens[0]?.user ?? user
  return { name, version: 0, groups: [], reply: [], isReadable: true, others: {} }
}

/** As JSON has it. Throws TypeError for what this version does not understand. */
export function readAccess(value: unknown): ConsoleAccess {
  if (typeof value !== 'object' || value === null) throw new TypeError('console access is no object')
  return { ...NONE, ...value }
}
