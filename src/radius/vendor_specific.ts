/** What vendors put inside Vendor-Specific (RFC 2865 §5.26). Knows the layout that the RFC recommends, no vendor's meaning. */
import type { Attribute } from './attribute.ts'
import type { AttributeList } from './attribute_list.ts'
import { AttributeType } from './attributes.ts'

const VENDOR_ID_OCTETS = 4

/** The values of this vendor's attributes of this type. What does not follow the layout is passed over: it is the vendor's right. */
export function vendorValues(attributes: AttributeList, vendor: number, type: number): Uint8Array[] {
  const values: Uint8Array[] = []
  let outer = attributes.find(AttributeType.VendorSpecific)
  while (outer < attributes.end) {
    const value = attributes.valueAt(outer)
    if (isOfVendor(value, vendor)) collect(value, type, values)
    outer = attributes.find(AttributeType.VendorSpecific, attributes.after(outer))
  }
  return values
}

/** Does this attribute carry one of this vendor and type, and nothing before it? */
export function isVendorSpecific({ type, value }: Attribute, vendor: number, vendorType: number): boolean {
  return (
    type === AttributeType.VendorSpecific &&
    isOfVendor(value, vendor) &&
    value[VENDOR_ID_OCTETS] === vendorType
  )
}

function isOfVendor(value: Uint8Array, vendor: number): boolean {
  if (value.length < VENDOR_ID_OCTETS) return false
  return ((value[0]! << 24) | (value[1]! << 16) | (value[2]! << 8) | value[3]!) >>> 0 === vendor
}

function collect(value: Uint8Array, type: number, values: Uint8Array[]): void {
  let at = VENDOR_ID_OCTETS
  while (at + 1 < value.length) {
    const end = at + value[at + 1]!
    if (end < at + 2 || end > value.length) return
    if (value[at] === type) values.push(value.subarray(at + 2, end))
    at = end
  }
}
