/** An attribute of a reply in words: its name and its value as an administrator writes them. Knows nothing of packets. */
import ipaddr from 'ipaddr.js'
import type { Attribute } from '../radius/attribute.ts'
import { AttributeType } from '../radius/attributes.ts'
import { builtinDictionary } from '../radius/builtin_dictionary.ts'
import type { AttributeDefinition, Dictionary } from '../radius/dictionary.ts'
import { decodeUtf8 } from '../radius/utf8.ts'
import { vendorText } from './vendor_text.ts'

const VENDOR_ID_OCTETS = 4
/** Made when it is first asked for: no other command needs it. */
let known: Dictionary | null = null

/** One line for each; a Vendor-Specific may hold several. */
export function inWords({ type, value }: Attribute): [name: string, text: string][] {
  // A State is nobody's to read.
  if (type === AttributeType.State) return [['State', `(${value.length} octets)`]]
  if (type !== AttributeType.VendorSpecific) return [named(null, type, value)]
  const microsoft = vendorText(value)
  return microsoft === null ? vendorInWords(value) : [[...microsoft]]
}

/** RFC 2865 §5.26, laid out as it recommends; what is not is shown as it stands. */
function vendorInWords(value: Uint8Array): [string, string][] {
  const asItStands: [string, string][] = [['Vendor-Specific', hex(value)]]
  if (value.length < VENDOR_ID_OCTETS + 2) return asItStands
  const vendor = Buffer.from(value).readUInt32BE()
  const found: [string, string][] = []
  for (let at = VENDOR_ID_OCTETS; at < value.length; ) {
    const end = at + (value[at + 1] ?? 0)
    if (end < at + 2 || end > value.length) return asItStands
    found.push(named(vendor, value[at]!, value.subarray(at + 2, end)))
    at = end
  }
  return found
}

function named(vendor: number | null, number: number, value: Uint8Array): [string, string] {
  known ??= builtinDictionary()
  const attribute = known.numbered(vendor, number)
  if (attribute === undefined)
    return [vendor === null ? `attribute ${number}` : `vendor ${vendor} attribute ${number}`, textOf(value)]
  if (!attribute.hasTag || value.length === 0) return [attribute.name, valueText(attribute, value)]
  const { tag, rest } = untagged(attribute, value)
  return [tag === 0 ? attribute.name : `${attribute.name}:${tag}`, valueText(attribute, rest)]
}

/** RFC 2868 §3.1 and §3.3: in an integer the first octet is always the tag, before a text only if it is below 0x20. */
function untagged({ type }: AttributeDefinition, value: Uint8Array) {
  const first = value[0]!
  if (type === 'integer') return { tag: first, rest: Uint8Array.of(0, ...value.subarray(1)) }
  return first > 0x1f ? { tag: 0, rest: value } : { tag: first, rest: value.subarray(1) }
}

function valueText(attribute: AttributeDefinition, value: Uint8Array): string {
  switch (attribute.type) {
    case 'uint8':
    case 'uint16':
    case 'integer': {
      if (value.length === 0 || value.length > 4) return hex(value)
      const number = Buffer.from(value).readUIntBE(0, value.length)
      return known?.nameOfValue(attribute, number) ?? String(number)
    }
    case 'ipv4addr':
    case 'ipv6addr':
    case 'ipaddr':
      return value.length === 4 || value.length === 16
        ? ipaddr.fromByteArray([...value]).toString()
        : hex(value)
    case 'time':
      return value.length === 4
        ? new Date(Buffer.from(value).readUInt32BE() * 1000).toISOString()
        : hex(value)
    default:
      return textOf(value)
  }
}

function textOf(value: Uint8Array): string {
  const text = decodeUtf8(value)
  return text === null || /\p{Cc}/u.test(text) ? hex(value) : text
}

function hex(value: Uint8Array): string {
  return `0x${Buffer.from(value).toString('hex')}`
}
