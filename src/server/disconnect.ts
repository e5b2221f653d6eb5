/** Sends Disconnect-Requests (RFC 5176) to the clients that take them, and waits for what they say. */
import { randomInt } from 'node:crypto'
import type { Disconnected } from '../admin/command.ts'
import { disconnectRequest, readDisconnectAnswer } from '../radius/disconnect.ts'
import { exchange } from '../radius_exchange.ts'
import type { Session } from '../storage/session.ts'
import type { Client } from './clients.ts'

/** RFC 5080 §2.2.1; while somebody waits at the prompt. */
const PATIENCE = { tries: 3, intervalMs: 2000 }

/** `client`: that of the session. `now`: the wall clock. */
export async function disconnect(
  client: Client | undefined,
  session: Session,
  now: number,
): Promise<Disconnected> {
  const to = client?.disconnect
  if (client === undefined || to === undefined) return { kind: 'not-allowed' }
  const identifier = randomInt(256)
  const octets = disconnectRequest(session, identifier, Math.floor(now / 1000), client.secret)
  const request = {
    // With a port alone: the NAS is where its accounting comes from.
    ...(typeof to === 'number' ? { host: session.source, port: to } : to),
    identifier,
    requestAuthenticator: octets.subarray(4, 20),
    octets,
    secret: client.secret,
  }
  const answer = await exchange(request, PATIENCE).catch((error: Error) => error.message)
  if (typeof answer === 'string') return { kind: 'no-answer', why: answer }
  if (answer.kind === 'no-response') return { kind: 'no-answer', why: silence(answer) }
  return (
    readDisconnectAnswer(answer.code, answer.attributes) ?? {
      kind: 'no-answer',
      why: `it answered with a packet of code ${answer.code}`,
    }
  )
}

function silence({ refused, discarded }: { refused: boolean; discarded: readonly string[] }): string {
  if (refused) return 'nothing listens there'
  if (discarded.length > 0)
    return `its answers are not to be believed (${discarded.join(', ')}): the shared secret differs`
  return 'it does not take requests from this server, or the shared secret differs'
}
