import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Attribute, textAttributes } from '../../src/radius/attribute.ts'
import { Code } from '../../src/radius/attributes.ts'
import { MalformedPacket } from '../../src/radius/malformed_packet.ts'
import { checkResponse, encodeRequest, encodeResponse, parsePacket } from '../../src/radius/packet.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { EXAMPLES, octetsOf, RFC_SECRET } from '../vectors/radius_packets.ts'
import {
  AUTHENTICATOR,
  attributesOf,
  packetOf,
  responseAuthenticator,
  responseSignature,
  SECRET,
  SIGNATURE,
  signed,
  type Tlv,
} from './handmade.ts'

const secret = new SharedSecret(SECRET)
const hello: Attribute = { type: 18, value: Buffer.from('hello') }
const sessionTimeout: Attribute = { type: 27, value: Buffer.from([0, 0, 14, 16]) }

describe('a response', () => {
  const request = signed(1, [SIGNATURE, [33, 'one'], [1, 'nemo'], [33, ''], [24, 'state'], [33, 'one']], 211)

  test('RFC 2865 §3: echoes the Identifier and carries its Code and true Length', () => {
    const response = encodeResponse(parsePacket(request), Code.AccessReject, [], secret)
    expect([response[0], response[1], response.readUInt16BE(2)]).toEqual([3, 211, response.length])
  })

  test('RFC 3579 §3.2, RFC 2865 §5.33: Message-Authenticator first, then ours, then every Proxy-State in order', () => {
    const response = encodeResponse(parsePacket(request), Code.AccessAccept, [hello, sessionTimeout], secret)
    expect(attributesOf(response)).toEqual([
      [80, responseSignature(response).toString('hex')],
      [18, Buffer.from('hello').toString('hex')],
      [27, '00000e10'],
      [33, Buffer.from('one').toString('hex')],
      [33, ''],
      [33, Buffer.from('one').toString('hex')],
    ])
  })

  test('RFC 2865 §3: the Response Authenticator covers the Message-Authenticator', () => {
    const response = encodeResponse(parsePacket(request), Code.AccessAccept, [hello], secret)
    expect(response.subarray(4, 20)).toEqual(responseAuthenticator(response))
  })

  test('is signed also when the request is not', () => {
    const response = encodeResponse(parsePacket(packetOf(1, [[1, 'nemo']])), Code.AccessReject, [], secret)
    expect(response.subarray(22, 38)).toEqual(responseSignature(response))
    expect(response.length).toBe(38)
  })

  test('refuses a value of more than 253 octets, which is our own fault', () => {
    const tooLong = { type: 18, value: Buffer.alloc(254) }
    expect(() => encodeResponse(parsePacket(request), Code.AccessAccept, [tooLong], secret)).toThrow(
      RangeError,
    )
  })
})

describe('RFC 2865 §5.33: hundreds of Proxy-State', () => {
  test('500 of them come back in order', () => {
    const proxies: Tlv[] = Array.from({ length: 500 }, (_, i) => [33, `p${i}`])
    const response = encodeResponse(
      parsePacket(signed(1, [SIGNATURE, ...proxies])),
      Code.AccessAccept,
      [hello],
      secret,
    )
    expect(proxyStatesOf(response)).toEqual(proxies.map(([, value]) => value))
  })

  test('a request of 4096 octets full of them is answered in 4096', () => {
    const proxies: Tlv[] = Array.from({ length: 2029 }, () => [33, ''])
    const request = signed(1, [SIGNATURE, ...proxies])
    expect(request.length).toBe(4096)
    const response = encodeResponse(parsePacket(request), Code.AccessReject, [hello], secret)
    expect(response.length).toBe(4096)
    expect(proxyStatesOf(response).length).toBe(2029)
    expect(response.subarray(22, 38)).toEqual(responseSignature(response))
    expect(response.subarray(4, 20)).toEqual(responseAuthenticator(response))
  })

  test('a Reply-Message gives way, whole; a Proxy-State and anything else never', () => {
    const proxies = filling(4096 - 20 - 18 - 6)
    const request = parsePacket(signed(1, [SIGNATURE, ...proxies]))
    const message = textAttributes(18, 'x'.repeat(300))
    const response = encodeResponse(request, Code.AccessAccept, [...message, sessionTimeout], secret)
    expect(response.length).toBe(4096)
    expect(attributesOf(response).map(([type]) => type)).toEqual([80, 27, ...proxies.map(() => 33)])
  })

  test('a Reply-Message stays while there is room to the last octet', () => {
    const request = parsePacket(signed(1, [SIGNATURE, ...filling(4096 - 20 - 18 - 7)]))
    expect(attributesOf(encodeResponse(request, Code.AccessReject, [hello], secret))[1]![0]).toBe(18)
    const fuller = parsePacket(signed(1, [SIGNATURE, ...filling(4096 - 20 - 18 - 6)]))
    expect(attributesOf(encodeResponse(fuller, Code.AccessReject, [hello], secret))[1]![0]).toBe(33)
  })

  test('what may restrict the session is never left out: no reply, then', () => {
    const request = parsePacket(signed(1, [SIGNATURE, ...filling(4096 - 20 - 18 - 5)]))
    expect(() => encodeResponse(request, Code.AccessAccept, [sessionTimeout], secret)).toThrow(
      new MalformedPacket('no-room-for-reply'),
    )
  })

  test('an unsigned request of nothing else leaves no room for Message-Authenticator: no reply', () => {
    const request = parsePacket(packetOf(1, filling(4076)))
    expect(() => encodeResponse(request, Code.AccessReject, [], secret)).toThrow(
      new MalformedPacket('no-room-for-reply'),
    )
  })
})

