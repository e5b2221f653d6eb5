/** `login explain`: an audit row as an explanation, with the rows of its dialogue, and beside it how things are now. */
import { z } from 'zod'
import { type Account, type Token, userKey } from '../auth/account.ts'
import { obstacle } from '../auth/limits.ts'
import { readNote } from '../auth/note.ts'
import type { AuditRow } from '../storage/store.ts'
import { auditEntrySchema, auditView } from './audit_view.ts'
import { type Context, command } from './command.ts'
import { CommandError } from './command_error.ts'
import { explain } from './explain.ts'
import { wordsOf } from './login_reasons.ts'

/** No dialogue is longer (auth/ticket.ts), nor its rows more than a few. */
const DIALOGUE_MS = 600_000
const DIALOGUE_ROWS = 20
/** Tokens whose present state is told. */
const TOKENS = 20

export const loginExplain = command({
  noun: 'login',
  verb: 'explain',
  summary: 'say why a login was answered as it was, and what to do',
  role: 'viewer',
  input: z.strictObject({
    id: z
      .int()
      .min(1)
      .max(Number.MAX_SAFE_INTEGER)
      .describe('ID of a row as `audit list` and `user show` print it'),
  }),
  output: z.strictObject({
    summary: z.string(),
    entry: auditEntrySchema,
    checks: z
      .array(
        z.strictObject({
          check: z.string(),
          outcome: z
            .enum(['passed', 'failed', 'open'])
            .describe('open: not reached, not sent or not recorded'),
          found: z.string(),
        }),
      )
      .describe('in their order, as they were then'),
    dialogue: z.array(auditEntrySchema).describe('rows of the challenges that it answers, oldest first'),
    now: z
      .array(z.strictObject({ what: z.string(), state: z.string() }))
      .describe('how it is at this moment'),
    advice: z
      .array(z.strictObject({ text: z.string(), command: z.string().nullable() }))
      .describe('what to do'),
  }),
  positional: ['id'],
  example: '4711',
  run: async ({ id }, context) => {
    const { store } = context
    const row = await store.auditEntry(id)
    if (row === null) {
      throw new CommandError(
        'not-found',
        `the audit trail has no row ${id}`,
        'see the IDs of `sallyport audit list`',
      )
    }
    const { summary, checks, remedies } = explain(row, await store.notesSince())
    return {
      summary,
      entry: auditView(row),
      checks: checks.map((check) => ({ ...check })),
      dialogue: (await dialogueOf(row, context)).map(auditView),
      now: await stateNow(row, context),
      advice: remedies.map(({ text, command }) => ({ text, command })),
    }
  },
})

/** The requests that led to it, back to the one that answered no challenge. */
async function dialogueOf(row: AuditRow, { store }: Context): Promise<AuditRow[]> {
  if (row.action !== 'login' || row.user === null || !continues(row)) return []
  const { rows } = await store.listAudit({
    user: row.user,
    action: 'login',
    from: row.at - DIALOGUE_MS,
    to: row.at,
    limit: DIALOGUE_ROWS,
    cursor: null,
  })
  const before = rows.filter(({ id, at, actor }) => actor === row.actor && (at < row.at || id < row.id))
  const beginning = before.findIndex((each) => !continues(each) && each.outcome === 'challenge')
  return beginning < 0 ? [] : before.slice(0, beginning + 1).reverse()
}

function continues({ detail, reason }: AuditRow): boolean {
  return readNote(detail).answers !== undefined || wordsOf(reason)?.decidedAt === 'state'
}

async function stateNow(row: AuditRow, context: Context): Promise<{ what: string; state: string }[]> {
  const states: { what: string; state: string }[] = []
  if (row.actor.startsWith('client:')) states.push(await clientNow(row, context))
  for (const serial of row.serials.slice(0, TOKENS)) {
    states.push({ what: `token ${serial}`, state: await tokenNow(serial, context) })
  }
  if (row.action === 'login' && row.user !== null) {
    const account = await accountOf(userKey(row.user), context)
    const others = account.tokens.filter(({ serial }) => !row.serials.includes(serial))
    for (const token of others.slice(0, TOKENS)) {
      states.push({ what: `token ${token.serial}`, state: `${describe(token, context)}; took no part` })
    }
    if (account.tokens.length === 0) states.push({ what: `user ${row.user}`, state: 'has no token' })
    else if (row.actor.startsWith('client:')) states.push(...replyNow(row.actor, account, context))
  }
  return states
}

async function clientNow({ actor, source }: AuditRow, { checkClient }: Context) {
  const name = actor.slice('client:'.length)
  const { client } = await checkClient(source)
  const state =
    client === null
      ? 'is no client'
      : `is client ${client.name}${client.name === name ? '' : `, not ${name}`}`
  return { what: `address ${source}`, state }
}

function replyNow(actor: string, { record }: Account, { replies }: Context) {
  const names = replies.namesFor(actor.slice('client:'.length), record)
  if (names === null || names.length === 0) return []
  const state = typeof names === 'string' ? `would not be sent: ${names}` : `carries ${names.join(', ')}`
  return [{ what: 'an Access-Accept', state }]
}

async function tokenNow(serial: string, context: Context): Promise<string> {
  const key = await context.store.locate(serial)
  if (key === null) return 'does not exist any more'
  const account = await accountOf(key, context)
  const token = account.tokens.find((each) => each.serial === serial)
  return token === undefined ? 'does not exist any more' : describe(token, context)
}

async function accountOf(key: Account['key'], { store }: Context): Promise<Account> {
  return (await store.load([key])).get(key) ?? { key, tokens: [] }
}

function describe(token: Token, { policy, now }: Context): string {
  const found = obstacle(token, policy.unlockAfterMs, now())
  const limit = token.maxFail === 0 ? '' : ` of ${token.maxFail}`
  return [
    token.active
      ? found === null
        ? 'can be used'
        : NOW[found]
      : token.pending
        ? 'waits for its first OTP'
        : 'disabled',
    `${token.failCount}${limit} failures`,
    token.user === null ? 'belongs to nobody' : null,
    token.changePin ? 'its PIN must be changed' : null,
    token.pendingResync === null ? null : 'autosync remembers a code',
  ]
    .filter((words) => words !== null)
    .join('; ')
}

const NOW = {
  'token-locked': 'locked',
  'token-not-yet-valid': 'not yet valid',
  'token-expired': 'expired',
  'attempts-used-up': 'its attempts are used up',
  'successes-used-up': 'its successes are used up',
} as const
