import { execFileSync, spawnSync } from 'node:child_process'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { Endpoint } from '../../src/network.ts'
import {
  formatEndpoint,
  type ListenOptions,
  listenUdp,
  type Source,
  type UdpListener,
} from '../../src/server/udp_listener.ts'
import { freeUdpPort } from '../support/free_port.ts'

const addresses = Object.values(networkInterfaces()).flatMap((all = []) => all)
const hasIpv6 = addresses.some(({ address }) => address === '::1')
const onIpv6 = hasIpv6 ? test : test.skip

const opened: { close: () => unknown }[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()))
})

interface Heard {
  readonly text: string
  readonly source: Source
}

async function listen(endpoints: Endpoint[], options: Partial<ListenOptions> = {}) {
  const heard: Heard[] = []
  const warnings: string[] = []
  const listener: UdpListener = await listenUdp({
    endpoints,
    receive: (datagram, source) => {
      heard.push({ text: Buffer.from(datagram).toString(), source })
      source.send(Buffer.from(`re: ${Buffer.from(datagram)}`))
    },
    warn: (message) => warnings.push(message),
    ...options,
  })
  opened.push(listener)
  return { listener, heard, warnings }
}

async function client(type: 'udp4' | 'udp6' = 'udp4'): Promise<Socket> {
  const socket = createSocket(type)
  opened.push({ close: () => new Promise<void>((resolve) => socket.close(() => resolve())) })
  socket.bind(0, type === 'udp4' ? '127.0.0.1' : '::1')
  await once(socket, 'listening')
  return socket
}

async function ask(
  socket: Socket,
  text: string,
  port: number,
  address: string,
): Promise<[string, RemoteInfo]> {
  const answer = once(socket, 'message')
  socket.send(text, port, address)
  const [octets, from] = await answer
  return [String(octets), from]
}

