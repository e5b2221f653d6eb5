import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { buildClientTable } from '../../src/server/clients.ts'
import { type Store, StoreUnavailable } from '../../src/storage/store.ts'
import { makeToken, NOW, otpAt } from '../auth/make_token.ts'
import { inserts, loadOne, put } from '../storage/stored.ts'
import { SQLITE, type TestDatabase } from '../support/databases.ts'
import { until } from '../support/until.ts'
import { type HeldStore, hold } from './gated_store.ts'
import {
  AUTO,
  accessRequest,
  authenticator,
  codeOf,
  configured,
  LENIENT,
  Nas,
  STRICT,
  type StartOptions,
  startServer,
  statusServer,
  type TestServer,
  UNKNOWN,
  unsigned,
} from './nas.ts'

const ACCEPT = 2
const REJECT = 3
const TOKEN = makeToken({ serial: 'A', pin: '1234' })
const passwordAt = (counter: number) => `1234${otpAt(TOKEN, counter)}`

let database: TestDatabase
let store: Store
let server: TestServer
const clients: Nas[] = []

beforeEach(async () => {
  database = await SQLITE.create()
  store = await database.open()
  await put(store, inserts(TOKEN))
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await server.stop()
  await database.drop()
})

async function start(options: StartOptions = {}): Promise<Nas> {
  server = await startServer(store, options)
  return await open()
}

async function open(address = STRICT): Promise<Nas> {
  const nas = await Nas.open(server, address)
  clients.push(nas)
  return nas
}

const audited = async () =>
  (await store.listAudit({ limit: 1000, cursor: null })).rows.map(({ reason }) => reason).toReversed()

