/** What devices must not do, and floods of it: a clear outcome each time, bounded memory, and logins by PAP as ever. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { EapType, encodeResponse } from '../../src/eap/eap_packet.ts'
import type { Attribute } from '../../src/radius/attribute.ts'
import { AttributeType, Code } from '../../src/radius/attributes.ts'
import { eapMessageAttributes, eapMessageIn } from '../../src/radius/eap_message.ts'
import { parsePacket } from '../../src/radius/packet.ts'
import { askEap, joinBy } from '../e2e/eap_device.ts'
import { hotp, secretOf } from '../e2e/otp.ts'
import type { RadiusClient } from '../e2e/radius_client.ts'
import { TestServer, vpn } from '../e2e/server.ts'

const OTHER_SECRET = 'shared-by-other-and-us-8812'

let server: TestServer
let nas: RadiusClient
let counter = 0

beforeAll(async () => {
  const other = vpn({ name: 'other', address: '127.0.0.2', secret: OTHER_SECRET })
  server = await TestServer.start({
    settings: {
      radius: { clients: [vpn(), other] },
      limits: { account_rate: 0 },
      log: { level: 'warn' },
    },
  })
  expect((await server.sallyport(['eap', 'init'])).status).toBe(0)
  await server.command('server', 'reload')
  nas = await server.client()
  await server.command('token', 'enroll', {
    ...{ type: 'hotp', serial: 'PAP', user: 'pap', secretHex: secretOf('PAP'), pin: '1234' },
  })
})
afterAll(() => server?.close())

const otp = () => `1234${hotp({ secretHex: secretOf('PAP') }, counter++)}`
const papWorks = async () => expect(await nas.login('pap', otp())).toBe('accept')
const eapWorks = async () => {
  const joined = await joinBy(nas, { login: 'pap', password: otp() })
  expect(joined.conversed.reply.answer).toBe('accept')
}

const identity = encodeResponse(1, EapType.Identity, Buffer.from('anonymous'))
const asState = (value: Uint8Array): Attribute => ({ type: AttributeType.State, value })

/** One message; what came back: code of RADIUS, and the EAP in it. */
async function say(eap: Uint8Array, state?: Uint8Array, more: readonly Attribute[] = []) {
  const message =
    eap.length === 0 ? [{ type: AttributeType.EapMessage, value: eap }] : eapMessageAttributes(eap)
  const reply = await askEap(nas, [...message, ...(state === undefined ? [] : [asState(state)]), ...more])
  return {
    answer: reply.answer,
    eap: eapMessageIn(reply.attributes),
    state: reply.attributes.first(AttributeType.State),
    cause: reply.attributes.first(AttributeType.ErrorCause),
  }
}
/** A conversation whose TTLS has been offered. */
async function begun() {
  const { eap, state } = await say(identity)
  return { identifier: eap![1]!, state: state!, request: eap! }
}
const FAILURE = (identifier: number) => Buffer.of(4, identifier, 0, 4)

describe('a message that is no EAP', () => {
  const rows: readonly [string, Uint8Array][] = [
    ['one octet', Buffer.of(2)],
    ['a header alone', Buffer.of(2, 1, 0, 4)],
    ['Length below a header', Buffer.of(2, 1, 0, 3, 1)],
    ['Length beyond the message', Buffer.of(2, 1, 0, 200, 1, 65)],
    ['a Request', Buffer.of(1, 1, 0, 6, 1, 65)],
    ['a Success', Buffer.of(3, 1, 0, 4)],
    ['a code that nobody knows', Buffer.of(9, 1, 0, 6, 1, 65)],
    ['a method before any identity', encodeResponse(1, EapType.Gtc, Buffer.from('x'))],
  ]
  test.each(rows)('%s, at the beginning: Reject with EAP-Failure', async (_name, octets) => {
    const { answer, eap } = await say(octets)
    expect([answer, eap?.[0], eap?.length]).toEqual(['reject', 4, 4])
  })

  test.each(rows)('%s, later: the last request again, and it goes on', async (_name, octets) => {
    const { state, request, identifier } = await begun()
    const again = await say(octets, state)
    expect([again.answer, Buffer.from(again.eap!).equals(request), again.cause]).toEqual([
      'challenge',
      true,
      Buffer.of(0, 0, 0, 202),
    ])
    const nak = await say(encodeResponse(identifier, EapType.Nak, Buffer.of(EapType.Gtc)), again.state)
    expect([nak.answer, nak.eap?.[4]]).toEqual(['challenge', EapType.Gtc])
  })
})

