/**
 * A RADIUS packet as octets: parsed, encoded, and signed. The authenticators of RFC 2865 §3 and RFC 3579 §3.2
 * are made and checked here, and for requests that an authenticator signs in request_authenticator.ts. Knows nothing of logins, and does not judge an absent signature.
 */
import { ATTRIBUTE_HEADER_OCTETS, type Attribute, attributesLength, writeAttribute } from './attribute.ts'
import { AttributeList } from './attribute_list.ts'
import { AttributeType, type Code } from './attributes.ts'
import { MalformedPacket } from './malformed_packet.ts'
import { DIGEST_OCTETS, Md5 } from './md5.ts'
import type { SharedSecret } from './shared_secret.ts'
import { RADIUS_1_0, type Version } from './version.ts'

export interface Packet {
  readonly version: Version
  readonly code: number
  /** Of RADIUS/1.1 the Token, which has taken its place, as a signed number of 32 bits. */
  readonly identifier: number
  /** 16 octets: the Authenticator field, which holds this in a request; in RADIUS/1.1 nothing that means anything. */
  readonly requestAuthenticator: Uint8Array
  /** The whole packet as received, padding cut off. A view of the datagram: valid as long as that is. */
  readonly octets: Uint8Array
  readonly attributes: AttributeList
}

export const MAX_PACKET_OCTETS = 4096

export const HEADER_OCTETS = 20
export const AUTHENTICATOR_AT = 4
const MESSAGE_AUTHENTICATOR_OCTETS = ATTRIBUTE_HEADER_OCTETS + DIGEST_OCTETS

/** Throws MalformedPacket for whatever RFC 2865 §3 and §5 say to discard silently, and for no other reason. */
export function parsePacket(datagram: Uint8Array, version: Version = RADIUS_1_0): Packet {
  if (datagram.length < HEADER_OCTETS) throw new MalformedPacket('too-short')
  const length = (datagram[2]! << 8) | datagram[3]!
  if (length < HEADER_OCTETS) throw new MalformedPacket('length-too-small')
  if (length > MAX_PACKET_OCTETS) throw new MalformedPacket('length-too-large')
  if (length > datagram.length) throw new MalformedPacket('length-lies')
  // RFC 2865 §3: octets outside the range of Length are padding, and ignored.
  const octets = length === datagram.length ? datagram : datagram.subarray(0, length)
  const attributes = new AttributeList(octets, HEADER_OCTETS, length)
  // RFC 9765 §5.2: in RADIUS/1.1 the attribute says nothing, whatever it holds.
  if (version === RADIUS_1_0) refuseOddMessageAuthenticator(attributes)
  return {
    version,
    code: octets[0]!,
    identifier: version === RADIUS_1_0 ? octets[1]! : tokenOf(octets),
    requestAuthenticator: octets.subarray(AUTHENTICATOR_AT, HEADER_OCTETS),
    octets,
    attributes,
  }
}

/** RFC 9765 §4.1: 32 bits where the Authenticator begins. */
function tokenOf(octets: Uint8Array): number {
  return (octets[4]! << 24) | (octets[5]! << 16) | (octets[6]! << 8) | octets[7]!
}

function refuseOddMessageAuthenticator(attributes: AttributeList): void {
  const at = attributes.find(AttributeType.MessageAuthenticator)
  if (at === attributes.end) return
  const next = attributes.after(at)
  if (next - at !== MESSAGE_AUTHENTICATOR_OCTETS) throw new MalformedPacket('message-authenticator-length')
  if (attributes.find(AttributeType.MessageAuthenticator, next) < attributes.end) {
    throw new MalformedPacket('two-message-authenticators')
  }
}

export type MessageAuthenticatorCheck = 'valid' | 'absent' | 'wrong'

/** Whether the request is signed with this secret, in constant time (RFC 3579 §3.2). Look before reading anything else. */
export function checkMessageAuthenticator(request: Packet, secret: SharedSecret): MessageAuthenticatorCheck {
  return checkMessageAuthenticatorOf(request, request.requestAuthenticator, secret)
}

/**
 * The reply to `request`: Identifier and every Proxy-State echoed, Message-Authenticator first, both authenticators made.
 * To a request of RADIUS/1.1 the Token is echoed, and there is no authenticator.
 * A Reply-Message that would carry the packet over 4096 octets is left out; any other attribute may restrict
 * the session, so if it still does not fit, MalformedPacket is thrown and nothing is sent.
 */
