import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import {
  type BatchedSocket,
  DatagramBatches,
  type DatagramCalls,
  loadDatagramCalls,
  type Peer,
} from '../../src/server/datagram_batches.ts'
import { until } from '../support/until.ts'

const calls = await loadDatagramCalls()
const onLinux = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)
const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all!.some(({ address }) => address === '::1'),
)

const opened: { close: () => unknown }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

test('Linux has the calls', () => {
  expect(calls !== null).toBe(onLinux)
})

const families = [
  { name: 'IPv4', type: 'udp4', host: '127.0.0.1', run: onLinux ? describe : describe.skip },
  { name: 'IPv6', type: 'udp6', host: '::1', run: onLinux && hasIpv6 ? describe : describe.skip },
] as const

for (const { name, type, host, run } of families) {
  run(name, () => {
    test('a burst of many sources: all is read in one go, and each answer goes to who asked', async () => {
      const { port, heard } = await serve(type, host)
      const clients = await Promise.all([1, 2, 3, 4, 5].map(() => client(type, host)))
      const sent = clients.flatMap((own) =>
        Array.from({ length: 40 }, (_, i) => [own, `${own.port}:${i}`] as const),
      )
      for (const [own, text] of sent) own.socket.send(text, port, host)
      await until('all answers', () => clients.every(({ answers }) => answers.length === 40))
      for (const own of clients) {
        // What dgram read, it answers at its own time.
        expect(new Set(own.answers)).toEqual(
          new Set(Array.from({ length: 40 }, (_, i) => `re: ${own.port}:${i}`)),
        )
        expect(own.from).toEqual(new Set([`${host} ${port}`]))
      }
      // dgram read the first ones of each turn; the rest came in batches.
      const batched = heard.filter(({ batched }) => batched)
      expect(batched.length).toBeGreaterThan(100)
      expect(new Set(batched.map(({ peer }) => peer.address))).toEqual(new Set([host]))
      expect(batched.every(({ text, peer }) => text.startsWith(`${peer.port}:`))).toBe(true)
      // No object for each of them.
      expect(new Set(batched.map(({ peer }) => peer)).size).toBeLessThanOrEqual(clients.length)
    })

    test('lengths from nothing to a packet as long as RADIUS has, and what is longer is cut there', async () => {
      const { port, heard } = await serve(type, host)
      const own = await client(type, host)
      const lengths = [1000, 0, 1, 20, 4095, 4096, 4097, 60_000, 38]
      // The first is dgram's.
      for (const length of lengths) own.socket.send(Buffer.alloc(length, `${length}.`), port, host)
      await until('all datagrams', () => heard.length === lengths.length)
      for (const [i, { text, batched }] of heard.entries()) {
        const length = lengths[i]!
        expect(text).toBe(Buffer.alloc(batched ? Math.min(length, 4096) : length, `${length}.`).toString())
      }
      expect(heard.filter(({ batched }) => batched).length).toBeGreaterThanOrEqual(lengths.length - 2)
    })

    // A full send buffer takes some and not others; an error takes none.
    for (const taken of [0, 3, -1]) {
      test(`of 40 replies sendmmsg takes ${taken}: dgram sends the others`, async () => {
        const { port } = await serve(type, host, {
          ...calls!,
          send: (fd, headers, count) =>
            taken <= 0 ? taken : calls!.send(fd, headers, Math.min(taken, count)),
        })
        const own = await client(type, host)
        for (let i = 0; i < 40; i++) own.socket.send(String(i), port, host)
        await until('40 answers', () => own.answers.length === 40)
        expect(new Set(own.answers).size).toBe(40)
      })
    }

    test('replies later than the request, more than one call has room for, in their order', async () => {
      const { port, heard, peers } = await serve(type, host)
      const own = await client(type, host)
      for (let i = 0; i < 3; i++) own.socket.send('hello', port, host)
      await until('three answers and a peer', () => peers.length > 0 && own.answers.length === 3)
      heard.length = 0
      for (let i = 0; i < 200; i++) peers[0]!.send(Buffer.from(`late ${i}`))
      await until('203 answers', () => own.answers.length === 203)
      expect(own.answers.slice(3)).toEqual(Array.from({ length: 200 }, (_, i) => `late ${i}`))
    })

    test('one that cannot be handled harms neither those of the next batch nor where they came from', async () => {
      const socket = createSocket({ type, recvBufferSize: 1 << 20 })
      opened.push({ close: () => socket.close() })
      socket.bind(0, host)
      await once(socket, 'listening')
      const batched = new DatagramBatches(calls!).on(socket)!
      const heard: string[] = []
      let failures = 0
      socket.on('message', () => {
        try {
          batched.drain((datagram, { address, port }) => {
            const text = Buffer.from(datagram).toString()
            heard.push(`${text} of ${address} ${port}`)
            if (text === 'bad') throw new Error('bad')
          })
        } catch {
          failures++
        }
      })
      const own = await client(type, host)
      for (const text of ['first', 'bad', 'a', 'b']) own.socket.send(text, socket.address().port, host)
      await until('the failure', () => failures === 1)
      for (const text of ['first', 'c', 'd', 'e']) own.socket.send(text, socket.address().port, host)
      await until('the last datagram', () => heard.some((text) => text.startsWith('e ')))
      expect(heard.every((text) => text.endsWith(` of ${host} ${own.port}`))).toBe(true)
    })

    test('closed by what it receives: nothing more is read', async () => {
      const { port, heard, close, peers } = await serve(type, host, calls!, () => {
        if (peers.length === 1) close()
      })
      const own = await client(type, host)
      for (let i = 0; i < 200; i++) own.socket.send(String(i), port, host)
      await until('a peer', () => peers.length > 0)
      await sleep(50)
      expect(heard.length).toBeLessThanOrEqual(65)
    })

    test('what is kept of a datagram keeps no more memory than a datagram may have, and its octets stay', async () => {
      const kept: Uint8Array[] = []
      const { port } = await serve(type, host, calls!, (datagram) => kept.push(datagram))
      const own = await client(type, host)
      const sizes = [0, 1, 100, 255, 256, 257, 1000, 4096]
      const sent = Array.from({ length: 120 }, (_, i) => Buffer.alloc(sizes[i % sizes.length]!, i + 1))
      for (const one of sent) own.socket.send(one, port, host)
      await until('all answers', () => own.answers.length === sent.length)
      expect(kept.length).toBeGreaterThan(60)
      const wanted = new Set(sent.map((one) => one.toString('latin1')))
      for (const one of kept) {
        expect(wanted.has(Buffer.from(one).toString('latin1'))).toBe(true)
        expect(one.buffer.byteLength).toBeLessThanOrEqual(4096)
      }
    })

    test('after close nothing is sent, whoever has the descriptor then', async () => {
      const { port, peers, close } = await serve(type, host)
      const own = await client(type, host)
      for (let i = 0; i < 3; i++) own.socket.send('hello', port, host)
      await until('three answers and a peer', () => peers.length > 0 && own.answers.length === 3)
      peers[0]!.send(Buffer.from('the last'))
      close()
      await until('the fourth answer', () => own.answers.length === 4)
      const other = createSocket(type)
      opened.push({ close: () => other.close() })
      other.bind(0, host)
      await once(other, 'listening')
      peers[0]!.send(Buffer.from('too late'))
      await sleep(50)
      expect(own.answers.at(-1)).toBe('the last')
    })
  })
}

