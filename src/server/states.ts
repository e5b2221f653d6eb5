/**
 * Logins as each client has them, and the State of an Access-Challenge (RFC 2865 §5.24): a ticket, sealed under a key of
 * its own and bound to user and client, so that any node continues what another began. What the client's packet carried is
 * opened before the action, what the verdict asks is sealed after it.
 */
import { randomBytes } from 'node:crypto'
import type { AccountKey } from '../auth/account.ts'
import type { Action } from '../auth/action.ts'
import { authenticate, type Policy } from '../auth/authenticate.ts'
import { converse } from '../auth/dialogue.ts'
import type { Login } from '../auth/login.ts'
import { authenticateByOtp } from '../auth/otp_only.ts'
import { SALT_OCTETS } from '../auth/pin.ts'
import { decodeTicket, encodeTicket, type Ticket } from '../auth/ticket.ts'
import type { Challenge, ChallengeReason, Verdict } from '../auth/verdict.ts'
import type { Prompts } from '../config/prompts.ts'
import type { AccessLogin, Answer } from '../radius/access.ts'
import type { Sealer } from '../seal.ts'
import type { Client } from './clients.ts'

/** A client that we ask nothing has no State of ours, and what it makes up is no login (spec/radius.md, "State"). */
export function hasForeignState({ state }: AccessLogin, { challenge }: Pick<Client, 'challenge'>): boolean {
  return state !== undefined && challenge === null
}

/** The decision of a login at this client. `state`: as the request has it. */
export function loginAction(
  client: Pick<Client, 'name' | 'challenge' | 'otpOnly'>,
  key: AccountKey,
  login: Login,
  policy: Policy,
  state: Uint8Array | undefined,
  sealer: Sealer,
): Action<Verdict> {
  if (client.otpOnly) return authenticateByOtp(login, policy)
  if (client.challenge === null) return authenticate(login, policy)
  if (state === undefined) return converse(login, policy, null)
  const ticket = openState(state, contextOf(client, key), sealer)
  return converse(login, policy, { ticket, entropy: randomBytes(SALT_OCTETS) })
}

/** What the client is told of a verdict; a challenge only comes about where it has prompts. */
export function answerOf(
  verdict: Verdict,
  client: Pick<Client, 'name' | 'challenge'>,
  key: AccountKey,
  sealer: Sealer,
): Answer {
  if (verdict.kind !== 'challenge') return verdict
  const message = (client.challenge as Prompts)[PROMPTS[verdict.reason]]
  return { kind: 'challenge', state: stateOf(verdict, contextOf(client, key), sealer), message }
}

/** Why a new PIN is asked for again is for the log: the prompt says what is wanted. */
const PROMPTS: Readonly<Record<ChallengeReason, keyof Prompts>> = {
  'otp-asked': 'otp',
  'next-otp-asked': 'nextOtp',
  'new-pin-asked': 'newPin',
  'new-pin-refused': 'newPin',
  'new-pins-differ': 'newPin',
  'new-pin-repeat-asked': 'repeatPin',
}

/** By name: a client may get other addresses and another secret meanwhile. */
function contextOf({ name }: Pick<Client, 'name'>, key: AccountKey): string {
  return JSON.stringify([key, name])
}

function stateOf({ ticket }: Challenge, context: string, sealer: Sealer): Uint8Array {
  return sealer.seal(encodeTicket(ticket), context)
}

function openState(state: Uint8Array, context: string, sealer: Sealer): Ticket | null {
  try {
    return decodeTicket(sealer.open(state, context))
  } catch {
    return null
  }
}
