/** IP addresses and networks as numbers, from their text. Knows nothing of clients, sockets or configuration files. */
import { isIP, isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'

export interface Address {
  readonly bits: 32 | 128
  readonly value: bigint
}

/** The addresses whose first `prefix` bits are those of `value`; a single address has `prefix` = `bits`. */
export interface Network extends Address {
  readonly prefix: number
  /** The canonical text; a single address is written without its prefix. */
  readonly text: string
}

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** Why a text was refused, as the end of a sentence: `address is "10.0.0.1/24"; <refusal>`. */
export class Refusal {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Null for what is not an address. IPv4 in IPv6 (`::ffff:10.0.0.1`) is IPv4, and a zone (`fe80::1%eth0`) is dropped. */
export function parseAddress(text: string): Address | null {
  const bare = withoutZone(text)
  // node:net decides what an address is: ipaddr.js also reads "010.0.0.1" as octal and "10.1" as 10.0.0.1.
  if (isIPv4(bare))
    return { bits: 32, value: BigInt(bare.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)) }
  if (isIP(bare) === 0) return null
  const octets = ipaddr.process(bare).toByteArray()
  return { bits: octets.length === 4 ? 32 : 128, value: BigInt(`0x${Buffer.from(octets).toString('hex')}`) }
}

export function isWithin({ bits, value }: Address, network: Network): boolean {
  return bits === network.bits && (value ^ network.value) >> BigInt(bits - network.prefix) === 0n
}

/** An IPv4 address in decimal octets as a number, -1 for any other text: what `parseAddress` says, without an allocation. */
export function ipv4Value(text: string): number {
  let value = 0
  let octet = -1
  let dots = 0
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit >= 0 && digit <= 9 && octet !== 0) {
      octet = octet < 0 ? digit : octet * 10 + digit
      if (octet > 255) return -1
    } else if (digit === -2 && octet >= 0 && dots < 3) {
      value = value * 256 + octet
      octet = -1
      dots++
    } else return -1
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : -1
}

/** The canonical text of an address, as `parseAddress` understands it (RFC 5952). */
export function formatAddress({ bits, value }: Address): string {
  const octets = Buffer.from(value.toString(16).padStart(bits / 4, '0'), 'hex')
  return ipaddr.fromByteArray([...octets]).toString()
}

/** One address, or a network in CIDR notation without host bits. */
export function parseNetwork(text: string): Network | Refusal {
  const [host = '', size, ...more] = text.split('/')
  const address = parseAddress(host)
  if (address === null || more.length > 0) return new Refusal(NETWORK_ALLOWED)
  if (host.includes('%')) return new Refusal(`leave out the zone: "${withoutZone(host)}"`)
  const written = isIPv4(host) ? 32 : 128
  const prefix = size === undefined ? address.bits : parsePrefix(size, written) - (written - address.bits)
  if (!(prefix >= 0))
    return new Refusal(`the number after "/" must be from ${written - address.bits} to ${written}`)
  return withoutHostBits(address, prefix, size !== undefined)
}

/** `10.0.0.1:1812` or `[::1]:1812`. Port 0 means any free port, which only tests want. */
export function parseEndpoint(text: string): Endpoint | Refusal {
  const [, inBrackets, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const host = inBrackets ?? plain ?? ''
  const port = Number(digits)
  const isWhole = inBrackets === undefined ? isIPv4(host) : isIP(host) === 6
  if (!isWhole) return new Refusal(text.split(':').length > 2 ? IN_BRACKETS : ENDPOINT_ALLOWED)
  if (port > 65535) return new Refusal('the port must be from 1 to 65535')
  return { host: inBrackets === undefined ? host : ipaddr.parse(host).toString(), port }
}

const NETWORK_ALLOWED =
  'allowed: an IPv4 or IPv6 address ("10.0.0.7", "2001:db8::7") or a network ("10.0.0.0/24", "2001:db8::/64")'
const ENDPOINT_ALLOWED = 'allowed: "ADDRESS:PORT" with an IP address, such as "0.0.0.0:1812" or "[::]:1812"'
const IN_BRACKETS = 'an IPv6 address stands in brackets: "[::1]:1812"'

function withoutZone(text: string): string {
  const percent = text.indexOf('%')
  return percent === -1 ? text : text.slice(0, percent)
}

function parsePrefix(digits: string, bits: number): number {
  return /^\d{1,3}$/.test(digits) && Number(digits) <= bits ? Number(digits) : Number.NaN
}

function withoutHostBits(address: Address, prefix: number, isNetwork: boolean): Network | Refusal {
  const { bits, value } = address
  const hostBits = BigInt(bits - prefix)
  const base = { bits, value: (value >> hostBits) << hostBits }
  const text = prefix === bits ? formatAddress(base) : `${formatAddress(base)}/${prefix}`
  if (base.value !== value) {
    return new Refusal(
      `bits are set after /${prefix}; write "${text}" for the network or "${formatAddress(address)}" for the one machine`,
    )
  }
  if (!isNetwork && value === 0n)
    return new Refusal(`no client has this address; write "${text}/0" for every one`)
  return { ...base, prefix, text }
}
