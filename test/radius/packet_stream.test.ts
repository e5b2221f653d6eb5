import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { PacketStream, type StreamFault } from '../../src/radius/packet_stream.ts'

function packet(length: number, filler = 0): Buffer {
  const octets = Buffer.alloc(length, filler)
  octets.writeUInt16BE(length, 2)
  return octets
}

function readAll(chunks: readonly Uint8Array[]): {
  packets: Buffer[]
  fault: StreamFault | null
  stream: PacketStream
} {
  const stream = new PacketStream()
  const packets: Buffer[] = []
  let fault: StreamFault | null = null
  for (const chunk of chunks) fault ??= stream.push(chunk, (octets) => packets.push(Buffer.from(octets)) > 0)
  return { packets, fault, stream }
}

test('gives the same packets, wherever the stream is cut', () => {
  const packets = fc.array(fc.tuple(fc.integer({ min: 20, max: 4096 }), fc.nat(255)), { maxLength: 8 })
  const cuts = fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 40 })
  fc.assert(
    fc.property(packets, cuts, (sizes, lengths) => {
      const sent = sizes.map(([length, filler]) => packet(length, filler))
      const whole = Buffer.concat(sent)
      const chunks: Buffer[] = []
      let at = 0
      for (const length of [...lengths, whole.length]) {
        chunks.push(whole.subarray(at, at + length))
        at += length
      }
      const { packets: received, fault, stream } = readAll(chunks)
      expect({ received, fault }).toEqual({ received: sent, fault: null })
      expect(stream.isInPacket).toBe(false)
    }),
  )
})

test('a packet of any length that comes octet by octet is one packet', () => {
  for (const length of [20, 21, 4096]) {
    const sent = packet(length, 9)
    expect(readAll([...sent].map((octet) => Uint8Array.of(octet))).packets).toEqual([sent])
  }
})

test('knows that a packet has begun', () => {
  expect(readAll([packet(30).subarray(0, 29)]).stream.isInPacket).toBe(true)
  expect(readAll([Uint8Array.of(1)]).stream.isInPacket).toBe(true)
})

describe('RFC 6614: a length that no packet has ends the stream', () => {
  test.each([
    { length: 0, fault: 'length-too-small' },
    { length: 19, fault: 'length-too-small' },
    { length: 4097, fault: 'length-too-large' },
    { length: 65_535, fault: 'length-too-large' },
  ])('$length', ({ length, fault }) => {
    const bad = Buffer.from([1, 0, length >> 8, length & 0xff])
    expect(readAll([Buffer.concat([packet(20), bad, packet(20)])])).toMatchObject({
      packets: [packet(20)],
      fault,
    })
  })
})

test('what stands behind a packet that ends it is not given', () => {
  const stream = new PacketStream()
  let given = 0
  expect(stream.push(Buffer.concat([packet(20), packet(20)]), () => ++given < 1)).toBe(null)
  expect(given).toBe(1)
  expect(stream.isInPacket).toBe(false)
})

test('holds no more than a packet, and not the chunk that it came in', () => {
  const stream = new PacketStream()
  const big = Uint8Array.from(Buffer.concat([packet(4096), packet(4096), packet(4096).subarray(0, 4095)]))
  const views: ArrayBufferLike[] = []
  stream.push(big, (octets) => views.push(octets.buffer) > 0)
  stream.push(Uint8Array.of(0), (octets) => views.push(octets.buffer) > 0)
  expect(views.map((buffer) => buffer === big.buffer)).toEqual([true, true, false])
})
