/** What Linux shows of UDP sockets in /proc/self: their drops, and which descriptor is whose. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { isIPv6 } from 'node:net'

interface Bound {
  readonly address: string
  readonly port: number
}

/** Datagrams that found no room; null elsewhere. Of all processes that share the address. */
export function kernelDrops(bound: Bound): number | null {
  const rows = rowsOf(bound)
  return rows.length === 0 ? null : rows.reduce((sum, columns) => sum + Number(columns.at(-1)), 0)
}

/** Of this process; null: not to be found, or not one alone. */
export function descriptorOf(bound: Bound): number | null {
  const links = new Set(rowsOf(bound).map((columns) => `socket:[${columns[INODE]}]`))
  if (links.size === 0) return null
  try {
    const found = readdirSync('/proc/self/fd').filter((fd) => links.has(linkOf(fd)))
    return found.length === 1 ? Number(found[0]) : null
  } catch {
    return null
  }
}

/** '' for a descriptor that has been closed meanwhile. */
function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return ''
  }
}

const ADDRESS = 1
const INODE = 9

/** The columns of each socket that is bound to it: /proc/self/net/udp names them by the address in hexadecimal. */
function rowsOf({ address, port }: Bound): string[][] {
  const wanted = `${procAddress(address)}:${port.toString(16).toUpperCase().padStart(4, '0')}`
  try {
    return readFileSync(isIPv6(address) ? '/proc/self/net/udp6' : '/proc/self/net/udp', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[ADDRESS] === wanted)
  } catch {
    return []
  }
}

/** 32-bit words in the order of the address, the octets of each reversed on little-endian machines. */
function procAddress(address: string): string {
  const octets = isIPv6(address) ? ipv6Octets(address) : address.split('.').map(Number)
  const words = Array.from({ length: octets.length / 4 }, (_, index) =>
    octets.slice(4 * index, 4 * index + 4).reverse(),
  )
  return words
    .flat()
    .map((octet) => octet.toString(16).toUpperCase().padStart(2, '0'))
    .join('')
}

function ipv6Octets(address: string): number[] {
  const [head = '', tail] = (address.split('%')[0] as string).split('::')
  const groups = (text: string) => text.split(':').filter((group) => group !== '')
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const zeros = Array(8 - left.length - right.length).fill('0')
  return [...left, ...zeros, ...right].flatMap((group) => {
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}