describe('an identity', () => {
  test.each([
    ['empty', Buffer.alloc(0)],
    ['blank', Buffer.from(' \t')],
    ['not UTF-8', Buffer.of(0xff, 0xfe)],
    ['of 254 octets', Buffer.alloc(254, 65)],
  ])('%s: Reject with EAP-Failure', async (_name, octets) => {
    const { answer, eap } = await say(encodeResponse(1, EapType.Identity, octets))
    expect([answer, eap?.[0]]).toEqual(['reject', 4])
  })

  test('EAP-Start is asked who it is', async () => {
    const { answer, eap } = await say(new Uint8Array())
    expect([answer, eap?.[0], eap?.[4]]).toEqual(['challenge', 1, EapType.Identity])
  })
})

describe('Nak', () => {
  test('for what we do not have: Failure', async () => {
    const { state, identifier } = await begun()
    const { answer, eap } = await say(encodeResponse(identifier, EapType.Nak, Buffer.of(13, 4)), state)
    expect([answer, eap]).toEqual(['reject', FAILURE(identifier)])
  })

  test('for nothing: Failure', async () => {
    const { state, identifier } = await begun()
    const { answer } = await say(encodeResponse(identifier, EapType.Nak, Buffer.of(0)), state)
    expect(answer).toBe('reject')
  })
})

describe('State', () => {
  test('that nobody gave out: Reject with EAP-Failure', async () => {
    const { answer, eap } = await say(identity, Buffer.alloc(16, 7))
    expect([answer, eap?.[0]]).toEqual(['reject', 4])
  })

  test('of 0 and of 253 octets: the same', async () => {
    for (const octets of [0, 253]) expect((await say(identity, Buffer.alloc(octets))).answer).toBe('reject')
  })

  test('of another client: the same, and the conversation goes on where it began', async () => {
    const { state, identifier } = await begun()
    const nak = encodeResponse(identifier, EapType.Nak, Buffer.of(EapType.Gtc))
    const other = await server.client({ from: '127.0.0.2', secret: OTHER_SECRET })
    const stolen = await askEap(other, [...eapMessageAttributes(nak), asState(state)])
    expect([stolen.answer, eapMessageIn(stolen.attributes)?.[0]]).toEqual(['reject', 4])
    expect((await say(nak, state)).answer).toBe('challenge')
  })

  test('that was used before is worth nothing, and the conversation goes on by the new one', async () => {
    const { state, identifier } = await begun()
    const nak = encodeResponse(identifier, EapType.Nak, Buffer.of(EapType.Gtc))
    const first = await say(nak, state)
    expect((await say(nak, state)).answer).toBe('reject')
    const login = encodeResponse(first.eap![1]!, EapType.Gtc, Buffer.from('x'))
    expect((await say(login, first.state)).eap?.[0]).toBe(4)
    expect((await say(login, first.state)).answer).toBe('reject')
  })
})

test('RFC 5080 §2.2.2: the same datagram again gets the same octets again, and the conversation goes on', async () => {
  const { state, identifier } = await begun()
  const nak = encodeResponse(identifier, EapType.Nak, Buffer.of(EapType.Gtc))
  const attributes = [...eapMessageAttributes(nak), asState(state)]
  const userName = { type: AttributeType.UserName, value: Buffer.from('anonymous') }
  const { octets } = nas.request(Code.AccessRequest, randomBytes(16), [userName, ...attributes])
  const [first, again] = [await nas.exchange(octets), await nas.exchange(octets)]
  expect([first![0], again!.equals(first!)]).toEqual([11, true])
  const answered = parsePacket(first!).attributes
  const login = encodeResponse(eapMessageIn(answered)![1]!, EapType.Gtc, Buffer.from('x'))
  expect((await say(login, answered.first(AttributeType.State))).answer).toBe('reject')
})

