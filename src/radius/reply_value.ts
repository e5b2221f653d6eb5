/** A value as people write it, in the octets of its data type (RFC 2865 §5, RFC 2868 §3, RFC 3162 §2, RFC 8044 §3). */
import ipaddr from 'ipaddr.js'
import { MAX_VALUE_OCTETS } from './attribute.ts'
import { type AttributeDefinition, closest, type DataType, type Dictionary } from './dictionary.ts'

/** Why a value cannot be written: the end of a sentence that begins with what was written. */
export class BadValue extends Error {}

const MAX_VENDOR_VALUE_OCTETS = 247
/** RFC 2868 §3.1: "Valid values for this field are 0x01 through 0x1F". */
const MAX_TAG = 0x1f

/** `tag`: 0 = none. Throws BadValue. */
export function encodeValue(
  attribute: AttributeDefinition,
  text: string,
  tag: number,
  dictionary: Dictionary,
): Uint8Array {
  const { type, hasTag, vendor, octets: exact } = attribute
  if (tag > 0 && !hasTag) throw new BadValue('takes no tag')
  if (tag > MAX_TAG) throw new BadValue(`has the tag ${tag}; allowed: 1 to ${MAX_TAG}`)
  const plain = ENCODERS[type](text, attribute, dictionary)
  const octets = hasTag ? withTag(plain, type, tag) : plain
  const most = vendor === null ? MAX_VALUE_OCTETS : MAX_VENDOR_VALUE_OCTETS
  if (octets.length === 0) throw new BadValue('is empty; leave the attribute out')
  if (octets.length > most) throw new BadValue(`has ${octets.length} octets; allowed: at most ${most}`)
  if (exact !== null && octets.length !== exact)
    throw new BadValue(`has ${octets.length} octets; allowed: ${exact}`)
  return octets
}

/**
 * RFC 2868 §3.1: the tag is the first of an integer's four octets; §3.3: it stands before a text, whose first octet is
 * never taken for one when it is above 0x1f, so that a text without a tag needs none.
 */
function withTag(octets: Uint8Array, type: DataType, tag: number): Uint8Array {
  if (type !== 'integer') return tag === 0 ? octets : Uint8Array.of(tag, ...octets)
  if (octets[0] !== 0)
    throw new BadValue(`is too large; allowed: at most ${0xff_ff_ff}, since one octet is the tag's`)
  return Uint8Array.of(tag, ...octets.subarray(1))
}

type Encoder = (text: string, attribute: AttributeDefinition, dictionary: Dictionary) => Uint8Array

const ENCODERS: Readonly<Record<DataType, Encoder>> = {
  text: (text) => Buffer.from(text, 'utf8'),
  octets: encodeOctets,
  uint8: whole(1),
  uint16: whole(2),
  integer: whole(4),
  integer64: whole(8),
  int32: encodeSigned,
  time: encodeTime,
  ipv4addr: encodeIpv4,
  ipv6addr: encodeIpv6,
  ipaddr: (text) => (text.includes(':') ? encodeIpv6(text) : encodeIpv4(text)),
  ipv4prefix: (text) =>
    Uint8Array.of(0, ...encodePrefix(text, encodeIpv4, 'an IPv4 network such as 192.0.2.0/24')),
  ipv6prefix: encodeIpv6Prefix,
  ifid: encodeInterfaceId,
  ether: encodeEther,
}

/** 0x and hexadecimal digits, or a text. */
function encodeOctets(text: string): Uint8Array {
  if (!/^0x/i.test(text)) return Buffer.from(text, 'utf8')
  if (!/^0x([0-9a-f]{2})*$/i.test(text))
    throw new BadValue('begins with 0x; allowed: pairs of hexadecimal digits after it')
  return Buffer.from(text.slice(2), 'hex')
}

