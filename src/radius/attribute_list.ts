/**
 * The attributes of a received packet, read where they lie: nothing is copied, and nothing is allocated until
 * a value is asked for. Holds any run of type, length, value (RFC 2865 §5), so the inside of a vendor's too.
 */
import { MalformedPacket } from './malformed_packet.ts'

export class AttributeList implements Iterable<ReceivedAttribute> {
  readonly octets: Uint8Array
  readonly start: number
  readonly end: number

  /** Throws MalformedPacket unless attributes fill `octets` from `start` to `end` exactly. */
  constructor(octets: Uint8Array, start: number, end: number) {
    // RFC 2865 §5: Length counts Type and Length too.
    let at = start
    while (at + 1 < end) {
      const length = octets[at + 1]!
      if (length < 2) throw new MalformedPacket('attribute-too-short')
      at += length
    }
    if (at !== end) throw new MalformedPacket('attribute-overruns')
    this.octets = octets
    this.start = start
    this.end = end
  }

  /** The value of the first attribute of this type. */
  first(type: number): Uint8Array | undefined {
    const at = this.find(type)
    return at === this.end ? undefined : this.valueAt(at)
  }

  /** The values of all attributes of this type, in the order received. */
  all(type: number): Uint8Array[] {
    const values: Uint8Array[] = []
    for (let at = this.find(type); at < this.end; at = this.find(type, this.after(at)))
      values.push(this.valueAt(at))
    return values
  }

  count(type: number): number {
    let count = 0
    for (let at = this.find(type); at < this.end; at = this.find(type, this.after(at))) count++
    return count
  }

  has(type: number): boolean {
    return this.find(type) < this.end
  }

  *[Symbol.iterator](): Iterator<ReceivedAttribute> {
    for (let at = this.start; at < this.end; at = this.after(at)) {
      yield { type: this.typeAt(at), value: this.valueAt(at) }
    }
  }

  /** Where the first attribute of this type stands, from `at` on; `end` if there is none. */
  find(type: number, at = this.start): number {
    while (at < this.end && this.octets[at] !== type) at = this.after(at)
    return at
  }

  /** Where the attribute behind the one at `at` stands: `for (let at = start; at < end; at = after(at))`. */
  after(at: number): number {
    return at + this.octets[at + 1]!
  }

  typeAt(at: number): number {
    return this.octets[at]!
  }

  valueAt(at: number): Uint8Array {
    return this.octets.subarray(at + 2, this.after(at))
  }
}

export interface ReceivedAttribute {
  readonly type: number
  readonly value: Uint8Array
}
