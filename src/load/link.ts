/** One way to a RADIUS server with identifiers of its own: a UDP socket, or a TLS connection (RFC 6614). Knows nothing of a load. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import type { Endpoint } from '../network.ts'
import { PacketStream } from '../radius/packet_stream.ts'

export interface Link {
  /** The octets may be used again when it returns. */
  send(packet: Buffer, length: number): void
  close(): void
}

export interface LinkEnds {
  readonly server: Endpoint
  readonly receive: (packet: Uint8Array) => void
  /** Nothing listens there, or it does not any more. */
  readonly refused: () => void
}

const BUFFER_OCTETS = 4 * 1024 * 1024

export async function openUdpLink({ server, receive, refused }: LinkEnds): Promise<Link> {
  const type = isIPv6(server.host) ? 'udp6' : 'udp4'
  const socket = createSocket({ type, recvBufferSize: BUFFER_OCTETS, sendBufferSize: BUFFER_OCTETS })
  socket.connect(server.port, server.host)
  await once(socket, 'connect')
  socket.on('message', receive)
  socket.on('error', refused)
  // The system tells of a refusal either when we read, or when we send the next.
  const sent = (error: Error | null) => {
    if (error !== null) refused()
  }
  return {
    send: (packet, length) => socket.send(packet, 0, length, sent),
    close: () => socket.close(),
  }
}

/** Rejects with what TLS says. Requests of one turn of the event loop leave together, as a busy proxy's do. */
export async function openTlsLink(ends: LinkEnds, options: ConnectionOptions): Promise<Link> {
  const { server, receive, refused } = ends
  const socket = connect({ ...options, host: server.host, port: server.port })
  await once(socket, 'secureConnect')
  socket.setNoDelay(true)
  const stream = new PacketStream()
  let isClosing = false
  const take = (packet: Uint8Array) => {
    receive(packet)
    return true
  }
  socket.on('data', (chunk: Uint8Array) => {
    if (stream.push(chunk, take) !== null) socket.destroy()
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    if (!isClosing) refused()
  })
  let waiting: Buffer[] = []
  const flush = () => {
    const octets = Buffer.concat(waiting)
    waiting = []
    if (!socket.destroyed) socket.write(octets)
  }
  return {
    send: (packet, length) => {
      if (waiting.length === 0) setImmediate(flush)
      waiting.push(Buffer.from(packet.subarray(0, length)))
    },
    close: () => {
      isClosing = true
      socket.destroy()
    },
  }
}
