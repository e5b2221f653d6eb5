/**
 * A NAS with many ports: sends the requests of logins, sends the same octets again while there is no answer, gives up,
 * and believes only replies with true authenticators. What a reply means is the ledger's to say.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Endpoint } from '../../src/network.ts'
import { AttributeType, Code } from '../../src/radius/attributes.ts'
import { checkResponse, encodeRequest } from '../../src/radius/packet.ts'
import { hidePassword } from '../../src/radius/password.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import type { Chance } from './chance.ts'
import type { Reply } from './ledger.ts'
import { Queue } from './queue.ts'

export interface NasOptions {
  readonly server: Endpoint
  readonly secret: string
  readonly chance: Chance
  readonly ports: number
  readonly retryAfterMs: number
  readonly tries: number
}

export interface Request {
  readonly octets: Buffer
  readonly authenticator: Uint8Array
  readonly socket: Socket
  readonly sent: () => void
  /** `isLate`: after `gaveUp`, or not the first reply. */
  readonly answered: (reply: Reply, isLate: boolean) => void
  readonly gaveUp: () => void
  sentAt: number
  tries: number
  state: 'waiting' | 'answered' | 'given-up'
}

export type Asked = Pick<Request, 'sent' | 'answered' | 'gaveUp'>

/** A port and an Identifier. */
interface Slot {
  readonly socket: Socket
  readonly identifier: number
  current: Request | null
  /** Earlier requests to which a reply may still come. */
  readonly past: Request[]
}

const IDENTIFIERS = 256
const PAST_KEPT = 4
const SWEEP_MS = 20

export class Nas {
  readonly #options: NasOptions
  readonly #secret: SharedSecret
  readonly #sockets: Socket[] = []
  readonly #free = new Queue<Slot>()
  /** Oldest transmission first; answered ones are skipped. */
  readonly #waiting = new Queue<Request>()
  readonly #sweeper: NodeJS.Timeout
  /** Replies that answer nothing of ours. */
  strayReplies = 0
  retransmissions = 0

  private constructor(options: NasOptions) {
    this.#options = options
    this.#secret = new SharedSecret(options.secret)
    this.#sweeper = setInterval(() => this.#sweep(performance.now()), SWEEP_MS)
  }

  static async open(options: NasOptions): Promise<Nas> {
    const nas = new Nas(options)
    for (let port = 0; port < options.ports; port++) await nas.#openPort(options.server)
    return nas
  }

  async #openPort({ host, port }: Endpoint): Promise<void> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 })
    // While no server listens, the system says so at each port: to us it is silence.
    socket.on('error', () => {})
    socket.connect(port, host)
    await once(socket, 'connect')
    const slots: Slot[] = []
    for (let identifier = 0; identifier < IDENTIFIERS; identifier++) {
      slots.push({ socket, identifier, current: null, past: [] })
    }
    socket.on('message', (datagram) => this.#receive(slots[datagram[1] ?? 0]!, datagram))
    this.#sockets.push(socket)
    this.#free.push(...slots)
  }

  get hasRoom(): boolean {
    return this.#free.length > 0
  }

  ask(user: string, password: string, asked: Asked): void {
    const slot = this.#free.shift()
    if (slot === undefined) throw new Error('all Identifiers of all ports wait for an answer')
    const authenticator = new Uint8Array(16)
    const words = new Uint32Array(authenticator.buffer)
    for (let i = 0; i < 4; i++) words[i] = this.#options.chance.next() * 2 ** 32
    const octets = encodeRequest(
      Code.AccessRequest,
      slot.identifier,
      authenticator,
      [
        { type: AttributeType.UserName, value: Buffer.from(user) },
        { type: AttributeType.UserPassword, value: hidePassword(password, authenticator, this.#secret) },
      ],
      this.#secret,
    )
    const end = <T extends unknown[]>(then: (...args: T) => void) => {
      return (...args: T) => {
        if (slot.current === request) this.#release(slot)
        then(...args)
      }
    }
    const request: Request = {
      octets,
      authenticator,
      sent: asked.sent,
      answered: end(asked.answered),
      gaveUp: end(asked.gaveUp),
      sentAt: 0,
      tries: 0,
      state: 'waiting',
      socket: slot.socket,
    }
    slot.current = request
    this.#transmit(request)
  }

  #release(slot: Slot): void {
    slot.past.push(slot.current as Request)
    if (slot.past.length > PAST_KEPT) slot.past.shift()
    slot.current = null
    this.#free.push(slot)
  }

  #transmit(request: Request): void {
    request.sentAt = performance.now()
    request.tries++
    request.sent()
    this.#waiting.push(request)
    // With a callback, or a refused datagram would be thrown at us.
    request.socket.send(request.octets, ignore)
  }

  #receive(slot: Slot, datagram: Buffer): void {
    const candidates = slot.current === null ? slot.past : [slot.current, ...slot.past]
    for (const request of candidates) {
      const checked = checkResponse(datagram, request.authenticator, slot.identifier, this.#secret)
      if (checked.kind === 'discard') continue
      if (!checked.signed) throw new Error('a reply came without Message-Authenticator')
      const isLate = request.state !== 'waiting'
      request.state = 'answered'
      request.answered(checked.code === Code.AccessAccept ? 'accept' : 'reject', isLate)
      return
    }
    this.strayReplies++
  }

  #sweep(now: number): void {
    const { retryAfterMs, tries } = this.#options
    for (;;) {
      const request = this.#waiting.peek()
      if (request === undefined) return
      if (request.state === 'waiting' && now - request.sentAt < retryAfterMs) return
      this.#waiting.shift()
      if (request.state !== 'waiting') continue
      if (request.tries >= tries) {
        request.state = 'given-up'
        request.gaveUp()
        continue
      }
      this.retransmissions++
      this.#transmit(request)
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper)
    await Promise.all(this.#sockets.map((socket) => new Promise<void>((end) => socket.close(() => end()))))
  }
}

function ignore(): void {}
