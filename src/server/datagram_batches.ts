/**
 * Many datagrams by one system call: recvmmsg(2) and sendmmsg(2) on a socket of node:dgram, which takes and sends them one by
 * one, and with that took a third of a login's CPU. Linux on little-endian 64-bit machines; elsewhere, and where the calls cannot
 * be had, dgram does it all.
 *
 * dgram keeps the socket: it waits for it, reads the first datagram, and closes it. While that first one is handed on, the
 * others that lie in the socket's buffer are read here. What sendmmsg does not take, dgram sends.
 *
 * The structures are those of the kernel's ABI (struct mmsghdr, msghdr, iovec, sockaddr_in, sockaddr_in6). They are written once,
 * over memory of our own, and the kernel is given no length but theirs.
 */
import type { Socket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import ipaddr from 'ipaddr.js'
import { descriptorOf } from './proc_udp.ts'

/** `headers`: of struct mmsghdr. Both return how many datagrams were taken; less than 1: none. */
export interface DatagramCalls {
  readonly receive: (fd: number, headers: Uint32Array, count: number) => number
  readonly send: (fd: number, headers: Uint32Array, count: number) => number
  readonly addressOf: (memory: Uint32Array) => bigint
}

const MSG_DONTWAIT = 0x40

/** Null: this system has them not. Throws if it has, and they cannot be called. */
export async function loadDatagramCalls(): Promise<DatagramCalls | null> {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) return null
  const { default: koffi } = await import('koffi')
  const libc = koffi.load(null)
  const receive = libc.func('int recvmmsg(int, void *, unsigned int, int, void *)')
  const send = libc.func('int sendmmsg(int, void *, unsigned int, int)')
  return {
    receive: (fd, headers, count) => receive(fd, headers, count, MSG_DONTWAIT, null),
    send: (fd, headers, count) => send(fd, headers, count, MSG_DONTWAIT),
    addressOf: (memory) => koffi.address(memory),
  }
}

/** Where a datagram came from. Equal for all of the same source that come after another. */
export interface Peer {
  readonly address: string
  readonly port: number
  /** Sends to it. After `close`: does nothing. */
  readonly send: (reply: Uint8Array) => void
}

/** RFC 2865 §3: what is longer is padding. */
const SLOT_OCTETS = 4096
const SLOTS = 64
/** A login has some 100. */
const SMALL_OCTETS = 256
/** A turn of the event loop reads no more, so that commits are heard of meanwhile. */
const MAX_A_TURN = 256
const PEERS = 1024

const HEADER_WORDS = 16
const IOVEC_WORDS = 4
/** struct sockaddr_in6 has 28 octets. */
const NAME_WORDS = 8
const AF_INET = 2

/** Room for SLOTS datagrams, their addresses, and the structures that say so to the kernel. */
class Slots {
  readonly headers = new Uint32Array(SLOTS * HEADER_WORDS)
  readonly iovecs = new Uint32Array(SLOTS * IOVEC_WORDS)
  readonly names = new Uint32Array(SLOTS * NAME_WORDS)
  readonly octets = new Uint8Array(SLOTS * SLOT_OCTETS)

  constructor({ addressOf }: DatagramCalls) {
    const headers = new BigUint64Array(this.headers.buffer)
    const iovecs = new BigUint64Array(this.iovecs.buffer)
    const [names, vectors] = [addressOf(this.names), addressOf(this.iovecs)]
    const octets = addressOf(new Uint32Array(this.octets.buffer))
    for (let slot = 0; slot < SLOTS; slot++) {
      const header = (slot * HEADER_WORDS) / 2
      headers[header] = names + BigInt(slot * NAME_WORDS * 4)
      headers[header + 2] = vectors + BigInt(slot * IOVEC_WORDS * 4)
      headers[header + 3] = 1n
      iovecs[(slot * IOVEC_WORDS) / 2] = octets + BigInt(slot * SLOT_OCTETS)
      this.setLength(slot, SLOT_OCTETS)
      this.setNameLength(slot, NAME_WORDS * 4)
    }
  }

