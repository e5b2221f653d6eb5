/**
 * Holds back the datagrams of a source that keeps sending faulty ones, before anything of them is looked at.
 *
 * UDP sources can be forged, and a limit that an attacker can turn against the VPN is worse than none. Therefore:
 * - Only what is discarded (malformed, wrong Message-Authenticator …) takes tokens. Proper requests take none, however
 *   many there are: a gateway or a proxy is one source, and may send tens of thousands a second.
 * - An address and port from which a proper request came within the last hour is never held back, and its faults take
 *   no tokens. So whoever forges the gateway's address empties the bucket for ports that the gateway does not use. If he
 *   knows its port too, he gets what he would get without a limit: each of his datagrams costs about 1 µs to refuse.
 * - Other ports of that source, such as those of clients that take a new one for each request, still get in whenever a
 *   token has come back, that is as often as the limit says. The default is so high that it is only reached by floods
 *   that would cost more than a hundredth of a core.
 */
import type { Client } from './clients.ts'
import { type HashKey, halfSipHash } from './half_sip_hash.ts'
import { type Limit, randomKey, TokenBuckets } from './token_buckets.ts'

const FLOWS = 65_536
const PROVEN_MINUTES = 60
const MINUTE_MS = 60_000
/** Odd, so that the ports of one address never meet in a slot. */
const SPREAD = 0x9e3779b1

interface Flow {
  readonly address: string
  readonly port: number
}

export class SourceLimit {
  readonly #faults = new TokenBuckets()
  readonly #key: HashKey = randomKey()
  /** By the low half of a flow's hash: its high half, and the minute (mod 65,536) of its last proper request. */
  readonly #proven = new Uint32Array(FLOWS)
  #lastAddress = ''
  #lastAddressHash = halfSipHash('', this.#key)

  /** Whether this datagram is to be dropped unread. */
  holdsBack(client: Client, flow: Flow, now: number, limit: Limit): boolean {
    if (!this.#faults.mayBeEmpty(now) || this.#isProven(flow, now)) return false
    return this.#faults.isEmpty(sourceOf(client, flow.address), now, limit)
  }

  /** It was discarded as faulty. */
  fault(client: Client, flow: Flow, now: number, limit: Limit): void {
    if (!this.#isProven(flow, now)) this.#faults.take(sourceOf(client, flow.address), now, limit)
  }

  /** It was a proper request of this client: signed, where it must be. */
  prove(flow: Flow, now: number): void {
    const hash = this.#hashOf(flow)
    this.#proven[hash & 0xffff] = (hash & 0xffff0000) | (minuteOf(now) & 0xffff)
  }

  #isProven(flow: Flow, now: number): boolean {
    const hash = this.#hashOf(flow)
    const entry = this.#proven[hash & 0xffff]!
    return (entry ^ hash) >>> 16 === 0 && ((minuteOf(now) - entry) & 0xffff) <= PROVEN_MINUTES
  }

  #hashOf({ address, port }: Flow): number {
    if (address !== this.#lastAddress) {
      this.#lastAddress = address
      this.#lastAddressHash = halfSipHash(address, this.#key)
    }
    return this.#lastAddressHash ^ Math.imul(port, SPREAD)
  }
}

function minuteOf(now: number): number {
  return Math.floor(now / MINUTE_MS)
}

/** What shares a bucket: a client's one address; in a client that is a network, each IPv4 address and each IPv6 /64. */
function sourceOf({ network }: Client, address: string): string {
  if (!network.includes('/')) return network
  return address.includes(':') ? first64Bits(address) : address
}

/** Of an IPv6 address as the system writes it, the first four groups. */
function first64Bits(address: string): string {
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined && groups.length < 4) {
    const rest = tail === '' ? [] : tail.split(':')
    for (let zeros = 8 - groups.length - rest.length; zeros > 0; zeros--) groups.push('0')
    groups.push(...rest)
  }
  return groups.slice(0, 4).join(':')
}