describe('RFC 2865 §5.18: text is split at 253 octets, never within a character', () => {
  const texts = [
    { name: 'none', given: '', expect: [] },
    { name: '253 octets', given: 'x'.repeat(253), expect: [253] },
    { name: '254 octets', given: 'x'.repeat(254), expect: [253, 1] },
    { name: 'two octets to a character', given: 'ü'.repeat(127), expect: [252, 2] },
    { name: 'three octets to a character', given: '€'.repeat(85), expect: [252, 3] },
    { name: 'four octets to a character', given: '😀'.repeat(64), expect: [252, 4] },
    { name: 'three octets of four before the cut', given: `xx${'😀'.repeat(63)}`, expect: [250, 4] },
  ]
  test.each(texts)('$name', ({ given, expect: lengths }) => {
    expect(textAttributes(18, given).map(({ value }) => value.length)).toEqual(lengths)
  })

  test('put together again it is the same, and each piece is valid alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400, size: 'max' }), (text) => {
        const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
        expect(
          textAttributes(18, text)
            .map(({ value }) => strict.decode(value))
            .join(''),
        ).toBe(text)
      }),
    )
  })
})

describe('a response, checked by the client that asked', () => {
  const request = encodeRequest(
    Code.AccessRequest,
    9,
    AUTHENTICATOR,
    [{ type: 1, value: Buffer.from('nemo') }],
    secret,
  )
  const response = encodeResponse(parsePacket(request), Code.AccessAccept, [hello], secret)

  test('RFC 2865 §3: no response with any one bit changed is taken', () => {
    for (let at = 0; at < response.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const forged = Buffer.from(response)
        forged[at]! ^= 1 << bit
        expect({ at, bit, kind: kindOf(forged) }).not.toEqual({ at, bit, kind: 'response' })
      }
    }
  })

  test('RFC 3579 §3.2: nor one whose Response Authenticator is true and whose Message-Authenticator is not', () => {
    const forged = Buffer.from(response)
    forged[30]! ^= 1
    responseAuthenticator(forged).copy(forged, 4)
    expect(check(forged)).toEqual({ kind: 'discard', reason: 'wrong-message-authenticator' })
  })

  test('RFC 2865 §3: nor one to another request, or under another secret', () => {
    expect(checkResponse(response, AUTHENTICATOR, 8, secret)).toEqual({
      kind: 'discard',
      reason: 'wrong-identifier',
    })
    expect(checkResponse(response, Buffer.alloc(16), 9, secret)).toEqual({
      kind: 'discard',
      reason: 'wrong-response-authenticator',
    })
    expect(checkResponse(response, AUTHENTICATOR, 9, new SharedSecret('xyzzy5462'))).toEqual({
      kind: 'discard',
      reason: 'wrong-response-authenticator',
    })
  })

  test('takes what we encode', () => {
    const checked = check(response)
    expect(checked).toMatchObject({ kind: 'response', code: 2, signed: true })
    expect(checked.kind === 'response' && checked.attributes.first(18)).toEqual(Buffer.from('hello'))
  })

  test.each(EXAMPLES)('takes the response of $name, which is not signed', (example) => {
    const asked = parsePacket(octetsOf(example.request))
    const answered = octetsOf(example.response)
    expect(
      checkResponse(answered, asked.requestAuthenticator, asked.identifier, new SharedSecret(RFC_SECRET)),
    ).toMatchObject({ kind: 'response', code: answered[0], signed: false })
  })

  function check(datagram: Buffer) {
    return checkResponse(datagram, AUTHENTICATOR, 9, secret)
  }

  function kindOf(datagram: Buffer): string {
    try {
      return check(datagram).kind
    } catch (error) {
      if (error instanceof MalformedPacket) return 'malformed'
      throw error
    }
  }
})

describe('a request of ours', () => {
  test('RFC 5997 §3: a Status-Server is a header and its Message-Authenticator', () => {
    const request = encodeRequest(Code.StatusServer, 7, AUTHENTICATOR, [], secret)
    expect(request).toEqual(signed(12, [SIGNATURE]))
  })

  test('comes back from the parser as it went in', () => {
    const attribute = fc.record({
      type: fc.constantFrom(1, 4, 18, 24, 32, 33),
      value: fc.uint8Array({ maxLength: 253, size: 'max' }),
    })
    fc.assert(
      fc.property(fc.array(attribute, { maxLength: 10 }), fc.nat(255), (attributes, identifier) => {
        const request = encodeRequest(Code.AccessRequest, identifier, AUTHENTICATOR, attributes, secret)
        const packet = parsePacket(request)
        expect([packet.code, packet.identifier, packet.requestAuthenticator]).toEqual([
          1,
          identifier,
          AUTHENTICATOR,
        ])
        expect(
          [...packet.attributes].slice(1).map(({ type, value }) => ({ type, value: [...value] })),
        ).toEqual(attributes.map(({ type, value }) => ({ type, value: [...value] })))
      }),
    )
  })

  test('RFC 2865 §3: never exceeds 4096 octets', () => {
    const tooMany = Array.from({ length: 16 }, () => ({ type: 26, value: Buffer.alloc(253) }))
    expect(() => encodeRequest(Code.AccessRequest, 0, AUTHENTICATOR, tooMany, secret)).toThrow(RangeError)
  })
})

/** Proxy-States that take exactly so many octets. */
function filling(octets: number): Tlv[] {
  const proxies: Tlv[] = []
  while (octets > 0) {
    const length = octets > 257 ? 255 : Math.min(octets, 200)
    proxies.push([33, Buffer.alloc(length - 2, proxies.length)])
    octets -= length
  }
  return proxies
}

function proxyStatesOf(response: Buffer): string[] {
  return attributesOf(response)
    .filter(([type]) => type === 33)
    .map(([, hex]) => Buffer.from(hex, 'hex').toString())
}