describe('fragments out of order', () => {
  /** Where our certificate has begun to go, of which more is to come. */
  async function halfSent() {
    const mtu: Attribute = { type: AttributeType.FramedMtu, value: Buffer.of(0, 0, 0, 204) }
    let said: Awaited<ReturnType<typeof say>> | null = null
    await joinBy(nas, {
      login: 'pap',
      password: 'x',
      tls: 'TLSv1.2',
      change: async (answer, round) => {
        if (round !== 1) return answer
        const { state, identifier } = await begun()
        const hello = encodeResponse(identifier, EapType.Ttls, answer.subarray(5))
        said = await say(hello, state, [mtu])
        return null
      },
    })
    return said!
  }
  const cases: readonly [string, readonly number[]][] = [
    ['a message in place of an acknowledgement', [0, 22, 3, 3, 0, 1, 1]],
    ['a first fragment in place of an acknowledgement', [0xc0, 0, 0, 0, 9, 1, 2]],
    ['an acknowledgement that says that there is more', [0x40]],
  ]
  test.each(cases)('%s: Failure', async (_name, octets) => {
    const said = await halfSent()
    expect([said.answer, said.eap![5]! & 0x40]).toEqual(['challenge', 0x40])
    const { answer, eap } = await say(
      encodeResponse(said.eap![1]!, EapType.Ttls, Buffer.from(octets)),
      said.state,
    )
    expect([answer, eap?.[0]]).toEqual(['reject', 4])
  })

  test('the second of two, before the first: Failure', async () => {
    const { state, identifier } = await begun()
    const first = await say(
      encodeResponse(identifier, EapType.Ttls, Buffer.of(0xc0, 0, 0, 0, 8, 1, 2, 3, 4)),
      state,
    )
    const other = Buffer.of(0x80, 0, 0, 0, 9, 5, 6, 7, 8)
    const { answer } = await say(encodeResponse(first.eap![1]!, EapType.Ttls, other), first.state)
    expect([first.answer, answer]).toEqual(['challenge', 'reject'])
  })
})

describe('TLS inside of EAP', () => {
  const cases: readonly [string, readonly number[]][] = [
    ['no flags', []],
    ['a version that we did not offer', [0x01]],
    ['Length without its octets', [0x80, 0, 0]],
    ['Length of 4 GiB', [0x80, 0xff, 0xff, 0xff, 0xff, 1]],
    ['Length of 16,385 octets', [0xc0, 0, 0, 0x40, 1, 1]],
    ['Length that is not what came', [0x80, 0, 0, 0, 9, 1, 2]],
    ['More without anything', [0x40]],
    ['octets that are no TLS', [0, 1, 2, 3, 4, 5, 6, 7, 8]],
    ['a record that lies about its length', [0, 22, 3, 1, 0xff, 0xff, 1]],
    ['a record of SSL 2', [0, 0x80, 0x2e, 1, 0, 2, 0, 21, 0, 0, 0, 16]],
    ['application data before any handshake', [0, 23, 3, 3, 0, 3, 1, 2, 3]],
    ['an alert', [0, 21, 3, 3, 0, 2, 2, 40]],
    ['an empty record', [0, 22, 3, 1, 0, 0]],
    ['a ClientHello of nothing', [0, 22, 3, 1, 0, 4, 1, 0, 0, 0]],
  ]
  test.each(cases)('%s: ends in a Reject with EAP-Failure', async (_name, octets) => {
    const { state, identifier } = await begun()
    let said = await say(encodeResponse(identifier, EapType.Ttls, Buffer.from(octets)), state)
    // An alert of ours is acknowledged before; and TLS waits for the rest of a record, which never comes.
    for (let round = 0; said.answer === 'challenge' && round < 110; round++) {
      said = await say(encodeResponse(said.eap![1]!, EapType.Ttls, Buffer.of(0)), said.state)
    }
    expect([said.answer, said.eap?.[0]]).toEqual(['reject', 4])
  })

  test('a message of fragments without end: 16 KiB, then Failure', async () => {
    const { state, identifier } = await begun()
    const fragment = Buffer.concat([Buffer.of(0x40), Buffer.alloc(1000)])
    let said = await say(encodeResponse(identifier, EapType.Ttls, fragment), state)
    let rounds = 1
    while (said.answer === 'challenge' && rounds++ < 50)
      said = await say(encodeResponse(said.eap![1]!, EapType.Ttls, fragment), said.state)
    expect([said.answer, rounds]).toEqual(['reject', 17])
  })

  test('a ClientHello cut at every octet never leads anywhere but on or to Failure', async () => {
    const hellos: Uint8Array[] = []
    await joinBy(nas, {
      login: 'pap',
      password: 'x',
      tls: 'TLSv1.2',
      change: (answer, round) => {
        if (round === 1) hellos.push(answer)
        return round === 2 ? null : answer
      },
    })
    const hello = hellos[0]!.subarray(5)
    for (let length = 1; length < hello.length; length += 3) {
      const { state, identifier } = await begun()
      const said = await say(encodeResponse(identifier, EapType.Ttls, hello.subarray(0, length)), state)
      expect([length, ['challenge', 'reject'].includes(said.answer)]).toEqual([length, true])
    }
    await eapWorks()
  }, 60_000)

  test('any octet of a handshake changed: never an Accept', async () => {
    let accepts = 0
    for (let round = 1; round < 4; round++) {
      for (const part of [0.1, 0.4, 0.7, 0.99]) {
        const joined = await joinBy(nas, {
          login: 'pap',
          password: '1234000000',
          change: (answer, at) => {
            if (at !== round) return answer
            const changed = Buffer.from(answer)
            const place = Math.min(changed.length - 1, 6 + Math.floor((changed.length - 6) * part))
            changed[place] = changed[place]! ^ 0x55
            return changed
          },
        }).catch(() => null)
        if (joined?.conversed.reply.answer === 'accept') accepts++
      }
    }
    expect(accepts).toBe(0)
    await server.command('token', 'reset-fail-count', { serial: 'PAP' })
    await eapWorks()
  }, 60_000)
})