describe('RFC 5080 §2.2.2, duplicates', () => {
  test('a copy of a request under decision is dropped: one decision, one reply', async () => {
    const gated = hold(store, 'commit')
    const nas = await start({ behindCommitter: gated })
    const request = accessRequest({ password: passwordAt(0) })
    nas.send(request)
    await gated.reached(1)
    for (let i = 0; i < 3; i++) nas.send(request)
    await nas.fence()
    expect(nas.replies).toEqual([])
    gated.release()
    expect(codeOf(await nas.reply(), request)).toBe(ACCEPT)
    await nas.fence()
    expect([nas.replies.length, await audited(), server.radius.counts.duplicates]).toEqual([
      1,
      ['otp-accepted'],
      3,
    ])
  })

  const answered = [
    { name: 'accepted', password: passwordAt(0), code: ACCEPT, reason: 'otp-accepted' },
    { name: 'rejected', password: '9999000000', code: REJECT, reason: 'wrong-pin' },
  ]
  test.each(answered)(
    'a copy of an answered one ($name) gets the same octets, and nothing counts again',
    async (row) => {
      const nas = await start()
      const request = accessRequest({ password: row.password })
      const first = await nas.ask(request)
      const before = await loadOne(store, 'user:alice')
      server.now += 29_999
      for (let i = 0; i < 3; i++) expect(await nas.ask(request)).toEqual(first)
      expect(codeOf(first, request)).toBe(row.code)
      expect(await loadOne(store, 'user:alice')).toEqual(before)
      expect(await audited()).toEqual([row.reason])
    },
  )

  test('after the window it is decided anew: the OTP was used', async () => {
    const nas = await start()
    const request = accessRequest({ password: passwordAt(0) })
    await nas.ask(request)
    server.now += 30_000
    expect(codeOf(await nas.ask(request), request)).toBe(REJECT)
    expect(await audited()).toEqual(['otp-accepted', 'otp-already-used'])
  })

  test.each([
    ['forward', 600_000],
    ['back', -600_000],
  ])(
    'a wall clock that is set %s makes no answered request a new one, nor the window longer',
    async (_, jumpMs) => {
      const nas = await start()
      const request = accessRequest({ password: passwordAt(0) })
      const first = await nas.ask(request)
      server.clockErrorMs = jumpMs
      expect(await nas.ask(request)).toEqual(first)
      server.now += 30_000
      expect(codeOf(await nas.ask(request), request)).toBe(REJECT)
      expect(await audited()).toEqual(['otp-accepted', 'otp-already-used'])
    },
  )

  test('the window is that of the configuration, also after a reload', async () => {
    const nas = await start({ settings: { duplicateWindowMs: 5000 } })
    const request = accessRequest({ password: passwordAt(0) })
    const first = await nas.ask(request)
    server.now += 4999
    expect(await nas.ask(request)).toEqual(first)
    server.radius.settings = { ...server.radius.settings, duplicateWindowMs: 1000 }
    expect(codeOf(await nas.ask(request), request)).toBe(REJECT)
  })

  test('another port, Identifier or Authenticator is another request', async () => {
    const nas = await start()
    const other = await open()
    const ra = authenticator()
    const asked = [
      [nas, accessRequest({ password: passwordAt(0), id: 1, authenticator: ra })],
      [other, accessRequest({ password: passwordAt(1), id: 1, authenticator: ra })],
      [nas, accessRequest({ password: passwordAt(2), id: 2, authenticator: ra })],
      [nas, accessRequest({ password: passwordAt(3), id: 1 })],
    ] as const
    for (const [from, request] of asked) expect(codeOf(await from.ask(request), request)).toBe(ACCEPT)
    expect(server.radius.counts).toMatchObject({ accepted: 4, duplicates: 0 })
  })

  test('a new Authenticator while the old is undecided: both are decided, only the new one is answered', async () => {
    const gated = hold(store, 'commit')
    const nas = await start({ behindCommitter: gated })
    const old = accessRequest({ password: passwordAt(0) })
    const young = accessRequest({ password: passwordAt(1) })
    nas.send(old)
    await gated.reached(1)
    nas.send(young)
    await nas.fence()
    gated.release()
    expect(codeOf(await nas.reply(), young)).toBe(ACCEPT)
    await nas.fence()
    expect([nas.replies.length, await audited()]).toEqual([1, ['otp-accepted', 'otp-accepted']])
    expect(await nas.ask(young)).toEqual(nas.replies[0])
  })

  describe('a packet whose Message-Authenticator is wrong never reaches the cache', () => {
    const forge = (request: Buffer) => {
      const forged = Buffer.from(request)
      forged[37] = (forged[37] as number) ^ 1
      return forged
    }

    test('before the true one: that is decided', async () => {
      const nas = await start()
      const request = accessRequest({ password: passwordAt(0) })
      nas.send(forge(request))
      expect(codeOf(await nas.ask(request), request)).toBe(ACCEPT)
      expect(server.radius.counts.duplicates).toBe(0)
      expect(server.radius.drops.counts.get('wrong-message-authenticator')).toBe(1)
    })

    test('after the answer: it does not get it', async () => {
      const nas = await start()
      const request = accessRequest({ password: passwordAt(0) })
      await nas.ask(request)
      nas.send(forge(request))
      await nas.fence()
      expect(nas.replies.length).toBe(1)
    })

    test('with another Authenticator: it does not take the place of a request under decision', async () => {
      const gated = hold(store, 'commit')
      const nas = await start({ behindCommitter: gated })
      const request = accessRequest({ password: passwordAt(0) })
      nas.send(request)
      await gated.reached(1)
      nas.send(forge(accessRequest({ password: 'x' })))
      await nas.fence()
      gated.release()
      expect(codeOf(await nas.reply(), request)).toBe(ACCEPT)
    })
  })

  test('under a flood of requests logins go on', async () => {
    const nas = await start()
    const flood = Array.from({ length: 256 }, (_, id) => accessRequest({ user: ' ', id }))
    let answered = 0
    for (let port = 1; port <= 40; port++) {
      for (const request of flood) {
        server.radius.receive(request, { address: STRICT, port, send: () => answered++ })
      }
    }
    const request = accessRequest({ password: passwordAt(0) })
    expect(codeOf(await nas.ask(request), request)).toBe(ACCEPT)
    expect(answered).toBe(40 * 256)
  })
})

