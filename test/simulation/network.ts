/** UDP between the clients and the nodes: loses, copies, corrupts, delays, and so reorders. */
import type { Checker } from './checker.ts'
import type { LoginRequest } from './nas.ts'
import type { Node } from './node.ts'
import type { NetworkFaults } from './plan.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'

export interface NetworkOptions {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly checker: Checker
  readonly faults: () => NetworkFaults
  readonly nodes: readonly Node[]
}

export class Network {
  readonly #options: NetworkOptions

  constructor(options: NetworkOptions) {
    this.#options = options
  }

  toNode(node: number, request: LoginRequest): void {
    this.#carry(request.octets, `${request.name} to node${node}`, (octets, isIntact) => {
      this.#options.nodes[node]?.receive(octets, request, isIntact, (reply) => this.#toClient(request, reply))
    })
  }

  #toClient(request: LoginRequest, reply: Uint8Array): void {
    this.#carry(reply, `reply to ${request.name}`, (octets) => request.onReply(octets))
  }

  #carry(octets: Uint8Array, what: string, arrive: (octets: Buffer, isIntact: boolean) => void): void {
    const { scheduler, random, checker } = this.#options
    const { loss, duplication, corruption, maxDelayMs } = this.#options.faults()
    const copies = random.chance(duplication) ? random.between(2, 3) : 1
    if (copies > 1) checker.count('datagram copied')
    for (let copy = 0; copy < copies; copy++) {
      if (random.chance(loss)) {
        checker.count('datagram lost')
        scheduler.note(`${what}: lost`)
        continue
      }
      const isIntact = !random.chance(corruption)
      // The receiver's own memory, as from a socket.
      const received = Buffer.from(octets)
      if (!isIntact) {
        const at = random.between(0, received.length - 1)
        received[at] = received[at]! ^ (1 << random.between(0, 7))
        checker.count('datagram corrupted')
      }
      scheduler.after(random.between(0, maxDelayMs), () => {
        scheduler.note(`${what}: arrives${isIntact ? '' : ', corrupted'}`)
        arrive(received, isIntact)
      })
    }
  }
}
