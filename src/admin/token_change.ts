/** The road of every operation on one token: find its account, decide on a copy, leave one row in the audit trail. */
import { type AuditEntry, keyOf, type Token } from '../auth/account.ts'
import type { Action } from '../auth/action.ts'
import type { Instant } from '../tokens/token_type.ts'
import { unreadable } from '../tokens/unreadable.ts'
import type { Context } from './command.ts'
import { CommandError } from './command_error.ts'
import { type By, requireRank } from './role_check.ts'

/** What an operation makes of a token (the same object: nothing; null: deleted), and how the audit trail tells it. */
export interface Change {
  readonly token: Token | null
  readonly added?: readonly Token[]
  readonly detail?: string | null
  /** The operation was tried and refused. */
  readonly refused?: string
}

/** Throws CommandError where the token's state forbids the operation; nothing changes then, and nothing is audited. */
export type Edit = (token: Token, now: Instant) => Change

/** Runs `edit` on the token wherever it is now, and answers what it made. `name`: the command, `token disable`. */
export async function changeToken(
  name: string,
  serial: string,
  context: Context,
  edit: Edit,
): Promise<Change> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const key = await context.store.locate(serial)
    if (key === null) throw noSuchToken(serial)
    const change = await context.transact(key, editToken(name, serial, context, edit))
    if (change !== null) return change
  }
  throw new CommandError('conflict', `token ${serial} is being changed by somebody else`, 'try again')
}

/** How often a token may be given to another account between finding it and changing it. */
const ATTEMPTS = 3

/** Answers null, and does nothing, when the token has left the account meanwhile. */
export function editToken(name: string, serial: string, by: By, edit: Edit): Action<Change | null> {
  return (account, now) => {
    const token = account.tokens.find((candidate) => candidate.serial === serial)
    if (token === undefined || keyOf(token) !== account.key) {
      return { result: null, tokens: account.tokens, audit: [] }
    }
    if (by.role === 'self' && account.key !== by.account) throw noSuchToken(serial)
    requireRank(account, by)
    if (token.kind === unreadable.kind && name !== DELETE) throw cannotBeOpened(serial)
    const change = edit(token, now)
    const { added = [], detail = null, refused = null } = change
    const serials = [token, ...added].map((one) => one.serial)
    const user = change.token?.user ?? token.user
    const entry = operation(by, { at: now, user, serials, action: name, reason: refused, detail })
    return { result: change, tokens: withChange(account.tokens, token, change), audit: [entry] }
  }
}

function withChange(
  tokens: readonly Token[],
  before: Token,
  { token, added = [] }: Change,
): readonly Token[] {
  if (token === before && added.length === 0) return tokens
  return [...tokens.flatMap((one) => (one === before ? (token ?? []) : one)), ...added]
}

/** The audit row of an operation: refused if there is a reason, else done. */
export function operation(
  { actor, source }: Pick<Context, 'actor' | 'source'>,
  entry: Omit<AuditEntry, 'actor' | 'source' | 'outcome'>,
): AuditEntry {
  return { ...entry, actor, source, outcome: entry.reason === null ? 'done' : 'refused' }
}

/** The one operation that a token which cannot be opened allows. */
const DELETE = 'token delete'

function cannotBeOpened(serial: string): CommandError {
  return new CommandError(
    'conflict',
    `token ${serial} cannot be opened: it was altered in the database, or sealed under another master key`,
    'restore the database from a backup, or delete the token and enroll a new one',
  )
}

export function noSuchToken(serial: string): CommandError {
  return new CommandError('not-found', `there is no token ${serial}`, 'see `sallyport token list`')
}
