import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  admitAccounting,
  octetsOfText,
  readAccounting,
  replyToAccounting,
} from '../../src/radius/accounting.ts'
import type { Attribute } from '../../src/radius/attribute.ts'
import { Code, AttributeType as Type } from '../../src/radius/attributes.ts'
import { MalformedPacket } from '../../src/radius/malformed_packet.ts'
import { checkResponse, encodeRequest, parsePacket } from '../../src/radius/packet.ts'
import { encodeSignedRequest } from '../../src/radius/request_authenticator.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'

const WORD = 'a secret of 16 and more'
const SECRET = new SharedSecret(WORD)

function integer(type: number, value: number): Attribute {
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(value)
  return { type, value: octets }
}
const text = (type: number, value: string): Attribute => ({ type, value: Buffer.from(value) })

const START = [
  integer(Type.AcctStatusType, 1),
  text(Type.AcctSessionId, '0000A1'),
  text(Type.NasIdentifier, 'gw'),
  text(Type.UserName, 'alice'),
]
const request = (attributes: readonly Attribute[] = START, code: Code = Code.AccountingRequest) =>
  encodeSignedRequest(code, 7, attributes, SECRET)
const read = (attributes: readonly Attribute[]) => readAccounting(parsePacket(request(attributes)))

/** Without its Message-Authenticator, which stands first, and signed anew by node:crypto. */
function plain(octets: Buffer): Buffer {
  const shorter = Buffer.concat([octets.subarray(0, 20), octets.subarray(38)])
  shorter.writeUInt16BE(shorter.length, 2)
  return signed(shorter)
}
function signed(octets: Buffer): Buffer {
  octets.fill(0, 4, 20)
  octets.set(createHash('md5').update(octets).update(WORD).digest(), 4)
  return octets
}

describe('RFC 2866 §3: the Request Authenticator', () => {
  test('is MD5 over the packet with zeros in its place and the secret', () => {
    expect(admitAccounting(parsePacket(plain(request())), SECRET)).toBeNull()
    const ours = request()
    const theirs = signed(Buffer.from(ours))
    expect(ours).toEqual(theirs)
  })

  test('that is wrong in any bit, or over any other octet, is refused', () => {
    const good = request()
    for (let at = 0; at < good.length * 8; at++) {
      const bad = Buffer.from(good)
      bad[at >> 3]! ^= 1 << (at & 7)
      let reason: string | null = null
      try {
        reason = admitAccounting(parsePacket(bad), SECRET)
      } catch (error) {
        if (!(error instanceof MalformedPacket)) throw error
        reason = error.reason
      }
      expect(reason).not.toBeNull()
    }
  })

  test('under another secret is refused', () => {
    expect(admitAccounting(parsePacket(request()), new SharedSecret('another'))).toBe(
      'wrong-request-authenticator',
    )
  })

  test('does not excuse a wrong Message-Authenticator', () => {
    const octets = request()
    const expected = Buffer.from(octets)
    expected.fill(0, 4, 20).fill(0, 22, 38)
    expect(octets.subarray(22, 38)).toEqual(createHmac('md5', WORD).update(expected).digest())
    octets[25]! ^= 1
    expect(admitAccounting(parsePacket(signed(octets)), SECRET)).toBe('wrong-message-authenticator')
  })
})

describe('RFC 5997: Status-Server', () => {
  const random = Buffer.alloc(16, 9)
  test('needs Message-Authenticator', () => {
    const status = encodeRequest(Code.StatusServer, 1, random, [], SECRET)
    expect(admitAccounting(parsePacket(status), SECRET)).toBeNull()
    expect(admitAccounting(parsePacket(status), new SharedSecret('another'))).toBe(
      'wrong-message-authenticator',
    )
    const bare = Buffer.concat([status.subarray(0, 20)])
    bare.writeUInt16BE(20, 2)
    expect(admitAccounting(parsePacket(bare), SECRET)).toBe('no-message-authenticator')
  })
})

test.each([1, 2, 3, 5, 11, 40, 43, 255])('code %i is not served on the accounting port', (code) => {
  expect(admitAccounting(parsePacket(request(START, code as Code)), SECRET)).toBe('code-not-served')
})