export function encodeResponse(
  request: Packet,
  code: Code,
  attributes: readonly Attribute[],
  secret: SharedSecret,
): Buffer {
  const isSigned = request.version === RADIUS_1_0
  const start = HEADER_OCTETS + (isSigned ? MESSAGE_AUTHENTICATOR_OCTETS : 0)
  const room = MAX_PACKET_OCTETS - start - proxyStateLength(request)
  let sent = attributes
  if (attributesLength(sent) > room)
    sent = attributes.filter(({ type }) => type !== AttributeType.ReplyMessage)
  const length = MAX_PACKET_OCTETS - room + attributesLength(sent)
  if (length > MAX_PACKET_OCTETS) throw new MalformedPacket('no-room-for-reply')

  const response = startPacket(code, request.identifier, request.requestAuthenticator, length)
  if (!isSigned) putToken(response, request.identifier)
  copyProxyStates(request, response, writeAttributes(response, start, sent))
  if (!isSigned) return response
  signWithMessageAuthenticator(response, request.requestAuthenticator, secret)
  // RFC 2865 §3: over the Message-Authenticator too, so it is made last.
  makeResponseAuthenticator(response, request.requestAuthenticator, secret)
  response.set(digest, AUTHENTICATOR_AT)
  return response
}

/** A request of ours, signed: for the test client and for asking other servers. Throws RangeError over 4096 octets. */
export function encodeRequest(
  code: Code,
  identifier: number,
  requestAuthenticator: Uint8Array,
  attributes: readonly Attribute[],
  secret: SharedSecret,
): Buffer {
  const length = HEADER_OCTETS + MESSAGE_AUTHENTICATOR_OCTETS + attributesLength(attributes)
  if (length > MAX_PACKET_OCTETS) throw new RangeError('a RADIUS packet holds at most 4096 octets')
  const request = startPacket(code, identifier, requestAuthenticator, length)
  writeAttributes(request, HEADER_OCTETS + MESSAGE_AUTHENTICATOR_OCTETS, attributes)
  signWithMessageAuthenticator(request, requestAuthenticator, secret)
  return request
}

/**
 * Signs a request of ours that was written without `encodeRequest`, into a buffer that is used again and again (a load
 * generator): its Message-Authenticator must be the first attribute, as `encodeRequest` has it.
 */
export function signRequest(request: Uint8Array, secret: SharedSecret): void {
  signWithMessageAuthenticator(request, request.subarray(AUTHENTICATOR_AT, HEADER_OCTETS), secret)
}

export type ResponseCheck =
  | {
      readonly kind: 'response'
      readonly code: number
      readonly signed: boolean
      readonly attributes: AttributeList
    }
  | { readonly kind: 'discard'; readonly reason: ResponseDiscardReason }

export type ResponseDiscardReason =
  | 'wrong-identifier'
  | 'wrong-response-authenticator'
  | 'wrong-message-authenticator'

/** What a server answered to the request with this identifier and authenticator. Throws MalformedPacket as `parsePacket`. */
export function checkResponse(
  datagram: Uint8Array,
  requestAuthenticator: Uint8Array,
  identifier: number,
  secret: SharedSecret,
): ResponseCheck {
  const response = parsePacket(datagram)
  if (response.identifier !== identifier) return { kind: 'discard', reason: 'wrong-identifier' }
  makeResponseAuthenticator(response.octets, requestAuthenticator, secret)
  if (!isDigest(response.octets, AUTHENTICATOR_AT))
    return { kind: 'discard', reason: 'wrong-response-authenticator' }
  const check = checkMessageAuthenticatorOf(response, requestAuthenticator, secret)
  if (check === 'wrong') return { kind: 'discard', reason: 'wrong-message-authenticator' }
  return { kind: 'response', code: response.code, signed: check === 'valid', attributes: response.attributes }
}

const md5 = new Md5()
/** Where the three functions below leave what they computed. */
export const digest = new Uint8Array(DIGEST_OCTETS)
export const ZEROS = new Uint8Array(DIGEST_OCTETS)