describe('reject', () => {
  const WRONG = { password: '9999000000' }

  const jitters = [
    { random: 0, least: 150, most: 150 },
    { random: 0.5, least: 157, most: 158 },
    { random: 0.999999, least: 164, most: 166 },
  ]
  test.each(jitters)(
    'is delayed by reject_delay and up to a tenth more (random = $random)',
    async ({ random, least, most }) => {
      const nas = await start({ settings: { rejectDelayMs: 150 } })
      server.random = random
      const request = accessRequest(WRONG)
      const started = performance.now()
      expect(codeOf(await nas.ask(request), request)).toBe(REJECT)
      const elapsed = performance.now() - started
      // A timer counts whole milliseconds; above, there must be room for a busy machine.
      expect(elapsed).toBeGreaterThanOrEqual(least - 1.5)
      expect(elapsed).toBeLessThan(most + 1000)
    },
  )

  test('delays the reply, never the commit; and neither an accept nor others', async () => {
    const nas = await start({ settings: { rejectDelayMs: 60_000 } })
    nas.send(accessRequest({ ...WRONG, id: 1 }))
    const accepted = accessRequest({ password: passwordAt(0), id: 2 })
    expect(codeOf(await nas.ask(accepted), accepted)).toBe(ACCEPT)
    expect(await audited()).toEqual(['wrong-pin', 'otp-accepted'])
    expect(nas.replies.length).toBe(1)
  })

  test('a duplicate during the delay gets none of its own, and does not shorten it', async () => {
    const nas = await start({ settings: { rejectDelayMs: 200 } })
    const request = accessRequest(WRONG)
    const started = performance.now()
    nas.send(request)
    for (let i = 0; i < 3; i++) {
      nas.send(request)
      await nas.fence()
    }
    expect(nas.replies).toEqual([])
    const reply = await nas.reply()
    expect(performance.now() - started).toBeGreaterThan(198)
    await nas.fence()
    expect(nas.replies.length).toBe(1)
    expect(await nas.ask(request)).toEqual(reply)
    expect(await audited()).toEqual(['wrong-pin'])
  })

  test('a new Authenticator during the delay: only the new one is answered', async () => {
    const nas = await start({ settings: { rejectDelayMs: 100 } })
    nas.send(accessRequest(WRONG))
    const young = accessRequest({ password: passwordAt(0) })
    expect(codeOf(await nas.ask(young), young)).toBe(ACCEPT)
    await new Promise((resolve) => setTimeout(resolve, 150))
    await nas.fence()
    expect(nas.replies.length).toBe(1)
  })

  test('0 means at once', async () => {
    const nas = await start({ settings: { rejectDelayMs: 0 } })
    const request = accessRequest(WRONG)
    expect(codeOf(await nas.ask(request), request)).toBe(REJECT)
  })

  test('looks the same for every reason', async () => {
    await put(
      store,
      inserts(
        makeToken({ serial: 'L', user: 'locked', failCount: 10 }),
        makeToken({ serial: 'D', user: 'disabled', active: false }),
        makeToken({ serial: 'E', user: 'expired', validUntil: 1 }),
      ),
    )
    const nas = await start()
    const requests = [
      accessRequest({ user: 'nobody', password: '123456' }),
      accessRequest({ password: '9999000000' }),
      accessRequest({ password: '1234000000' }),
      accessRequest({ user: 'locked', password: '000000' }),
      accessRequest({ user: 'disabled', password: '000000' }),
      accessRequest({ user: 'expired', password: '000000' }),
      accessRequest({ user: ' ', password: '000000' }),
      accessRequest({ password: passwordAt(0), attributes: [{ type: 24, value: Buffer.from('made up') }] }),
    ]
    for (const request of requests) {
      const reply = await nas.ask(request)
      // Code, Identifier, Length, then nothing but the Message-Authenticator.
      expect([codeOf(reply, request), reply.length, reply[20]]).toEqual([REJECT, 38, 80])
    }
    expect(server.radius.counts.rejected).toBe(requests.length)
  })
})

