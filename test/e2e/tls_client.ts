/**
 * A NAS with one TLS connection. RADIUS/1.0 is read by our codec, RADIUS/1.1 by hand, so that the test of it shares nothing with
 * what it tests.
 */
import { once } from 'node:events'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { Endpoint } from '../../src/network.ts'
import type { Attribute } from '../../src/radius/attribute.ts'
import { Code } from '../../src/radius/attributes.ts'
import { checkResponse, encodeRequest } from '../../src/radius/packet.ts'
import { hidePassword } from '../../src/radius/password.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import type { Certificate } from '../support/certificates.ts'
import { until } from '../support/until.ts'

export const RADSEC = new SharedSecret('radsec')

export interface TlsOptions extends ConnectionOptions {
  readonly as?: Certificate
  readonly from?: string
}

export class TlsClient {
  readonly socket: TLSSocket
  /** Whole packets, in the order in which they came. */
  readonly received: Buffer[] = []
  isClosed = false
  error: NodeJS.ErrnoException | null = null
  #octets = Buffer.alloc(0)

  private constructor(socket: TLSSocket) {
    this.socket = socket
    socket.on('error', (error) => {
      this.error = error
    })
    socket.on('close', () => {
      this.isClosed = true
    })
    socket.on('data', (chunk) => {
      this.#octets = Buffer.concat([this.#octets, chunk])
      while (this.#octets.length >= 4 && this.#octets.length >= this.#octets.readUInt16BE(2)) {
        const length = this.#octets.readUInt16BE(2)
        this.received.push(this.#octets.subarray(0, length))
        this.#octets = this.#octets.subarray(length)
      }
    })
  }

  /** Whether the server wants it shows later: TLS 1.3 tells a client nothing of how its certificate was liked. */
  static async open({ host, port }: Endpoint, { as, from, ...options }: TlsOptions): Promise<TlsClient> {
    const socket = connect({
      host,
      port,
      ...(from === undefined ? {} : { localAddress: from }),
      ...(as === undefined ? {} : { cert: as.cert, key: as.key }),
      checkServerIdentity: () => undefined,
      ...options,
    })
    const client = new TlsClient(socket)
    await Promise.race([once(socket, 'secureConnect'), once(socket, 'close')]).catch(() => {})
    return client
  }

  /** The next reply that `isIt` holds for; null if the connection ends before, or none comes within `patienceMs`. */
  async reply(isIt: (packet: Buffer) => boolean, patienceMs = 8000): Promise<Buffer | null> {
    const end = Date.now() + patienceMs
    for (;;) {
      const found = this.received.findIndex(isIt)
      if (found >= 0) return this.received.splice(found, 1)[0]!
      if (this.isClosed || Date.now() > end) return null
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  async closed(): Promise<void> {
    await until('the connection to be closed', () => this.isClosed)
  }

  close(): void {
    this.socket.destroy()
  }
}

/** RADIUS/1.0 under the secret of RFC 6614. */
export class Radius10 {
  readonly tls: TlsClient
  #identifier = 0

  constructor(tls: TlsClient) {
    this.tls = tls
  }

  accessRequest(user: string, password: string, more: readonly Attribute[] = []): Request10 {
    const authenticator = crypto.getRandomValues(new Uint8Array(16))
    const login = [
      { type: 1, value: Buffer.from(user) },
      { type: 2, value: hidePassword(password, authenticator, RADSEC) },
    ]
    return this.request(Code.AccessRequest, [...login, ...more], authenticator)
  }

  request(
    code: Code,
    attributes: readonly Attribute[] = [],
    authenticator = crypto.getRandomValues(new Uint8Array(16)),
  ): Request10 {
    const identifier = this.#identifier++ % 256
    const octets = encodeRequest(code, identifier, authenticator, attributes, RADSEC)
    return { octets, identifier, authenticator }
  }

  async login(user: string, password: string): Promise<string> {
    return await this.ask(this.accessRequest(user, password))
  }

  async status(): Promise<string> {
    return await this.ask(this.request(Code.StatusServer))
  }

  async ask(request: Request10, patienceMs?: number): Promise<string> {
    this.tls.socket.write(request.octets)
    return await this.answerTo(request, patienceMs)
  }

  async answerTo({ identifier, authenticator }: Request10, patienceMs?: number): Promise<string> {
    const reply = await this.tls.reply((packet) => packet[1] === identifier, patienceMs)
    if (reply === null) return 'silence'
    const checked = checkResponse(reply, authenticator, identifier, RADSEC)
    if (checked.kind === 'discard') throw new Error(`a reply came with ${checked.reason}`)
    if (!checked.signed) throw new Error('a reply came without Message-Authenticator')
    return NAMES[checked.code] ?? `code ${checked.code}`
  }
}

export interface Request10 {
  readonly octets: Buffer
  readonly identifier: number
  readonly authenticator: Uint8Array
}

const NAMES: Readonly<Record<number, string>> = { 2: 'accept', 3: 'reject', 11: 'challenge' }

/** RFC 9765 §4.1, octet by octet. */
export function packet11(
  code: number,
  token: number,
  attributes: readonly (readonly [number, Uint8Array])[],
) {
  const body = attributes.flatMap(([type, value]) => [type, value.length + 2, ...value])
  const packet = Buffer.alloc(20 + body.length)
  packet[0] = code
  packet.writeUInt16BE(packet.length, 2)
  packet.writeUInt32BE(token, 4)
  packet.set(body, 20)
  return packet
}
