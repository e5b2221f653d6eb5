/** `/metrics` over HTTP on a TCP address, for Prometheus on another machine. Nothing else is served, and nothing is changed. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Endpoint } from '../network.ts'
import { METRICS_TYPE } from './metrics.ts'
import { formatEndpoint, ListenError } from './udp_listener.ts'

export interface MetricsListener {
  /** As bound: port 0 of the configuration is a real one here. */
  readonly endpoint: string
  close(): Promise<void>
}

const MAX_CONNECTIONS = 16
const CLIENT_TIMEOUT_MS = 10_000

/** Throws ListenError. */
export async function listenForMetrics(
  { host, port }: Endpoint,
  metrics: () => Promise<string>,
): Promise<MetricsListener> {
  const server = createMetricsServer(metrics)
  try {
    server.listen({ host, port })
    await once(server, 'listening')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new ListenError(
      `metrics.listen: cannot listen on ${host}, TCP port ${port}: ${code ?? message}`,
      'is another program there (ss -ltnp), and is the address one of this machine? Change metrics.listen',
    )
  }
  return {
    endpoint: formatEndpoint(host, (server.address() as AddressInfo).port),
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function createMetricsServer(metrics: () => Promise<string>): Server {
  const server = createServer(
    { requestTimeout: CLIENT_TIMEOUT_MS, headersTimeout: CLIENT_TIMEOUT_MS, maxHeaderSize: 8192 },
    ({ method, url = '' }, response) => {
      const answer = (status: number, text: string) =>
        response.writeHead(status, { 'content-type': METRICS_TYPE }).end(text)
      if (url.split('?')[0] !== '/metrics') answer(404, 'see /metrics\n')
      else if (method !== 'GET' && method !== 'HEAD') answer(405, 'GET only\n')
      else
        metrics().then(
          (text) => answer(200, text),
          () => answer(500, 'the server failed; see its log\n'),
        )
    },
  )
  server.maxConnections = MAX_CONNECTIONS
  // A reader that does not read would keep its connection for ever.
  server.setTimeout(CLIENT_TIMEOUT_MS)
  return server
}
