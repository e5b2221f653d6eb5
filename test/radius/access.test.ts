import { describe, expect, test } from '@jest/globals'
import {
  type Answer,
  readAccessRequest,
  replyToStatusServer,
  replyToVerdict,
} from '../../src/radius/access.ts'
import type { Attribute } from '../../src/radius/attribute.ts'
import { parsePacket } from '../../src/radius/packet.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { CHALLENGE_ANSWER, CHAP, octetsOf, PAP, RFC_SECRET } from '../vectors/radius_packets.ts'
import {
  attributesOf,
  hidden,
  packetOf,
  responseSignature,
  SECRET,
  SIGNATURE,
  signed,
  type Tlv,
} from './handmade.ts'

const secret = new SharedSecret(SECRET)

const NAME: Tlv = [1, 'nemo']
const PASSWORD: Tlv = [2, hidden('arctangent')]
const CHAP_PASSWORD: Tlv = [3, Buffer.alloc(17)]
const EAP: Tlv = [79, Buffer.from([2, 0, 0, 5, 1])]
const MS_CHAP: Tlv = [26, microsoft(1, 50)]
const MS_CHAP2: Tlv = [26, microsoft(25, 50)]
const MS_CHAP_CHALLENGE: Tlv = [26, microsoft(11, 16)]
const LATIN1: Tlv = [2, hidden(Buffer.from([0x5a, 0xfc, 0x72]))]

describe('spec/radius.md "Credentials": what is rejected, and moves no counter', () => {
  const names: Row[] = [
    { name: 'RFC 2865 §4.1: no User-Name', given: [PASSWORD], expect: 'no-user-name' },
    { name: 'RFC 2865 §5.44: two User-Names', given: [NAME, NAME, PASSWORD], expect: 'two-user-names' },
    { name: 'an empty User-Name', given: [[1, ''], PASSWORD], expect: 'blank-user-name' },
    { name: 'a User-Name of spaces', given: [[1, '   '], PASSWORD], expect: 'blank-user-name' },
    {
      name: 'a User-Name of control characters',
      given: [[1, '\t\n\u0000\u001b\u007f'], PASSWORD],
      expect: 'blank-user-name',
    },
    {
      name: 'a User-Name of other spaces',
      given: [[1, '\u00a0\u2003\u3000\ufeff\u200b'], PASSWORD],
      expect: 'blank-user-name',
    },
    {
      name: 'RFC 2865 §5: a User-Name that is not UTF-8',
      given: [[1, Buffer.from([0x6e, 0xff])], PASSWORD],
      expect: 'user-name-not-utf8',
    },
  ]
  const credentials: Row[] = [
    { name: 'RFC 2865 §4.1: none', given: [NAME], expect: 'no-credential' },
    { name: 'RFC 2865 §4.1: State alone', given: [NAME, [24, 'state']], expect: 'no-credential' },
    { name: 'RFC 2548 §2.1.2: a challenge alone', given: [NAME, MS_CHAP_CHALLENGE], expect: 'no-credential' },
    {
      name: 'RFC 2865 §4.1: User-Password and CHAP-Password',
      given: [NAME, PASSWORD, CHAP_PASSWORD],
      expect: 'two-credentials',
    },
    { name: 'User-Password and MS-CHAP', given: [NAME, PASSWORD, MS_CHAP], expect: 'two-credentials' },
    { name: 'User-Password and MS-CHAPv2', given: [NAME, MS_CHAP2, PASSWORD], expect: 'two-credentials' },
    {
      name: 'RFC 3579 §3.3: User-Password and EAP-Message',
      given: [NAME, PASSWORD, EAP],
      expect: 'two-credentials',
    },
    { name: 'MS-CHAP and MS-CHAPv2', given: [NAME, MS_CHAP, MS_CHAP2], expect: 'two-credentials' },
    { name: 'CHAP-Password and EAP-Message', given: [NAME, CHAP_PASSWORD, EAP], expect: 'two-credentials' },
    {
      name: 'RFC 2865 §5.44: User-Password twice',
      given: [NAME, PASSWORD, PASSWORD],
      expect: 'two-credentials',
    },
    {
      name: 'RFC 2865 §5.44: CHAP-Password twice',
      given: [NAME, CHAP_PASSWORD, CHAP_PASSWORD],
      expect: 'two-credentials',
    },
    { name: 'MS-CHAPv2 twice', given: [NAME, MS_CHAP2, MS_CHAP2], expect: 'two-credentials' },
    {
      name: 'MS-CHAPv2 twice in one Vendor-Specific',
      given: [NAME, [26, Buffer.concat([microsoft(25, 50), microsoft(25, 50).subarray(4)])]],
      expect: 'two-credentials',
    },
    {
      name: 'RFC 2865 §5.3: a CHAP-Password of 16 octets',
      given: [NAME, [3, Buffer.alloc(16)]],
      expect: 'invalid-chap',
    },
    {
      name: 'RFC 2865 §5.44: CHAP-Challenge twice',
      given: [NAME, CHAP_PASSWORD, [60, Buffer.alloc(16)], [60, Buffer.alloc(16)]],
      expect: 'invalid-chap',
    },
    {
      name: 'MS-CHAP of a client that may not',
      given: [NAME, MS_CHAP, MS_CHAP_CHALLENGE],
      expect: 'mschap-not-allowed',
    },
    {
      name: 'MS-CHAPv2 of a client that may not',
      given: [NAME, MS_CHAP2, MS_CHAP_CHALLENGE],
      expect: 'mschap-not-allowed',
    },
    { name: 'EAP, not understood yet', given: [NAME, EAP], expect: 'unsupported-credential' },
    {
      name: 'RFC 3579 §3.1: one EAP packet in two attributes',
      given: [NAME, EAP, EAP],
      expect: 'unsupported-credential',
    },
    {
      name: 'RFC 2865 §5.44: State twice',
      given: [NAME, PASSWORD, [24, 'a'], [24, 'b']],
      expect: 'two-states',
    },
  ]
  const passwords: Row[] = [0, 1, 15, 17, 31, 127, 129, 144].map((octets) => ({
    name: `RFC 2865 §5.2: a User-Password of ${octets} octets`,
    given: [NAME, [2, Buffer.alloc(octets)]],
    expect: 'invalid-password-length',
  }))
  test.each([...names, ...credentials, ...passwords])('$name', ({ given, expect: reason }) => {
    expect(readSigned(given)).toEqual({ kind: 'reject', reason })
    expect(readUnsigned(given)).toEqual({ kind: 'reject', reason })
  })

  test('RFC 2865 §5.2: a password that is not UTF-8 hints at a wrong secret, unless the packet was verified', () => {
    expect(readUnsigned([NAME, LATIN1])).toEqual({ kind: 'reject', reason: 'likely-wrong-secret' })
    expect(readSigned([NAME, LATIN1])).toEqual({ kind: 'reject', reason: 'password-not-utf8' })
  })

  test('a password hidden with another secret is no login', () => {
    const given: Tlv[] = [NAME, [2, hidden('arctangent', 'another secret')]]
    expect(readUnsigned(given)).toEqual({ kind: 'reject', reason: 'likely-wrong-secret' })
  })
})

