/**
 * Asking a NAS to end a session, and what it says to that (RFC 5176 §2.1). Knows no socket and no clock: the same octets are
 * sent again until an answer comes, or not.
 */
import { octetsOfText } from './accounting.ts'
import type { Attribute } from './attribute.ts'
import type { AttributeList } from './attribute_list.ts'
import { AttributeType, Code } from './attributes.ts'
import { encodeSignedRequest } from './request_authenticator.ts'
import type { SharedSecret } from './shared_secret.ts'

/** A session as the NAS has named it. */
export interface NamedSession {
  readonly nasAddress: string | null
  readonly nasIdentifier: string | null
  readonly sessionId: string
  readonly user: string | null
  readonly framedAddress: string | null
  readonly callingStation: string | null
}

/**
 * `atSeconds`: since 1970, for Event-Timestamp, by which the NAS knows a replay (RFC 5176 §6.3). Everything that the NAS has
 * called the session by, and nothing else: an attribute that it does not know makes it refuse.
 */
export function disconnectRequest(
  session: NamedSession,
  identifier: number,
  atSeconds: number,
  secret: SharedSecret,
): Buffer {
  const attributes = [
    ...(isIpv4(session.nasAddress) ? [ipv4(AttributeType.NasIpAddress, session.nasAddress)] : []),
    ...(isIpv6(session.nasAddress) ? [ipv6(AttributeType.NasIpv6Address, session.nasAddress)] : []),
    ...texts(AttributeType.NasIdentifier, session.nasIdentifier),
    ...texts(AttributeType.UserName, session.user),
    ...texts(AttributeType.AcctSessionId, session.sessionId),
    ...(isIpv4(session.framedAddress) ? [ipv4(AttributeType.FramedIpAddress, session.framedAddress)] : []),
    ...texts(AttributeType.CallingStationId, session.callingStation),
    integer(AttributeType.EventTimestamp, atSeconds),
  ]
  return encodeSignedRequest(Code.DisconnectRequest, identifier, attributes, secret)
}

export type DisconnectAnswer =
  | { readonly kind: 'acknowledged' }
  /** `why`: Error-Cause in words; null if the NAS gives none. */
  | { readonly kind: 'refused'; readonly why: string | null }

/** Null for a code that answers no Disconnect-Request. */
export function readDisconnectAnswer(code: number, attributes: AttributeList): DisconnectAnswer | null {
  switch (code) {
    case Code.DisconnectAck:
      return { kind: 'acknowledged' }
    case Code.DisconnectNak:
      return { kind: 'refused', why: errorCause(attributes.first(AttributeType.ErrorCause)) }
    default:
      return null
  }
}

function errorCause(value: Uint8Array | undefined): string | null {
  if (value?.length !== 4) return null
  const cause = ((value[0]! << 24) | (value[1]! << 16) | (value[2]! << 8) | value[3]!) >>> 0
  return ERROR_CAUSES[cause] ?? `error-cause-${cause}`
}

/** RFC 5176 §3.5. */
const ERROR_CAUSES: Readonly<Record<number, string>> = {
  201: 'residual-session-context-removed',
  202: 'invalid-eap-packet',
  401: 'unsupported-attribute',
  402: 'missing-attribute',
  403: 'nas-identification-mismatch',
  404: 'invalid-request',
  405: 'unsupported-service',
  406: 'unsupported-extension',
  407: 'invalid-attribute-value',
  501: 'administratively-prohibited',
  502: 'request-not-routable',
  503: 'session-context-not-found',
  504: 'session-context-not-removable',
  505: 'other-proxy-processing-error',
  506: 'resources-unavailable',
  507: 'request-initiated',
  508: 'multiple-session-selection-unsupported',
}

function texts(type: number, text: string | null): Attribute[] {
  return text === null ? [] : [{ type, value: octetsOfText(text) }]
}

function isIpv4(text: string | null): text is string {
  return text?.includes('.') === true
}

function isIpv6(text: string | null): text is string {
  return text?.includes(':') === true
}

function ipv4(type: number, text: string): Attribute {
  return { type, value: Uint8Array.from(text.split('.').map(Number)) }
}

/** Of eight groups, as accounting.ts writes it. */
function ipv6(type: number, text: string): Attribute {
  const groups = text.split(':').map((group) => Number.parseInt(group, 16))
  return { type, value: Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])) }
}

function integer(type: number, value: number): Attribute {
  return { type, value: Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value) }
}
