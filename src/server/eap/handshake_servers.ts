/**
 * Each `tls.Server` here is lent to one handshake at a time, since the keys of tickets are a server's and must be a
 * conversation's. To make one takes longer than the handshake: after one that has ended well it is lent again. Knows no EAP.
 */
import { constants } from 'node:crypto'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import type { EapCertificate } from './eap_certificate.ts'

/** Whoever has begun a handshake is told of it, and asked. */
export interface Handshake {
  readonly ticketKeys: Buffer
  /** Else sessions have identifiers, as in TLS 1.2: then `newSession` and `sessionOf` are called. */
  readonly takesTickets: boolean
  secured(socket: tls.TLSSocket): void
  failed(): void
  newSession(id: Buffer, octets: Buffer): void
  sessionOf(id: Buffer): Buffer | null
}

const SESSION_ID_CONTEXT = 'sallyport eap'
/** The longest that TLS 1.3 allows (RFC 8446 §4.6.1), and more than `eap.resume_for` may be: what is remembered ends first. */
const SESSION_SECONDS = 604_800
/** Of each kind; some dozens of KiB each. */
const MAX_KEPT = 64

export class HandshakeServers {
  readonly #certificate: EapCertificate
  readonly #kept = { tickets: [] as HandshakeServer[], identifiers: [] as HandshakeServer[] }

  constructor(certificate: EapCertificate) {
    this.#certificate = certificate
  }

  /** On `wire`, in place of a socket. */
  begin(wire: Duplex, handshake: Handshake): void {
    const kept = handshake.takesTickets ? this.#kept.tickets : this.#kept.identifiers
    const server = kept.pop() ?? new HandshakeServer(this.#certificate, handshake.takesTickets)
    server.lend(wire, handshake, () => {
      if (kept.length < MAX_KEPT) kept.push(server)
    })
  }
}

class HandshakeServer {
  readonly #server: tls.Server
  #handshake: Handshake | null = null
  #giveBack = () => {}

  constructor({ chain, key }: EapCertificate, takesTickets: boolean) {
    this.#server = tls.createServer({
      ...{ key, cert: chain, minVersion: 'TLSv1.2' },
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      sessionIdContext: SESSION_ID_CONTEXT,
      sessionTimeout: SESSION_SECONDS,
    })
    this.#server.on('secureConnection', (socket) => this.#secured(socket))
    this.#server.on('tlsClientError', () => this.#handshake?.failed())
    // Who listens to these makes every handshake wait for them.
    if (!takesTickets) this.#listenToSessions()
  }

  #listenToSessions(): void {
    this.#server.on('newSession', (id: Buffer, octets: Buffer, done: () => void) => {
      this.#handshake?.newSession(id, octets)
      done()
    })
    this.#server.on(
      'resumeSession',
      (id: Buffer, done: (error: Error | null, session: Buffer | null) => void) =>
        done(null, this.#handshake?.sessionOf(id) ?? null),
    )
  }

  lend(wire: Duplex, handshake: Handshake, giveBack: () => void): void {
    this.#handshake = handshake
    this.#giveBack = giveBack
    this.#server.setTicketKeys(handshake.ticketKeys)
    this.#server.emit('connection', wire)
  }

  /** All tickets have been made by now. One whose handshake ends otherwise may still be told of it, and is not lent again. */
  #secured(socket: tls.TLSSocket): void {
    const handshake = this.#handshake!
    this.#handshake = null
    this.#giveBack()
    handshake.secured(socket)
  }
}
