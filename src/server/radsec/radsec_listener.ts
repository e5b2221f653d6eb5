/**
 * RADIUS over TLS (RFC 6614, draft-ietf-radext-radiusdtls-bis): TCP sockets, and the way of a peer from its first octet to
 * a connection with a client, or out. Everything before that is bounded and cheap to refuse; what a connection does then is
 * radsec_connection.ts.
 */
import type { Server, Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls'
import type { Endpoint } from '../../network.ts'
import { RADIUS_1_1, type Version } from '../../radius/version.ts'
import type { Secret } from '../../secret.ts'
import type { Client } from '../clients.ts'
import type { Logger } from '../log.ts'
import { listenTcp } from '../tcp_server.ts'
import { TokenBuckets } from '../token_buckets.ts'
import { type BoundSocket, formatEndpoint, type Source } from '../udp_listener.ts'
import { RadsecConnection } from './radsec_connection.ts'
import { reasonOfHandshakeError } from './radsec_handshake.ts'
import { RadsecLog, type RefusalReason } from './radsec_log.ts'
import { chooseVersion, isByKey, isValidNow, versionOf } from './radsec_peer.ts'
import type { RadsecSettings } from './radsec_settings.ts'
import { describeProof, type Proof, tlsClientLinesFor } from './tls_clients.ts'

export interface RadsecOptions {
  readonly endpoints: readonly Endpoint[]
  readonly settings: RadsecSettings
  readonly receive: (request: Uint8Array, client: Client, source: Source) => void
  readonly log: Logger
  /** Other processes listen there too. */
  readonly reusePort: boolean
  readonly handshakeTimeoutMs?: number
}

const HANDSHAKE_WITHIN_MS = 10_000
/** Under way at a time; past them the oldest goes, which a flood from one address cannot reach. */
const MAX_HANDSHAKES = 256
const MAX_HANDSHAKES_OF_ADDRESS = 16
/** Failed handshakes of one address. TCP has proven it, so nobody can use up those of another. */
const FAILURES = { burst: 30, perSecond: 1 }
const CHECK_EVERY_MS = 1000
const CLOSE_WITHIN_MS = 1000

/** Throws ListenError. */
export async function listenRadsec(options: RadsecOptions): Promise<RadsecListener> {
  const listener = new RadsecListener(options)
  try {
    await listener.listen()
    return listener
  } catch (error) {
    await listener.close()
    throw error
  }
}

export class RadsecListener {
  readonly sockets: BoundSocket[] = []
  readonly #options: RadsecOptions
  #settings: RadsecSettings
  readonly #log: RadsecLog
  readonly #tcp: Server[] = []
  readonly #tls: TlsServer
  readonly #handshakes = new Map<string, Socket>()
  /** Which key a peer has named; that it has it shows when the handshake is done. */
  readonly #named = new WeakMap<TLSSocket, { readonly identity: string; readonly key: Secret | null }>()
  readonly #connections = new Set<RadsecConnection>()
  readonly #failures = new TokenBuckets()
  readonly #timer: NodeJS.Timeout
  #opened = 0

  constructor(options: RadsecOptions) {
    this.#options = options
    this.#settings = options.settings
    this.#log = new RadsecLog(options.log)
    this.#tls = createTlsServer({
      ...options.settings.context,
      handshakeTimeout: options.handshakeTimeoutMs ?? HANDSHAKE_WITHIN_MS,
      requestCert: true,
      // Judged in `#secured`, where the log can say what was shown.
      rejectUnauthorized: false,
      ALPNCallback: chooseVersion(() => this.#settings.versions),
      pskCallback: (socket, identity) => this.#keyFor(socket as TLSSocket, identity),
    })
    this.#tls.on('secureConnection', (socket) => this.#secured(socket))
    this.#tls.on('tlsClientError', (error, socket) => this.#failed(error, socket))
    this.#timer = setInterval(() => this.#check(), CHECK_EVERY_MS).unref()
  }

  async listen(): Promise<void> {
    const { endpoints, reusePort, log } = this.#options
    for (const endpoint of endpoints) {
      const server = await listenTcp(endpoint, { reusePort, accept: (socket) => this.#accept(socket) })
      // Too many open files, for one: those that are there go on.
      server.on('error', (error) =>
        log.error('a TLS connection cannot be accepted', { error: error.message }),
      )
      this.#tcp.push(server)
      this.sockets.push(server.address() as BoundSocket)
    }
  }

  /** After a reload: new certificates for new connections; one whose client is gone or another is ended or taken over. */
  take(settings: RadsecSettings): void {
    this.#settings = settings
    this.#tls.setSecureContext(settings.context)
    for (const connection of this.#connections) {
      const found = settings.clients.find(connection.proof, connection.address)
      if (found.kind === 'client') connection.client = found.client
      else connection.end('no-longer-a-client', false)
    }
  }

  get endpoints(): string[] {
    return this.sockets.map(({ address, port }) => formatEndpoint(address, port))
  }

  counters(): Record<string, number> {
    const counts = [...this.#log.counts].map(([name, count]) => [`radsec.${name}`, count])
    return {
      'radsec.connections': this.#connections.size,
      'radsec.opened': this.#opened,
      ...Object.fromEntries(counts),
    }
  }

  /** Nobody new; connections stay. */
  stopAccepting(): void {
    for (const server of this.#tcp) server.close()
    for (const socket of this.#handshakes.values()) socket.destroy()
  }

  /** Sends what is ready and ends all connections; resolves within a second or so. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.stopAccepting()
    for (const connection of this.#connections) connection.end('stopping', false)
    const end = Date.now() + 2 * CLOSE_WITHIN_MS
    while (this.#connections.size > 0 && Date.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 10))
  }

  #accept(socket: Socket): void {
    const { remoteAddress: address, remotePort: port } = socket
    // It went away meanwhile.
    if (address === undefined) return void socket.destroy()
    const now = performance.now()
    const refusal = this.#refusalOf(address, now)
    if (refusal !== null) {
      this.#log.refused(refusal, address, {}, now)
      socket.destroy()
      return
    }
    if (this.#handshakes.size >= MAX_HANDSHAKES) this.#crowdOut(now)
    const key = `${address} ${port}`
    this.#handshakes.set(key, socket)
    socket.once('close', () => this.#handshakes.delete(key))
    this.#tls.emit('connection', socket)
  }

  /** Whoever is honest is done long before 256 others have come. */
  #crowdOut(now: number): void {
    const [key, socket] = this.#handshakes.entries().next().value!
    this.#handshakes.delete(key)
    this.#log.refused('crowded-out', socket.remoteAddress ?? 'unknown', {}, now)
    socket.destroy()
  }

  /** What can be said of a peer by its address. */
  #refusalOf(address: string, now: number): RefusalReason | null {
    if (!this.#settings.clients.admits(address)) return 'unknown-address'
    if (this.#failures.mayBeEmpty(now) && this.#failures.isEmpty(address, now, FAILURES))
      return 'too-many-failures'
    let own = 0
    for (const { remoteAddress } of this.#handshakes.values()) if (remoteAddress === address) own++
    return own >= MAX_HANDSHAKES_OF_ADDRESS ? 'too-many-handshakes' : null
  }

  #keyFor(socket: TLSSocket, identity: string): Uint8Array | null {
    const key = typeof identity === 'string' ? this.#settings.clients.keyOf(identity) : null
    // Of several that a peer may name, OpenSSL takes the first that has a key.
    if (key !== null || !this.#named.has(socket)) this.#named.set(socket, { identity: String(identity), key })
    return key?.reveal() ?? null
  }

  #failed(error: Error, socket: TLSSocket): void {
    const { remoteAddress: address = 'unknown' } = socket
    const named = this.#named.get(socket)
    const { reason, detail } = reasonOfHandshakeError(error, named)
    const about = named === undefined ? {} : { pskIdentity: named.identity.slice(0, 128) }
    // A load balancer looks whether the port is open, and hangs up.
    this.#refuse(reason, address, { ...about, ...(detail === null ? {} : { detail }) }, reason === 'hung-up')
    socket.destroy()
  }

  #secured(socket: TLSSocket): void {
    const { remoteAddress: address, remotePort: port } = socket
    socket.on('error', () => {})
    if (address === undefined) return void socket.destroy()
    this.#handshakes.delete(`${address} ${port}`)
    const proof = this.#proofOf(socket)
    const refusal = proof === null ? 'no-certificate' : this.#admit(socket, proof, address)
    if (refusal === null) return
    const lines =
      proof !== null && ['unknown-client', 'untrusted-certificate'].includes(refusal)
        ? tlsClientLinesFor(proof, address)
        : []
    this.#refuse(refusal, address, proof === null ? {} : describeProof(proof), false, lines)
    socket.destroy()
  }

  /** Why not; null: it is a connection now. */
  #admit(socket: TLSSocket, proof: Proof, address: string): RefusalReason | null {
    const { versions, clients, maxConnections, maxConnectionsPerClient } = this.#settings
    if (proof.kind === 'certificate' && !isValidNow(proof.certificate)) return 'expired-certificate'
    const found = clients.find(proof, address)
    if (found.kind === 'refused') return found.reason
    const version = versionOf(socket)
    // A peer that asks for none means 1.0.
    if (!versions.includes(version)) return 'no-common-version'
    if (version === RADIUS_1_1 && socket.getProtocol() !== 'TLSv1.3') return 'tls-1.3-needed'
    const own = [...this.#connections].filter(({ client }) => client.name === found.client.name).length
    if (this.#connections.size >= maxConnections || own >= maxConnectionsPerClient)
      return 'too-many-connections'
    this.#open(socket, found.client, proof, address, version)
    return null
  }

  #open(socket: TLSSocket, client: Client, proof: Proof, address: string, version: Version): void {
    const number = ++this.#opened
    const connection: RadsecConnection = new RadsecConnection({
      socket,
      address,
      number,
      client,
      proof,
      version,
      receive: this.#options.receive,
      closing: (reason, isFault) =>
        this.#log.closed(reason, connection.client.name, address, isFault, performance.now()),
      gone: () => this.#connections.delete(connection),
      now: () => performance.now(),
    })
    this.#connections.add(connection)
    const protocol = socket.getProtocol()
    this.#log.opened(client.name, { address, version, protocol, ...describeProof(proof) }, performance.now())
  }

  /** Null: it has shown no certificate, and used no key. */
  #proofOf(socket: TLSSocket): Proof | null {
    const named = this.#named.get(socket)
    if (named !== undefined && named.key !== null && isByKey(socket))
      return { kind: 'psk', identity: named.identity, key: named.key }
    const certificate = socket.getPeerX509Certificate()
    return certificate === undefined
      ? null
      : { kind: 'certificate', certificate, isTrusted: socket.authorized }
  }

  #refuse(
    reason: RefusalReason,
    address: string,
    fields: Readonly<Record<string, string>>,
    isHarmless: boolean,
    lines: readonly string[] = [],
  ): void {
    const now = performance.now()
    if (!isHarmless) this.#failures.take(address, now, FAILURES)
    this.#log.refused(reason, address, fields, now, lines)
  }

  #check(): void {
    const { idleTimeoutMs } = this.#settings
    const now = performance.now()
    for (const connection of this.#connections) connection.check(now, Date.now(), idleTimeoutMs)
  }
}