  /** What msg_namelen says; the kernel overwrites it. */
  setNameLength(slot: number, octets: number): void {
    this.headers[slot * HEADER_WORDS + 2] = octets
  }

  setLength(slot: number, octets: number): void {
    this.iovecs[slot * IOVEC_WORDS + 2] = octets
  }

  /** What was received into it. */
  lengthOf(slot: number): number {
    return this.headers[slot * HEADER_WORDS + 14]!
  }
}

/** The calls, and memory for what is received: one at a time is being read, whatever the number of sockets. */
export class DatagramBatches {
  readonly calls: DatagramCalls
  readonly received: Slots

  constructor(calls: DatagramCalls) {
    this.calls = calls
    this.received = new Slots(calls)
  }

  /** Null: the socket's descriptor is not to be found. The socket must be bound to one address. */
  on(socket: Socket): BatchedSocket | null {
    const fd = descriptorOf(socket.address())
    return fd === null ? null : new BatchedSocket(this, socket, fd)
  }
}

export class BatchedSocket {
  readonly #calls: DatagramCalls
  readonly #received: Slots
  readonly #socket: Socket
  readonly #fd: number
  readonly #replies: Slots
  readonly #copies = new Copies()
  #queued = 0
  #readThisTurn = 0
  #closed = false
  /** By a hash of address and port; another source takes the place. */
  readonly #peers: (KnownPeer | undefined)[] = new Array(PEERS).fill(undefined)

  constructor({ calls, received }: DatagramBatches, socket: Socket, fd: number) {
    this.#calls = calls
    this.#received = received
    this.#socket = socket
    this.#fd = fd
    this.#replies = new Slots(calls)
  }

