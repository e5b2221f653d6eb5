/**
 * Packets out of a stream of octets (RFC 6614 §2.1, RFC 6613 §2.6.4): each says its own length, and nothing stands between
 * them. Knows no socket and no time; holds less than one packet at any time.
 */
import { HEADER_OCTETS, MAX_PACKET_OCTETS } from './packet.ts'

/** Where one packet ends is not known, so there is no next one. */
export type StreamFault = 'length-too-small' | 'length-too-large'

const LENGTH_END = 4

export class PacketStream {
  #begun: Uint8Array | null = null

  /**
   * Gives each whole packet to `take`, as a view of `chunk` where it came in one piece, until that returns false: then the
   * rest is dropped.
   */
  push(chunk: Uint8Array, take: (packet: Uint8Array) => boolean): StreamFault | null {
    const octets = this.#begun === null ? chunk : Buffer.concat([this.#begun, chunk])
    this.#begun = null
    let at = 0
    while (octets.length - at >= LENGTH_END) {
      const length = (octets[at + 2]! << 8) | octets[at + 3]!
      if (length < HEADER_OCTETS) return 'length-too-small'
      if (length > MAX_PACKET_OCTETS) return 'length-too-large'
      if (octets.length - at < length) break
      at += length
      if (!take(octets.subarray(at - length, at))) return null
    }
    // A copy: a view would keep the whole chunk.
    if (at < octets.length) this.#begun = Uint8Array.from(octets.subarray(at))
    return null
  }

  /** Whether a packet has begun and not ended. */
  get isInPacket(): boolean {
    return this.#begun !== null
  }
}
