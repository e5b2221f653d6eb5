/** The attributes inside of EAP-TTLS (RFC 5281 §10.1): read and written. Knows which may be ignored, not what they mean. */

export interface Avp {
  /** 0: the codes are RADIUS's. */
  readonly vendor: number
  readonly code: number
  readonly value: Uint8Array
  /** Whoever does not know it must not go on. */
  readonly isMandatory: boolean
}

const HEADER_OCTETS = 8
const VENDOR_OCTETS = 4
const HAS_VENDOR = 0x80
const MANDATORY = 0x40

/** Null if they do not fill `octets` exactly; the padding of the last one may be missing. */
export function parseAvps(octets: Uint8Array): Avp[] | null {
  const avps: Avp[] = []
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length)
  for (let at = 0; at < octets.length; ) {
    if (octets.length - at < HEADER_OCTETS) return null
    const flags = octets[at + 4]!
    const length = view.getUint32(at + 4) & 0xffffff
    const header = HEADER_OCTETS + ((flags & HAS_VENDOR) === 0 ? 0 : VENDOR_OCTETS)
    if (length < header || length > octets.length - at) return null
    avps.push({
      vendor: header === HEADER_OCTETS ? 0 : view.getUint32(at + HEADER_OCTETS),
      code: view.getUint32(at),
      value: octets.subarray(at + header, at + length),
      isMandatory: (flags & MANDATORY) !== 0,
    })
    at += padded(length)
  }
  return avps
}

export function encodeAvp({ vendor, code, value, isMandatory }: Avp): Uint8Array {
  const header = HEADER_OCTETS + (vendor === 0 ? 0 : VENDOR_OCTETS)
  const octets = Buffer.alloc(padded(header + value.length))
  octets.writeUInt32BE(code, 0)
  octets.writeUInt32BE(header + value.length, 4)
  octets[4] = (vendor === 0 ? 0 : HAS_VENDOR) | (isMandatory ? MANDATORY : 0)
  if (vendor !== 0) octets.writeUInt32BE(vendor, HEADER_OCTETS)
  octets.set(value, header)
  return octets
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4
}
