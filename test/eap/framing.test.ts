/** Octets of EAP and its methods: round trips, every truncation, and whatever else somebody may send. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Avp, encodeAvp, parseAvps } from '../../src/eap/avp.ts'
import { readOfferedSession } from '../../src/eap/client_hello.ts'
import { encodeResponse, parseResponse } from '../../src/eap/eap_packet.ts'
import { TlsFraming } from '../../src/eap/tls_framing.ts'
import { eapOctetsAllowed } from '../../src/radius/eap_message.ts'
import { encodeRequest, parsePacket } from '../../src/radius/packet.ts'
import { SECRET } from '../server/nas.ts'

const octets = (max: number, min = 0) => fc.uint8Array({ minLength: min, maxLength: max })

describe('an EAP packet', () => {
  test('is read as it was written, with padding behind it, and not when cut', () => {
    fc.assert(
      fc.property(
        fc.nat(255),
        fc.integer({ min: 1, max: 254 }),
        octets(300),
        octets(20),
        (id, type, data, padding) => {
          const packet = encodeResponse(id, type, data)
          expect(parseResponse(Buffer.concat([packet, padding]))).toEqual({
            identifier: id,
            type,
            data: Buffer.from(data),
          })
          for (let length = 0; length < packet.length; length++)
            expect(parseResponse(packet.subarray(0, length))).toBe(null)
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('TLS in fragments', () => {
  test('comes out as it went in, whatever the sizes, with an acknowledgement for each but the last', () => {
    fc.assert(
      fc.property(octets(16_384, 1), fc.integer({ min: 128, max: 1100 }), (message, maxOctets) => {
        const [sender, receiver] = [new TlsFraming(), new TlsFraming()]
        sender.send(message)
        for (;;) {
          const fragment = sender.next(maxOctets)
          expect(fragment.length).toBeLessThanOrEqual(maxOctets - 5)
          const got = receiver.receive(fragment)
          if (got.kind === 'message') {
            expect(Buffer.compare(got.octets, message)).toBe(0)
            return
          }
          expect(got.kind).toBe('go-on')
          const acknowledgement = receiver.next(maxOctets)
          expect([...acknowledgement]).toEqual([0])
          expect(sender.receive(acknowledgement).kind).toBe('go-on')
        }
      }),
      { numRuns: 200 },
    )
  })

  test('whatever comes is a message, a reason to go on, or wrong; and never more than 16 KiB is held', () => {
    fc.assert(
      fc.property(fc.array(octets(1200), { maxLength: 30 }), (parts) => {
        const framing = new TlsFraming()
        for (const part of parts) {
          const got = framing.receive(part)
          if (got.kind === 'message') expect(got.octets.length).toBeLessThanOrEqual(16_384)
        }
      }),
    )
  })
})

describe('AVPs', () => {
  const avp: fc.Arbitrary<Avp> = fc.record({
    vendor: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 0xffffffff })),
    code: fc.integer({ min: 0, max: 0xffffffff }),
    value: octets(40).map((value) => Buffer.from(value)),
    isMandatory: fc.boolean(),
  })

  test('are read as they were written; cut within one, not at all', () => {
    fc.assert(
      fc.property(fc.array(avp, { minLength: 1, maxLength: 5 }), (avps) => {
        const written = Buffer.concat(avps.map(encodeAvp))
        expect(parseAvps(written)).toEqual(avps)
        const last = encodeAvp(avps.at(-1)!)
        const header = avps.at(-1)!.vendor === 0 ? 8 : 12
        // RFC 5281 §10.1: the padding of the last one may be missing, what it holds may not.
        const held = written.length - last.length + header + avps.at(-1)!.value.length
        for (let length = written.length - last.length + 1; length < held; length++)
          expect(parseAvps(written.subarray(0, length))).toBe(null)
      }),
      { numRuns: 100 },
    )
  })

  test('of any octets are some or none', () => {
    fc.assert(fc.property(octets(200), (given) => void parseAvps(given)))
  })
})

test('a ClientHello of any octets offers a session or none, and never throws', () => {
  const hello = fc
    .tuple(octets(60), octets(300))
    .map(([head, rest]) =>
      Buffer.concat([Buffer.of(22, 3, 1, 1, 0x40, 1, 0, 1, 0x3c, 3, 3), Buffer.alloc(32), head, rest]),
    )
  fc.assert(
    fc.property(fc.oneof(octets(400), hello), (given) => {
      const { ticketKeyName, sessionId } = readOfferedSession(given)
      expect(ticketKeyName === null || ticketKeyName.length === 16).toBe(true)
      expect(sessionId === null || sessionId.length > 0).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

test.each([
  [null, 1024],
  [1500, 1024],
  [1028, 1024],
  [1000, 996],
  [204, 200],
  [64, 128],
  [0, 128],
  [0xffffffff, 1024],
])('Framed-MTU %s allows %d octets of EAP (RFC 3579 §2.4)', (mtu, allowed) => {
  const value = Buffer.alloc(4)
  value.writeUInt32BE(mtu ?? 0)
  const request = encodeRequest(1, 1, Buffer.alloc(16), mtu === null ? [] : [{ type: 12, value }], SECRET)
  expect(eapOctetsAllowed(parsePacket(request).attributes)).toBe(allowed)
})
