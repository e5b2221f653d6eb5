/** Logins by CHAP, MS-CHAP and MS-CHAPv2 against the real server over UDP, on both databases. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Attribute } from '../../src/radius/attribute.ts'
import { MicrosoftType, Vendor } from '../../src/radius/attributes.ts'
import { chapPassword } from '../../src/radius/chap.ts'
import { msChapV2Exchange } from '../../src/radius/mschap_client.ts'
import { parsePacket } from '../../src/radius/packet.ts'
import { vendorValues } from '../../src/radius/vendor_specific.ts'
import { DATABASES } from '../support/databases.ts'
import { hotp, secretOf, totp } from './otp.ts'
import type { Answer, RadiusClient, Request } from './radius_client.ts'
import { TestServer, vpn } from './server.ts'

const PLAIN_CLIENT = '127.0.0.2'
const OTP_CLIENT = '127.0.0.3'
const ASKING_CLIENT = '127.0.0.4'
const TELLING_CLIENT = '127.0.0.5'
const PROTOCOLS = ['chap', 'mschapv2'] as const
type Protocol = (typeof PROTOCOLS)[number]

describe.each(DATABASES)('on $name', (kind) => {
  let server: TestServer
  let nas: RadiusClient
  let plainNas: RadiusClient

  beforeAll(async () => {
    const clients = [
      vpn({ address: '127.0.0.1', mschap: true }),
      vpn({
        ...{ name: 'telling', address: TELLING_CLIENT, mschap: true },
        reply: ['Filter-Id = staff', 'MS-MPPE-Encryption-Policy = Encryption-Required'],
      }),
      vpn({ name: 'plain', address: PLAIN_CLIENT }),
      vpn({ name: 'otp', address: OTP_CLIENT, otp_only: true, mschap: true }),
      vpn({ name: 'asking', address: ASKING_CLIENT, challenge: true, mschap: true }),
    ]
    const settings = {
      radius: { clients },
      tokens: { pin_storage: 'sealed' },
      limits: { account_rate: 0 },
    }
    server = await TestServer.start({ kind, settings })
    nas = await server.client()
    plainNas = await server.client({ from: PLAIN_CLIENT })
  })
  afterAll(() => server?.close())

  const enroll = (serial: string, fields: object = {}) =>
    server.command('token', 'enroll', {
      ...{ type: 'hotp', serial, user: `user-${serial}`, secretHex: secretOf(serial), pin: '1234' },
      ...fields,
    })
  const otp = (serial: string, counter: number) => hotp({ secretHex: secretOf(serial) }, counter)

  function request(protocol: Protocol, user: string, password: string, from = nas): Request {
    return from.request(1, randomBytes(16), [
      { type: 1, value: Buffer.from(user) },
      ...proofOf(protocol, user, password),
    ])
  }
  const login = (protocol: Protocol, serial: string, password: string): Promise<Answer> =>
    nas.ask(request(protocol, `user-${serial}`, password))

  async function reasons(serial: string): Promise<unknown[]> {
    const { entries } = await server.command('audit', 'list', { serial, action: 'login' })
    return (entries as { reason: unknown }[]).map(({ reason }) => reason).toReversed()
  }

  describe.each(PROTOCOLS.map((protocol) => ({ protocol })))('$protocol', ({ protocol }) => {
    const serialOf = (name: string) => `${protocol}-${name}`

    test('PIN and OTP are accepted once; a wrong PIN or OTP is rejected, and counts', async () => {
      const serial = serialOf('ONCE')
      await enroll(serial)
      const passwords = [
        `1234${otp(serial, 0)}`,
        `1234${otp(serial, 0)}`,
        `4321${otp(serial, 1)}`,
        `1234${otp(serial, 1)}0`,
        `1234${otp(serial, 1)}`,
      ]
      const answers: Answer[] = []
      for (const password of passwords) answers.push(await login(protocol, serial, password))
      expect(answers).toEqual(['accept', 'reject', 'reject', 'reject', 'accept'])
      expect(await reasons(serial)).toEqual([
        'otp-accepted',
        'otp-already-used',
        'wrong-pin-or-otp',
        'wrong-pin-or-otp',
        'otp-accepted',
      ])
      expect(await server.token(serial)).toMatchObject({ counter: 2, failCount: 0, attemptCount: 5 })
    })

    test('an OTP counts once whatever it came by', async () => {
      const serial = serialOf('MIXED')
      await enroll(serial)
      expect(await login(protocol, serial, `1234${otp(serial, 0)}`)).toBe('accept')
      expect(await nas.login(`user-${serial}`, `1234${otp(serial, 0)}`)).toBe('reject')
      expect(await nas.login(`user-${serial}`, `1234${otp(serial, 1)}`)).toBe('accept')
      expect(await login(protocol, serial, `1234${otp(serial, 1)}`)).toBe('reject')
    })

    test('of twenty at once with one OTP, one is accepted', async () => {
      const serial = serialOf('RACE')
      await enroll(serial, { maxFail: 0 })
      const requests = Array.from({ length: 20 }, () =>
        request(protocol, `user-${serial}`, `1234${otp(serial, 3)}`),
      )
      const answers = await Promise.all(requests.map((one) => nas.ask(one)))
      expect(answers.filter((answer) => answer === 'accept')).toHaveLength(1)
      expect(answers.filter((answer) => answer === 'reject')).toHaveLength(19)
    })

    test('a request that is sent again gets the same reply, and decides nothing', async () => {
      const serial = serialOf('AGAIN')
      await enroll(serial)
      for (const password of [`1234${otp(serial, 0)}`, 'wrong']) {
        const asked = request(protocol, `user-${serial}`, password)
        const replies = [await nas.exchange(asked.octets), await nas.exchange(asked.octets)]
        expect(replies[1]?.toString('hex')).toBe(replies[0]?.toString('hex'))
      }
      expect(await server.token(serial)).toMatchObject({ attemptCount: 2, counter: 1 })
    })

    test('a recorded proof in a new request is an OTP that was used', async () => {
      const serial = serialOf('REPLAY')
      const user = `user-${serial}`
      await enroll(serial)
      const proof = proofOf(protocol, user, `1234${otp(serial, 0)}`)
      const send = () => nas.request(1, randomBytes(16), [{ type: 1, value: Buffer.from(user) }, ...proof])
      expect([await nas.ask(send()), await nas.ask(send())]).toEqual(['accept', 'reject'])
      expect(await reasons(serial)).toEqual(['otp-accepted', 'otp-already-used'])
    })

    test('a token that has drifted comes back by two codes in a row', async () => {
      const serial = serialOf('DRIFT')
      await enroll(serial)
      const answers = [
        await login(protocol, serial, `1234${otp(serial, 900)}`),
        await login(protocol, serial, `1234${otp(serial, 901)}`),
        await login(protocol, serial, `1234${otp(serial, 902)}`),
      ]
      expect([answers, await reasons(serial)]).toEqual([
        ['reject', 'accept', 'accept'],
        ['otp-out-of-sync', 'resynced', 'otp-accepted'],
      ])
    })

    test('max_fail wrong logins lock the token, and the right one is rejected then', async () => {
      const serial = serialOf('LOCK')
      await enroll(serial, { maxFail: 2 })
      const passwords = ['x', 'y', `1234${otp(serial, 0)}`]
      for (const password of passwords) expect(await login(protocol, serial, password)).toBe('reject')
      expect((await reasons(serial)).at(-1)).toBe('token-locked')
      await server.command('token', 'reset-fail-count', { serial })
      expect(await login(protocol, serial, passwords[2]!)).toBe('accept')
    })

    test('a TOTP token without a PIN, with 8 digits and SHA-512', async () => {
      const serial = serialOf('TOTP')
      const generator = { algorithm: 'sha512', digits: 8, secretHex: secretOf(serial) } as const
      await enroll(serial, { type: 'totp', ...generator, pin: undefined })
      expect(await login(protocol, serial, totp(generator))).toBe('accept')
      expect(await login(protocol, serial, totp(generator))).toBe('reject')
    })

    test('the temporary password of a lost token keeps the PIN as it was kept', async () => {
      const serial = serialOf('LOST')
      await enroll(serial)
      const { password } = await server.command('token', 'lost', { serial })
      expect(await login(protocol, serial, `1234${password}`)).toBe('accept')
      expect(await login(protocol, serial, `1234${otp(serial, 0)}`)).toBe('reject')
    })

    test('a PIN of letters beyond ASCII', async () => {
      const serial = serialOf('LETTERS')
      await enroll(serial, { pin: 'Größe 🔑' })
      expect(await login(protocol, serial, `Größe 🔑${otp(serial, 0)}`)).toBe('accept')
    })
  })

  describe.each(PROTOCOLS.map((protocol) => ({ protocol })))(
    '$protocol beside a checked password',
    ({ protocol }) => {
      test('otp_only: the OTP alone is proved, whatever the PIN', async () => {
        const serial = `${protocol}-ONLY`
        const user = `user-${serial}`
        await enroll(serial)
        const asa = await server.client({ from: OTP_CLIENT })
        const answers = [
          await asa.ask(request(protocol, user, otp(serial, 0), asa)),
          await asa.ask(request(protocol, user, otp(serial, 0), asa)),
          await asa.ask(request(protocol, user, `1234${otp(serial, 1)}`, asa)),
        ]
        expect(answers).toEqual(['accept', 'reject', 'reject'])
      })

      test('challenge: the next OTP is proved alone, with the State; a session gets its keys then', async () => {
        const serial = `${protocol}-NEXT`
        const user = `user-${serial}`
        await enroll(serial)
        const asking = await server.client({ from: ASKING_CLIENT })
        const asked = await asking.said(request(protocol, user, `1234${otp(serial, 500)}`, asking))
        expect(asked).toMatchObject({
          answer: 'challenge',
          message: 'Wait for the next code, then enter it: ',
        })
        const state = { type: 24, value: asked.state! }
        const answer = asking.request(1, randomBytes(16), [
          { type: 1, value: Buffer.from(user) },
          ...proofOf(protocol, user, otp(serial, 501)),
          state,
        ])
        const reply = (await asking.exchange(answer.octets))!
        expect(asking.read(reply, answer)).toBe('accept')
        const keys = vendorValues(parsePacket(reply).attributes, Vendor.Microsoft, MicrosoftType.MppeSendKey)
        expect(keys).toHaveLength(protocol === 'chap' ? 0 : 1)
        expect(await reasons(serial)).toEqual(['next-otp-asked', 'resynced'])
      })
    },
  )

  test('what is set for the client stands beside the keys, and its encryption policy in place of ours', async () => {
    await enroll('TOLD')
    const telling = await server.client({ from: TELLING_CLIENT })
    const shown = async (protocol: Protocol, counter: number) => {
      const asked = request(protocol, 'user-TOLD', `1234${otp('TOLD', counter)}`, telling)
      const { attributes } = parsePacket((await telling.exchange(asked.octets))!)
      const ofMicrosoft = (type: number) =>
        vendorValues(attributes, Vendor.Microsoft, type).map((value) => Buffer.from(value).toString('hex'))
      return {
        filters: attributes.all(11).map((value) => Buffer.from(value).toString()),
        policies: ofMicrosoft(MicrosoftType.MppeEncryptionPolicy),
        types: ofMicrosoft(MicrosoftType.MppeEncryptionTypes),
        keys: ofMicrosoft(MicrosoftType.MppeSendKey).length,
      }
    }
    const required = { filters: ['staff'], policies: ['00000002'] }
    expect(await shown('mschapv2', 0)).toEqual({ ...required, types: ['00000004'], keys: 1 })
    expect(await shown('chap', 1)).toEqual({ ...required, types: [], keys: 0 })
    expect(await shown('mschapv2', 1)).toEqual({ filters: [], policies: [], types: [], keys: 0 })
  })

  test('RFC 2759 §5: the server proves that it knows the password, for a name with a domain too', async () => {
    await enroll('DOMAIN', { user: 'BIGCO\\dora' })
    const exchange = msChapV2Exchange({
      login: 'BIGCO\\dora',
      password: `1234${otp('DOMAIN', 0)}`,
      identifier: 3,
      authenticatorChallenge: randomBytes(16),
      peerChallenge: randomBytes(16),
    })
    const name = { type: 1, value: Buffer.from('BIGCO\\dora') }
    const asked = nas.request(1, randomBytes(16), [name, ...exchange.attributes])
    const reply = (await nas.exchange(asked.octets))!
    expect(nas.read(reply, asked)).toBe('accept')
    expect(exchange.checkSuccess(parsePacket(reply).attributes)).toBe('right')
  })

  test('every Reject of MS-CHAP looks the same: locked, unknown, over the rate, malformed state', async () => {
    await enroll('ALIKE', { maxFail: 1 })
    const lengths: number[] = []
    const texts: string[] = []
    const ask = async (user: string, more: readonly Attribute[] = []) => {
      const asked = nas.request(1, randomBytes(16), [
        { type: 1, value: Buffer.from(user) },
        ...proofOf('mschapv2', user, 'wrong'),
        ...more,
      ])
      const reply = (await nas.exchange(asked.octets))!
      const errors = vendorValues(parsePacket(reply).attributes, Vendor.Microsoft, MicrosoftType.MsChapError)
      lengths.push(reply.length)
      texts.push(
        Buffer.from(errors[0]!)
          .toString('latin1', 1)
          .replace(/C=[0-9A-F]{32}/, 'C=…'),
      )
    }
    await ask('user-ALIKE')
    await ask('user-ALIKE')
    await ask('nobody')
    await ask('nobody', [{ type: 24, value: Buffer.from('no state of ours') }])
    expect(new Set(texts)).toEqual(new Set(['E=691 R=0 C=… V=3 M=Authentication failed']))
    expect(new Set(lengths).size).toBe(1)
  })

  test('a client without mschap gets a bare Reject, and the log says why and what helps', async () => {
    await enroll('OFF')
    const asked = request('mschapv2', 'user-OFF', `1234${otp('OFF', 0)}`, plainNas)
    const reply = (await plainNas.exchange(asked.octets))!
    expect([plainNas.read(reply, asked), reply.length]).toEqual(['reject', 38])
    await server.logged(/reason=mschap-not-allowed client=plain .*remedy="set the device to PAP/)
    expect(await server.token('OFF')).toMatchObject({ attemptCount: 0, counter: 0 })
    // CHAP needs no setting.
    const chap = request('chap', 'user-OFF', `1234${otp('OFF', 0)}`, plainNas)
    expect(await plainNas.ask(chap)).toBe('accept')
  })

  test('the start warns of a client with mschap, and of no other', async () => {
    const names = [...server.log.matchAll(/client "(\w+)": with mschap = true/g)].map(([, name]) => name)
    expect(names).toEqual(['vpn', 'telling', 'otp', 'asking'])
  })

  test('PINs set under "mac" cannot be tried: that is the reason, no counter moves; set anew they can', async () => {
    await server.stop()
    server.configure({
      radius: { clients: [vpn({ mschap: true })] },
      tokens: { pin_storage: 'mac' },
      limits: { account_rate: 0 },
    })
    await server.start()
    nas = await server.client()
    await enroll('MAC')
    const password = () => `1234${otp('MAC', 0)}`
    expect([await login('chap', 'MAC', password()), await login('mschapv2', 'MAC', password())]).toEqual([
      'reject',
      'reject',
    ])
    expect(await reasons('MAC')).toEqual(['pin-not-recoverable', 'pin-not-recoverable'])
    expect(await server.token('MAC')).toMatchObject({ failCount: 0, attemptCount: 0, counter: 0 })
    // Those set before stay as they are.
    expect(await login('chap', 'chap-ONCE', `1234${otp('chap-ONCE', 2)}`)).toBe('accept')

    server.configure({
      radius: { clients: [vpn({ mschap: true })] },
      tokens: { pin_storage: 'sealed' },
      limits: { account_rate: 0 },
    })
    await server.command('server', 'reload')
    expect(await login('chap', 'MAC', password())).toBe('reject')
    await server.command('token', 'set-pin', { serial: 'MAC', pin: '1234' })
    expect(await login('chap', 'MAC', password())).toBe('accept')
  })

  test('everything above left a trail that verifies, and no PIN in the log', async () => {
    expect(await server.command('audit', 'verify')).toMatchObject({ ok: true })
    expect(server.log).not.toMatch(/1234\d{6}|Größe/)
  })

  function proofOf(protocol: Protocol, user: string, password: string): readonly Attribute[] {
    const challenge = randomBytes(16)
    if (protocol === 'chap') {
      return [
        { type: 3, value: chapPassword(9, password, challenge) },
        { type: 60, value: challenge },
      ]
    }
    const given = { login: user, password, identifier: 9, authenticatorChallenge: challenge }
    return msChapV2Exchange({ ...given, peerChallenge: randomBytes(16) }).attributes
  }
})