describe('what is no login is rejected, and moves no counter', () => {
  const rows = [
    {
      name: 'a State that we never gave',
      given: { password: passwordAt(0), attributes: [{ type: 24, value: Buffer.from('x') }] },
      reason: 'unknown-state',
    },
    {
      name: 'an empty State',
      given: { password: passwordAt(0), attributes: [{ type: 24, value: Buffer.alloc(0) }] },
      reason: 'unknown-state',
    },
    { name: 'a blank User-Name', given: { user: ' \t', password: passwordAt(0) }, reason: 'blank-user-name' },
    {
      name: 'two User-Names',
      given: { password: passwordAt(0), attributes: [{ type: 1, value: Buffer.from('bob') }] },
      reason: 'two-user-names',
    },
    {
      name: 'two credentials',
      given: { password: passwordAt(0), attributes: [{ type: 3, value: Buffer.alloc(17) }] },
      reason: 'two-credentials',
    },
  ]
  test.each(rows)('$name', async ({ given, reason }) => {
    const nas = await start()
    const request = accessRequest(given)
    expect(codeOf(await nas.ask(request), request)).toBe(REJECT)
    expect(await loadOne(store, 'user:alice')).toMatchObject({ version: 1, failCount: 0, attemptCount: 0 })
    expect(await audited()).toEqual([])
    expect((await server.logLines()).at(-1)).toContain(
      `login rejected reason=${reason} client=strict source=127.0.0.1`,
    )
  })
})

test('logins of one user past all that a device makes: 2,000 are refused, then a thousand a second, the rest gets no answer', async () => {
  const account = { burst: 1, perSecond: 0.001 }
  const nas = await start({ settings: { limits: { account, source: null } } })
  const flood = async (count: number) => {
    nas.replies.length = 0
    for (let i = 0; i < count; i++) {
      nas.send(accessRequest({}))
      if (i % 200 === 199) await nas.fence()
    }
    await nas.fence()
    return nas.replies.length
  }
  const decided = accessRequest({})
  await nas.ask(decided)
  expect(await flood(2500)).toBe(2000)
  server.now += 100
  expect(await flood(500)).toBe(100)
  expect(server.radius.counts.limitedLogins).toBe(3000)
  // What got no answer is not taken for a copy under decision.
  const request = accessRequest({})
  nas.send(request)
  await nas.fence()
  server.now += 10
  expect(codeOf(await nas.ask(request), request)).toBe(REJECT)
})

describe('RFC 5997, Status-Server', () => {
  test('is answered by Access-Accept, is no login, and no duplicate', async () => {
    const nas = await start()
    const request = statusServer()
    const replies = [await nas.ask(request), await nas.ask(request)]
    expect(replies.map((reply) => codeOf(reply, request))).toEqual([ACCEPT, ACCEPT])
    expect(server.radius.counts).toEqual({
      accepted: 0,
      rejected: 0,
      challenged: 0,
      limitedLogins: 0,
      eapMessages: 0,
      duplicates: 0,
      statusRequests: 2,
    })
    expect(await audited()).toEqual([])
  })

  test.each([STRICT, LENIENT])('needs its Message-Authenticator from every client (%s)', async (address) => {
    await start()
    const nas = await open(address)
    nas.send(unsigned(statusServer()))
    await nas.fence()
    expect(nas.replies).toEqual([])
    expect(server.radius.drops.counts.get('no-message-authenticator')).toBe(1)
  })

  test('is silent while the database does not answer, and says why once', async () => {
    const nas = await start()
    await database.close(store)
    for (let i = 0; i < 3; i++) nas.send(statusServer())
    await until(
      'the drop to be counted',
      () => server.radius.drops.counts.get('status-without-database') === 3,
    )
    expect(nas.replies).toEqual([])
    const errors = (await server.logLines()).filter((line) => line.includes(' error '))
    expect(errors.length).toBe(1)
    store = await database.open()
  })
})

describe('a hostile User-Name is one escaped line of the log', () => {
  const names = [
    { name: 'line breaks', given: 'a\nb\r\nc\u2028d\u2029e\u0085f' },
    { name: 'ANSI sequences', given: '\x1b[2J\x1b[31malice\x1b]0;x\x07' },
    { name: 'NUL and other controls', given: 'al\0ice\x01\x7f' },
    { name: 'a bidi override', given: 'alice\u202egnp.exe' },
    { name: 'what looks like our own fields', given: 'x" reason=otp-accepted user="root' },
    { name: 'a forged line', given: 'x\n2026-01-01T00:00:00.000Z info  login accepted user=root' },
    { name: '253 octets', given: 'ü'.repeat(126) },
  ]
  test.each(names)('$name', async ({ given }) => {
    const nas = await start()
    const request = accessRequest({ user: given, password: '123456' })
    expect(codeOf(await nas.ask(request), request)).toBe(REJECT)
    const [line, ...more] = await server.logLines()
    expect(more).toEqual([])
    expect(line).toMatch(/^\S+ info {2}login rejected reason=unknown-user user=/)
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    expect(line?.match(/ (reason|client|source)=/g)?.length).toBe(given.includes(' reason=') ? 4 : 3)
    expect(await audited()).toEqual(['unknown-user'])
  })

  test('and no line ever holds what was typed as a password', async () => {
    const nas = await start()
    for (const [id, password] of [passwordAt(0), '1234999999', '9999hunter2', passwordAt(0)].entries()) {
      await nas.ask(accessRequest({ id, password }))
    }
    const log = (await server.logLines()).join('\n')
    expect(log).toContain('login accepted')
    for (const secret of ['1234', otpAt(TOKEN, 0), '999999', 'hunter2', 'a secret of 16']) {
      expect(log.replace(/^\S+ /gm, '')).not.toContain(secret)
    }
  })
})

