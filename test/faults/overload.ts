/**
 * A process that asks for more logins than can be had, in an open loop: one user after the other, each with his next OTP;
 * a request without an answer is sent again when its turn comes, and given up after the patience of a RADIUS client.
 * It keeps a ledger as its parent does, and hands it over at the end.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Endpoint } from '../../src/network.ts'
import { AttributeType, Code } from '../../src/radius/attributes.ts'
import { checkResponse, encodeRequest } from '../../src/radius/packet.ts'
import { hidePassword } from '../../src/radius/password.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { type Chance, chance } from './chance.ts'
import { Latencies } from './latencies.ts'
import { Ledger, type Login, passwordOf, type User } from './ledger.ts'

export interface OverloadOrder {
  readonly server: Endpoint
  readonly secret: string
  readonly seed: number
  readonly users: number
  /** Of each user: the counter of his next OTP. */
  readonly counters: readonly number[]
  readonly rate: number
  readonly seconds: number
}

export interface OverloadReport {
  readonly datagrams: number
  readonly requests: number
  readonly seconds: number
  readonly accepts: number
  readonly givenUp: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly violations: readonly string[]
  readonly users: readonly UserReport[]
}

export interface UserReport {
  readonly index: number
  readonly counter: number
  readonly sends: number
  readonly accepted: readonly number[]
  readonly accepts: number
  readonly rejects: number
  readonly datagrams: number
}

const PATIENCE_MS = 3000
/** Each has some Identifiers of one port in turn, so that no late answer meets a new request. */
const USERS_PER_PORT = 64
const IDENTIFIERS_PER_USER = 4
const BURST = 64

process.once('message', (order: OverloadOrder) => {
  void overload(order).then((report) => process.send?.(report, () => process.disconnect()))
})
process.send?.('ready')

/** A user's place: his port, his Identifiers, and the request that waits. */
interface Place {
  readonly user: User
  readonly index: number
  readonly socket: Socket
  turn: number
  waiting: Waiting | null
  /** By Identifier: what was asked last with it. */
  readonly asked: (Waiting | null)[]
}

interface Waiting {
  readonly login: Login
  readonly octets: Buffer
  readonly authenticator: Buffer
  firstSentAt: number
}

async function overload(order: OverloadOrder): Promise<OverloadReport> {
  const { server, seed, rate, seconds } = order
  const secret = new SharedSecret(order.secret)
  const random = chance(seed)
  const ledger = new Ledger(order.users)
  const latencies = new Latencies()
  let [datagrams, requests, givenUp] = [0, 0, 0]
  const places: Place[] = []

  const receive = (port: number, datagram: Buffer) => {
    const identifier = datagram[1]!
    const place = places[port * USERS_PER_PORT + Math.floor(identifier / IDENTIFIERS_PER_USER)]
    const asked = place?.asked[identifier % IDENTIFIERS_PER_USER]
    if (place === undefined || asked == null) return
    const checked = checkResponse(datagram, asked.authenticator, identifier, secret)
    if (checked.kind === 'discard') return
    const reply = checked.code === Code.AccessAccept ? 'accept' : 'reject'
    ledger.answered(asked.login, 0, reply)
    if (place.waiting !== asked) return
    if (reply === 'accept') latencies.add(performance.now() - asked.firstSentAt)
    ledger.ended(asked.login)
    place.waiting = null
  }

  const ports: Socket[] = []
  for (let port = 0; port * USERS_PER_PORT < order.users; port++) {
    const socket = await open(server)
    socket.on('message', (datagram) => receive(port, datagram))
    ports.push(socket)
  }
  for (const [index, user] of ledger.users.entries()) {
    user.counter = order.counters[index] ?? 0
    const socket = ports[Math.floor(index / USERS_PER_PORT)]!
    const asked = Array(IDENTIFIERS_PER_USER).fill(null)
    places.push({ user, index, socket, turn: 0, waiting: null, asked })
  }
  // The first of each is made before it counts.
  for (const place of places) place.waiting = makeRequest(place, secret, random)

  const startedAt = performance.now()
  for (let next = 0; ; ) {
    const now = performance.now()
    if (now - startedAt > seconds * 1000) break
    const due = Math.min(Math.floor(((now - startedAt) / 1000) * rate) - datagrams, BURST)
    for (let i = 0; i < due; i++) {
      const place = places[next++ % places.length]!
      const old = place.waiting
      if (old !== null && old.firstSentAt > 0 && now - old.firstSentAt > PATIENCE_MS) {
        givenUp++
        ledger.ended(old.login)
        place.waiting = null
      }
      place.waiting ??= makeRequest(place, secret, random)
      if (place.waiting.firstSentAt === 0) {
        place.waiting.firstSentAt = now
        requests++
      }
      ledger.sent(place.waiting.login)
      place.socket.send(place.waiting.octets, ignore)
      datagrams++
    }
    await new Promise(setImmediate)
  }
  const took = (performance.now() - startedAt) / 1000
  const accepts = ledger.accepted
  // What is on its way is not counted any more, but must be known.
  await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))
  for (const socket of ports) socket.close()
  return {
    datagrams,
    requests,
    seconds: took,
    accepts,
    givenUp,
    p50Ms: latencies.quantile(0.5),
    p99Ms: latencies.quantile(0.99),
    maxMs: latencies.max,
    violations: ledger.violations,
    users: places.map(({ user, index }) => ({
      index,
      counter: user.counter,
      sends: user.sends,
      accepted: [...user.accepted],
      accepts: user.accepts,
      rejects: user.rejects,
      datagrams: user.datagrams,
    })),
  }
}

function makeRequest(place: Place, secret: SharedSecret, random: Chance): Waiting {
  const { user, index } = place
  const turn = place.turn++ % IDENTIFIERS_PER_USER
  const identifier = (index % USERS_PER_PORT) * IDENTIFIERS_PER_USER + turn
  const authenticator = Buffer.allocUnsafe(16)
  for (let at = 0; at < 16; at += 4) authenticator.writeUInt32BE(Math.floor(random.next() * 2 ** 32), at)
  const login: Login = { kind: 'good', user, counter: user.counter, answers: [null], accepted: false }
  const attributes = [
    { type: AttributeType.UserName, value: Buffer.from(user.name) },
    { type: AttributeType.UserPassword, value: hidePassword(passwordOf(login), authenticator, secret) },
  ]
  const octets = encodeRequest(Code.AccessRequest, identifier, authenticator, attributes, secret)
  const waiting = { login, octets, authenticator, firstSentAt: 0 }
  place.asked[turn] = waiting
  return waiting
}

async function open({ host, port }: Endpoint): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.on('error', ignore)
  socket.connect(port, host)
  await once(socket, 'connect')
  return socket
}

function ignore(): void {}
