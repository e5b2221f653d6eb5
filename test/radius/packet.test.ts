import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { MalformedPacket } from '../../src/radius/malformed_packet.ts'
import { checkMessageAuthenticator, parsePacket } from '../../src/radius/packet.ts'
import { SharedSecret } from '../../src/radius/shared_secret.ts'
import { EXAMPLES, octetsOf } from '../vectors/radius_packets.ts'
import { AUTHENTICATOR, hidden, packetOf, SECRET, SIGNATURE, signed } from './handmade.ts'

const REQUEST = signed(1, [SIGNATURE, [1, 'nemo'], [2, hidden('arctangent')], [33, 'one'], [33, 'two']])

describe('parsing', () => {
  const malformed = [
    { name: 'RFC 2865 §3: an empty datagram', given: Buffer.alloc(0), expect: 'too-short' },
    { name: 'RFC 2865 §3: a datagram of 19 octets', given: REQUEST.subarray(0, 19), expect: 'too-short' },
    { name: 'RFC 2865 §3: Length 0', given: withLength(0), expect: 'length-too-small' },
    { name: 'RFC 2865 §3: Length 19', given: withLength(19), expect: 'length-too-small' },
    { name: 'RFC 2865 §3: Length 4097', given: withLength(4097, 5000), expect: 'length-too-large' },
    { name: 'RFC 2865 §3: Length 65535', given: withLength(65535, 65535), expect: 'length-too-large' },
    {
      name: 'RFC 2865 §3: Length one past the datagram',
      given: withLength(REQUEST.length + 1),
      expect: 'length-lies',
    },
    { name: 'RFC 2865 §5: an attribute of length 0', given: withTail([1, 0]), expect: 'attribute-too-short' },
    { name: 'RFC 2865 §5: an attribute of length 1', given: withTail([1, 1]), expect: 'attribute-too-short' },
    { name: 'RFC 2865 §5: a lone octet at the end', given: withTail([1]), expect: 'attribute-overruns' },
    { name: 'RFC 2865 §5: an attribute past the end', given: withTail([1, 3]), expect: 'attribute-overruns' },
    {
      name: 'RFC 2865 §5: an attribute of 255 octets, 2 there',
      given: withTail([1, 255]),
      expect: 'attribute-overruns',
    },
    {
      name: 'RFC 3579 §3.3: two Message-Authenticators',
      given: packetOf(1, [SIGNATURE, [1, 'nemo'], SIGNATURE]),
      expect: 'two-message-authenticators',
    },
    ...[0, 1, 15, 17, 253].map((octets) => ({
      name: `RFC 3579 §3.2: a Message-Authenticator of ${octets} octets`,
      given: packetOf(1, [
        [1, 'nemo'],
        [80, Buffer.alloc(octets)],
      ]),
      expect: 'message-authenticator-length',
    })),
    {
      name: 'RFC 3579 §3.2: a good Message-Authenticator and then a short one',
      given: packetOf(1, [SIGNATURE, [80, 'short']]),
      expect: 'two-message-authenticators',
    },
  ]
  test.each(malformed)('discards $name', ({ given, expect: reason }) => {
    expect(reasonOf(given)).toBe(reason)
  })

  test('RFC 2865 §3: a packet cut at any octet is discarded', () => {
    for (let length = 0; length < REQUEST.length; length++) {
      expect(reasonOf(REQUEST.subarray(0, length))).toBe(length < 20 ? 'too-short' : 'length-lies')
    }
  })

  test('RFC 2865 §5: a packet whose Length is cut too is read only where an attribute ends', () => {
    const ends = [20, 38, 44, 62, 67, 72]
    for (let length = 20; length <= REQUEST.length; length++) {
      const cut = Buffer.from(REQUEST.subarray(0, length))
      cut.writeUInt16BE(length, 2)
      expect({ length, reads: reasonOf(cut) === 'none' }).toEqual({ length, reads: ends.includes(length) })
    }
  })

  test('RFC 2865 §3: reads the header, and nothing behind Length', () => {
    const padded = Buffer.concat([REQUEST, Buffer.from('padding')])
    const packet = parsePacket(padded)
    expect({ ...packet, attributes: [...packet.attributes].length }).toEqual({
      version: 'radius/1.0',
      code: 1,
      identifier: 7,
      requestAuthenticator: AUTHENTICATOR,
      octets: REQUEST,
      attributes: 5,
    })
    expect(checkMessageAuthenticator(packet, new SharedSecret(SECRET))).toBe('valid')
  })

  test('RFC 2865 §3: reads the shortest packet and the longest', () => {
    expect([...parsePacket(packetOf(1, [])).attributes]).toEqual([])
    const longest = packetOf(1, [
      ...Array.from({ length: 15 }, () => [26, Buffer.alloc(253)] as const),
      [26, Buffer.alloc(249)],
    ])
    expect(longest.length).toBe(4096)
    expect(parsePacket(longest).attributes.count(26)).toBe(16)
  })

  test('RFC 2865 §5: finds attributes by type, in their order, also empty ones', () => {
    const { attributes } = parsePacket(
      packetOf(1, [
        [33, 'a'],
        [24, ''],
        [33, 'b'],
      ]),
    )
    expect(attributes.first(33)).toEqual(Buffer.from('a'))
    expect(attributes.first(24)).toEqual(Buffer.alloc(0))
    expect(attributes.first(1)).toBeUndefined()
    expect(attributes.all(33)).toEqual([Buffer.from('a'), Buffer.from('b')])
    expect(attributes.all(1)).toEqual([])
    expect([attributes.count(33), attributes.count(24), attributes.count(1)]).toEqual([2, 1, 0])
    expect([attributes.has(24), attributes.has(1)]).toEqual([true, false])
    expect([...attributes]).toEqual([
      { type: 33, value: Buffer.from('a') },
      { type: 24, value: Buffer.alloc(0) },
      { type: 33, value: Buffer.from('b') },
    ])
  })

  test('does not change the datagram', () => {
    const before = Buffer.from(REQUEST)
    checkMessageAuthenticator(parsePacket(REQUEST), new SharedSecret(SECRET))
    expect(REQUEST).toEqual(before)
  })
})

