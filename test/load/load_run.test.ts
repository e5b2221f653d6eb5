import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from '@jest/globals'
import { staticCredentials } from '../../src/load/credentials.ts'
import type { Load, LoadResult } from '../../src/load/load.ts'
import { runLoad } from '../../src/load/load_run.ts'
import { readAccessRequest } from '../../src/radius/access.ts'
import { admit } from '../../src/radius/admission.ts'
import { Code } from '../../src/radius/attributes.ts'
import { encodeResponse, type Packet, parsePacket } from '../../src/radius/packet.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'

const secret = new SharedSecret('bench-secret-of-22-chars')
const RULE = { requireMessageAuthenticator: true, latched: false, limitProxyState: true }

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A server that answers as `answer` says, null for not at all. */
async function serverOf(answer: (request: Packet) => Buffer | null, delayMs = 0) {
  const socket = createSocket('udp4')
  socket.on('message', (datagram, { port, address }) => {
    const reply = answer(parsePacket(datagram))
    if (reply === null) return
    if (delayMs === 0) socket.send(reply, port, address)
    else setTimeout(() => socket.send(reply, port, address), delayMs)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  closers.push(() => socket.close())
  return { host: '127.0.0.1', port: socket.address().port }
}

const accept = (request: Packet) => encodeResponse(request, Code.AccessAccept, [], secret)

const LOAD: Omit<Load, 'server'> = {
  secret,
  credentials: staticCredentials([{ user: 'alice', password: 'a password of more than sixteen octets' }]),
  order: 'sequential',
  pace: { kind: 'outstanding', requests: 8 },
  warmUpMs: 50,
  measureMs: 300,
  timeoutMs: 200,
  retries: 0,
}

function outcomes({ counts }: LoadResult) {
  return Object.fromEntries(Object.entries(counts).filter(([name, count]) => count > 0 && name !== 'sent'))
}

describe('a load run', () => {
  test('sends requests that our own server admits and reads', async () => {
    const seen = new Set<string>()
    const server = await serverOf((request) => {
      const admission = admit(request, secret, RULE)
      const access = readAccessRequest(request, secret, { messageAuthenticatorVerified: true })
      seen.add(JSON.stringify([admission.kind, access]))
      return accept(request)
    })
    // The machine may be busy with other tests; nothing here is about time.
    const result = await runLoad({ ...LOAD, server, timeoutMs: 5000 })
    expect([...seen].map((text) => JSON.parse(text))).toEqual([
      [
        'go-on',
        {
          kind: 'login',
          userName: 'alice',
          credential: { kind: 'plain', password: 'a password of more than sixteen octets' },
        },
      ],
    ])
    expect(outcomes(result)).toEqual({ accepts: result.counts.sent })
    expect(result.answered).toBeGreaterThan(0)
    expect(result.seconds).toBeCloseTo(0.3, 1)
  })

  test.each([{ kind: 'outstanding', requests: 8 } as const, { kind: 'rate', perSecond: 1000 } as const])(
    'ends after so many logins, each answered, $kind',
    async (pace) => {
      const times = { warmUpMs: 0, measureMs: 60_000, timeoutMs: 5000 }
      const result = await runLoad({ ...LOAD, ...times, server: await serverOf(accept, 5), pace, logins: 50 })
      expect(outcomes(result)).toEqual({ accepts: 50 })
      expect(result.answered).toBe(50)
      expect(result.seconds).toBeLessThan(30)
    },
  )

  test('so many logins of which some are lost are measured up to the last answer', async () => {
    let asked = 0
    const server = await serverOf((request) => (++asked % 10 === 0 ? null : accept(request)), 5)
    const times = { warmUpMs: 0, measureMs: 60_000, timeoutMs: 2000 }
    const result = await runLoad({ ...LOAD, ...times, server, logins: 20 })
    expect(outcomes(result)).toEqual({ accepts: 18, timeouts: 2 })
    expect(result.answered).toBe(18)
    expect(result.seconds).toBeLessThan(1.9)
  })

  test('in an open loop, no more are missed than so many logins', async () => {
    const pace = { kind: 'rate', perSecond: 100_000 } as const
    const result = await runLoad({
      ...LOAD,
      server: await serverOf(() => null),
      pace,
      logins: 1,
      measureMs: 50,
    })
    expect(outcomes(result)).toEqual({ timeouts: 1 })
  })

  test('loses nothing of so many logins that nobody answers', async () => {
    const result = await runLoad({
      ...LOAD,
      server: await serverOf(() => null),
      logins: 5,
      measureMs: 60_000,
    })
    expect(outcomes(result)).toEqual({ timeouts: 5 })
  })

  test('keeps so many outstanding, and no more', async () => {
    let [under, most] = [0, 0]
    const server = await serverOf((request) => {
      most = Math.max(most, ++under)
      setTimeout(() => under--, 15)
      return accept(request)
    }, 20)
    const { counts, seconds } = await runLoad({ ...LOAD, server })
    expect(most).toBeLessThanOrEqual(8)
    expect(most).toBeGreaterThan(4)
    // 8 every 20 ms or a little more.
    expect(counts.sent).toBeLessThanOrEqual((8 * (seconds + 0.1)) / 0.02)
  })

  test('counts each outcome as what it is', async () => {
    let turn = 0
    const server = await serverOf((request) => {
      const code = [Code.AccessAccept, Code.AccessReject, Code.AccessChallenge][turn++ % 3]!
      return encodeResponse(request, code, [], secret)
    })
    const { counts } = await runLoad({ ...LOAD, server })
    expect(counts.accepts + counts.rejects + counts.challenges).toBe(counts.sent)
    expect(Math.max(counts.accepts, counts.rejects) - counts.challenges).toBeLessThanOrEqual(1)
  })

  test('believes no reply under another secret: invalid, and lost at last', async () => {
    const forged = new SharedSecret('another-secret-of-22-chars')
    const server = await serverOf((request) => encodeResponse(request, Code.AccessAccept, [], forged))
    const result = await runLoad({ ...LOAD, server })
    const { sent } = result.counts
    expect(outcomes(result)).toEqual({ invalid: sent, timeouts: sent })
    expect([result.answered, result.latency.count]).toEqual([0, 0])
  })

  test('RFC 5080 §2.2.1: sends the same octets again when nothing comes', async () => {
    const copies = new Map<string, number>()
    const server = await serverOf((request) => {
      const text = request.octets.toString()
      copies.set(text, (copies.get(text) ?? 0) + 1)
      return copies.get(text) === 1 ? null : accept(request)
    })
    const { counts } = await runLoad({ ...LOAD, server, timeoutMs: 100, retries: 1 })
    expect(counts).toMatchObject({ accepts: counts.sent, timeouts: 0, retransmissions: counts.sent })
    expect(new Set(copies.values())).toEqual(new Set([2]))
  })

  test('ends within its times, whatever the server does', async () => {
    const server = await serverOf(() => null)
    const startedAt = performance.now()
    const { counts } = await runLoad({ ...LOAD, server, retries: 1 })
    expect(performance.now() - startedAt).toBeLessThan(50 + 300 + 2 * 200 + 500)
    expect(counts.timeouts).toBe(counts.sent)
  })

  test('ends at once when nothing listens, and when it is stopped', async () => {
    const gone = await serverOf(() => null)
    for (const close of closers.splice(0)) close()
    const startedAt = performance.now()
    const { counts } = await runLoad({ ...LOAD, server: gone, measureMs: 5000, timeoutMs: 5000 })
    expect(counts.refused).toBeGreaterThan(0)
    const stop = AbortSignal.timeout(300)
    const stopped = await runLoad({ ...LOAD, server: await serverOf(accept), measureMs: 5000 }, stop)
    expect(performance.now() - startedAt).toBeLessThan(2000)
    expect(stopped.seconds).toBeLessThan(1)
  })
})

describe('an open loop', () => {
  const pace = { kind: 'rate', perSecond: 1000 } as const

  test('begins so many a second', async () => {
    const { counts } = await runLoad({ ...LOAD, server: await serverOf(accept), pace })
    expect(Math.abs(counts.sent - 350)).toBeLessThanOrEqual(2)
    expect(counts.unsent).toBe(0)
  })

  test('counts latency from when a request was due: a server that stalls cannot hide its queue', async () => {
    // Silent for 150 ms in the middle of 300, then all answers at once: half of the requests waited, 75 ms on average.
    let startedAt: number | null = null
    const held: (() => void)[] = []
    const socket = createSocket('udp4').on('message', (datagram, { port, address }) => {
      const answer = () => socket.send(accept(parsePacket(datagram)), port, address)
      if (startedAt === null) setTimeout(() => held.forEach((answer) => void answer()), 280)
      startedAt ??= performance.now()
      const elapsed = performance.now() - startedAt
      if (elapsed < 130 || elapsed > 280) answer()
      else held.push(answer)
    })
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    closers.push(() => socket.close())
    const server = { host: '127.0.0.1', port: socket.address().port }
    const { latency, counts } = await runLoad({ ...LOAD, server, pace, timeoutMs: 1000 })
    expect(counts.accepts).toBe(counts.sent)
    expect(latency.quantileUs(0.99)).toBeGreaterThan(100_000)
    expect(latency.quantileUs(0.75)).toBeGreaterThan(30_000)
    expect(latency.quantileUs(0.2)).toBeLessThan(30_000)
  })

  test('says how many were due and found no identifier free', async () => {
    // 256 sockets have 65,536 identifiers; of 90,000 requests that are never answered, the rest cannot be sent.
    const server = await serverOf(() => null)
    const fast = { kind: 'rate', perSecond: 100_000 } as const
    const { counts, sockets } = await runLoad({
      ...LOAD,
      server,
      pace: fast,
      warmUpMs: 0,
      measureMs: 900,
      timeoutMs: 2000,
    })
    expect(sockets).toBe(256)
    expect(counts.sent + counts.unsent).toBeGreaterThan(89_000)
    expect(counts.sent).toBeLessThanOrEqual(65_536)
    expect(counts.unsent).toBeGreaterThan(20_000)
  })
})