describe('a login', () => {
  test.each([
    { name: PAP.name, given: PAP, expect: login('nemo', 'arctangent') },
    {
      name: CHALLENGE_ANSWER.name,
      given: CHALLENGE_ANSWER,
      expect: { ...login('mopsy', '99101462'), state: Buffer.from('32769430') },
    },
  ])('$name', ({ given, expect: asked }) => {
    const packet = parsePacket(octetsOf(given.request))
    expect(
      readAccessRequest(packet, new SharedSecret(RFC_SECRET), { messageAuthenticatorVerified: false }),
    ).toEqual({ ...asked, unsigned: true })
  })

  test('takes a User-Name of 253 octets, and keeps white space and control characters within', () => {
    for (const name of ['x'.repeat(253), ' n\u001b[31me\nmo ', 'Zoë@example.com', '北京']) {
      expect(readSigned([[1, name], PASSWORD])).toEqual(login(name, 'arctangent'))
    }
  })

  test('passes over what other vendors put into Vendor-Specific, and what does not follow the layout', () => {
    const others: Tlv[] = [
      [26, ''],
      [26, Buffer.from([0, 0, 1])],
      [26, Buffer.from([0, 0, 1, 55])],
      [26, Buffer.from([0, 0, 1, 55, 25])],
      [26, Buffer.from([0, 0, 1, 55, 25, 0])],
      [26, Buffer.from([0, 0, 1, 55, 25, 200, 1])],
      [26, Buffer.from([0, 0, 0, 9, 25, 3, 1])],
      [26, Buffer.from([1, 0, 1, 55, 25, 3, 1])],
    ]
    for (const other of others)
      expect(readSigned([NAME, other, PASSWORD])).toEqual(login('nemo', 'arctangent'))
  })
})

