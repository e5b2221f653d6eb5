/** `user set`: a user's groups, and the attributes of his replies that are his alone. */
import { z } from 'zod'
import { type AccountRecord, userKey } from '../auth/account.ts'
import type { Action } from '../auth/action.ts'
import { emptyRecord } from '../auth/console_access.ts'
import { closest } from './closest.ts'
import { type Context, command, type ReplyRulebook } from './command.ts'
import { CommandError } from './command_error.ts'
import { user } from './fields.ts'
import { notReadable } from './record_change.ts'
import { operation } from './token_change.ts'

const MAX_GROUPS = 32
const MAX_LINES = 64
const MAX_LINE = 1024

const input = z.strictObject({
  user,
  groups: z
    .array(z.string().min(1).max(64))
    .max(MAX_GROUPS)
    .meta({ 'x-separator': ',' })
    .describe('groups of the configuration, the last with the last word: staff,vpn')
    .nullable()
    .optional(),
  reply: z
    .array(z.string().min(1).max(MAX_LINE))
    .max(MAX_LINES)
    .describe('attribute of an Access-Accept, as "Filter-Id = staff" or "VLAN = 30"; again for each')
    .nullable()
    .optional(),
})

export const userSet = command({
  noun: 'user',
  verb: 'set',
  summary: 'set the groups of a user, and attributes of his replies',
  role: 'admin',
  input,
  output: z.strictObject({
    user: z.string(),
    groups: z.array(z.string()),
    reply: z.array(z.string()),
    tokens: z.int().describe('how many the user has; none is no hindrance'),
  }),
  positional: ['user'],
  example: "alice --groups staff,vpn --reply 'Filter-Id = admins'",
  run: async ({ user, groups, reply }, context) => {
    const wanted = {
      ...(groups === undefined ? {} : { groups: knownGroups(groups ?? [], context.replies) }),
      ...(reply === undefined ? {} : { reply: (reply ?? []).map((line) => line.trim()) }),
    }
    if (Object.keys(wanted).length === 0) {
      throw new CommandError('invalid', 'nothing to change was given', 'give at least one of groups, reply')
    }
    const { record, tokens } = await context.transact(userKey(user), setRecord(user, wanted, context))
    return { user: record.name, groups: [...record.groups], reply: [...record.reply], tokens }
  },
})

type Wanted = Partial<Pick<AccountRecord, 'groups' | 'reply'>>

export function setRecord(
  user: string,
  wanted: Wanted,
  context: Pick<Context, 'actor' | 'source' | 'replies'>,
): Action<{ record: AccountRecord; tokens: number }> {
  return (account, now) => {
    const before = account.record ?? emptyRecord(account, user)
    if (!before.isReadable && (wanted.groups === undefined || wanted.reply === undefined))
      throw notReadable(user, 'restore the database from a backup, or set both groups and reply anew')
    const record = { ...before, ...wanted, isReadable: true }
    const problem = context.replies.problemWith(record.groups, record.reply)
    if (problem !== null) throw new CommandError('invalid', problem, 'see "Reply attributes" in the README')
    const detail = difference(before, record)
    const entry = operation(context, {
      at: now,
      user: record.name,
      serials: [],
      action: 'user set',
      reason: null,
      detail,
    })
    const { tokens } = account
    const outcome = { result: { record, tokens: tokens.length }, tokens, audit: [entry] }
    return detail === null && before.isReadable ? outcome : { ...outcome, record }
  }
}

/** As the configuration spells them. Throws CommandError for one that is not there, or is there twice. */
function knownGroups(wanted: readonly string[], { groups }: ReplyRulebook): readonly string[] {
  const known = wanted.map((name) => {
    const found = groups.find((group) => group.toLowerCase() === name.trim().toLowerCase())
    if (found !== undefined) return found
    throw new CommandError('invalid', `there is no group ${JSON.stringify(name)}`, groupHint(name, groups))
  })
  const twice = known.find((name, index) => known.indexOf(name) !== index)
  if (twice !== undefined) throw new CommandError('invalid', `the group ${twice} was given twice`)
  return known
}

const SHOWN = 10

function groupHint(name: string, groups: readonly string[]): string {
  if (groups.length === 0) return 'the configuration has none: add a [[radius.groups]] block and reload'
  const meant = closest(name, groups)
  if (meant !== null) return `did you mean ${meant}?`
  return `groups: ${groups.slice(0, SHOWN).join(', ')}${groups.length > SHOWN ? ' …' : ''}`
}

/** `groups none -> staff; reply Filter-Id -> none`: attributes by name, for a value may be a secret of the device's. */
function difference(before: AccountRecord, after: AccountRecord): string | null {
  const names = (lines: readonly string[]) => lines.map((line) => /^[\w./-]*/.exec(line)![0])
  const parts = [
    same(before.groups, after.groups) ? [] : [`groups ${list(before.groups)} -> ${list(after.groups)}`],
    same(before.reply, after.reply)
      ? []
      : [`reply ${list(names(before.reply))} -> ${list(names(after.reply))}`],
  ].flat()
  return parts.length === 0 ? null : parts.join('; ')
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index])
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ')
}

export function noSuchUser(user: string): CommandError {
  return new CommandError('not-found', `no token belongs to ${user}`, 'see `sallyport user list`')
}
