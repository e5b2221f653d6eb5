/** Packets made octet by octet with `node:crypto`, so that the tests share nothing with the code they test. */
import { createHash, createHmac } from 'node:crypto'

export const SECRET = 'xyzzy5461'
export const AUTHENTICATOR = Buffer.from('0f403f9473978057bd83d5cb98f4227a', 'hex')

export type Tlv = readonly [type: number, value: Uint8Array | string]

export const SIGNATURE: Tlv = [80, Buffer.alloc(16)]

export function tlv([type, value]: Tlv): Buffer {
  const octets = Buffer.from(value)
  return Buffer.concat([Buffer.from([type, octets.length + 2]), octets])
}

export function packetOf(code: number, attributes: readonly Tlv[], identifier = 7): Buffer {
  const body = Buffer.concat(attributes.map(tlv))
  const header = Buffer.concat([Buffer.from([code, identifier, 0, 0]), AUTHENTICATOR])
  header.writeUInt16BE(header.length + body.length, 2)
  return Buffer.concat([header, body])
}

/** With the sixteen zero octets of SIGNATURE made a true Message-Authenticator (RFC 3579 §3.2). */
export function signed(code: number, attributes: readonly Tlv[], identifier = 7): Buffer {
  const packet = packetOf(code, attributes, identifier)
  let at = 20
  for (const attribute of attributes) {
    if (attribute === SIGNATURE)
      createHmac('md5', SECRET)
        .update(packet)
        .digest()
        .copy(packet, at + 2)
    at += tlv(attribute).length
  }
  return packet
}

/** RFC 2865 §5.2, as it is written there. */
export function hidden(password: Uint8Array | string, secret = SECRET): Buffer {
  const typed = Buffer.from(password)
  const padded = Buffer.concat([typed, Buffer.alloc((16 - (typed.length % 16)) % 16)])
  let before: Buffer = AUTHENTICATOR
  const chunks: Buffer[] = []
  for (let at = 0; at < padded.length; at += 16) {
    const mask = createHash('md5').update(secret).update(before).digest()
    before = Buffer.from(mask.map((octet, i) => octet ^ padded[at + i]!))
    chunks.push(before)
  }
  return Buffer.concat(chunks)
}

/** RFC 2865 §3: what the Response Authenticator must be. */
export function responseAuthenticator(response: Uint8Array, secret = SECRET): Buffer {
  return createHash('md5')
    .update(response.subarray(0, 4))
    .update(AUTHENTICATOR)
    .update(response.subarray(20))
    .update(secret)
    .digest()
}

/** RFC 3579 §3.2: what a response's Message-Authenticator must be, standing first. */
export function responseSignature(response: Uint8Array, secret = SECRET): Buffer {
  const unsigned = Buffer.from(response)
  AUTHENTICATOR.copy(unsigned, 4)
  unsigned.fill(0, 22, 38)
  return createHmac('md5', secret).update(unsigned).digest()
}

/** The attributes of a packet, as [type, hex]. */
export function attributesOf(packet: Uint8Array): [number, string][] {
  const found: [number, string][] = []
  for (let at = 20; at < packet.length; at += packet[at + 1]!) {
    found.push([packet[at]!, Buffer.from(packet.subarray(at + 2, at + packet[at + 1]!)).toString('hex')])
  }
  return found
}
