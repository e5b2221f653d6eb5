/** Asks NASes to end sessions, and leaves a row of each in the audit trail, whatever came of it. */
import { z } from 'zod'
import { userKey } from '../auth/account.ts'
import type { Action } from '../auth/action.ts'
import type { Session } from '../storage/session.ts'
import type { Context, Disconnected } from './command.ts'
import { operation } from './token_change.ts'

const ACTION = 'session disconnect'
/** Of one user, at once. */
const AT_ONCE = 16
const MOST = 256

export interface DisconnectedSession {
  readonly session: Session
  readonly outcome: Disconnected
}

export const disconnectSchema = z.strictObject({
  session: z.int(),
  client: z.string(),
  outcome: z.enum(['acknowledged', 'refused', 'no-answer', 'not-allowed']),
  why: z.string().nullable(),
})

export function disconnectView({ session, outcome }: DisconnectedSession): z.infer<typeof disconnectSchema> {
  const why = 'why' in outcome ? outcome.why : null
  return { session: session.id, client: session.client, outcome: outcome.kind, why }
}

/** Every active session of a user, up to 256 of them. */
export async function disconnectUser(user: string, context: Context): Promise<DisconnectedSession[]> {
  const { rows } = await context.store.listSessions({ user, active: true, limit: MOST, cursor: null })
  const done: DisconnectedSession[] = []
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    const asked = rows.slice(from, from + AT_ONCE).map(async (session) => ({
      session,
      outcome: await disconnectSession(session, context),
    }))
    done.push(...(await Promise.all(asked)))
  }
  return done
}

export async function disconnectSession(session: Session, context: Context): Promise<Disconnected> {
  const outcome = await context.disconnect(session)
  // The row belongs to the user's account; a session without a user has none, and its row is under the empty name.
  await context.transact(userKey(session.user ?? ''), noted(session, outcome, context))
  return outcome
}

function noted(session: Session, outcome: Disconnected, by: Pick<Context, 'actor' | 'source'>): Action<null> {
  return (account, now) => {
    const entry = operation(by, {
      at: now,
      user: session.user,
      serials: [],
      action: ACTION,
      reason: reasonOf(outcome),
      detail: `session ${session.id} at ${session.client}`,
    })
    return { result: null, tokens: account.tokens, audit: [entry] }
  }
}

function reasonOf(outcome: Disconnected): string | null {
  if (outcome.kind === 'acknowledged') return null
  return outcome.kind === 'refused' ? (outcome.why ?? 'refused') : outcome.kind
}
