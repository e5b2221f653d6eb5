/**
 * What a user may do in the console, as his sealed record has it: the role of an administrator, the hash of his password, a
 * registration code. Pure changes of the record; hashes are made and checked elsewhere.
 */
import type { Account, AccountRecord } from './account.ts'
import { type ConsoleAccess, NO_ACCESS } from './console_record.ts'
import type { Role } from './role.ts'

export function accessOf({ record }: Pick<Account, 'record'>): ConsoleAccess {
  return record?.access ?? NO_ACCESS
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