describe('when something fails behind us', () => {
  const steps = ['load', 'commit'] as const
  test.each(steps)(
    'the database (%s): no reply, and the retransmission is decided when it is back',
    async (step) => {
      const gated: HeldStore = hold(store, step)
      const nas = await start({ behindCommitter: gated })
      gated.fail(new StoreUnavailable('the disk is full'))
      const request = accessRequest({ password: passwordAt(0) })
      for (let i = 1; i <= 2; i++) {
        nas.send(request)
        await until('the drop to be counted', () => server.radius.drops.counts.get('not-decided') === i)
      }
      await nas.fence()
      expect([nas.replies, server.radius.counts.duplicates]).toEqual([[], 0])
      const errors = (await server.logLines()).filter((line) => line.includes(' error '))
      expect(errors.length).toBe(1)
      expect(errors[0]).toContain('reason=not-decided client=strict error="the disk is full"')

      gated.release()
      expect(codeOf(await nas.ask(request), request)).toBe(ACCEPT)
      expect(await audited()).toEqual(['otp-accepted'])
    },
  )

  test('a queue that is full: no reply, counted, and the retransmission is decided', async () => {
    const gated = hold(store, 'load')
    const nas = await start({ behindCommitter: gated, maxQueue: 1 })
    const requests = [0, 1, 2].map((counter) => accessRequest({ password: passwordAt(counter), id: counter }))
    nas.send(requests[0]!)
    await gated.reached(1)
    nas.send(requests[1]!)
    nas.send(requests[2]!)
    await until('the drop to be counted', () => server.radius.drops.counts.get('overloaded') === 1)
    gated.release()
    await nas.reply(2)
    expect(codeOf(await nas.ask(requests[2]!), requests[2]!)).toBe(ACCEPT)
  })

  test('a reply that has no room for the request’s own Proxy-States: none, and the request is not left in flight', async () => {
    await start()
    const nas = await open(LENIENT)
    const proxies = Array.from({ length: 16 }, (_, i) => ({
      type: 33,
      value: Buffer.alloc(i < 15 ? 253 : 240),
    }))
    const full = unsigned(accessRequest({ attributes: [] }))
    const request = Buffer.concat([
      full.subarray(0, 20),
      ...proxies.map(({ type, value }) => Buffer.from([type, value.length + 2, ...value])),
    ])
    request.writeUInt16BE(request.length, 2)
    expect(request.length).toBeGreaterThan(4096 - 18)
    for (let i = 1; i <= 2; i++) {
      nas.send(request)
      await until('the drop to be counted', () => server.radius.drops.counts.get('no-room-for-reply') === i)
    }
    expect(server.radius.counts.duplicates).toBe(0)
  })
})

describe('what is silently discarded is counted', () => {
  test.each([
    { name: 'an unknown client', address: UNKNOWN, given: accessRequest({}), reason: 'unknown-client' },
    {
      name: 'half a packet',
      address: STRICT,
      given: accessRequest({}).subarray(0, 30),
      reason: 'length-lies',
    },
    { name: 'nothing', address: STRICT, given: Buffer.alloc(0), reason: 'too-short' },
    {
      name: 'an unsigned request',
      address: STRICT,
      given: unsigned(accessRequest({})),
      reason: 'no-message-authenticator',
    },
    {
      name: 'an Access-Accept',
      address: LENIENT,
      given: Buffer.from([2, 1, 0, 20, ...Buffer.alloc(16)]),
      reason: 'code-not-served',
    },
  ])('$name', async ({ address, given, reason }) => {
    const watcher = await start()
    const nas = await open(address)
    nas.send(given)
    await until('the drop to be counted', () => server.radius.drops.counts.get(reason) === 1)
    await watcher.fence()
    expect([nas.replies, [...server.radius.drops.counts], await audited()]).toEqual([[], [[reason, 1]], []])
  })
})