function whole(octets: 1 | 2 | 4 | 8): Encoder {
  const most = 2n ** BigInt(octets * 8) - 1n
  return (text, attribute, dictionary) => {
    const named = dictionary.value(attribute, text)
    const isNumber = /^(\d{1,20}|0x[0-9a-f]{1,16})$/i.test(text)
    if (named === undefined && !isNumber) throw new BadValue(unknownValue(text, attribute, dictionary, most))
    const value = BigInt(named ?? text)
    if (value > most) throw new BadValue(`is too large; allowed: 0 to ${most}`)
    return Buffer.from(value.toString(16).padStart(octets * 2, '0'), 'hex')
  }
}

const SHOWN = 8

function unknownValue(
  text: string,
  attribute: AttributeDefinition,
  dictionary: Dictionary,
  most: bigint,
): string {
  const names = dictionary.valuesOf(attribute)
  if (names.length === 0) return `is no number; allowed: 0 to ${most}`
  const meant = closest(text, names)
  if (meant !== null) return `is no number, and no name of one; did you mean ${meant}?`
  const more = names.length > SHOWN ? ' …' : ''
  return `is no number, and no name of one; allowed: ${names.slice(0, SHOWN).join(', ')}${more}, or 0 to ${most}`
}

function encodeSigned(text: string): Uint8Array {
  const value = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= -(2 ** 31) && value < 2 ** 31)) throw new BadValue('is no whole number of 32 bits')
  const octets = Buffer.alloc(4)
  octets.writeInt32BE(value)
  return octets
}

/** RFC 2865 §5: seconds since 1970 in 32 bits; a date or a moment of UTC, or the number. */
function encodeTime(text: string): Uint8Array {
  const isMoment = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/.test(text)
  const seconds = isMoment ? Date.parse(text) / 1000 : /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(seconds >= 0 && seconds < 2 ** 32)) {
    throw new BadValue(
      'is no time; allowed: a date such as 2030-12-31, a time such as 2030-12-31T18:00:00Z, or seconds since 1970',
    )
  }
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(seconds)
  return octets
}

function encodeIpv4(text: string): Uint8Array {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text)) throw new BadValue('is no IPv4 address')
  return Uint8Array.from(ipaddr.IPv4.parse(text).toByteArray())
}

function encodeIpv6(text: string): Uint8Array {
  if (!/^[0-9a-f:.]+$/i.test(text) || !ipaddr.IPv6.isValid(text)) throw new BadValue('is no IPv6 address')
  return Uint8Array.from(ipaddr.IPv6.parse(text).toByteArray())
}

/** The length of the prefix, and the whole address behind it. */
function encodePrefix(text: string, encode: (address: string) => Uint8Array, allowed: string): Uint8Array {
  const [, address = '', digits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  if (address === '') throw new BadValue(`is no network; allowed: ${allowed}`)
  const octets = encode(address)
  const length = Number(digits)
  if (length > octets.length * 8)
    throw new BadValue(`ends with /${digits}; allowed: /0 to /${octets.length * 8}`)
  const isSet = (bit: number) => (octets[bit >> 3]! & (0x80 >> (bit & 7))) !== 0
  for (let bit = length; bit < octets.length * 8; bit++) {
    // RFC 3162 §2.3: they must be zero.
    if (isSet(bit)) throw new BadValue(`has bits after its /${digits}`)
  }
  return Uint8Array.of(length, ...octets)
}

/** RFC 8044 §3.10: no more octets of the prefix than its length has bits in. */
function encodeIpv6Prefix(text: string): Uint8Array {
  const [length, ...address] = encodePrefix(text, encodeIpv6, 'an IPv6 network such as 2001:db8::/64')
  return Uint8Array.of(0, length!, ...address.slice(0, Math.ceil(length! / 8)))
}

function encodeInterfaceId(text: string): Uint8Array {
  const groups = text.split(':')
  if (groups.length !== 4 || !groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) {
    throw new BadValue('is no interface identifier; allowed: four groups such as 0:0:0:1')
  }
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex')
}

function encodeEther(text: string): Uint8Array {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text)) {
    throw new BadValue('is no Ethernet address; allowed: six octets such as 00:00:5e:00:53:01')
  }
  return Buffer.from(text.replaceAll(/[:-]/g, ''), 'hex')
}
