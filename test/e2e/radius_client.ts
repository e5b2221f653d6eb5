/** A NAS with one UDP socket. It believes only replies with true authenticators, and never sends anything again by itself. */
import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import type { Endpoint } from '../../src/network.ts'
import type { Attribute } from '../../src/radius/attribute.ts'
import { AttributeType, Code } from '../../src/radius/attributes.ts'
import { checkResponse, encodeRequest, parsePacket } from '../../src/radius/packet.ts'
import { hidePassword } from '../../src/radius/password.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'

export type Answer = 'accept' | 'reject' | 'challenge' | 'silence'

export interface Request {
  readonly octets: Buffer
  readonly identifier: number
  readonly requestAuthenticator: Uint8Array
}

export interface Said {
  readonly answer: Answer
  readonly state: Uint8Array | null
  /** Reply-Messages, with | between them. */
  readonly message: string | null
}

const ANSWERS: Readonly<Record<number, Answer>> = {
  [Code.AccessAccept]: 'accept',
  [Code.AccessReject]: 'reject',
  [Code.AccessChallenge]: 'challenge',
}
const PATIENCE_MS = 8000

export class RadiusClient {
  readonly #socket: Socket
  readonly #secret: SharedSecret
  readonly #waiting = new Map<number, (datagram: Buffer) => void>()
  #identifier = 0
  /** All that came, in order. */
  readonly received: Buffer[] = []

  private constructor(socket: Socket, secret: string) {
    this.#socket = socket
    this.#secret = new SharedSecret(secret)
    socket.on('error', () => {})
    socket.on('message', (datagram) => {
      this.received.push(datagram)
      this.#waiting.get(datagram[1]!)?.(datagram)
    })
  }

  /** `from`: the source address, for a client other than the usual one. */
  static async open(server: Endpoint, secret: string, from?: string): Promise<RadiusClient> {
    const socket = createSocket(isIPv6(server.host) ? 'udp6' : 'udp4')
    if (from !== undefined) {
      socket.bind({ address: from, port: 0 })
      await once(socket, 'listening')
    }
    socket.connect(server.port, server.host)
    await once(socket, 'connect')
    return new RadiusClient(socket, secret)
  }

  get port(): number {
    return this.#socket.address().port
  }

  accessRequest(user: string, password: string, attributes: readonly Attribute[] = []): Request {
    const requestAuthenticator = randomBytes(16)
    return this.request(Code.AccessRequest, requestAuthenticator, [
      { type: AttributeType.UserName, value: Buffer.from(user) },
      { type: AttributeType.UserPassword, value: hidePassword(password, requestAuthenticator, this.#secret) },
      ...attributes,
    ])
  }

  request(code: Code, requestAuthenticator: Uint8Array, attributes: readonly Attribute[]): Request {
    const identifier = this.#identifier++ % 256
    const octets = encodeRequest(code, identifier, requestAuthenticator, attributes, this.#secret)
    return { octets, identifier, requestAuthenticator }
  }

  async login(user: string, password: string, attributes: readonly Attribute[] = []): Promise<Answer> {
    return await this.ask(this.accessRequest(user, password, attributes))
  }

  async ask(request: Request, patienceMs = PATIENCE_MS): Promise<Answer> {
    const reply = await this.exchange(request.octets, patienceMs)
    return reply === null ? 'silence' : this.read(reply, request)
  }

  /** A request that answers a challenge by its State, or begins a login; and what comes back, the State with it. */
  async converse(user: string, password: string, state?: Uint8Array | null): Promise<Said> {
    const attributes =
      state === undefined || state === null ? [] : [{ type: AttributeType.State, value: state }]
    return await this.said(this.accessRequest(user, password, attributes))
  }

  async said(request: Request): Promise<Said> {
    const reply = await this.exchange(request.octets)
    if (reply === null) throw new Error('no reply came')
    const { attributes } = parsePacket(reply)
    const texts = attributes.all(AttributeType.ReplyMessage).map((octets) => Buffer.from(octets).toString())
    return {
      answer: this.read(reply, request),
      state: attributes.first(AttributeType.State) ?? null,
      message: texts.length === 0 ? null : texts.join('|'),
    }
  }

  /** Throws if the reply is not what our server may say to this request. */
  read(reply: Buffer, { requestAuthenticator, identifier }: Request): Answer {
    const checked = checkResponse(reply, requestAuthenticator, identifier, this.#secret)
    if (checked.kind === 'discard') throw new Error(`a reply came with ${checked.reason}`)
    if (!checked.signed) throw new Error('a reply came without Message-Authenticator')
    const answer = ANSWERS[checked.code]
    if (answer === undefined) throw new Error(`a reply came with code ${checked.code}`)
    return answer
  }

  /** The next reply with the Identifier of `octets`; null if none comes. */
  async exchange(octets: Buffer, patienceMs = PATIENCE_MS): Promise<Buffer | null> {
    const identifier = octets[1]!
    const { promise, resolve } = Promise.withResolvers<Buffer | null>()
    const timer = setTimeout(resolve, patienceMs, null)
    this.#waiting.set(identifier, resolve)
    this.send(octets)
    const reply = await promise
    clearTimeout(timer)
    this.#waiting.delete(identifier)
    return reply
  }

  send(octets: Uint8Array): void {
    this.#socket.send(octets)
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
  }
}