  /** Reads what is there, up to MAX_A_TURN a turn of the event loop. */
  drain(receive: (datagram: Uint8Array, peer: Peer) => void): void {
    if (this.#readThisTurn === 0) setImmediate(this.#newTurn)
    this.#readThisTurn++
    const { names, octets } = this.#received
    let count = SLOTS
    while (count === SLOTS && this.#readThisTurn < MAX_A_TURN && !this.#closed) {
      count = this.#calls.receive(this.#fd, this.#received.headers, SLOTS)
      for (let slot = 0; slot < count; slot++) this.#received.setNameLength(slot, NAME_WORDS * 4)
      for (let slot = 0; slot < count; slot++) {
        const peer = this.#peerAt(names, slot * NAME_WORDS)
        const at = slot * SLOT_OCTETS
        // From port 0: nobody can be answered there (RFC 768).
        if (peer.port !== 0) receive(this.#copies.of(octets, at, this.#received.lengthOf(slot)), peer)
      }
      this.#readThisTurn += Math.max(count, 0)
    }
  }

  readonly #newTurn = () => {
    this.#readThisTurn = 0
  }

  /** `name`: a struct sockaddr. */
  queue(reply: Uint8Array, { name, address, port }: KnownPeer): void {
    if (this.#closed) return
    if (reply.length > SLOT_OCTETS) {
      this.#socket.send(reply, port, address)
      return
    }
    const slot = this.#queued++
    this.#replies.octets.set(reply, slot * SLOT_OCTETS)
    this.#replies.setLength(slot, reply.length)
    this.#replies.names.set(name, slot * NAME_WORDS)
    this.#replies.setNameLength(slot, isIpv4(name[0]!) ? 16 : 28)
    if (this.#queued === SLOTS) this.flush()
    // When all is answered that was committed together.
    else if (slot === 0) process.nextTick(this.flush)
  }

  readonly flush = () => {
    const count = this.#queued
    this.#queued = 0
    if (count === 0 || this.#closed) return
    let sent = Math.max(0, this.#calls.send(this.#fd, this.#replies.headers, count))
    // Its buffer is full, or one cannot be sent: dgram waits, or tells the error.
    for (; sent < count; sent++) {
      const at = sent * SLOT_OCTETS
      const length = this.#replies.iovecs[sent * IOVEC_WORDS + 2]!
      const { address, port } = this.#peerAt(this.#replies.names, sent * NAME_WORDS)
      this.#socket.send(Buffer.from(this.#replies.octets.subarray(at, at + length)), port, address)
    }
  }

  /** Before the socket is closed: its descriptor may be another's at once. */
  close(): void {
    this.flush()
    this.#closed = true
  }

  #peerAt(names: Uint32Array, at: number): KnownPeer {
    const place = placeOf(names, at)
    let peer = this.#peers[place]
    if (peer === undefined || !isSame(peer.name, names, at)) {
      peer = new KnownPeer(this, names.slice(at, at + NAME_WORDS - 1))
      this.#peers[place] = peer
    }
    return peer
  }
}

/**
 * A request outlives its slot. Small ones share a piece of memory, since each allocation costs as much as reading one; a piece is no
 * larger than a datagram may be, so that what is kept for long, a conversation or a delayed reply, keeps no more with it than it
 * could bring itself. Node's pool would keep 64 KiB that strangers' datagrams have filled.
 */
class Copies {
  #piece = new Uint8Array(SLOT_OCTETS)
  #used = 0

  of(octets: Uint8Array, at: number, length: number): Uint8Array {
    if (length > SMALL_OCTETS) return octets.slice(at, at + length)
    if (this.#used + length > SLOT_OCTETS) {
      this.#piece = new Uint8Array(SLOT_OCTETS)
      this.#used = 0
    }
    const copy = this.#piece.subarray(this.#used, this.#used + length)
    for (let i = 0; i < length; i++) copy[i] = octets[at + i]!
    this.#used += length
    return copy
  }
}

class KnownPeer implements Peer {
  readonly name: Uint32Array
  readonly address: string
  readonly port: number
  readonly #socket: BatchedSocket

  constructor(socket: BatchedSocket, name: Uint32Array) {
    const octets = new Uint8Array(name.buffer, name.byteOffset)
    this.#socket = socket
    this.name = name
    this.port = (octets[2]! << 8) | octets[3]!
    this.address = isIpv4(name[0]!) ? octets.subarray(4, 8).join('.') : ipv6Text(octets, name[6]!)
  }

  readonly send = (reply: Uint8Array) => this.#socket.queue(reply, this)
}

/** `word`: of a struct sockaddr, the family and the port. */
function isIpv4(word: number): boolean {
  return (word & 0xffff) === AF_INET
}

/** As dgram writes it: with the name of the interface for an address that needs it. */
function ipv6Text(name: Uint8Array, scope: number): string {
  const text = ipaddr.fromByteArray([...name.subarray(8, 24)]).toString()
  return scope === 0 ? text : `${text}%${zoneOf(scope)}`
}

/** To ask the system takes 0.1 ms, and sources are forged. */
const zones = new Map<number, string>()

function zoneOf(scope: number): string {
  const known = zones.get(scope)
  if (known !== undefined) return known
  const [zone = String(scope)] =
    Object.entries(networkInterfaces()).find(([, all]) => all!.some(({ scopeid }) => scopeid === scope)) ?? []
  zones.set(scope, zone)
  return zone
}

/** IPv4: family with port, and address. IPv6: also the rest of the address, and the scope; not the flow label. */
function isSame(name: Uint32Array, names: Uint32Array, at: number): boolean {
  if (name[0] !== names[at]) return false
  if (isIpv4(name[0]!)) return name[1] === names[at + 1]
  for (let word = 2; word < NAME_WORDS - 1; word++) if (name[word] !== names[at + word]) return false
  return true
}

function placeOf(names: Uint32Array, at: number): number {
  const last = names[at + (isIpv4(names[at]!) ? 1 : 5)]!
  const mixed = Math.imul(names[at]! ^ Math.imul(last, 0x9e3779b1), 0x85ebca6b)
  return (mixed ^ (mixed >>> 15)) & (PEERS - 1)
}