describe('a reply', () => {
  const rows = [
    { name: 'IPv4', host: '127.0.0.1', type: 'udp4', run: test },
    { name: 'IPv6', host: '::1', type: 'udp6', run: onIpv6 },
  ] as const
  for (const { name, host, type, run } of rows) {
    run(`${name}: goes to who asked, from the address and port that were asked`, async () => {
      const { listener, heard } = await listen([{ host, port: 0 }])
      const [bound] = listener.sockets
      const socket = await client(type)
      const [text, from] = await ask(socket, 'hello', bound!.port, host)
      expect(text).toBe('re: hello')
      expect([from.address, from.port]).toEqual([host, bound!.port])
      expect(heard[0]?.source).toMatchObject({ address: host, port: socket.address().port })
    })
  }

  test('of a wildcard: leaves from whichever address was asked', async () => {
    const free = await freeUdpPort('0.0.0.0')
    const { listener } = await listen([{ host: '0.0.0.0', port: free }])
    const ipv4 = addresses.filter(({ family }) => family === 'IPv4').map(({ address }) => address)
    expect(listener.sockets.map(({ address, port }) => [address, port])).toEqual(
      ipv4.map((address) => [address, free]),
    )
    for (const address of ipv4) {
      const socket = createSocket('udp4')
      opened.push(socket)
      const [text, from] = await ask(socket, 'who?', free, address)
      expect([text, from.address]).toEqual(['re: who?', address])
    }
  })

  onIpv6(
    'of the IPv6 wildcard: all IPv6 addresses and no IPv4, so that both can be had on one port',
    async () => {
      const free = await freeUdpPort('0.0.0.0')
      const { listener } = await listen([
        { host: '0.0.0.0', port: free },
        { host: '::', port: free },
      ])
      expect(listener.sockets.length).toBe(addresses.length)
      expect(listener.sockets.some(({ address }) => address === '::1')).toBe(true)
      const [text, from] = await ask(await client('udp6'), 'six', free, '::1')
      expect([text, from.address]).toEqual(['re: six', '::1'])
    },
  )

  test('that cannot be delivered disturbs nobody', async () => {
    const sources: Source[] = []
    const { listener } = await listen([{ host: '127.0.0.1', port: 0 }], {
      receive: (_, source) => sources.push(source),
    })
    const port = portOf(listener)
    const gone = createSocket('udp4')
    gone.send('hello', port, '127.0.0.1')
    while (sources.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await new Promise<void>((resolve) => gone.close(() => resolve()))
    // ICMP says that nobody is there; the socket goes on.
    for (let i = 0; i < 3; i++) sources[0]?.send(Buffer.from('late'))
    const socket = await client()
    socket.send('still there?', port, '127.0.0.1')
    while (sources.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  })
})

// From port 0 nobody can be answered, and Node throws when asked to send there. Needs a raw socket to show.
const RAW = `
import socket, struct, sys
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
if len(sys.argv) > 1:
    raw.sendto(struct.pack('!HHHH', 0, int(sys.argv[1]), 14, 0) + b'forged', ('127.0.0.1', 0))
`
const canForge = spawnSync('python3', ['-c', RAW]).status === 0
;(canForge ? test : test.skip)('a datagram that is forged to come from port 0 is dropped', async () => {
  const { listener, heard } = await listen([{ host: '127.0.0.1', port: 0 }])
  const port = portOf(listener)
  execFileSync('python3', ['-c', RAW, String(port)])
  await ask(await client(), 'real', port, '127.0.0.1')
  expect(heard.map(({ text }) => text)).toEqual(['real'])
})

describe('where many datagrams cannot be taken at once', () => {
  test('dgram serves, when told to', async () => {
    const { listener, warnings } = await listen([{ host: '127.0.0.1', port: 0 }], { batches: false })
    const [text] = await ask(await client(), 'alone', portOf(listener), '127.0.0.1')
    expect([text, warnings]).toEqual(['re: alone', []])
  })

  test('or when the library is missing, and a warning says so', () => {
    const hooks = `import { registerHooks } from 'node:module'
      registerHooks({ resolve(name, context, next) {
        if (name === 'koffi') throw new Error('there is no koffi')
        return next(name, context)
      } })`
    const program = `
      import { createSocket } from 'node:dgram'
      import { listenUdp } from ${JSON.stringify(import.meta.resolve('../../src/server/udp_listener.ts'))}
      const listener = await listenUdp({ endpoints: [{ host: '127.0.0.1', port: 0 }], warn: console.log,
        receive: (datagram, source) => source.send(Buffer.from('re: ' + datagram)) })
      const socket = createSocket('udp4', (answer) => {
        console.log(String(answer))
        socket.close()
        void listener.close()
      })
      socket.send('hello', listener.sockets[0].port, '127.0.0.1')`
    const args = [
      '--import',
      `data:text/javascript,${encodeURIComponent(hooks)}`,
      '--input-type=module',
      '-e',
      program,
    ]
    const printed = execFileSync(process.execPath, args, { encoding: 'utf8' })
    const warning = 'datagrams are taken and sent one by one, which costs a third more: there is no koffi\n'
    expect(printed).toBe(`${process.platform === 'linux' ? warning : ''}re: hello\n`)
  })
})

describe('an address that cannot be had', () => {
  test('a port that is taken: says which, how to find out by whom, and leaves nothing bound', async () => {
    const { listener } = await listen([{ host: '127.0.0.1', port: 0 }])
    const taken = portOf(listener)
    const free = await freeUdpPort('0.0.0.0')
    const endpoints = [free, taken].map((port) => ({ host: '127.0.0.1', port }))
    await expect(listen(endpoints)).rejects.toMatchObject({
      name: 'ListenError',
      message: `127.0.0.1:${taken} is in use by another program`,
      hint: `ss -ulnp 'sport = :${taken}' shows which; stop it, or change radius.listen`,
    })
    await listen([{ host: '127.0.0.1', port: free }])
  })

  test('one that this machine does not have', async () => {
    await expect(listen([{ host: '192.0.2.77', port: 1812 }])).rejects.toMatchObject({
      name: 'ListenError',
      message: 'this system has no address 192.0.2.77',
    })
  })

  test('none at all', async () => {
    await expect(listen([])).rejects.toMatchObject({
      name: 'ListenError',
      message: 'there is no address to listen on',
    })
  })
})

describe('status', () => {
  test('names each socket, its buffer of 4 MiB or what the system allows, and the drops of the kernel', async () => {
    const { listener } = await listen([
      { host: '127.0.0.1', port: 0 },
      ...(hasIpv6 ? [{ host: '::1', port: 0 }] : []),
    ])
    const status = listener.status()
    expect(status.map(({ address }) => address)).toEqual(
      listener.sockets.map(({ address, port }) => formatEndpoint(address, port)),
    )
    for (const { receiveBuffer, kernelDrops } of status) {
      expect(receiveBuffer).toBeGreaterThan(100_000)
      expect(kernelDrops).toBe(existsSync('/proc/self/net/udp') ? 0 : null)
    }
  })

  const onLinux = existsSync('/proc/self/net/udp') ? test : test.skip
  onLinux('counts what the kernel dropped while nobody read', async () => {
    const { listener, heard } = await listen([{ host: '127.0.0.1', port: 0 }], { receive: () => {} })
    const port = portOf(listener)
    // From a process of its own, while this one reads nothing.
    const flood = `
      const socket = require('node:dgram').createSocket('udp4')
      const datagram = Buffer.alloc(60000)
      let left = 600
      const send = () => left-- > 0 ? socket.send(datagram, ${port}, '127.0.0.1', send) : socket.close()
      send()`
    execFileSync(process.execPath, ['-e', flood])
    expect(listener.status()[0]?.kernelDrops).toBeGreaterThan(0)
    expect(heard).toEqual([])
  })
})

function portOf({ sockets }: UdpListener): number {
  return sockets[0]?.port as number
}
