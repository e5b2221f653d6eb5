/**
 * The requests that may be outstanding: one slot for each identifier of each socket, with its packet and its times. All
 * memory is taken at the start; identifiers rest as long as possible before they are used again (RFC 5080 §2.2.2).
 */
import { randomFillSync } from 'node:crypto'
import { AttributeType, Code } from '../radius/attributes.ts'
import { signRequest } from '../radius/packet.ts'
import { hideInPlace } from '../radius/password.ts'
import type { SharedSecret } from '../radius/shared_secret.ts'
import { type Credentials, MAX_NAME_OCTETS, MAX_PASSWORD_OCTETS } from './credentials.ts'

/** RFC 2865 §3: Identifier is one octet. */
export const IDENTIFIERS = 256
export const NO_SLOT = -1

const AUTHENTICATOR_AT = 4
const AUTHENTICATOR_OCTETS = 16
const ATTRIBUTES_AT = 20
/** Message-Authenticator first, as RFC 3579 servers like it; NAS-IP-Address last. */
const MESSAGE_AUTHENTICATOR_OCTETS = 18
const NAS_IP_ADDRESS = [AttributeType.NasIpAddress, 6, 127, 0, 0, 1]
const PACKET_OCTETS =
  ATTRIBUTES_AT +
  MESSAGE_AUTHENTICATOR_OCTETS +
  (2 + MAX_NAME_OCTETS) +
  (2 + MAX_PASSWORD_OCTETS) +
  NAS_IP_ADDRESS.length

export class RequestSlots {
  readonly count: number
  /** By slot. Times are of `performance.now()`, in ms. */
  readonly dueAt: Float64Array
  readonly sentAt: Float64Array
  readonly user: Uint32Array
  readonly tries: Uint8Array
  readonly isBusy: Uint8Array
  readonly length: Uint16Array
  /** The packet at the start of each; only the first `length` octets are of it. */
  readonly packets: readonly Buffer[]
  readonly authenticators: readonly Buffer[]
  readonly #free: Uint32Array
  #freeHead = 0
  #freeCount: number
  readonly #random = Buffer.alloc(4096 * AUTHENTICATOR_OCTETS)
  #randomAt = this.#random.length

  constructor(sockets: number) {
    this.count = sockets * IDENTIFIERS
    this.dueAt = new Float64Array(this.count)
    this.sentAt = new Float64Array(this.count)
    this.user = new Uint32Array(this.count)
    this.tries = new Uint8Array(this.count)
    this.isBusy = new Uint8Array(this.count)
    this.length = new Uint16Array(this.count)
    const memory = Buffer.alloc(this.count * PACKET_OCTETS)
    this.packets = Array.from({ length: this.count }, (_, slot) =>
      memory.subarray(slot * PACKET_OCTETS, (slot + 1) * PACKET_OCTETS),
    )
    this.authenticators = this.packets.map((packet) => packet.subarray(AUTHENTICATOR_AT, ATTRIBUTES_AT))
    // Neighbours in time are of different sockets, so that no socket's buffer takes them all.
    this.#free = Uint32Array.from(
      { length: this.count },
      (_, i) => (i % sockets) * IDENTIFIERS + Math.floor(i / sockets),
    )
    this.#freeCount = this.count
  }

  get outstanding(): number {
    return this.count - this.#freeCount
  }

  /** The slot that has rested longest, now busy; NO_SLOT if all are. */
  take(): number {
    if (this.#freeCount === 0) return NO_SLOT
    const slot = this.#free[this.#freeHead]!
    this.#freeHead = (this.#freeHead + 1) % this.count
    this.#freeCount--
    this.isBusy[slot] = 1
    return slot
  }

  release(slot: number): void {
    this.isBusy[slot] = 0
    this.#free[(this.#freeHead + this.#freeCount++) % this.count] = slot
  }

  /** Writes the Access-Request of `user` into the slot's packet: hidden, signed, with a Request Authenticator of its own. */
  write(slot: number, user: number, credentials: Credentials, secret: SharedSecret): void {
    const packet = this.packets[slot]!
    const authenticator = this.authenticators[slot]!
    this.#freshAuthenticator(authenticator)
    packet[0] = Code.AccessRequest
    packet[1] = slot % IDENTIFIERS
    let at = ATTRIBUTES_AT
    packet[at] = AttributeType.MessageAuthenticator
    packet[at + 1] = MESSAGE_AUTHENTICATOR_OCTETS
    at += MESSAGE_AUTHENTICATOR_OCTETS
    const nameEnd = credentials.writeName(user, packet, at + 2)
    packet[at] = AttributeType.UserName
    packet[at + 1] = nameEnd - at
    at = nameEnd
    const passwordEnd = credentials.writePassword(user, packet, at + 2)
    const padded = Math.max(1, Math.ceil((passwordEnd - at - 2) / 16)) * 16
    packet.fill(0, passwordEnd, at + 2 + padded)
    hideInPlace(packet.subarray(at + 2, at + 2 + padded), authenticator, secret)
    packet[at] = AttributeType.UserPassword
    packet[at + 1] = 2 + padded
    at += 2 + padded
    for (let i = 0; i < NAS_IP_ADDRESS.length; i++) packet[at++] = NAS_IP_ADDRESS[i]!
    packet[2] = at >> 8
    packet[3] = at
    this.length[slot] = at
    signRequest(packet.subarray(0, at), secret)
  }

  /** RFC 2865 §3 wants it unpredictable: from the system, many at a time. */
  #freshAuthenticator(authenticator: Buffer): void {
    if (this.#randomAt === this.#random.length) {
      randomFillSync(this.#random)
      this.#randomAt = 0
    }
    for (let i = 0; i < AUTHENTICATOR_OCTETS; i++) authenticator[i] = this.#random[this.#randomAt++]!
  }
}
