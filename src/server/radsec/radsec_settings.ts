/**
 * What RADIUS over TLS takes from the configuration, certificates included: read at start and again at each reload, so that a
 * file that cannot be used changes nothing. Opens no socket.
 */
import { constants, createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import type { Config } from '../../config/config.ts'
import { ConfigError, describeFileError } from '../../config/problems.ts'
import type { ResolvedClient } from '../../config/secrets.ts'
import { RADIUS_1_0, RADIUS_1_1, type Version } from '../../radius/version.ts'
import { expiryWarning } from '../certificate_watch.ts'
import type { TrafficBook } from '../client_traffic.ts'
import type { Replies } from '../replies.ts'
import { buildTlsClientTable, type TlsClientTable } from './tls_clients.ts'

export interface RadsecSettings {
  readonly context: SecureContextOptions
  /** The first of our certificates that will end, in milliseconds since 1970; null without one. */
  readonly certificateExpiresAt: number | null
  readonly clients: TlsClientTable
  /** The preferred one last. */
  readonly versions: readonly Version[]
  readonly idleTimeoutMs: number
  readonly maxConnections: number
  readonly maxConnectionsPerClient: number
  readonly warnings: readonly string[]
}

/**
 * With forward secrecy and authenticated encryption only (RFC 9325 §4.2). TLS 1.3 keys of clients go with SHA-256, so that
 * its suites must come first: OpenSSL would take another and then turn to the certificate.
 */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-PSK-CHACHA20-POLY1305',
].join(':')

/** Null where RADIUS over TLS is off. Throws ConfigError with every file that cannot be used. */
export function radsecSettings(
  { file, radsec }: Pick<Config, 'file' | 'radsec'>,
  clients: readonly ResolvedClient[],
  replies?: Replies,
  book?: TrafficBook,
): RadsecSettings | null {
  if (radsec.listen.length === 0) return null
  const { listen: _, certificateFile, keyFile, caFile, versions, ...limits } = radsec
  const problems: string[] = []
  const read = (key: string, path: string | null): string | null => {
    try {
      return path === null ? null : readFileSync(path, 'utf8')
    } catch (error) {
      problems.push(`radsec.${key} ${path} cannot be read: ${describeFileError(error)}`)
      return null
    }
  }
  const pem = {
    cert: read('certificate_file', certificateFile),
    key: read('key_file', keyFile),
    ca: read('ca_file', caFile),
  }
  const tryTo = <T>(key: string, path: string | null, use: () => T): T | null => {
    try {
      return use()
    } catch (error) {
      problems.push(`radsec.${key} ${path} cannot be used: ${reasonOf(error)}`)
      return null
    }
  }
  const chain = pem.cert && tryTo('certificate_file', certificateFile, () => certificatesIn(pem.cert!))
  if (pem.key !== null) tryTo('key_file', keyFile, () => createPrivateKey(pem.key!))
  const authorities = pem.ca === null ? [] : tryTo('ca_file', caFile, () => certificatesIn(pem.ca!))
  const context: SecureContextOptions = {
    ...(pem.cert === null ? {} : { cert: pem.cert }),
    ...(pem.key === null ? {} : { key: pem.key }),
    // Without one: none at all, rather than those that come with Node.
    ca: (authorities ?? []).map(String),
    ciphers: CIPHERS,
    honorCipherOrder: true,
    minVersion: 'TLSv1.2',
    // A resumed session would be one that was admitted under an earlier configuration; connections here are few, and long.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  }
  if (problems.length === 0) tryTo('key_file', keyFile, () => createSecureContext(context))
  if (problems.length > 0)
    throw new ConfigError(
      problems.map((problem) => `${file ?? 'configuration'}: ${problem}`),
      'docs/radsec.md shows how to make certificates with openssl; the files are PEM, and the key has no passphrase.',
    )
  const certificateExpiresAt = chain
    ? Math.min(...chain.map(({ validToDate }) => validToDate.getTime()))
    : null
  return {
    ...limits,
    versions: versions.map((version) => (version === '1.0' ? RADIUS_1_0 : RADIUS_1_1)),
    context,
    certificateExpiresAt,
    clients: buildTlsClientTable(clients, replies, book),
    warnings: [
      ...[expiryWarning(certificateExpiresAt, Date.now())].filter((warning) => warning !== null),
      ...(keyFile === null ? [] : keyFileWarnings(keyFile)),
      ...clients.filter(({ tls, secret }) => tls !== undefined && secret !== null).map(alsoUdp),
    ],
  }
}

function certificatesIn(pem: string): X509Certificate[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
  if (found === null) throw new Error('there is no certificate in it (PEM)')
  return found.map((each) => new X509Certificate(each))
}

/** OpenSSL's words, without its numbers and its places in the code. */
function reasonOf(error: unknown): string {
  const { reason, message } = error as { reason?: string; message: string }
  if (reason === 'key values mismatch') return 'it is not the key of radsec.certificate_file'
  return reason ?? message
}

/** As for shared secrets: a file of root that a group may read is how services get one. */
function keyFileWarnings(file: string): string[] {
  const { mode, uid } = statSync(file)
  const forbidden = uid === process.geteuid?.() ? 0o077 : 0o007
  return (mode & forbidden) === 0
    ? []
    : [`radsec.key_file: other users of this machine can read ${file}; run: chmod 600 ${file}`]
}

function alsoUdp({ name }: ResolvedClient): string {
  return `client "${name}": comes over TLS and may also come over UDP; remove its secret when it no longer does`
}
