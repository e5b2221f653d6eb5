/** An EAP conversation over RADIUS from the device's end (RFC 3579 §2): request after request, until the server decides. */
import type { Attribute } from '../radius/attribute.ts'
import type { AttributeList } from '../radius/attribute_list.ts'
import { AttributeType, Code } from '../radius/attributes.ts'
import { eapMessageAttributes, eapMessageIn } from '../radius/eap_message.ts'
import type { EapPeer } from './eap_peer.ts'

export interface Reply {
  readonly code: number
  readonly attributes: AttributeList
}

/** One exchange, for people. */
export interface Round {
  readonly sent: Uint8Array
  readonly received: Uint8Array
}

export interface Conversed<R> {
  /** The last reply. */
  readonly reply: R
  readonly rounds: readonly Round[]
}

/** A server that asks more than this is in a circle. */
const MAX_ROUNDS = 100

/**
 * `first`: the answer to the identity request that a NAS makes. `ask` sends what stands in a request beside User-Name.
 * Throws what the peer throws against the server.
 */
export async function converse<R extends Reply>(
  peer: Pick<EapPeer, 'respond'>,
  first: Uint8Array,
  ask: (attributes: readonly Attribute[]) => Promise<R>,
): Promise<Conversed<R>> {
  const rounds: Round[] = []
  let sent = first
  let state: readonly Attribute[] = []
  for (;;) {
    const reply = await ask([...eapMessageAttributes(sent), ...state])
    const received = eapMessageIn(reply.attributes) ?? new Uint8Array()
    rounds.push({ sent, received })
    if (reply.code !== Code.AccessChallenge || rounds.length >= MAX_ROUNDS) return { reply, rounds }
    sent = await peer.respond(received)
    // RFC 2865 §5.24: unmodified.
    const value = reply.attributes.first(AttributeType.State)
    state = value === undefined ? [] : [{ type: AttributeType.State, value }]
  }
}
