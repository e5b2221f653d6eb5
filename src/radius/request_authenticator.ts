/**
 * Requests that their own authenticator signs, since they hide no password: Accounting-Request (RFC 2866 §3) and
 * Disconnect-Request (RFC 5176 §2.3), and the answer to the first. Knows nothing of what they ask.
 */
import type { Attribute } from './attribute.ts'
import type { Code } from './attributes.ts'
import { MalformedPacket } from './malformed_packet.ts'
import {
  AUTHENTICATOR_AT,
  checkMessageAuthenticatorOf,
  copyProxyStates,
  digest,
  encodeRequest,
  HEADER_OCTETS,
  isDigest,
  MAX_PACKET_OCTETS,
  type MessageAuthenticatorCheck,
  makeResponseAuthenticator,
  type Packet,
  proxyStateLength,
  putToken,
  ZEROS,
} from './packet.ts'
import type { SharedSecret } from './shared_secret.ts'
import { RADIUS_1_1 } from './version.ts'

/** Whether the request was made with this secret, in constant time: MD5 with sixteen zero octets in its own place. */
export function checkRequestAuthenticator({ octets }: Packet, secret: SharedSecret): boolean {
  makeResponseAuthenticator(octets, ZEROS, secret)
  return isDigest(octets, AUTHENTICATOR_AT)
}

/**
 * As `checkMessageAuthenticator`, for these requests: the authenticator covers the attribute, so it was not there yet
 * when that was made, and zeros are taken for it (RFC 5176 §3.4).
 */
export function checkMessageAuthenticatorOfSigned(
  request: Packet,
  secret: SharedSecret,
): MessageAuthenticatorCheck {
  return checkMessageAuthenticatorOf(request, ZEROS, secret)
}

/** A request of ours: Message-Authenticator first, then the authenticator over it. Throws RangeError over 4096 octets. */
export function encodeSignedRequest(
  code: Code,
  identifier: number,
  attributes: readonly Attribute[],
  secret: SharedSecret,
): Buffer {
  const request = encodeRequest(code, identifier, ZEROS, attributes, secret)
  makeResponseAuthenticator(request, ZEROS, secret)
  request.set(digest, AUTHENTICATOR_AT)
  return request
}

/**
 * An answer of nothing but the Proxy-States, under the Response Authenticator alone. Message-Authenticator is defined for no
 * accounting packet (RFC 3579 §3.2 and its table), and those who send it all the same do not agree on how it is made, so
 * that it would make clients throw good answers away. It would not add anything: who lets a request be forged by choosing
 * its octets (CVE-2024-3596) is not asked here, for this request is signed itself.
 */
export function encodeBareResponse(request: Packet, code: Code, secret: SharedSecret): Buffer {
  const length = HEADER_OCTETS + proxyStateLength(request)
  if (length > MAX_PACKET_OCTETS) throw new MalformedPacket('no-room-for-reply')
  const response = Buffer.alloc(length)
  response[0] = code
  response.writeUInt16BE(length, 2)
  copyProxyStates(request, response, HEADER_OCTETS)
  if (request.version === RADIUS_1_1) {
    putToken(response, request.identifier)
    return response
  }
  response[1] = request.identifier
  makeResponseAuthenticator(response, request.requestAuthenticator, secret)
  response.set(digest, AUTHENTICATOR_AT)
  return response
}
