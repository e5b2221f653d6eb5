/**
 * RADIUS over TLS as it is configured: `[radsec]`, and by what a client proves itself. Knows the settings and their types;
 * files are read by secrets.ts and by the server.
 */
import { resolve } from 'node:path'
import type { Endpoint, Network } from '../network.ts'
import { Secret } from '../secret.ts'
import type { ClientSettings, Settings } from './schema.ts'

export interface RadsecConfig {
  /** Empty: RADIUS over TLS is off. */
  readonly listen: readonly Endpoint[]
  readonly certificateFile: string | null
  readonly keyFile: string | null
  /** Who signs the certificates of clients that are known by name. */
  readonly caFile: string | null
  /** Of RADIUS, the preferred one last. */
  readonly versions: readonly ('1.0' | '1.1')[]
  /** 0 = never. */
  readonly idleTimeoutMs: number
  readonly maxConnections: number
  readonly maxConnectionsPerClient: number
}

/** What proves a client that comes over TLS: a certificate by name, by fingerprint or by both; or a key shared with it. */
export interface TlsIdentity<Key = KeySource> {
  /** DNS names in lower case, `*.` in front for any name one level below; IP addresses. */
  readonly names: readonly string[]
  /** SHA-256 of the certificate: 64 hexadecimal digits in lower case. */
  readonly fingerprints: readonly string[]
  readonly psk: { readonly identity: string; readonly key: Key } | null
  /** Where it must come from as well; empty: from anywhere. */
  readonly networks: readonly Network[]
}

export type KeySource = { readonly value: Secret } | { readonly file: string }

/** Does this client come over TLS and in no other way? Then nobody on the network sees or alters what it sends. */
export function comesOverTlsOnly({ tls, secret }: { tls?: unknown; secret: unknown }): boolean {
  return tls !== undefined && secret === null
}

export function radsecConfig(radsec: Settings['radsec'], base: string): RadsecConfig {
  const file = (path: string | undefined) => (path === undefined ? null : resolve(base, path))
  return {
    listen: radsec.listen,
    certificateFile: file(radsec.certificate_file),
    keyFile: file(radsec.key_file),
    caFile: file(radsec.ca_file),
    versions: [...radsec.versions].sort(),
    idleTimeoutMs: Math.round(radsec.idle_timeout * 1000),
    maxConnections: radsec.max_connections,
    maxConnectionsPerClient: radsec.max_connections_per_client,
  }
}

export function tlsIdentity({ tls, address }: ClientSettings, base: string): { tls?: TlsIdentity } {
  if (tls === undefined) return {}
  const { name, fingerprint, psk_identity: identity, psk, psk_file: file } = tls
  const key = file === undefined ? { value: new Secret(psk ?? '') } : { file: resolve(base, file) }
  return {
    tls: {
      names: name ?? [],
      fingerprints: fingerprint ?? [],
      psk: identity === undefined ? null : { identity, key },
      networks: address ?? [],
    },
  }
}
