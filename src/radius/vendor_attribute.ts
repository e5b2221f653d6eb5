/** A vendor's attribute to be sent (RFC 2865 §5.26), in the layout that the RFC recommends. Knows no vendor's meaning. */
import { ATTRIBUTE_HEADER_OCTETS, type Attribute, MAX_VALUE_OCTETS } from './attribute.ts'
import { AttributeType } from './attributes.ts'

const VENDOR_ID_OCTETS = 4
/** Of `value`: a Vendor-Specific holds the vendor's number, type and length too. */
export const MAX_VENDOR_VALUE_OCTETS = MAX_VALUE_OCTETS - VENDOR_ID_OCTETS - ATTRIBUTE_HEADER_OCTETS

/** One Vendor-Specific with one attribute in it. Throws RangeError for a value of more than 247 octets. */
export function vendorSpecific(vendor: number, type: number, value: Uint8Array): Attribute {
  if (value.length > MAX_VENDOR_VALUE_OCTETS) {
    throw new RangeError(
      `attribute ${type} of vendor ${vendor} is longer than ${MAX_VENDOR_VALUE_OCTETS} octets`,
    )
  }
  const header = Buffer.alloc(VENDOR_ID_OCTETS + ATTRIBUTE_HEADER_OCTETS)
  header.writeUInt32BE(vendor)
  header[VENDOR_ID_OCTETS] = type
  header[VENDOR_ID_OCTETS + 1] = ATTRIBUTE_HEADER_OCTETS + value.length
  return { type: AttributeType.VendorSpecific, value: Buffer.concat([header, value]) }
}

/** Is it one that `vendorSpecific` made of this vendor and type? */
export function isVendorSpecific({ type, value }: Attribute, vendor: number, vendorType: number): boolean {
  if (type !== AttributeType.VendorSpecific || value.length < VENDOR_ID_OCTETS + ATTRIBUTE_HEADER_OCTETS)
    return false
  const octets = Buffer.from(value.buffer, value.byteOffset, value.length)
  return octets.readUInt32BE() === vendor && octets[VENDOR_ID_OCTETS] === vendorType
}
