/** A client (RFC 2865 §1.2: the NAS) as it is configured. Knows its settings; secrets in files are read by secrets.ts. */
import { join, resolve } from 'node:path'
import { type Endpoint, type Network, parseEndpoint, parseNetwork } from '../network.ts'
import type { ReplyRules } from '../radius/reply_rules.ts'
import { Secret } from '../secret.ts'
import { type Prompts, promptsOf } from './prompts.ts'
import { type KeySource, type TlsIdentity, tlsIdentity } from './radsec.ts'
import type { ClientSettings } from './schema.ts'

export interface ClientConfig {
  readonly name: string
  /** Where it comes from over UDP; none for a client that comes over TLS only. */
  readonly networks: readonly Network[]
  /** Null for a client that comes over TLS only. */
  readonly secret: KeySource | null
  readonly tls?: TlsIdentity
  readonly requireMessageAuthenticator: boolean | 'auto'
  readonly limitProxyState: boolean
  readonly mschap: boolean
  readonly eap: boolean
  /** What it asks with; null: no challenge-response. */
  readonly challenge: Prompts | null
  /** A request's password is the OTP alone: somebody else checks the first factor. */
  readonly otpOnly: boolean
  /** What replies to it say. */
  readonly reply: ReplyRules
  /** Where it takes Disconnect-Requests; a port alone: at the address that its accounting comes from. */
  readonly disconnect?: Endpoint | number
}

export function clientConfig(client: ClientSettings, reply: ReplyRules, base: string): ClientConfig {
  const { secret, secret_file: file } = client
  const disconnect =
    client.disconnect_port ??
    (client.disconnect === undefined ? null : (parseEndpoint(client.disconnect) as Endpoint))
  const isUdp = secret !== undefined || file !== undefined
  return {
    name: client.name,
    networks: isUdp ? (client.address ?? []) : [],
    secret: !isUdp
      ? null
      : file === undefined
        ? { value: new Secret(secret ?? '') }
        : { file: resolve(base, file) },
    ...tlsIdentity(client, base),
    requireMessageAuthenticator: client.require_message_authenticator,
    limitProxyState: client.limit_proxy_state,
    mschap: client.mschap,
    eap: client.eap,
    challenge: promptsOf(client),
    otpOnly: client.otp_only,
    reply,
    ...(disconnect === null ? {} : { disconnect }),
  }
}

/** This machine alone, by a secret that the first start makes. */
export function localhostClient(dataDir: string): ClientConfig {
  return {
    name: 'localhost',
    networks: [parseNetwork('127.0.0.1') as Network, parseNetwork('::1') as Network],
    secret: { file: join(dataDir, 'localhost.secret') },
    requireMessageAuthenticator: true,
    limitProxyState: true,
    mschap: false,
    eap: true,
    challenge: null,
    otpOnly: false,
    reply: [],
  }
}

/** Does the configuration itself hold a secret of it? */
export function holdsSecret({ secret, tls }: ClientConfig): boolean {
  return [secret, tls?.psk?.key].some((key) => key != null && 'value' in key)
}
