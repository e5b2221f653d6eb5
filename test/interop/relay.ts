/** A UDP relay between one device and a server that may be exchanged under way: what a device sees of a failover. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Endpoint } from '../../src/network.ts'

export class Relay {
  target: Endpoint
  /** Called with every reply before it is passed on. */
  onReply: (reply: Buffer) => void | Promise<void> = () => {}
  /** All that went through, both ways. */
  readonly seen: Buffer[] = []
  readonly #front: Socket
  readonly #back: Socket
  #device: { address: string; port: number } | null = null

  private constructor(front: Socket, back: Socket, target: Endpoint) {
    this.#front = front
    this.#back = back
    this.target = target
    front.on('message', (datagram, { address, port }) => {
      this.#device = { address, port }
      this.seen.push(datagram)
      back.send(datagram, this.target.port, this.target.host)
    })
    back.on('message', async (reply) => {
      this.seen.push(reply)
      await this.onReply(reply)
      if (this.#device !== null) front.send(reply, this.#device.port, this.#device.address)
    })
  }

  static async open(target: Endpoint): Promise<Relay> {
    const [front, back] = [
      createSocket('udp4').bind(0, '127.0.0.1'),
      createSocket('udp4').bind(0, '127.0.0.1'),
    ]
    await Promise.all([once(front, 'listening'), once(back, 'listening')])
    return new Relay(front, back, target)
  }

  get endpoint(): Endpoint {
    return { host: '127.0.0.1', port: this.#front.address().port }
  }

  close(): void {
    this.#front.close()
    this.#back.close()
  }
}
