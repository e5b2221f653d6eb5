/**
 * How TLS messages travel in EAP-TTLS and PEAP: flags, a length, and fragments that are acknowledged one by one, both ways
 * (RFC 5281 §9, RFC 5216 §2.1.5). Knows nothing of what is in them.
 */
import { EAP_HEADER_OCTETS } from './eap_packet.ts'

const LENGTH_INCLUDED = 0x80
const MORE_FRAGMENTS = 0x40
const START = 0x20
const VERSION_MASK = 0x07
const LENGTH_OCTETS = 4
/** A ClientHello has some hundred octets, and no peer of ours sends a certificate: no message needs more. */
const MAX_MESSAGE_OCTETS = 16_384

export type Framed =
  /** A whole message; empty for an acknowledgement while nothing of ours was left to send. */
  | { readonly kind: 'message'; readonly octets: Uint8Array }
  /** More is to come: acknowledge. Or more of ours is to go: send it. */
  | { readonly kind: 'go-on' }
  | { readonly kind: 'wrong'; readonly reason: 'tls-message-too-long' | 'tls-fragment-out-of-order' }

export class TlsFraming {
  #incoming: Uint8Array[] = []
  #received = 0
  #announced = 0
  #outgoing: Uint8Array = NOTHING
  #sent = 0

  /** Version 0 of TTLS and PEAP alike. */
  start(): Uint8Array {
    return Uint8Array.of(START)
  }

  receive(data: Uint8Array): Framed {
    const flags = data[0]
    // RFC 5281 §9.2.2: a peer must not choose a version above ours.
    if (flags === undefined || (flags & VERSION_MASK) !== 0) return wrong('tls-fragment-out-of-order')
    const hasLength = (flags & LENGTH_INCLUDED) !== 0
    const fragment = data.subarray(hasLength ? 1 + LENGTH_OCTETS : 1)
    const hasMore = (flags & MORE_FRAGMENTS) !== 0
    if (hasLength && data.length < 1 + LENGTH_OCTETS) return wrong('tls-fragment-out-of-order')
    if (this.#hasMore) {
      // RFC 5216 §2.1.5: nothing but an acknowledgement, until all of ours has gone.
      return fragment.length === 0 && !hasMore ? { kind: 'go-on' } : wrong('tls-fragment-out-of-order')
    }
    if (hasLength) {
      const announced = new DataView(data.buffer, data.byteOffset).getUint32(1)
      if (announced > MAX_MESSAGE_OCTETS) return wrong('tls-message-too-long')
      if (this.#received > 0 && announced !== this.#announced) return wrong('tls-fragment-out-of-order')
      this.#announced = announced
    }
    return this.#gather(fragment, hasMore)
  }

  #gather(fragment: Uint8Array, hasMore: boolean): Framed {
    this.#received += fragment.length
    if (this.#received > MAX_MESSAGE_OCTETS) return wrong('tls-message-too-long')
    if (hasMore && fragment.length === 0) return wrong('tls-fragment-out-of-order')
    this.#incoming.push(fragment)
    if (hasMore) return { kind: 'go-on' }
    const octets = Buffer.concat(this.#incoming)
    const isWhole = this.#announced === 0 || this.#announced === octets.length
    this.#incoming = []
    this.#received = 0
    this.#announced = 0
    return isWhole ? { kind: 'message', octets } : wrong('tls-fragment-out-of-order')
  }

  /** A message of ours, in as many pieces as it takes. */
  send(octets: Uint8Array): void {
    this.#outgoing = octets
    this.#sent = 0
  }

  get #hasMore(): boolean {
    return this.#sent < this.#outgoing.length
  }

  /** The data of the next request: a fragment, or an acknowledgement when nothing is left to send. */
  next(maxOctets: number): Uint8Array {
    const { length } = this.#outgoing
    const isFirst = this.#sent === 0
    let room = maxOctets - EAP_HEADER_OCTETS - 2
    const isCut = length - this.#sent > room
    const hasLength = isFirst && isCut
    if (hasLength) room -= LENGTH_OCTETS
    const fragment = this.#outgoing.subarray(this.#sent, this.#sent + room)
    this.#sent += fragment.length
    const flags = (hasLength ? LENGTH_INCLUDED : 0) | (this.#hasMore ? MORE_FRAGMENTS : 0)
    if (!hasLength) return Buffer.concat([Uint8Array.of(flags), fragment])
    const head = Buffer.alloc(1 + LENGTH_OCTETS)
    head[0] = flags
    head.writeUInt32BE(length, 1)
    return Buffer.concat([head, fragment])
  }
}

const NOTHING = new Uint8Array()

function wrong(reason: 'tls-message-too-long' | 'tls-fragment-out-of-order'): Framed {
  return { kind: 'wrong', reason }
}