/** As `checkMessageAuthenticator`, with these octets where the authenticator stands. */
export function checkMessageAuthenticatorOf(
  { octets, attributes }: Packet,
  requestAuthenticator: Uint8Array,
  secret: SharedSecret,
): MessageAuthenticatorCheck {
  const at = attributes.find(AttributeType.MessageAuthenticator)
  if (at === attributes.end) return 'absent'
  makeMessageAuthenticator(octets, at + ATTRIBUTE_HEADER_OCTETS, requestAuthenticator, secret)
  return isDigest(octets, at + ATTRIBUTE_HEADER_OCTETS) ? 'valid' : 'wrong'
}

/**
 * RFC 3579 §3.2: HMAC-MD5 over the packet with sixteen zero octets in the signature's place (`at`), and in a
 * response the Request Authenticator in place of its own.
 */
function makeMessageAuthenticator(
  packet: Uint8Array,
  at: number,
  requestAuthenticator: Uint8Array,
  secret: SharedSecret,
): void {
  secret.startHmac(md5)
  md5.add(packet, 0, AUTHENTICATOR_AT)
  md5.add(requestAuthenticator)
  md5.add(packet, HEADER_OCTETS, at)
  md5.add(ZEROS)
  md5.add(packet, at + DIGEST_OCTETS)
  secret.finishHmac(md5, digest)
}

/** RFC 2865 §3: MD5(Code + Identifier + Length + Request Authenticator + Attributes + Secret). */
export function makeResponseAuthenticator(
  response: Uint8Array,
  requestAuthenticator: Uint8Array,
  secret: SharedSecret,
): void {
  md5.start()
  md5.add(response, 0, AUTHENTICATOR_AT)
  md5.add(requestAuthenticator)
  md5.add(response, HEADER_OCTETS)
  secret.addTo(md5)
  md5.finish(digest)
}

/** Compares octets, in a time that says nothing of where they differ. */
export function isDigest(packet: Uint8Array, at: number): boolean {
  let difference = 0
  for (let i = 0; i < DIGEST_OCTETS; i++) difference |= packet[at + i]! ^ digest[i]!
  return difference === 0
}

/** The header; what stands behind it is not written yet. */
function startPacket(code: Code, identifier: number, authenticator: Uint8Array, length: number): Buffer {
  const packet = Buffer.allocUnsafe(length)
  packet[0] = code
  packet[1] = identifier
  packet[2] = length >> 8
  packet[3] = length
  packet.set(authenticator, AUTHENTICATOR_AT)
  return packet
}

/** As the first attribute, so that none before it can be chosen (CVE-2024-3596). */
function signWithMessageAuthenticator(
  packet: Uint8Array,
  requestAuthenticator: Uint8Array,
  secret: SharedSecret,
): void {
  packet[HEADER_OCTETS] = AttributeType.MessageAuthenticator
  packet[HEADER_OCTETS + 1] = MESSAGE_AUTHENTICATOR_OCTETS
  makeMessageAuthenticator(packet, HEADER_OCTETS + ATTRIBUTE_HEADER_OCTETS, requestAuthenticator, secret)
  packet.set(digest, HEADER_OCTETS + ATTRIBUTE_HEADER_OCTETS)
}

/** RFC 9765 §4.1: all that was Identifier and Authenticator is zero, but for the Token. */
export function putToken(packet: Buffer, token: number): void {
  packet[1] = 0
  packet.writeInt32BE(token, AUTHENTICATOR_AT)
  packet.fill(0, AUTHENTICATOR_AT + 4, HEADER_OCTETS)
}

/** Writes them from `at` on, and returns where they end. */
function writeAttributes(packet: Uint8Array, at: number, attributes: readonly Attribute[]): number {
  for (const attribute of attributes) at = writeAttribute(packet, at, attribute)
  return at
}

export function proxyStateLength({ attributes }: Packet): number {
  let length = 0
  for (let at = attributes.start; at < attributes.end; at = attributes.after(at)) {
    if (attributes.typeAt(at) === AttributeType.ProxyState) length += attributes.after(at) - at
  }
  return length
}

/** RFC 2865 §5.33: all of them, unmodified, in their order. */
export function copyProxyStates({ octets, attributes }: Packet, response: Uint8Array, to: number): void {
  for (let at = attributes.start; at < attributes.end; at = attributes.after(at)) {
    if (attributes.typeAt(at) !== AttributeType.ProxyState) continue
    for (let from = at; from < attributes.after(at); from++) response[to++] = octets[from]!
  }
}