describe('what it tells', () => {
  const whole = {
    kind: 'start',
    nas: { address: null, identifier: 'gw' },
    delaySeconds: 0,
    sessionId: '0000A1',
    user: 'alice',
    seconds: 0,
    inputOctets: 0,
    outputOctets: 0,
    framedAddress: null,
    callingStation: null,
    class: null,
    cause: null,
  }
  const rest = START.slice(1)
  const rows: { name: string; given: readonly Attribute[]; expect: object }[] = [
    { name: 'a Start', given: START, expect: whole },
    {
      name: 'a Stop with everything',
      given: [
        integer(Type.AcctStatusType, 2),
        ...rest,
        { type: Type.NasIpAddress, value: Uint8Array.of(10, 0, 0, 7) },
        integer(Type.AcctDelayTime, 3),
        integer(Type.AcctSessionTime, 3600),
        integer(Type.AcctInputOctets, 5),
        integer(Type.AcctInputGigawords, 2),
        integer(Type.AcctOutputOctets, 0xffff_ffff),
        { type: Type.FramedIpAddress, value: Uint8Array.of(192, 168, 0, 255) },
        text(Type.CallingStationId, '198.51.100.9'),
        { type: Type.Class, value: Uint8Array.of(0, 1, 255) },
        integer(Type.AcctTerminateCause, 1),
      ],
      expect: {
        ...whole,
        kind: 'stop',
        nas: { address: '10.0.0.7', identifier: 'gw' },
        delaySeconds: 3,
        seconds: 3600,
        inputOctets: 2 * 2 ** 32 + 5,
        outputOctets: 0xffff_ffff,
        framedAddress: '192.168.0.255',
        callingStation: '198.51.100.9',
        class: '0x0001ff',
        cause: 'user-request',
      },
    },
    {
      name: 'an Interim-Update has no cause',
      given: [integer(40, 3), ...rest, integer(49, 1)],
      expect: { ...whole, kind: 'interim' },
    },
    {
      name: 'a cause that nobody knows',
      given: [integer(40, 2), ...rest, integer(49, 99)],
      expect: { ...whole, kind: 'stop', cause: 'cause-99' },
    },
    {
      name: 'more octets than a number holds',
      given: [...START, integer(52, 0xffff_ffff)],
      expect: { ...whole, inputOctets: Number.MAX_SAFE_INTEGER },
    },
    {
      name: 'numbers and addresses of a wrong length are not there',
      given: [...START, text(46, 'abc'), text(8, 'abcde'), text(42, '')],
      expect: whole,
    },
    {
      name: 'IPv6 alone is an identity',
      given: [
        START[0]!,
        START[1]!,
        { type: 95, value: Buffer.from(`20010db8${'0'.repeat(22)}0a`, 'hex').subarray(0, 16) },
      ],
      expect: {
        ...whole,
        user: null,
        nas: { address: expect.stringMatching(/^2001:db8:/), identifier: null },
      },
    },
    {
      name: 'Accounting-On, without a session',
      given: [integer(40, 7), START[2]!],
      expect: { kind: 'nas-restart', nas: whole.nas, delaySeconds: 0 },
    },
    {
      name: 'Accounting-Off',
      given: [integer(40, 8), ...rest],
      expect: { kind: 'nas-restart', nas: whole.nas, delaySeconds: 0 },
    },
    { name: 'RFC 2867: a tunnel', given: [integer(40, 9), START[2]!], expect: { kind: 'other', status: 9 } },
    { name: 'no Acct-Status-Type', given: rest, expect: { kind: 'discard', reason: 'no-acct-status-type' } },
    {
      name: 'an Acct-Status-Type of two octets',
      given: [text(40, '\0\x01'), ...rest],
      expect: { kind: 'discard', reason: 'no-acct-status-type' },
    },
    {
      name: 'no Acct-Session-Id',
      given: [START[0]!, START[2]!],
      expect: { kind: 'discard', reason: 'no-acct-session-id' },
    },
    {
      name: 'an empty Acct-Session-Id',
      given: [START[0]!, text(44, ''), START[2]!],
      expect: { kind: 'discard', reason: 'no-acct-session-id' },
    },
    { name: 'no NAS', given: [START[0]!, START[1]!], expect: { kind: 'discard', reason: 'no-nas-identity' } },
  ]
  test.each(rows)('$name', ({ given, expect: expected }) => {
    expect(read(given)).toEqual(expected)
  })

  test('any octets as a session id become one line of text, and octets again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 253 }), fc.boolean(), (octets, hasMark) => {
        const value = hasMark ? Buffer.concat([Buffer.from('0x'), octets]).subarray(0, 253) : octets
        const told = read([START[0]!, { type: 44, value }, START[2]!])
        if (told.kind !== 'start') throw new Error(told.kind)
        expect(told.sessionId).toMatch(/^\P{Cc}+$/u)
        expect(Buffer.from(octetsOfText(told.sessionId))).toEqual(Buffer.from(value))
      }),
    )
  })
})

describe('the answer', () => {
  const states = [text(Type.ProxyState, 'one'), text(Type.ProxyState, 'two')]
  test('carries the Proxy-States in their order under the Response Authenticator, and nothing else', () => {
    const asked = parsePacket(request([...START, ...states]))
    const reply = replyToAccounting(asked, SECRET)
    const checked = checkResponse(reply, asked.requestAuthenticator, 7, SECRET)
    if (checked.kind !== 'response') throw new Error(checked.reason)
    expect(checked.code).toBe(Code.AccountingResponse)
    expect([...checked.attributes].map(({ type, value }) => [type, Buffer.from(value).toString()])).toEqual([
      [Type.ProxyState, 'one'],
      [Type.ProxyState, 'two'],
    ])
    const expected = createHash('md5')
      .update(reply.subarray(0, 4))
      .update(asked.requestAuthenticator)
      .update(reply.subarray(20))
      .update(WORD)
      .digest()
    expect(reply.subarray(4, 20)).toEqual(expected)
  })

  test('holds as many Proxy-States as a request does', () => {
    const many = Array.from({ length: 15 }, () => text(Type.ProxyState, 'x'.repeat(253)))
    const asked = parsePacket(request([START[0]!, START[1]!, START[2]!, ...many]))
    expect(replyToAccounting(asked, SECRET)).toHaveLength(20 + 15 * 255)
  })
})
