/** A RADIUS server on a real socket and a real SQLite, and clients (RFC 2865 §1.2: NAS) that talk to it. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { type Network, parseNetwork } from '../../src/network.ts'
import type { Attribute } from '../../src/radius/attribute.ts'
import { Code } from '../../src/radius/attributes.ts'
import { checkResponse, encodeRequest } from '../../src/radius/packet.ts'
import { hidePassword } from '../../src/radius/password.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { Secret } from '../../src/secret.ts'
import { buildClientTable } from '../../src/server/clients.ts'
import { Committer } from '../../src/server/committer.ts'
import { Latches } from '../../src/server/latches.ts'
import { createLogger } from '../../src/server/log.ts'
import { RadiusServer } from '../../src/server/radius_server.ts'
import type { RadiusSettings } from '../../src/server/radius_settings.ts'
import { listenUdp, type UdpListener } from '../../src/server/udp_listener.ts'
import type { Store } from '../../src/storage/store.ts'
import { NOW, POLICY } from '../auth/make_token.ts'
import { KEYS } from '../support/databases.ts'

export const SECRET = new SharedSecret('a secret of 16 and more')

export interface TestServer {
  readonly radius: RadiusServer
  readonly committer: Committer
  readonly port: number
  /** The server's clock, which stands still unless the test moves it. */
  now: number
  /** How far somebody has set the wall clock ahead of it. */
  clockErrorMs: number
  /** What random() gives. */
  random: number
  /** Complete lines of the log so far. */
  logLines(): Promise<string[]>
  stop(): Promise<void>
}

/** Clients of the server, by the loopback address that they send from. */
export const STRICT = '127.0.0.1'
export const LENIENT = '127.0.0.2'
export const AUTO = '127.0.0.3'
export const UNKNOWN = '127.0.0.9'

/** As the configuration has them by default. */
export const LIMITS = {
  account: { burst: 20, perSecond: 1 },
  source: { burst: 10_000, perSecond: 10_000 },
}

export interface StartOptions {
  readonly settings?: Partial<RadiusSettings>
  /** What the committer works with, where it is not the store itself. */
  readonly behindCommitter?: Pick<Store, 'recall' | 'isAlone' | 'load' | 'commit' | 'commitsInFlight'>
  readonly maxQueue?: number
}

export async function startServer(store: Store, options: StartOptions = {}): Promise<TestServer> {
  let text = ''
  const log = createLogger({
    level: 'debug',
    format: 'text',
    write: (octets, done) => {
      text += Buffer.from(octets).toString()
      done()
    },
  })
  const committer = new Committer({
    store: options.behindCommitter ?? store,
    now: () => server.now + server.clockErrorMs,
    ...(options.maxQueue === undefined ? {} : { maxQueue: options.maxQueue }),
  })
  const latches = new Latches(store)
  await latches.refresh()
  const radius = new RadiusServer({
    settings: {
      clients: buildClientTable([
        configured('strict', STRICT, true),
        configured('lenient', LENIENT, false),
        configured('auto', AUTO, 'auto'),
      ]),
      policy: POLICY,
      rejectDelayMs: 0,
      duplicateWindowMs: 30_000,
      limits: LIMITS,
      ...options.settings,
    },
    committer,
    store,
    latches,
    states: KEYS.state,
    log,
    now: () => server.now + server.clockErrorMs,
    monotonicNow: () => server.now,
    random: () => server.random,
  })
  const udp: UdpListener = await listenUdp({
    endpoints: [{ host: '127.0.0.1', port: 0 }],
    receive: (datagram, source) => radius.receive(datagram, source),
    warn: () => {},
  })
  const server: TestServer = {
    radius,
    committer,
    port: udp.sockets[0]?.port as number,
    now: NOW,
    clockErrorMs: 0,
    random: 0,
    logLines: async () => {
      await log.flush()
      return text.split('\n').slice(0, -1)
    },
    stop: async () => {
      await radius.drain()
      await committer.close()
      await udp.close()
    },
  }
  return server
}

export function configured(name: string, address: string, requireMessageAuthenticator: boolean | 'auto') {
  return {
    name,
    networks: [parseNetwork(address) as Network],
    secret: new Secret(SECRET.reveal()),
    requireMessageAuthenticator,
    limitProxyState: requireMessageAuthenticator === true,
    mschap: false,
    challenge: null,
    otpOnly: false,
    reply: [],
    eap: true,
  }
}

export class Nas {
  readonly #socket: Socket
  readonly #server: number
  /** Everything that came back, in order. */
  readonly replies: Buffer[] = []

  private constructor(socket: Socket, server: number) {
    this.#socket = socket
    this.#server = server
    socket.on('message', (reply) => this.replies.push(reply))
  }

  static async open({ port }: Pick<TestServer, 'port'>, address = STRICT): Promise<Nas> {
    const socket = createSocket('udp4').bind(0, address)
    await once(socket, 'listening')
    return new Nas(socket, port)
  }

  send(request: Uint8Array): void {
    this.#socket.send(request, this.#server, '127.0.0.1')
  }

  /** The reply with the number `count` (from 1), once it is there. */
  async reply(count = 1): Promise<Buffer> {
    while (this.replies.length < count) await once(this.#socket, 'message')
    return this.replies[count - 1] as Buffer
  }

  async ask(request: Uint8Array): Promise<Buffer> {
    const count = this.replies.length + 1
    this.send(request)
    return await this.reply(count)
  }

  /** Everything sent before has been read by the server when this resolves; its own reply is not kept. */
  async fence(): Promise<void> {
    const request = statusServer()
    this.send(request)
    const isAnswer = (reply: Buffer) => codeOf(reply, request) !== null
    while (!this.replies.some(isAnswer)) await once(this.#socket, 'message')
    this.replies.splice(this.replies.findIndex(isAnswer), 1)
  }

  close(): void {
    this.#socket.close()
  }
}

let drawn = 0

/** Another for each request. */
export function authenticator(): Buffer {
  const octets = Buffer.alloc(16, 0x5a)
  octets.writeUInt32BE(drawn++)
  return octets
}

export interface RequestInput {
  readonly user?: string
  readonly password?: string
  readonly id?: number
  readonly authenticator?: Buffer
  readonly attributes?: readonly Attribute[]
}

/** A signed Access-Request. */
export function accessRequest(input: RequestInput = {}): Buffer {
  const {
    user = 'alice',
    password = '',
    id = 7,
    attributes = [],
    authenticator: ra = authenticator(),
  } = input
  const login = [
    { type: 1, value: Buffer.from(user) },
    { type: 2, value: hidePassword(password, ra, SECRET) },
  ]
  return encodeRequest(Code.AccessRequest, id, ra, [...login, ...attributes], SECRET)
}

export function statusServer(): Buffer {
  return encodeRequest(Code.StatusServer, 255, authenticator(), [], SECRET)
}

/** Without its Message-Authenticator, which stands first. */
export function unsigned(request: Buffer): Buffer {
  const shorter = Buffer.concat([request.subarray(0, 20), request.subarray(38)])
  shorter.writeUInt16BE(shorter.length, 2)
  return shorter
}

/** The code of a reply that belongs to the request and is signed; null for any other. */
export function codeOf(reply: Uint8Array, request: Buffer): number | null {
  const checked = checkResponse(reply, request.subarray(4, 20), request[1] as number, SECRET)
  return checked.kind === 'response' && checked.signed ? checked.code : null
}
