/** An attribute of a vendor as it is sent: in a Vendor-Specific of its own, in the layout that RFC 2865 §5.26 recommends. */
import type { Attribute } from './attribute.ts'
import { AttributeType } from './attributes.ts'

/** Vendor-Id, Vendor-Type and Vendor-Length: what is left of an attribute is 247 octets. */
const HEADER_OCTETS = 6

/** `vendor`: the private enterprise number. `type`: 0 to 255. `value`: at most 247 octets. */
export function vendorSpecific(vendor: number, type: number, value: Uint8Array): Attribute {
  const octets = new Uint8Array(HEADER_OCTETS + value.length)
  new DataView(octets.buffer).setUint32(0, vendor)
  octets[4] = type
  octets[5] = 2 + value.length
  octets.set(value, HEADER_OCTETS)
  return { type: AttributeType.VendorSpecific, value: octets }
}