describe('fuzz: the parser throws MalformedPacket or reads on to the end, and nothing else', () => {
  test('random octets', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300, size: 'max' }), holdsTogether), { numRuns: 3000 })
  })

  test('random attributes behind a true header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200, size: 'max' }), (octets) =>
        holdsTogether(withTail(octets)),
      ),
      { numRuns: 3000 },
    )
  })

  test('true packets with octets changed, cut out, or put in', () => {
    const seeds = [REQUEST, ...EXAMPLES.map(({ request }) => octetsOf(request))]
    const change = fc.tuple(fc.nat(120), fc.nat(3), fc.uint8Array({ maxLength: 4 }))
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (seed, changes) => {
          let packet = seed
          for (const [at, cut, put] of changes) {
            packet = Buffer.concat([packet.subarray(0, at), put, packet.subarray(at + cut)])
          }
          holdsTogether(packet)
        },
      ),
      { numRuns: 3000 },
    )
  })
})

function holdsTogether(datagram: Uint8Array): void {
  if (reasonOf(datagram) !== 'none') return
  const packet = parsePacket(datagram)
  let octets = 20
  for (const { type, value } of packet.attributes) {
    octets += 2 + value.length
    expect(packet.attributes.count(type)).toBe(packet.attributes.all(type).length)
  }
  expect(octets).toBe(packet.octets.length)
  checkMessageAuthenticator(packet, new SharedSecret(SECRET))
}

function reasonOf(datagram: Uint8Array): string {
  try {
    parsePacket(datagram)
    return 'none'
  } catch (error) {
    if (error instanceof MalformedPacket) return error.reason
    throw error
  }
}

function withLength(length: number, datagramLength = REQUEST.length): Buffer {
  const datagram = Buffer.alloc(datagramLength)
  REQUEST.copy(datagram)
  datagram.writeUInt16BE(length, 2)
  return datagram
}

function withTail(octets: Iterable<number>): Buffer {
  const datagram = Buffer.concat([packetOf(1, []), Buffer.from([...octets])])
  datagram.writeUInt16BE(datagram.length, 2)
  return datagram
}