describe('require_message_authenticator = "auto"', () => {
  test('holds from the first signed packet on, also after a restart', async () => {
    await start()
    let nas = await open(AUTO)
    const [free, signed, bare] = [0, 1, 2].map((counter) =>
      accessRequest({ password: passwordAt(counter), id: counter }),
    ) as [Buffer, Buffer, Buffer]
    expect(codeOf(await nas.ask(unsigned(free)), free)).toBe(ACCEPT)
    expect(codeOf(await nas.ask(signed), signed)).toBe(ACCEPT)
    nas.send(unsigned(bare))
    await nas.fence()
    expect(nas.replies.length).toBe(2)
    await until('the latch', async () => (await store.latchedClients()).length === 1)

    await server.stop()
    server = await startServer(store)
    nas = await open(AUTO)
    nas.send(unsigned(bare))
    await nas.fence()
    expect([nas.replies.length, await store.latchedClients()]).toEqual([0, [AUTO]])
  })

  test('one client’s latch is not another’s', async () => {
    await start()
    await (await open(AUTO)).ask(accessRequest({}))
    const lenient = await open(LENIENT)
    const request = accessRequest({ password: passwordAt(0) })
    expect(codeOf(await lenient.ask(unsigned(request)), request)).toBe(ACCEPT)
  })
})

test('a password that does not decode, from a client that does not sign, hints at the shared secret', async () => {
  await start()
  const nas = await open(LENIENT)
  const request = accessRequest({ password: 'x' })
  const bare = unsigned(request)
  bare[bare.length - 1] = (bare[bare.length - 1] as number) ^ 0xff
  expect(codeOf(await nas.ask(bare), request)).toBe(REJECT)
  expect((await server.logLines()).at(-1)).toMatch(
    / warn {2}login rejected reason=likely-wrong-secret .*remedy="the shared secret/,
  )
  expect(await audited()).toEqual([])
})

test('a reload changes who is admitted, from the next packet on', async () => {
  const nas = await start()
  const stranger = await open(UNKNOWN)
  server.radius.settings = {
    ...server.radius.settings,
    clients: buildClientTable([configured('new', UNKNOWN, true)]),
  }
  const request = accessRequest({ password: passwordAt(0) })
  expect(codeOf(await stranger.ask(request), request)).toBe(ACCEPT)
  nas.send(accessRequest({}))
  await until('the drop to be counted', () => server.radius.drops.counts.get('unknown-client') === 1)
})

describe('drain', () => {
  test('answers what is undecided and what is delayed, then takes nothing more', async () => {
    const gated = hold(store, 'commit')
    const nas = await start({ behindCommitter: gated, settings: { rejectDelayMs: 60_000 } })
    const [accepted, rejected] = [
      accessRequest({ password: passwordAt(0), id: 1 }),
      accessRequest({ password: '9999000000', id: 2 }),
    ]
    nas.send(accepted)
    await gated.reached(1)
    nas.send(rejected)
    await nas.fence()
    const drained = server.radius.drain()
    nas.send(accessRequest({ password: passwordAt(1), id: 3 }))
    await new Promise((resolve) => setTimeout(resolve, 20))
    gated.release()
    await drained
    const replies = [await nas.reply(1), await nas.reply(2)]
    expect([codeOf(replies[0]!, accepted), codeOf(replies[1]!, rejected)]).toEqual([ACCEPT, REJECT])
    expect(await audited()).toEqual(['otp-accepted', 'wrong-pin'])
  })

  test('of an idle server is immediate', async () => {
    await start()
    await server.radius.drain()
  })
})

test('the time of a decision is the server’s clock', async () => {
  const nas = await start()
  server.now = NOW + 5
  await nas.ask(accessRequest({ password: passwordAt(0) }))
  expect(await loadOne(store, 'user:alice')).toMatchObject({ lastUsedAt: NOW + 5, counter: 1 })
})
