/** A TCP relay to PostgreSQL that can be cut, or go silent. */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

export class Wire {
  readonly url: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Nearest to the client first. */
  readonly #pairs = new Map<Socket, Socket>()
  #state: 'whole' | 'cut' | 'mute' = 'whole'

  private constructor(server: Server, database: URL) {
    this.#server = server
    const url = new URL(database)
    url.port = String((server.address() as { port: number }).port)
    this.url = url.href
    server.on('connection', (near) => this.#relay(near, database))
  }

  static async open(database: URL): Promise<Wire> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Wire(server, database)
  }

  #relay(near: Socket, { hostname, port }: URL): void {
    this.#sockets.add(near)
    near.on('error', () => {})
    if (this.#state === 'cut') near.destroy()
    if (this.#state !== 'whole') return
    const far = connect(Number(port), hostname)
    this.#sockets.add(far)
    far.on('error', () => {})
    this.#pairs.set(near, far)
    near.pipe(far).pipe(near)
    // While it is mute the database does not hear that we have hung up, either.
    near.on('close', () => (this.#state === 'mute' ? this.#end(near) : this.#end(near, far)))
    far.on('close', () => this.#end(near, far))
  }

  #end(...sockets: Socket[]): void {
    for (const socket of sockets) {
      socket.destroy()
      this.#sockets.delete(socket)
      this.#pairs.delete(socket)
    }
  }

  /** Connections break, and new ones are refused. */
  cut(): void {
    this.#state = 'cut'
    this.#destroyAll()
  }

  /** What is said on either side is not heard on the other; new connections are taken and not answered. */
  mute(): void {
    this.#state = 'mute'
    for (const socket of this.#sockets) socket.unpipe().pause()
  }

  /** The old connections go on with what was held up; those taken meanwhile are lost. */
  resume(): void {
    this.#state = 'whole'
    for (const [near, far] of this.#pairs) near.pipe(far).pipe(near)
  }

  /** New connections are relayed, while the old ones stay silent for ever: a firewall that has forgotten them. */
  mendSilently(): void {
    this.#state = 'whole'
    this.#pairs.clear()
  }

  /** New connections are relayed; the old ones break. */
  mend(): void {
    this.#state = 'whole'
    this.#destroyAll()
  }

  #destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
    this.#pairs.clear()
  }

  async close(): Promise<void> {
    this.#destroyAll()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