describe('a proof', () => {
  const verified = { messageAuthenticatorVerified: true }
  const read = (attributes: Tlv[], mschap: boolean) =>
    readAccessRequest(parsePacket(signed(1, [SIGNATURE, ...attributes])), secret, verified, { mschap })
  const proof = (userName: string) => ({ kind: 'login', userName, credential: { kind: 'proof' } })

  test('by CHAP is a login of every client', () => {
    expect(read([NAME, CHAP_PASSWORD], false)).toMatchObject(proof('nemo'))
    const example = parsePacket(octetsOf(CHAP.request))
    expect(readAccessRequest(example, new SharedSecret(RFC_SECRET), verified)).toMatchObject(proof('flopsy'))
  })

  test('by MS-CHAPv2 is a login of a client that may', () => {
    expect(read([NAME, MS_CHAP2, MS_CHAP_CHALLENGE], true)).toMatchObject(proof('nemo'))
    const withState = read([NAME, MS_CHAP2, MS_CHAP_CHALLENGE, [24, 'S']], true)
    expect(withState).toMatchObject({ state: Buffer.from('S') })
  })

  test.each([
    { name: 'without a challenge', given: [NAME, MS_CHAP2] },
    { name: 'with an answer that is too short', given: [NAME, [26, microsoft(25, 49)], MS_CHAP_CHALLENGE] },
    { name: "with LAN Manager's answer", given: [NAME, MS_CHAP, [26, microsoft(11, 8)]] },
  ] as { name: string; given: Tlv[] }[])('by MS-CHAP $name is no login', ({ given }) => {
    expect(read(given, true)).toEqual({ kind: 'reject', reason: 'invalid-mschap' })
  })
})

describe('a reply', () => {
  const request = parsePacket(signed(1, [SIGNATURE, NAME, PASSWORD, [33, 'proxy'], [25, 'class']], 5))
  const all: Attribute[] = [18, 25, 6, 24, 79, 101, 26].map((type) => ({
    type,
    value: Buffer.from([0, 0, 1, 1]),
  }))
  const word = '00000101'
  const proxy: [number, string] = [33, Buffer.from('proxy').toString('hex')]

  test('RFC 5080 §2.6.1: an Access-Reject carries nothing but what may be in one', () => {
    expect(contentOf({ kind: 'reject' }, all)).toEqual([3, [18, word], [79, word], [101, word], proxy])
  })

  test('an Access-Reject is the same, octet for octet, for every reason', () => {
    const reasons = [
      'wrong-pin',
      'unknown-user',
      'otp-already-used',
      'two-credentials',
      'likely-wrong-secret',
    ]
    const replies = reasons.map((reason) =>
      replyToVerdict(request, { kind: 'reject', reason } as Answer, secret).toString('hex'),
    )
    expect(new Set(replies).size).toBe(1)
  })

  test('RFC 2865 §4.2: an Access-Accept carries the attributes it is given', () => {
    expect(contentOf({ kind: 'accept' }, all)).toEqual([2, ...all.map(({ type }) => [type, word]), proxy])
    expect(contentOf({ kind: 'accept' })).toEqual([2, proxy])
  })

  test('RFC 2865 §4.4: an Access-Challenge carries State and Reply-Message', () => {
    const challenge: Answer = { kind: 'challenge', state: Buffer.from('S'), message: 'OTP?' }
    expect(contentOf(challenge)).toEqual([11, [24, '53'], [18, Buffer.from('OTP?').toString('hex')], proxy])
  })

  test('RFC 2865 §5.18: a long message of an Access-Challenge is split', () => {
    const challenge: Answer = { kind: 'challenge', state: Buffer.from('S'), message: 'ü'.repeat(127) }
    expect(contentOf(challenge).slice(2, 4)).toEqual([
      [18, 'c3bc'.repeat(126)],
      [18, 'c3bc'],
    ])
  })

  test('RFC 5997 §3: a Status-Server is answered by an Access-Accept', () => {
    const reply = replyToStatusServer(parsePacket(signed(12, [[33, 'proxy'], SIGNATURE], 5)), secret)
    expect([reply[0], reply[1], ...attributesOf(reply)]).toEqual([
      2,
      5,
      [80, responseSignature(reply).toString('hex')],
      proxy,
    ])
  })

  function contentOf(answer: Answer, attributes?: Attribute[]): unknown[] {
    const reply = replyToVerdict(request, answer, secret, attributes)
    return [reply[0], ...attributesOf(reply).slice(1)]
  }
})

interface Row {
  name: string
  given: Tlv[]
  expect: string
}

function readSigned(attributes: Tlv[]) {
  return readAccessRequest(parsePacket(signed(1, [SIGNATURE, ...attributes])), secret, {
    messageAuthenticatorVerified: true,
  })
}

function readUnsigned(attributes: Tlv[]) {
  return readAccessRequest(parsePacket(packetOf(1, attributes)), secret, {
    messageAuthenticatorVerified: false,
  })
}

function login(userName: string, password: string) {
  return { kind: 'login', userName, credential: { kind: 'plain', password } }
}

/** RFC 2548 §2: a Vendor-Specific of Microsoft. */
function microsoft(type: number, octets: number): Buffer {
  return Buffer.concat([Buffer.from([0, 0, 1, 55, type, octets + 2]), Buffer.alloc(octets)])
}
