/**
 * The answer to a request that this server does not serve, so that it does not hold an Identifier of a connection for ever
 * (RFC 7930 §4, draft-ietf-radext-radiusdtls-bis). Over TLS only: to a datagram, which may be forged, there is silence.
 */
import { AttributeType, Code } from './attributes.ts'
import { encodeResponse, type Packet } from './packet.ts'
import type { SharedSecret } from './shared_secret.ts'
import { RADIUS_1_1 } from './version.ts'

/** RFC 5176 §3.5. */
const UNSUPPORTED_EXTENSION = 406
/** RFC 7930 §4: within Extended-Attribute-1. */
const ORIGINAL_PACKET_CODE = 4

/** Throws MalformedPacket as `encodeResponse` does. */
export function replyNotServed(request: Packet, secret: SharedSecret): Buffer {
  const cause = {
    type: AttributeType.ErrorCause,
    value: Uint8Array.of(0, 0, UNSUPPORTED_EXTENSION >> 8, UNSUPPORTED_EXTENSION & 0xff),
  }
  const original = {
    type: AttributeType.ExtendedAttribute1,
    value: Uint8Array.of(ORIGINAL_PACKET_CODE, 0, 0, 0, request.code),
  }
  // RFC 9765 §5.5: without it in RADIUS/1.1, where a Token names one request of any code.
  const attributes = request.version === RADIUS_1_1 ? [cause] : [cause, original]
  return encodeResponse(request, Code.ProtocolError, attributes, secret)
}