test('10,000 conversations that are abandoned, half of them in a handshake: bounded memory, and others go on', async () => {
  const clients = await Promise.all(Array.from({ length: 16 }, () => server.client()))
  let hello: Uint8Array = new Uint8Array()
  await joinBy(nas, {
    login: 'pap',
    password: 'x',
    tls: 'TLSv1.2',
    change: (answer, round) => {
      if (round === 1) hello = answer
      return round === 1 ? null : answer
    },
  })
  // One that is in its tunnel, and waits: the flood must not push it out.
  await server.command('token', 'enroll', {
    ...{ type: 'hotp', serial: 'PATIENT', user: 'patient', secretHex: secretOf('PATIENT') },
  })
  const own = await server.client()
  const established = Promise.withResolvers<void>()
  const flooded = Promise.withResolvers<void>()
  const patient = joinBy(own, {
    outer: 'peap',
    inner: 'gtc',
    login: 'patient',
    password: hotp({ secretHex: secretOf('PATIENT') }, 0),
    change: async (answer, _round, peer) => {
      if (peer.session !== null) {
        established.resolve()
        await flooded.promise
      }
      return answer
    },
  })
  await established.promise
  await Promise.all(
    clients.map(async (client, lane) => {
      for (let i = 0; i < 625; i++) {
        const first = await askEap(client, eapMessageAttributes(identity))
        if (lane % 2 === 0) continue
        const eap = eapMessageIn(first.attributes)!
        const message = encodeResponse(eap[1]!, EapType.Ttls, hello.subarray(5))
        await askEap(client, [
          ...eapMessageAttributes(message),
          asState(first.attributes.first(AttributeType.State)!),
        ])
        if (lane === 1 && i % 100 === 0) await papWorks()
      }
    }),
  )
  flooded.resolve()
  expect((await patient).conversed.reply.answer).toBe('accept')
  const counters = await server.counters()
  expect(counters.eapConversations).toBeLessThanOrEqual(2048)
  expect(counters.eapPushedOut).toBeGreaterThan(7000)
  expect(residentMiB(server.pid)).toBeLessThan(600)
  await papWorks()
  await eapWorks()
}, 240_000)

function residentMiB(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}
