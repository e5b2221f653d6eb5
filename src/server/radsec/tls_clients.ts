/**
 * Which RADIUS client a peer is that has proven itself by TLS: by its certificate or by a key shared with it, and by its
 * address where the client has one. Whoever fits no client is refused. Knows nothing of sockets, nor of packets.
 */
import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { TlsIdentity } from '../../config/radsec.ts'
import type { ResolvedClient } from '../../config/secrets.ts'
import { type Address, formatAddress, isWithin, parseAddress } from '../../network.ts'
import type { Secret } from '../../secret.ts'
import { TrafficBook } from '../client_traffic.ts'
import { type Client, clientFrom, OVER_TLS } from '../clients.ts'
import { Replies } from '../replies.ts'

/** What the peer has proven to be. Kept with its connection, which a reload judges again. */
export type Proof =
  | { readonly kind: 'psk'; readonly identity: string; readonly key: Secret }
  | {
      readonly kind: 'certificate'
      readonly certificate: X509Certificate
      /** Signed by one of `radsec.ca_file`. */
      readonly isTrusted: boolean
    }

export type Found =
  | { readonly kind: 'client'; readonly client: Client }
  | {
      readonly kind: 'refused'
      readonly reason: 'unknown-client' | 'untrusted-certificate' | 'wrong-address'
    }

export interface TlsClientTable {
  readonly count: number
  /** False: no client at all comes from there, whatever it proves. */
  admits(address: string): boolean
  /** The key of that identity, proven by nothing yet. */
  keyOf(identity: string): Secret | null
  find(proof: Proof, address: string): Found
}

export function buildTlsClientTable(
  configured: readonly ResolvedClient[],
  replies = Replies.none(),
  book = new TrafficBook(),
): TlsClientTable {
  const clients = configured.flatMap((client): TlsClient[] => {
    if (client.tls === undefined) return []
    // Both guard against what TLS rules out: requests forged or altered on the way (CVE-2024-3596).
    const required = client.requireMessageAuthenticator === true
    const judged = { ...client, requireMessageAuthenticator: required, limitProxyState: false }
    return [
      {
        tls: client.tls,
        client: clientFrom(judged, 'TLS', OVER_TLS, replies.ofClient(client.reply), book.of(client.name)),
      },
    ]
  })
  const byIdentity = new Map(
    clients.flatMap((each) => (each.tls.psk === null ? [] : [[each.tls.psk.identity, each] as const])),
  )
  const proves = (proof: Proof, { tls }: TlsClient): Rank => {
    if (proof.kind === 'certificate') return rankOf(proof.certificate, tls)
    // A key that was exchanged no longer proves anything.
    return byIdentity.get(proof.identity)?.tls === tls && isSame(tls.psk!.key, proof.key) ? 'exact' : null
  }
  return {
    count: clients.length,
    admits: (text) => {
      const address = parseAddress(text)
      return address !== null && clients.some(({ tls }) => specificity(tls, address) >= 0)
    },
    keyOf: (identity) => byIdentity.get(identity)?.tls.psk?.key ?? null,
    find: (proof, text) => {
      const address = parseAddress(text)
      if (address === null) return refuse('wrong-address')
      let refusal: Found = refuse('unknown-client')
      let best: { readonly client: Client; readonly score: number } | null = null
      for (const each of clients) {
        const rank = proves(proof, each)
        if (rank === null) continue
        const isPinned = each.tls.fingerprints.length > 0
        if (proof.kind === 'certificate' && !proof.isTrusted && !isPinned) {
          refusal = refuse('untrusted-certificate')
          continue
        }
        const near = specificity(each.tls, address)
        if (near < 0) refusal = refuse('wrong-address')
        else {
          const score = RANKS[rank] * 1000 + near
          if (best === null || score > best.score) best = { client: each.client, score }
        }
      }
      return best === null ? refusal : { kind: 'client', client: best.client }
    },
  }
}

/** For the log: what the peer showed, and the lines for the configuration file that would admit it. */
export function describeProof(proof: Proof): Readonly<Record<string, string>> {
  if (proof.kind === 'psk') return { pskIdentity: proof.identity }
  const { subject, subjectAltName } = proof.certificate
  return {
    subject: short((subject ?? '').replaceAll('\n', ', ')),
    names: short(subjectAltName ?? 'none'),
    fingerprint: `sha256:${fingerprintOf(proof.certificate)}`,
  }
}

export function tlsClientLinesFor(proof: Proof, source: string): readonly string[] {
  if (proof.kind === 'psk') return []
  const address = parseAddress(source)
  const text = address === null ? source : formatAddress(address)
  return [
    '[[radius.clients]]',
    `name = ${JSON.stringify(`client-${text}`)}`,
    `address = ${JSON.stringify(text)}   # or without this line, from anywhere`,
    `tls = { fingerprint = "sha256:${fingerprintOf(proof.certificate)}" }`,
  ]
}

interface TlsClient {
  readonly tls: TlsIdentity<Secret>
  readonly client: Client
}

/** A certificate may be as long as its maker likes. */
function short(text: string): string {
  return text.length > 256 ? `${text.slice(0, 255)}…` : text
}

/** How well a proof fits: a certificate that is pinned, or a name as it is, before one of many names. */
type Rank = 'pinned' | 'exact' | 'wildcard' | null
const RANKS = { pinned: 3, exact: 2, wildcard: 1 }

function rankOf(certificate: X509Certificate, { names, fingerprints }: TlsIdentity<Secret>): Rank {
  const isPinned = fingerprints.length > 0
  if (isPinned && !fingerprints.includes(fingerprintOf(certificate))) return null
  if (names.length === 0) return isPinned ? 'pinned' : null
  const ranks = names.map((name) => rankOfName(certificate, name)).filter((rank) => rank !== null)
  if (ranks.length === 0) return null
  return isPinned ? 'pinned' : ranks.includes('exact') ? 'exact' : 'wildcard'
}

/** By OpenSSL's own reading of the certificate: its text form can be misread on purpose (CVE-2021-44532). */
function rankOfName(certificate: X509Certificate, name: string): Rank {
  if (isIP(name) !== 0) return certificate.checkIP(name) === undefined ? null : 'exact'
  const isWildcard = name.startsWith('*.')
  // A name with a dot in front stands for those below it. The CN counts only in a certificate without DNS names.
  const wanted = isWildcard ? name.slice(1) : name
  const found = certificate.checkHost(wanted, {
    subject: 'default',
    wildcards: false,
    partialWildcards: false,
    multiLabelWildcards: false,
    singleLabelSubdomains: true,
  })
  return found === undefined ? null : isWildcard ? 'wildcard' : 'exact'
}

/** The longest prefix that holds the address; 0 where any does, -1 where none. */
function specificity({ networks }: TlsIdentity<Secret>, address: Address): number {
  if (networks.length === 0) return 0
  const prefixes = networks.filter((network) => isWithin(address, network)).map(({ prefix }) => prefix)
  return prefixes.length === 0 ? -1 : Math.max(...prefixes)
}

function fingerprintOf({ fingerprint256 }: X509Certificate): string {
  return fingerprint256.replaceAll(':', '').toLowerCase()
}

function isSame(one: Secret, other: Secret): boolean {
  return Buffer.compare(one.reveal(), other.reveal()) === 0
}

function refuse(reason: Extract<Found, { kind: 'refused' }>['reason']): Found {
  return { kind: 'refused', reason }
}
