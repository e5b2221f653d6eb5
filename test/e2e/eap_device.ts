/** A device behind an access point, of which every octet is ours to change. */
import { randomBytes } from 'node:crypto'
import { type Conversed, converse, type Reply } from '../../src/cli/eap_exchange.ts'
import { EapPeer, type PeerOptions } from '../../src/cli/eap_peer.ts'
import { EapType, encodeRequest as eapRequest } from '../../src/eap/eap_packet.ts'
import type { Attribute } from '../../src/radius/attribute.ts'
import { parsePacket } from '../../src/radius/packet.ts'
import type { RadiusClient } from './radius_client.ts'

export interface DeviceOptions extends Partial<PeerOptions> {
  readonly login: string
  readonly password: string
  /** Seen with every answer of the device, which it may change; null ends the conversation here. */
  readonly change?: (
    answer: Uint8Array,
    round: number,
    peer: EapPeer,
  ) => Uint8Array | null | Promise<Uint8Array | null>
}

export interface Device {
  readonly peer: EapPeer
  readonly conversed: Conversed<Reply & { answer: string }>
}

class Abandoned extends Error {}

/** Null: it was abandoned as `change` wanted. */
export async function joinBy(
  nas: RadiusClient,
  options: DeviceOptions,
): Promise<Device & { abandoned: boolean }> {
  const { change = (answer) => answer } = options
  const peer = new EapPeer({ outer: 'ttls', inner: 'pap', ca: null, ...options })
  let round = 0
  let last: (Reply & { answer: string }) | null = null
  const changed = async (answer: Uint8Array): Promise<Uint8Array> => {
    const after = await change(answer, round++, peer)
    if (after === null) throw new Abandoned()
    return after
  }
  const respond = async (request: Uint8Array) => await changed(await peer.respond(request))
  const first = await changed(await peer.respond(eapRequest(0, EapType.Identity, new Uint8Array())))
  try {
    const conversed = await converse({ respond }, first, async (attributes) => {
      last = await askEap(nas, attributes)
      return last
    })
    return { peer, conversed, abandoned: false }
  } catch (error) {
    if (!(error instanceof Abandoned)) throw error
    return { peer, conversed: { reply: last!, rounds: [] }, abandoned: true }
  }
}

export async function askEap(
  nas: RadiusClient,
  attributes: readonly Attribute[],
  userName = 'anonymous',
): Promise<Reply & { answer: string }> {
  const request = nas.request(1, randomBytes(16), [{ type: 1, value: Buffer.from(userName) }, ...attributes])
  const octets = await nas.exchange(request.octets)
  if (octets === null) throw new Error('no reply')
  const answer = nas.read(octets, request)
  const packet = parsePacket(Buffer.from(octets))
  return { answer, code: packet.code, attributes: packet.attributes }
}
