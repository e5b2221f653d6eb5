/** An EAP packet (RFC 3748 §4): parsed and encoded. Knows no method, and not what carries it. */

/** RFC 3748 §4. */
export const EapCode = { Request: 1, Response: 2, Success: 3, Failure: 4 } as const

/** RFC 3748 §5, RFC 5281 §9, and what Microsoft has registered for PEAP and inside it. */
export const EapType = {
  Identity: 1,
  Notification: 2,
  Nak: 3,
  Gtc: 6,
  Ttls: 21,
  Peap: 25,
  MsChapV2: 26,
  Extensions: 33,
} as const

export interface EapResponse {
  readonly identifier: number
  readonly type: number
  /** What follows the type. */
  readonly data: Uint8Array
}

export const EAP_HEADER_OCTETS = 4

/** Null unless it is a whole Response. RFC 3748 §4.1: octets behind Length are padding of the link, and ignored. */
export function parseResponse(octets: Uint8Array): EapResponse | null {
  if (octets.length <= EAP_HEADER_OCTETS || octets[0] !== EapCode.Response) return null
  const length = (octets[2]! << 8) | octets[3]!
  if (length <= EAP_HEADER_OCTETS || length > octets.length) return null
  return {
    identifier: octets[1]!,
    type: octets[EAP_HEADER_OCTETS]!,
    data: octets.subarray(EAP_HEADER_OCTETS + 1, length),
  }
}

export function encodeRequest(identifier: number, type: number, data: Uint8Array): Uint8Array {
  return encode(EapCode.Request, identifier, type, data)
}

/** Of a peer: for the test client, and for what PEAP sends without its header. */
export function encodeResponse(identifier: number, type: number, data: Uint8Array): Uint8Array {
  return encode(EapCode.Response, identifier, type, data)
}

/** EAP-Success or EAP-Failure: nothing but a header (RFC 3748 §4.2). */
export function encodeResult(code: 3 | 4, identifier: number): Uint8Array {
  return Uint8Array.of(code, identifier, 0, EAP_HEADER_OCTETS)
}

function encode(code: number, identifier: number, type: number, data: Uint8Array): Uint8Array {
  const length = EAP_HEADER_OCTETS + 1 + data.length
  const octets = new Uint8Array(length)
  octets.set([code, identifier, length >> 8, length, type])
  octets.set(data, EAP_HEADER_OCTETS + 1)
  return octets
}
