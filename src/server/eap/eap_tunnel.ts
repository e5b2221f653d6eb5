/**
 * The server's end of a TLS tunnel of EAP-TTLS or PEAP, over a pair of octet strings. Its ticket key is its own: Node sends the
 * tickets of TLS 1.3 at the end of the handshake, before anybody has proved who he is, so a ticket must be worth nothing
 * until its key is remembered as that of a session which succeeded.
 */
import { randomBytes } from 'node:crypto'
import type tls from 'node:tls'
import { type OfferedSession, readOfferedSession } from '../../eap/client_hello.ts'
import type { RememberedSession, Tunnel, TunnelState } from '../../eap/tunnel.ts'
import { TlsWire } from '../../tls_wire.ts'
import type { EapSessions, Resumable } from './eap_sessions.ts'
import type { HandshakeServers } from './handshake_servers.ts'

export interface EapTunnelOptions {
  readonly servers: HandshakeServers
  readonly sessions: EapSessions
  /** Of the method: a session is resumed by the one that it was begun with (RFC 9427 §4). */
  readonly type: number
}

const TICKET_KEYS_OCTETS = 48
const NOTHING = Buffer.alloc(0)

export class EapTunnel implements Tunnel {
  readonly #options: EapTunnelOptions
  #wire: TlsWire | null = null
  #socket: tls.TLSSocket | null = null
  #resumable: Resumable | null = null
  #ticketKeys: Buffer = NOTHING
  /** Of TLS 1.2 without tickets. */
  #newSession: { readonly id: Buffer; readonly octets: Buffer } | null = null
  #decrypted: Buffer[] = []
  /** What TLS has written goes nowhere. */
  #isWithheld = false
  #phase: TunnelState['phase'] = 'handshake'

  constructor(options: EapTunnelOptions) {
    this.#options = options
  }

  async receive(given: Uint8Array): Promise<TunnelState> {
    if (this.#wire === null) await this.#open(given)
    if (given.length > 0) {
      this.#wire?.push(given)
      await this.#wire?.settled()
    }
    const octets = Buffer.concat(this.#decrypted.splice(0))
    const records = this.#wire?.takeWritten() ?? NOTHING
    return { records: this.#isWithheld ? NOTHING : records, octets, phase: this.#phase }
  }

  async send(octets: Uint8Array): Promise<Uint8Array> {
    this.#socket?.write(octets)
    await this.#wire?.settled()
    return this.#wire?.takeWritten() ?? NOTHING
  }

  exportKey(octets: number, label: string, context: Uint8Array | null): Uint8Array {
    const socket = this.#socket!
    // No context and an empty one give different keys before TLS 1.3; Node's types do not know that it may be left out.
    return context === null
      ? (socket.exportKeyingMaterial as (octets: number, label: string) => Buffer)(octets, label)
      : socket.exportKeyingMaterial(octets, label, Buffer.from(context))
  }

  get isEstablished(): boolean {
    return this.#phase === 'established'
  }

  get isTls13(): boolean {
    return this.#socket?.getProtocol() === 'TLSv1.3'
  }

  get resumed(): RememberedSession | null {
    return this.#socket?.isSessionReused() ? this.#resumable : null
  }

  remember({ user, serials }: RememberedSession): void {
    const { sessions, type } = this.#options
    const session = { type, user, serials }
    if (this.#newSession !== null && !this.isTls13) sessions.rememberSession(this.#newSession, session)
    else sessions.rememberTicketKeys(this.#ticketKeys, session)
  }

  close(): void {
    this.#phase = 'failed'
    this.#socket?.destroy()
    this.#wire?.destroy()
  }

  async #open(records: Uint8Array): Promise<void> {
    const { servers, sessions, type } = this.#options
    const offered = readOfferedSession(records)
    this.#resumable = await sessions.find(offered, type)
    this.#ticketKeys = this.#resumable?.ticketKeys ?? randomBytes(TICKET_KEYS_OCTETS)
    this.#wire = new TlsWire()
    servers.begin(this.#wire, {
      ticketKeys: this.#ticketKeys,
      takesTickets: offered.takesTickets,
      secured: (socket) => this.#secured(socket),
      failed: () => this.#failed(),
      newSession: (id, octets) => {
        this.#newSession = { id, octets }
      },
      sessionOf: (id) => this.#sessionOf(id, offered),
    })
  }

  #sessionOf(id: Buffer, { sessionId }: OfferedSession): Buffer | null {
    const isOffered = sessionId !== null && id.equals(sessionId)
    return isOffered ? (this.#resumable?.session ?? null) : null
  }

  #secured(socket: tls.TLSSocket): void {
    this.#wire?.happened()
    this.#socket = socket
    // Names of ticket keys are seen on the air. Whoever offers a ticket that bears one and is none gets a full handshake and,
    // by the same keys, tickets that open: they must not leave the house.
    if (this.#resumable?.ticketKeys && !socket.isSessionReused()) {
      this.#isWithheld = true
      this.#failed()
      return
    }
    this.#phase = 'established'
    socket.on('data', (octets: Buffer) => {
      this.#wire?.happened()
      this.#decrypted.push(octets)
    })
    socket.on('error', () => this.#failed())
    socket.on('end', () => this.#failed())
  }

  #failed(): void {
    this.#wire?.happened()
    this.#phase = 'failed'
  }
}
