/**
 * One TLS connection of a client that has proven itself: requests out of its stream, replies into it, and the moment to end
 * it. What a request means is decided elsewhere, and who the client is has been.
 */
import type { TLSSocket } from 'node:tls'
import { MalformedPacket } from '../../radius/malformed_packet.ts'
import { parsePacket } from '../../radius/packet.ts'
import { PacketStream, type StreamFault } from '../../radius/packet_stream.ts'
import { replyNotServed } from '../../radius/protocol_error.ts'
import type { Version } from '../../radius/version.ts'
import type { Client } from '../clients.ts'
import type { Source } from '../udp_listener.ts'
import type { EndReason } from './radsec_log.ts'
import type { Proof } from './tls_clients.ts'

export interface ConnectionOptions {
  readonly socket: TLSSocket
  readonly address: string
  /** Of all connections so far, another for each. */
  readonly number: number
  readonly client: Client
  readonly proof: Proof
  readonly version: Version
  readonly receive: (request: Uint8Array, client: Client, source: Source) => void
  /** It has been told to end; `isFault` of the peer. Once at most, and then `gone`. */
  readonly closing: (reason: string, isFault: boolean) => void
  readonly gone: () => void
  readonly now: () => number
}

/** Replies that the peer has not taken. 256 of the largest would be a megabyte, of usual ones 25 KB. */
const MAX_UNSENT_OCTETS = 256 * 1024
const PACKET_WITHIN_MS = 10_000
const END_WITHIN_MS = 1000

/** Discards after which a connection may stay (draft-ietf-radext-radiusdtls-bis, "Malformed Packets"). */
const HARMLESS = new Set([
  'code-not-served',
  'no-message-authenticator',
  'proxy-state-without-message-authenticator',
])

export class RadsecConnection {
  /** A reload may exchange it. */
  client: Client
  readonly #options: ConnectionOptions
  readonly #stream = new PacketStream()
  readonly #source: Source
  readonly #replies: Uint8Array[] = []
  #request: Uint8Array = NOTHING
  #repliesOctets = 0
  #lastPacketAt: number
  /** Of the packet whose end has not come. */
  #begunAt: number | null = null
  #isEnding = false

  constructor(options: ConnectionOptions) {
    const { socket, version, address, number, now, client } = options
    this.#options = options
    this.client = client
    this.#lastPacketAt = now()
    this.#source = {
      address,
      port: 0,
      connection: `TLS ${number}`,
      version,
      send: (reply) => this.#send(reply),
      discarded: (reason) => this.#discarded(reason),
    }
    // What goes wrong here ends the connection, and `close` follows.
    socket.on('error', () => {})
    socket.on('data', (chunk) => this.#read(chunk))
    socket.once('close', () => {
      if (!this.#isEnding) this.#told('by-peer', false)
      this.#isEnding = true
      this.#replies.length = 0
      options.gone()
    })
  }

  get proof(): Proof {
    return this.#options.proof
  }

  get address(): string {
    return this.#options.address
  }

  /** To be asked every now and then; `idleTimeoutMs` 0 = never. */
  check(now: number, wallNow: number, idleTimeoutMs: number): void {
    if (this.#isEnding) return
    if (this.#begunAt !== null && now - this.#begunAt > PACKET_WITHIN_MS) this.end('stuck-in-packet', true)
    else if (idleTimeoutMs > 0 && now - this.#lastPacketAt > idleTimeoutMs) this.end('idle', false)
    else if (this.proof.kind === 'certificate' && this.proof.certificate.validToDate.getTime() < wallNow)
      this.end('certificate-expired', true)
  }

  /** Sends what is ready, says good-bye, and does not wait for long. */
  end(reason: EndReason | StreamFault, isFault: boolean): void {
    this.#end(reason, isFault)
  }

  #end(reason: string, isFault: boolean): void {
    if (this.#isEnding) return
    this.#flush()
    if (this.#isEnding) return
    this.#isEnding = true
    this.#told(reason, isFault)
    const { socket } = this.#options
    socket.end()
    setTimeout(() => socket.destroy(), END_WITHIN_MS).unref()
  }

  #told(reason: string, isFault: boolean): void {
    this.#options.closing(reason, isFault)
  }

  #read(chunk: Uint8Array): void {
    if (this.#isEnding) return
    const now = this.#options.now()
    const fault = this.#stream.push(chunk, (packet) => {
      this.#lastPacketAt = now
      this.#begunAt = null
      this.#request = packet
      this.#options.receive(packet, this.client, this.#source)
      return !this.#isEnding
    })
    this.#request = NOTHING
    this.#begunAt = this.#stream.isInPacket ? (this.#begunAt ?? now) : null
    if (fault !== null) this.end(fault, true)
  }

  /** The request that is being received is not taken up. */
  #discarded(reason: string): void {
    if (reason === 'code-not-served') this.#answerNotServed()
    if (!HARMLESS.has(reason)) this.#end(reason, true)
  }

  #answerNotServed(): void {
    try {
      const request = parsePacket(this.#request, this.#options.version)
      // An answer to an answer would go round for ever.
      if (REQUEST_CODES.has(request.code)) this.#send(replyNotServed(request, this.client.secret))
    } catch (error) {
      if (!(error instanceof MalformedPacket)) throw error
    }
  }

  /** Replies of one turn of the event loop leave together: one record, one system call. */
  #send(reply: Uint8Array): void {
    if (this.#isEnding) return
    if (this.#replies.length === 0) setImmediate(this.#flush)
    this.#replies.push(reply)
    this.#repliesOctets += reply.length
  }

  readonly #flush = (): void => {
    const { socket } = this.#options
    if (this.#replies.length === 0 || this.#isEnding) return
    const octets = this.#replies.length === 1 ? this.#replies[0]! : Buffer.concat(this.#replies)
    const isUnread = socket.writableLength + this.#repliesOctets > MAX_UNSENT_OCTETS
    this.#replies.length = 0
    this.#repliesOctets = 0
    if (!isUnread) {
      socket.write(octets)
      return
    }
    this.#isEnding = true
    this.#told('not-reading', true)
    socket.destroy()
  }
}

const NOTHING = new Uint8Array(0)
/** RFC 2866, RFC 5176: requests that have an answer of their own kind. */
const REQUEST_CODES = new Set([4, 40, 43])
