/** TCP sockets that listen, or say for people why they cannot. Knows nothing of what is spoken there. */
import { createServer, isIPv6, type Server, type Socket } from 'node:net'
import type { Endpoint } from '../network.ts'
import { listenError } from './udp_listener.ts'

export interface TcpOptions {
  readonly reusePort: boolean
  readonly accept: (socket: Socket) => void
}

/** A peer that has gone without a word is found out. */
const KEEP_ALIVE_MS = 60_000

/** Throws ListenError. */
export async function listenTcp(
  { host, port }: Endpoint,
  { reusePort, accept }: TcpOptions,
): Promise<Server> {
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS })
  server.on('connection', accept)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(host, port, error, 'radsec.listen')))
    server.listen({ host, port, ipv6Only: isIPv6(host), reusePort, exclusive: true }, resolve)
  })
  server.removeAllListeners('error')
  return server
}

/** Throws ListenError when another program listens there (serve.ts says why that is asked). */
export async function requireFreeForTls(endpoints: readonly Endpoint[]): Promise<void> {
  for (const endpoint of endpoints) {
    const server = await listenTcp(endpoint, { reusePort: false, accept: (socket) => socket.destroy() })
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
}
