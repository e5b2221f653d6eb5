/** An attribute to be sent, and how it is written (RFC 2865 §5). Knows no type's meaning. */
export interface Attribute {
  readonly type: number
  readonly value: Uint8Array
}

/** Type and Length, before every value. */
export const ATTRIBUTE_HEADER_OCTETS = 2
export const MAX_VALUE_OCTETS = 253

/**
 * Text as UTF-8, in as many attributes as it takes (RFC 2865 §5.18), never cut within a character.
 * None for an empty text: RFC 2865 §5 omits the attribute then.
 */
export function textAttributes(type: number, text: string): Attribute[] {
  const octets = Buffer.from(text, 'utf8')
  const attributes: Attribute[] = []
  for (let start = 0; start < octets.length; ) {
    const end = characterEnd(octets, start + MAX_VALUE_OCTETS)
    attributes.push({ type, value: octets.subarray(start, end) })
    start = end
  }
  return attributes
}

/** How many octets these attributes take in a packet. Throws RangeError for a value of more than 253 octets. */
export function attributesLength(attributes: readonly Attribute[]): number {
  let length = 0
  for (const { type, value } of attributes) {
    if (value.length > MAX_VALUE_OCTETS) throw new RangeError(`attribute ${type} is longer than 253 octets`)
    length += ATTRIBUTE_HEADER_OCTETS + value.length
  }
  return length
}

/** Writes the attribute into `packet` at `at`, and returns where the next one goes. */
export function writeAttribute(packet: Uint8Array, at: number, { type, value }: Attribute): number {
  packet[at] = type
  packet[at + 1] = ATTRIBUTE_HEADER_OCTETS + value.length
  packet.set(value, at + ATTRIBUTE_HEADER_OCTETS)
  return at + ATTRIBUTE_HEADER_OCTETS + value.length
}

/** The last place not behind `end` where no character is cut: RFC 3629 §3, octets 10xxxxxx continue one. */
function characterEnd(octets: Uint8Array, end: number): number {
  if (end >= octets.length) return octets.length
  while ((octets[end]! & 0xc0) === 0x80) end--
  return end
}
