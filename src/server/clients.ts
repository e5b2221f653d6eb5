/** Which RADIUS client a source address belongs to. Knows nothing of packets. */
import type { Prompts } from '../config/prompts.ts'
import type { ResolvedClient } from '../config/secrets.ts'
import { formatAddress, ipv4Value, parseAddress } from '../network.ts'
import { SharedSecret } from '../radius/shared_secret.ts'
import { type ClientTraffic, TrafficBook } from './client_traffic.ts'
import { type ClientReply, Replies } from './replies.ts'

/** The client (RFC 2865 §1.2: the NAS) as the listener needs it; its networks share one prepared secret. */
export interface Client {
  readonly name: string
  /** As the audit trail names it. */
  readonly actor: string
  /** The address or network of the configuration that admitted it. */
  readonly network: string
  readonly secret: SharedSecret
  readonly requireMessageAuthenticator: boolean | 'auto'
  readonly limitProxyState: boolean
  /** MS-CHAP is served. */
  readonly mschap: boolean
  /** EAP is, if there is a certificate for it. */
  readonly eap: boolean
  /** What it asks with; null: it cannot ask back. */
  readonly challenge: Prompts | null
  /** Its passwords are the OTP alone. */
  readonly otpOnly: boolean
  /** What an Access-Accept for it says. */
  readonly reply: ClientReply
  /** What it sent and got; of all its networks together. */
  readonly traffic: ClientTraffic
  readonly disconnect?: ResolvedClient['disconnect']
}

export interface ClientTable {
  /** By longest prefix (spec/radius.md, "Packets"); null for an unknown source. Always the same object per network. */
  find(address: string): Client | null
  readonly clients: readonly Client[]
}

export function buildClientTable(
  configured: readonly ResolvedClient[],
  replies = Replies.none(),
  book: TrafficBook = new TrafficBook(),
): ClientTable {
  book.keep(new Set(configured.map(({ name }) => name)))
  const tiers = new Map<string, Tier>()
  const clients = configured.flatMap((client) => {
    // Of such a client the table knows the name alone: tls_clients.ts finds it.
    const reply = replies.ofClient(client.reply)
    if (client.secret === null) return [clientFrom(client, 'TLS', OVER_TLS, reply, book.of(client.name))]
    const secret = new SharedSecret(client.secret.reveal())
    return client.networks.map((network): Client => {
      const found = clientFrom(client, network.text, secret, reply, book.of(client.name))
      const { bits, prefix } = network
      const tier = tiers.get(`${bits}/${prefix}`) ?? { bits, hostBits: bits - prefix, clients: new Map() }
      const leading = network.value >> BigInt(tier.hostBits)
      tier.clients.set(bits === 32 ? Number(leading) : leading, found)
      tiers.set(`${bits}/${prefix}`, tier)
      return found
    })
  })
  const longestFirst = [...tiers.values()].sort((a, b) => a.hostBits - b.hostBits)
  const [ipv4, ipv6] = [32, 128].map((bits) => longestFirst.filter((tier) => tier.bits === bits))
  return { find: remembering((address) => search(ipv4!, ipv6!, address)), clients }
}

/** RFC 6614 §2.3: over TLS, which guards the packets, all have the same. */
export const OVER_TLS = new SharedSecret('radsec')

/** `network`: where it comes from. */
export function clientFrom(
  client: ResolvedClient,
  network: string,
  secret: SharedSecret,
  reply: ClientReply,
  traffic: ClientTraffic,
): Client {
  const { name, requireMessageAuthenticator, limitProxyState, mschap, eap, challenge, otpOnly } = client
  return {
    name,
    actor: `client:${name}`,
    network,
    secret,
    requireMessageAuthenticator,
    limitProxyState,
    mschap,
    eap,
    challenge,
    otpOnly,
    reply,
    traffic,
    ...(client.disconnect === undefined ? {} : { disconnect: client.disconnect }),
  }
}

/** The lines for the configuration file that would admit `source`; the empty secret is refused until it is filled in. */
export function clientLinesFor(source: string): readonly string[] {
  const address = parseAddress(source)
  const text = address === null ? source : formatAddress(address)
  return [
    '[[radius.clients]]',
    `name = ${JSON.stringify(`client-${text}`)}`,
    `address = ${JSON.stringify(text)}`,
    'secret = ""   # the one set on that device, 16 characters or more',
  ]
}

/** The networks of one family and prefix length, by their leading bits. */
interface Tier {
  readonly bits: 32 | 128
  readonly hostBits: number
  /** A number for IPv4: a flood from forged addresses comes this far with every datagram. */
  readonly clients: Map<number | bigint, Client>
}

function search(ipv4: readonly Tier[], ipv6: readonly Tier[], source: string): Client | null {
  const value = ipv4Value(source)
  if (value >= 0) return searchIpv4(ipv4, value)
  const address = parseAddress(source)
  if (address === null) return null
  if (address.bits === 32) return searchIpv4(ipv4, Number(address.value))
  for (const { hostBits, clients } of ipv6) {
    const found = clients.get(address.value >> BigInt(hostBits))
    if (found !== undefined) return found
  }
  return null
}

function searchIpv4(tiers: readonly Tier[], value: number): Client | null {
  for (const { hostBits, clients } of tiers) {
    // Not by >>, which takes 32 host bits for none, and numbers for signed ones.
    const found = clients.get(Math.floor(value / 2 ** hostBits))
    if (found !== undefined) return found
  }
  return null
}

const REMEMBERED = 8192

/** Keeps what was found for the last addresses. Unknown sources are not kept: forged ones would push the clients out. */
function remembering(find: (source: string) => Client | null): (source: string) => Client | null {
  const known = new Map<string, Client>()
  let last = { source: '', client: null as Client | null }
  return (source) => {
    if (source === last.source) return last.client
    let client = known.get(source) ?? null
    if (client === null) {
      client = find(source)
      if (client === null) return null
      if (known.size >= REMEMBERED) known.delete(known.keys().next().value!)
      known.set(source, client)
    }
    last = { source, client }
    return client
  }
}