const linux = onLinux ? test : test.skip
linux('two sockets of one process on one address: the second is left to dgram', async () => {
  const batches = new DatagramBatches(calls!)
  const [first, second] = [0, 1].map(() => createSocket({ type: 'udp4', reusePort: true })) as [
    Socket,
    Socket,
  ]
  opened.push({ close: () => first.close() }, { close: () => second.close() })
  first.bind(0, '127.0.0.1')
  await once(first, 'listening')
  expect(batches.on(first)).not.toBeNull()
  second.bind(first.address().port, '127.0.0.1')
  await once(second, 'listening')
  expect(batches.on(second)).toBeNull()
})

interface Heard {
  readonly text: string
  readonly peer: Peer
  readonly batched: boolean
}

/** Answers each with "re: " before it; by batches what dgram has not read. */
async function serve(
  type: 'udp4' | 'udp6',
  host: string,
  own: DatagramCalls = calls!,
  seen: (datagram: Uint8Array) => void = () => {},
) {
  const socket = createSocket({ type, recvBufferSize: 1 << 20 })
  socket.bind(0, host)
  await once(socket, 'listening')
  const batched: BatchedSocket = new DatagramBatches(own).on(socket)!
  const heard: Heard[] = []
  const peers: Peer[] = []
  socket.on('message', (datagram, { address, port }) => {
    const peer = { address, port, send: (reply: Uint8Array) => socket.send(reply, port, address) }
    answer(datagram, peer, false)
    batched.drain((more, from) => {
      peers.push(from)
      answer(more, from, true)
      seen(more)
    })
  })
  function answer(datagram: Uint8Array, peer: Peer, batched: boolean) {
    const text = Buffer.from(datagram).toString()
    heard.push({ text, peer, batched })
    peer.send(Buffer.from(`re: ${text}`.slice(0, 200)))
  }
  let open = true
  const close = () => {
    if (open) {
      batched.close()
      socket.close()
    }
    open = false
  }
  opened.push({ close })
  return { port: socket.address().port, heard, peers, close }
}

async function client(type: 'udp4' | 'udp6', host: string) {
  const socket = createSocket({ type, recvBufferSize: 1 << 20 })
  opened.push({ close: () => socket.close() })
  socket.bind(0, host)
  await once(socket, 'listening')
  const answers: string[] = []
  const from = new Set<string>()
  socket.on('message', (datagram, { address, port }) => {
    answers.push(datagram.toString())
    from.add(`${address} ${port}`)
  })
  return { socket, port: socket.address().port, answers, from }
}
