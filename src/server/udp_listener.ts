/**
 * UDP sockets: one for each local address, so that a reply leaves from the address that the request came to (Node does
 * not tell it for a wildcard). Knows nothing of RADIUS.
 */
import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { ListenerStatus } from '../admin/command.ts'
import type { Endpoint } from '../network.ts'
import type { Version } from '../radius/version.ts'
import { type BatchedSocket, DatagramBatches, loadDatagramCalls } from './datagram_batches.ts'
import { kernelDrops } from './proc_udp.ts'

export interface Source {
  readonly address: string
  readonly port: number
  /** Sends to this source, from the address that it wrote to. */
  readonly send: (reply: Uint8Array) => void
  /** Of TLS, which proves its peer: a name that no other connection has, in place of the port. */
  readonly connection?: string
  /** Default: RADIUS/1.0. */
  readonly version?: Version
  /** Called before `receiveProven` returns: the request is not taken up, and why. */
  readonly discarded?: (reason: string) => void
}

export interface UdpListener {
  readonly sockets: readonly BoundSocket[]
  status(): ListenerStatus[]
  close(): Promise<void>
}

export interface BoundSocket {
  readonly address: string
  readonly port: number
}

/** A listen address cannot be had, with what to do. */
export class ListenError extends Error {
  readonly hint: string

  constructor(message: string, hint: string) {
    super(message)
    this.name = 'ListenError'
    this.hint = hint
  }
}

export interface ListenOptions {
  readonly endpoints: readonly Endpoint[]
  readonly receive: (datagram: Uint8Array, source: Source) => void
  readonly warn: (message: string) => void
  /** Other processes bind the same addresses; the system spreads the sources among them. */
  readonly reusePort?: boolean
  /** The key of the configuration that names them; default: radius.listen. */
  readonly setting?: string
  /** Many datagrams at a time, where the system can. Default: true. */
  readonly batches?: boolean
}

const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024

/** Throws ListenError. An IPv6 loopback that the system does not have is a warning: it is in the default. */
export async function listenUdp(options: ListenOptions): Promise<UdpListener> {
  const sockets: Socket[] = []
  const batches = await openBatches(options)
  const batched: BatchedSocket[] = []
  let isOpen = true
  const close = async () => {
    isOpen = false
    await closeAll(sockets, batched)
  }
  try {
    for (const { host, port } of options.endpoints.flatMap(expandWildcard)) {
      const socket = await bind(host, port, options)
      if (socket === null) continue
      sockets.push(socket)
      const own = batches?.on(socket) ?? null
      if (own !== null) batched.push(own)
      else if (batches !== null) options.warn(oneByOne(`${host}:${port} is not found in /proc/self`))
      take(socket, own, options.receive, () => isOpen)
    }
    if (sockets.length === 0)
      throw new ListenError('there is no address to listen on', `see ${options.setting ?? 'radius.listen'}`)
  } catch (error) {
    await close()
    throw error
  }
  return {
    sockets: sockets.map((socket) => socket.address()),
    status: () => sockets.map(statusOf),
    close,
  }
}

async function openBatches({ batches = true, warn }: ListenOptions): Promise<DatagramBatches | null> {
  if (!batches) return null
  try {
    const calls = await loadDatagramCalls()
    return calls === null ? null : new DatagramBatches(calls)
  } catch (error) {
    warn(oneByOne((error as Error).message))
    return null
  }
}

function oneByOne(why: string): string {
  return `datagrams are taken and sent one by one, which costs a third more: ${why}`
}

/** `0.0.0.0` and `::` stand for all addresses that the system has now. */
function expandWildcard(endpoint: Endpoint): Endpoint[] {
  const family = { '0.0.0.0': 'IPv4', '::': 'IPv6' }[endpoint.host]
  if (family === undefined) return [endpoint]
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter((address) => address.family === family)
      .map(({ address }) => ({
        host: isLinkLocal(address) ? `${address}%${name}` : address,
        port: endpoint.port,
      })),
  )
}

function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address)
}

async function bind(host: string, port: number, options: ListenOptions): Promise<Socket | null> {
  const { warn, setting = 'radius.listen', reusePort = false } = options
  const ipv6 = isIPv6(host)
  const socket = createSocket({
    type: ipv6 ? 'udp6' : 'udp4',
    ipv6Only: ipv6,
    reusePort,
    recvBufferSize: RECEIVE_BUFFER_OCTETS,
    // Sources are addresses, never names: looked up at once, which saves 2 µs a reply.
    lookup: (address, _options, done) => done(null, address, ipv6 ? 6 : 4),
  })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind({ address: host, port, exclusive: true }, () => resolve())
    })
  } catch (error) {
    socket.close()
    const { code } = error as NodeJS.ErrnoException
    if (host === '::1' && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) {
      warn(`not listening on [::1]:${port}: this system has no IPv6`)
      return null
    }
    throw listenError(host, port, error, setting)
  }
  socket.removeAllListeners('error')
  // A reply that cannot be sent (no route, ICMP unreachable) is lost as if on the way: the client retransmits.
  socket.on('error', () => {})
  return socket
}

function take(
  socket: Socket,
  batched: BatchedSocket | null,
  receive: ListenOptions['receive'],
  isOpen: () => boolean,
): void {
  socket.on('message', (datagram, { address, port }) => {
    // A delayed reply may come when the socket is closed, and sending throws then.
    const send = (reply: Uint8Array) => isOpen() && socket.send(reply, port, address)
    // Forged: nobody can be answered there (RFC 768), and sending to it throws.
    if (port !== 0) receive(datagram, { address, port, send })
    batched?.drain(receive)
  })
}

/** `setting`: where it is listened, in the configuration. */
export function listenError(
  host: string,
  port: number,
  error: unknown,
  setting = 'radius.listen',
): ListenError {
  const code = String((error as NodeJS.ErrnoException).code)
  const endpoint = formatEndpoint(host, port)
  switch (code) {
    case 'EADDRINUSE':
      return new ListenError(
        `${endpoint} is in use by another program`,
        `ss -${setting === 'radsec.listen' ? 't' : 'u'}lnp 'sport = :${port}' shows which; stop it, or change ${setting}`,
      )
    case 'EACCES':
      return new ListenError(
        `not permitted to listen on ${endpoint}`,
        `ports below 1024 belong to root; RADIUS has ${setting === 'radsec.listen' ? '2083 over TLS' : '1812 and 1813'}`,
      )
    case 'EADDRNOTAVAIL':
      return new ListenError(
        `this system has no address ${host}`,
        `\`ip address\` shows those it has; see ${setting}`,
      )
    default:
      return new ListenError(`cannot listen on ${endpoint}: ${(error as Error).message}`, `see ${setting}`)
  }
}

export function formatEndpoint(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}

function statusOf(socket: Socket): ListenerStatus {
  const { address, port } = socket.address()
  return {
    address: formatEndpoint(address, port),
    receiveBuffer: socket.getRecvBufferSize(),
    kernelDrops: kernelDrops({ address, port }),
  }
}

async function closeAll(sockets: readonly Socket[], batched: readonly BatchedSocket[]): Promise<void> {
  for (const own of batched) own.close()
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))))
}
