/** Sessions, as accounting tells them: reading them, and asking a NAS to end one. */
import { z } from 'zod'
import type { Session } from '../storage/session.ts'
import { command } from './command.ts'
import { CommandError } from './command_error.ts'
import { disconnectSession } from './disconnect_sessions.ts'
import { nextCursor, paging, user } from './fields.ts'
import { formatTime, formatTimeOrNull } from './rfc3339.ts'

const time = z.iso.datetime()

export const sessionSchema = z.strictObject({
  id: z.int(),
  user: z.string().nullable(),
  client: z.string().describe('name in the configuration'),
  active: z.boolean(),
  startedAt: time,
  updatedAt: time.describe('the last that was heard of it'),
  stoppedAt: time.nullable(),
  durationSeconds: z.int(),
  inputOctets: z.int().describe('from the user'),
  outputOctets: z.int().describe('to the user'),
  framedIpAddress: z.string().nullable().describe('given to the user'),
  callingStationId: z.string().nullable().describe('where the user came from'),
  terminateCause: z.string().nullable(),
  class: z.string().nullable(),
  acctSessionId: z.string(),
  nasIpAddress: z.string().nullable(),
  nasIdentifier: z.string().nullable(),
  source: z.string().describe('address that the accounting came from'),
  records: z.int().describe('Accounting-Requests about it'),
})

export type SessionView = z.infer<typeof sessionSchema>

export function sessionView(session: Session): SessionView {
  const { id, user, client, startedAt, stoppedAt, source, records } = session
  return {
    id,
    user,
    client,
    active: stoppedAt === null,
    startedAt: formatTime(startedAt),
    updatedAt: formatTime(session.updatedAt),
    stoppedAt: formatTimeOrNull(stoppedAt),
    durationSeconds: session.seconds,
    inputOctets: session.inputOctets,
    outputOctets: session.outputOctets,
    framedIpAddress: session.framedAddress,
    callingStationId: session.callingStation,
    terminateCause: session.cause,
    class: session.class,
    acctSessionId: session.sessionId,
    nasIpAddress: session.nasAddress,
    nasIdentifier: session.nasIdentifier,
    source,
    records,
  }
}

const id = z.int().min(1).describe('number of the session')

const sessionList = command({
  noun: 'session',
  verb: 'list',
  summary: 'list sessions that accounting has told of, newest first',
  role: 'viewer',
  input: z.strictObject({
    user: user.optional(),
    client: z.string().min(1).max(64).optional().describe('name of the RADIUS client'),
    active: z.boolean().optional().describe('only sessions that go on (false: that have ended)'),
    ...paging,
  }),
  output: z.strictObject({ sessions: z.array(sessionSchema), nextCursor }),
  example: '--active --user alice',
  run: async ({ cursor = null, ...filter }, { store }) => {
    const page = await store.listSessions({ ...filter, cursor })
    return { sessions: page.rows.map(sessionView), nextCursor: page.nextCursor }
  },
})

const sessionShow = command({
  noun: 'session',
  verb: 'show',
  summary: 'show one session',
  role: 'viewer',
  input: z.strictObject({ id }),
  output: z.strictObject({ session: sessionSchema }),
  positional: ['id'],
  example: '42',
  run: async ({ id }, { store }) => ({ session: sessionView(found(id, await store.findSession(id))) }),
})

const sessionDisconnect = command({
  noun: 'session',
  verb: 'disconnect',
  summary: 'ask the device to end a session',
  role: 'helpdesk',
  input: z.strictObject({ id }),
  output: z.strictObject({ session: sessionSchema }),
  positional: ['id'],
  example: '42',
  run: async ({ id }, context) => {
    const session = found(id, await context.store.findSession(id))
    if (session.stoppedAt !== null) {
      throw new CommandError('conflict', `session ${id} has ended`, 'see `sallyport session list --active`')
    }
    const outcome = await disconnectSession(session, context)
    switch (outcome.kind) {
      case 'acknowledged':
        return { session: sessionView(session) }
      case 'refused':
        throw new CommandError(
          'conflict',
          `${session.client} did not end session ${id}: ${outcome.why ?? 'it gives no reason'}`,
          HINTS[outcome.why ?? ''] ?? 'see the log of the device',
        )
      case 'no-answer':
        throw new CommandError(
          'unavailable',
          `${session.client} does not answer: ${outcome.why}`,
          'look at disconnect or disconnect_port of this client, and whether the device takes Disconnect-Requests (RFC 5176)',
        )
      case 'not-allowed':
        throw new CommandError(
          'denied',
          `${session.client} is not set to take Disconnect-Requests`,
          'set disconnect_port = 3799 for this client in the configuration, and on the device that this server may disconnect',
        )
    }
  },
})

/** By Error-Cause. */
const HINTS: Readonly<Record<string, string>> = {
  'session-context-not-found':
    'the device knows no such session: it has probably ended, and its Stop was lost',
  'administratively-prohibited': 'let this server disconnect sessions, on the device',
  'nas-identification-mismatch':
    'the device does not know itself by the name in its accounting: set disconnect to its own address',
}

function found(id: number, session: Session | null): Session {
  if (session !== null) return session
  throw new CommandError('not-found', `there is no session ${id}`, 'see `sallyport session list`')
}

export const sessionCommands = [sessionList, sessionShow, sessionDisconnect]
