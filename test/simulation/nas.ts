/** A RADIUS client (RFC 2865 §1.2: NAS) on the simulated network: sends, retransmits, fails over, gives up. */
import { Code } from '../../src/radius/attributes.ts'
import { MalformedPacket } from '../../src/radius/malformed_packet.ts'
import { encodeRequest } from '../../src/radius/packet.ts'
import { hidePassword } from '../../src/radius/password.ts'
import { codeOf, SECRET } from '../server/nas.ts'
import type { Checker } from './checker.ts'
import type { Typed } from './devices.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'

export interface LoginRequest {
  /** For the trace. */
  readonly name: string
  readonly nas: number
  readonly identifier: number
  readonly authenticator: Uint8Array
  readonly octets: Buffer
  readonly typed: Typed
  /** The user's name in letters of its own case, by which the audit entry of this very request is known. */
  readonly spelling: string
  onReply: (octets: Uint8Array) => void
}

export interface NasOptions {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly checker: Checker
  readonly network: Network
  readonly nodes: number
  readonly identifiers: number
  /** 1, 2, 3 … for all clients together. */
  readonly nextNumber: () => number
}

export interface AskOptions {
  readonly node: number
  readonly retryMs: number
  /** Times that it is sent to each node. */
  readonly tries: number
  /** Nodes that are tried, one after the other. */
  readonly nodes: number
}

export class Nas {
  readonly #options: NasOptions
  readonly #number: number
  #identifier = 0
  /** Logins that have neither been answered nor given up. */
  waiting = 0

  constructor(number: number, options: NasOptions) {
    this.#number = number
    this.#options = options
  }

  /** The code of the reply; null: none came. */
  async ask(typed: Typed, { node, retryMs, tries, nodes }: AskOptions): Promise<number | null> {
    const { random, checker } = this.#options
    this.waiting++
    let code: number | null = null
    let request = this.#request(typed)
    for (let tried = 0; tried < nodes && code === null; tried++) {
      // A client that fails over sends the same packet, or makes another.
      if (tried > 0 && random.chance(0.5)) request = this.#request(typed)
      code = await this.#send(request, (node + tried) % this.#options.nodes, retryMs, tries)
    }
    this.waiting--
    checker.count(code === null ? 'request timed out' : 'request answered')
    return code
  }

  #send(request: LoginRequest, node: number, retryMs: number, tries: number): Promise<number | null> {
    const { scheduler, network } = this.#options
    return new Promise((resolve) => {
      let sent = 0
      let cancel = () => {}
      const send = () => {
        if (sent++ === tries) {
          scheduler.note(`${request.name} gives up node${node}`)
          resolve(null)
          return
        }
        network.toNode(node, request)
        cancel = scheduler.after(retryMs, send)
      }
      request.onReply = (octets) => {
        const code = readReply(octets, request.octets)
        if (code === null) return
        scheduler.note(`${request.name} is answered ${code === Code.AccessAccept ? 'Accept' : 'Reject'}`)
        cancel()
        resolve(code)
      }
      send()
    })
  }

  #request(typed: Typed): LoginRequest {
    const { random, checker, identifiers, nextNumber, scheduler } = this.#options
    const number = nextNumber()
    const identifier = this.#identifier++ % identifiers
    const authenticator = random.octets(16)
    const spelling = spell(typed.user, number)
    const attributes = [
      { type: 1, value: Buffer.from(spelling) },
      { type: 2, value: hidePassword(typed.pin + typed.otp, authenticator, SECRET) },
    ]
    const octets = encodeRequest(Code.AccessRequest, identifier, authenticator, attributes, SECRET)
    const name = `request${number}`
    const code = typed.code === null ? 'no code' : `${typed.code.serial}/${typed.code.movingFactor}`
    scheduler.note(`${name} is made by nas${this.#number}: ${spelling} types "${typed.pin}" and ${code}`)
    const request = {
      name,
      nas: this.#number,
      identifier,
      authenticator,
      octets,
      typed,
      spelling,
      onReply: () => {},
    }
    checker.sent(request)
    return request
  }
}

/** The bits of `number` as capitals. */
function spell(user: string, number: number): string {
  if (number >= 2 ** user.length) throw new Error(`${user} is too short a name for so many requests`)
  return [...user].map((letter, bit) => ((number >> bit) & 1 ? letter.toUpperCase() : letter)).join('')
}

/** Null: it is none of ours, or was spoilt on the way. */
function readReply(octets: Uint8Array, request: Buffer): number | null {
  try {
    return codeOf(octets, request)
  } catch (error) {
    if (error instanceof MalformedPacket) return null
    throw error
  }
}
