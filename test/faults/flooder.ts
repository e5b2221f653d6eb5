/**
 * A process that sends as many datagrams as it is told to, from many ports, and cares for no answer. What is sent is made
 * beforehand. Told what to do by its parent, to whom it reports how much it sent.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Endpoint } from '../../src/network.ts'
import { AttributeType, Code } from '../../src/radius/attributes.ts'
import { encodeRequest } from '../../src/radius/packet.ts'
import { hidePassword } from '../../src/radius/password.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { type Chance, chance } from './chance.ts'

export const FLOODS = ['malformed', 'unknown-client', 'wrong-message-authenticator', 'wrong-pin'] as const
export type FloodKind = (typeof FLOODS)[number]

export interface FloodOrder {
  readonly kind: FloodKind
  readonly server: Endpoint
  /** Of the client that we claim to be. */
  readonly secret: string
  /** Of one account, for wrong PINs. */
  readonly user: string
  readonly seed: number
  readonly rate: number
  readonly seconds: number
  /** How many different datagrams each port and Identifier sends: with several, none is a retransmission. */
  readonly rounds: number
}

export interface FloodReport {
  readonly sent: number
  readonly seconds: number
}

const PORTS = 64
const IDENTIFIERS = 256
/** Past which the event loop is let in. */
const BURST = 64

process.once('message', (order: FloodOrder) => {
  void flood(order).then((report) => process.send?.(report, () => process.disconnect()))
})
process.send?.('ready')

async function flood(order: FloodOrder): Promise<FloodReport> {
  const datagrams = prepare(order)
  const sockets = await Promise.all(Array.from({ length: PORTS }, () => open(order)))
  const startedAt = performance.now()
  let sent = 0
  for (;;) {
    const elapsedMs = performance.now() - startedAt
    if (elapsedMs > order.seconds * 1000) break
    const due = Math.min(Math.floor((elapsedMs / 1000) * order.rate) - sent, BURST)
    for (let i = 0; i < due; i++) {
      sockets[sent % PORTS]!.send(datagrams[sent % datagrams.length]!, ignore)
      sent++
    }
    await new Promise(setImmediate)
  }
  const seconds = (performance.now() - startedAt) / 1000
  for (const socket of sockets) socket.close()
  return { sent, seconds }
}

async function open({ kind, server }: FloodOrder): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.on('error', ignore)
  // All of 127.0.0.0/8 is this machine; the configuration knows the first of it only.
  socket.bind({ address: kind === 'unknown-client' ? '127.0.0.9' : '127.0.0.1', port: 0 })
  await once(socket, 'listening')
  socket.connect(server.port, server.host)
  await once(socket, 'connect')
  return socket
}

function prepare({ kind, secret, user, seed, rounds }: FloodOrder): Buffer[] {
  const random = chance(seed)
  const known = new SharedSecret(kind === 'wrong-message-authenticator' ? 'not the one we share' : secret)
  return Array.from({ length: PORTS * IDENTIFIERS * rounds }, (_, index) => {
    const identifier = Math.floor(index / PORTS) % IDENTIFIERS
    const request = wrongPin(user, identifier, octets(16, random), known)
    return kind === 'malformed' ? spoiled(request, random) : request
  })
}

function wrongPin(user: string, identifier: number, authenticator: Buffer, secret: SharedSecret): Buffer {
  const attributes = [
    { type: AttributeType.UserName, value: Buffer.from(user) },
    { type: AttributeType.UserPassword, value: hidePassword('999912345678', authenticator, secret) },
  ]
  return encodeRequest(Code.AccessRequest, identifier, authenticator, attributes, secret)
}

/** Cut off, with a length that lies, with an attribute that overruns, or noise. */
function spoiled(request: Buffer, random: Chance): Buffer {
  const spoil = random.between(0, 3)
  if (spoil === 0) return request.subarray(0, random.between(1, request.length - 1))
  if (spoil === 3) return octets(random.between(20, 200), random)
  request[spoil === 1 ? 3 : 21] = 255
  return request
}

function octets(length: number, random: Chance): Buffer {
  return Buffer.from(Uint8Array.from({ length }, () => random.between(0, 255)))
}

function ignore(): void {}
