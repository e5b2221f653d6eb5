/** Counts RADIUS over TLS connections that are refused or closed, and says why in the log without ever flooding it. */
import type { Logger } from '../log.ts'
import type { Fields } from '../log_line.ts'
import { Throttle } from '../throttle.ts'

const MINUTE_MS = 60_000
const SECOND_MS = 1000
const SOURCES = 1024

/** Why a peer gets no connection. Stable: counted and logged by. docs/radsec.md says what each means. */
export type RefusalReason =
  // By its address, before TLS.
  | 'unknown-address'
  | 'too-many-failures'
  | 'too-many-handshakes'
  | 'crowded-out'
  // The handshake failed.
  | 'handshake-timeout'
  | 'hung-up'
  | 'not-tls'
  | 'old-tls'
  | 'no-common-cipher'
  | 'no-common-version'
  | 'unknown-psk-identity'
  | 'wrong-psk'
  | 'refused-by-peer'
  | 'handshake-failed'
  // By what it has shown.
  | 'no-certificate'
  | 'expired-certificate'
  | 'untrusted-certificate'
  | 'unknown-client'
  | 'wrong-address'
  | 'tls-1.3-needed'
  | 'too-many-connections'

/** Why a connection ends, beside the reasons for which a packet is discarded. */
export type EndReason =
  | 'by-peer'
  | 'idle'
  | 'stopping'
  | 'no-longer-a-client'
  | 'certificate-expired'
  | 'not-reading'
  | 'stuck-in-packet'

/** What an administrator should do about it. */
const REMEDIES: Readonly<Record<string, string>> = {
  'unknown-address':
    'no [[radius.clients]] with tls has this address; add it to address, or leave address out',
  'unknown-psk-identity':
    'no client has this psk_identity; the device and the configuration must agree on it',
  'wrong-psk': 'the key is not the same on both sides; hex:… is for hexadecimal digits',
  'no-certificate': 'the device must show a certificate, or use a psk; set a client certificate on it',
  'untrusted-certificate':
    'it is not signed by radsec.ca_file; add its authority there, or name its fingerprint',
  'expired-certificate': 'its certificate is not valid now; renew it, and look at the clocks',
  'wrong-address': 'the certificate or key is that of a client, but not its address',
  'refused-by-peer':
    'the device does not accept our certificate: it must know its authority, and the name in it',
  'no-common-version': 'the device asks for a protocol (ALPN) that radsec.versions does not have',
  'no-common-cipher':
    'the device has no cipher in common with us; TLS 1.2 or 1.3 with forward secrecy is needed',
  'old-tls': 'the device speaks TLS 1.1 or older; update it',
  'not-tls': 'what came is not TLS; set the device to RADIUS over TLS (RadSec)',
  'tls-1.3-needed': 'RADIUS/1.1 needs TLS 1.3 (RFC 9765)',
  'too-many-connections': 'radsec.max_connections or radsec.max_connections_per_client is reached',
  'too-many-failures': 'this address has failed too often: see the lines before',
  'crowded-out': 'too many handshakes are under way, and this was the oldest: somebody floods us',
  'too-many-handshakes': 'this address has too many handshakes under way',
  'wrong-message-authenticator': 'over TLS the shared secret is "radsec" on both sides (RFC 6614)',
  'not-reading': 'the device does not take its answers',
  'stuck-in-packet': 'the device began a packet and did not end it',
  'certificate-expired': 'its certificate has run out meanwhile; renew it',
}

export class RadsecLog {
  /** By `refused.REASON` and `closed.REASON`; for `server status`. */
  readonly counts = new Map<string, number>()
  readonly #log: Logger
  readonly #refusals = new Throttle({ intervalMs: MINUTE_MS, maxKeys: SOURCES })
  readonly #openings = new Throttle({ intervalMs: SECOND_MS, maxKeys: SOURCES })
  readonly #closings = new Throttle({ intervalMs: SECOND_MS, maxKeys: SOURCES })

  constructor(log: Logger) {
    this.#log = log
  }

  opened(client: string, fields: Fields, now: number): void {
    const suppressed = this.#openings.admit(client, now)
    if (suppressed !== null) this.#log.info('TLS connection', { client, ...fields, ...also(suppressed) })
  }

  /** Before there was a client. `lines`: of the configuration, that would admit it. */
  refused(
    reason: RefusalReason,
    address: string,
    fields: Fields,
    now: number,
    lines: readonly string[] = [],
  ): void {
    this.#count(`refused.${reason}`)
    const suppressed = this.#refusals.admit(`${address} ${reason}`, now)
    if (suppressed === null) return
    this.#log.warn('TLS connection refused', {
      reason,
      address,
      ...fields,
      ...remedyFor(reason),
      ...also(suppressed),
    })
    if (lines.length > 0) this.#log.warn('these lines of the configuration would admit it:')
    for (const line of lines) this.#log.warn(`  ${line}`)
  }

  /** `isFault`: of the peer, rather than the common end of a connection. */
  closed(reason: string, client: string, address: string, isFault: boolean, now: number): void {
    this.#count(`closed.${reason}`)
    const suppressed = this.#closings.admit(`${client} ${reason}`, now)
    if (suppressed === null) return
    this.#log[isFault ? 'warn' : 'info']('TLS connection closed', {
      reason,
      client,
      address,
      ...remedyFor(reason),
      ...also(suppressed),
    })
  }

  #count(key: string): void {
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1)
  }
}

function remedyFor(reason: string): Fields {
  const remedy = REMEDIES[reason]
  return remedy === undefined ? {} : { remedy }
}

function also(suppressed: number): Fields {
  return suppressed === 0 ? {} : { also: suppressed }
}
