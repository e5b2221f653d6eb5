/** What an operation makes of what is set about a user, with its row in the audit trail (token_change.ts does so for tokens). */
import type { Account, AccountRecord } from '../auth/account.ts'
import type { Outcome } from '../auth/action.ts'
import type { Instant } from '../tokens/token_type.ts'
import { CommandError } from './command_error.ts'
import type { By } from './role_check.ts'
import { operation } from './token_change.ts'

interface Done {
  /** The command. */
  readonly action: string
  readonly detail: string | null
  readonly at: Instant
}

/** `record`: as it is from then on; the account's own one where nothing changes, which is audited all the same. */
export function recordChange<R>(
  account: Account,
  record: AccountRecord,
  by: By,
  { action, detail, at }: Done,
  result: R,
): Outcome<R> {
  const entry = operation(by, { at, user: record.name, serials: [], action, reason: null, detail })
  const outcome = { result, tokens: account.tokens, audit: [entry] }
  return record === account.record ? outcome : { ...outcome, record }
}

export function notReadable(user: string, hint: string): CommandError {
  return new CommandError(
    'conflict',
    `what is set about ${user} cannot be opened: it was altered in the database, or sealed under another master key`,
    hint,
  )
}
