/** What a Vendor-Specific of a reply says, in words: of Microsoft's what belongs to MS-CHAP. */
import { AttributeType, MicrosoftType, Vendor } from '../radius/attributes.ts'
import { isVendorSpecific } from '../radius/vendor_specific.ts'

interface Meaning {
  readonly type: number
  readonly name: string
  readonly text: (value: Buffer) => string
}

/** Behind the identifier, which only pairs it with the request. */
const text = (value: Buffer) => value.toString('latin1', 1)
const word = (value: Buffer) => (value.length === 4 ? String(value.readUInt32BE()) : '(not 4 octets)')
const hidden = () => '(hidden)'

const MEANINGS: readonly Meaning[] = [
  { type: MicrosoftType.MsChapError, name: 'MS-CHAP-Error', text },
  { type: MicrosoftType.MsChap2Success, name: 'MS-CHAP2-Success', text },
  { type: MicrosoftType.MppeSendKey, name: 'MS-MPPE-Send-Key', text: hidden },
  { type: MicrosoftType.MppeRecvKey, name: 'MS-MPPE-Recv-Key', text: hidden },
  { type: MicrosoftType.MsChapMppeKeys, name: 'MS-CHAP-MPPE-Keys', text: hidden },
  { type: MicrosoftType.MppeEncryptionPolicy, name: 'MS-MPPE-Encryption-Policy', text: word },
  { type: MicrosoftType.MppeEncryptionTypes, name: 'MS-MPPE-Encryption-Types', text: word },
]

const HEADER_OCTETS = 6

/** Name and text; null for what we do not know. */
export function vendorText(value: Uint8Array): readonly [name: string, text: string] | null {
  const attribute = { type: AttributeType.VendorSpecific, value }
  const found = MEANINGS.find(({ type }) => isVendorSpecific(attribute, Vendor.Microsoft, type))
  return found === undefined ? null : [found.name, found.text(Buffer.from(value.subarray(HEADER_OCTETS)))]
}
