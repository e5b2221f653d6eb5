/**
 * What an Accounting-Request tells (RFC 2866), and whether it may be believed. Keeps nothing, and knows no clock: when the
 * event was follows from Acct-Delay-Time and the time of arrival, which the caller has.
 */
import type { AttributeList } from './attribute_list.ts'
import { AcctStatus, AttributeType, Code } from './attributes.ts'
import { checkMessageAuthenticator, type Packet } from './packet.ts'
import {
  checkMessageAuthenticatorOfSigned,
  checkRequestAuthenticator,
  encodeBareResponse,
} from './request_authenticator.ts'
import type { SharedSecret } from './shared_secret.ts'
import { terminateCause } from './terminate_cause.ts'
import { decodeUtf8 } from './utf8.ts'
import { RADIUS_1_1 } from './version.ts'

export type AccountingDiscardReason =
  | 'code-not-served'
  | 'wrong-request-authenticator'
  | 'wrong-message-authenticator'
  | 'no-message-authenticator'
  | 'no-acct-status-type'
  | 'no-acct-session-id'
  | 'no-nas-identity'

/** Judges a packet on the accounting port before anything in it is read. Null: go on. */
export function admitAccounting(request: Packet, secret: SharedSecret): AccountingDiscardReason | null {
  // RFC 9765 §5.1: TLS has proven it, and there is nothing else to look at.
  if (request.version === RADIUS_1_1)
    return request.code === Code.AccountingRequest ? null : 'code-not-served'
  switch (request.code) {
    case Code.AccountingRequest:
      if (!checkRequestAuthenticator(request, secret)) return 'wrong-request-authenticator'
      return checkMessageAuthenticatorOfSigned(request, secret) === 'wrong'
        ? 'wrong-message-authenticator'
        : null
    // RFC 5997 §3: its authenticator is random, so this alone proves it.
    case Code.StatusServer: {
      const check = checkMessageAuthenticator(request, secret)
      return check === 'valid' ? null : `${check === 'absent' ? 'no' : 'wrong'}-message-authenticator`
    }
    default:
      return 'code-not-served'
  }
}

/** Which NAS speaks, as it names itself: at least one of the two. */
export interface NasIdentity {
  readonly address: string | null
  readonly identifier: string | null
}

interface Told {
  readonly nas: NasIdentity
  /** Seconds since the event. */
  readonly delaySeconds: number
}

export interface SessionRecord extends Told {
  readonly kind: 'start' | 'interim' | 'stop'
  /** As text; octets that are none stand as `0x…` (`octetsOfText` gives them back). */
  readonly sessionId: string
  readonly user: string | null
  readonly seconds: number
  readonly inputOctets: number
  readonly outputOctets: number
  readonly framedAddress: string | null
  readonly callingStation: string | null
  readonly class: string | null
  /** In words; of a stop only. */
  readonly cause: string | null
}

/** Accounting-On and Accounting-Off: none of the NAS's sessions goes on. */
export interface NasRestart extends Told {
  readonly kind: 'nas-restart'
}

export type Accounting =
  | SessionRecord
  | NasRestart
  /** Tunnel records (RFC 2867), `Failed` and the like: of no session. */
  | { readonly kind: 'other'; readonly status: number }
  | { readonly kind: 'discard'; readonly reason: AccountingDiscardReason }

/** What a request that was admitted tells. */
export function readAccounting({ attributes }: Packet): Accounting {
  const status = integer(attributes, AttributeType.AcctStatusType)
  if (status === null) return { kind: 'discard', reason: 'no-acct-status-type' }
  const nas = nasIdentity(attributes)
  if (nas === null) return { kind: 'discard', reason: 'no-nas-identity' }
  const delaySeconds = integer(attributes, AttributeType.AcctDelayTime) ?? 0
  if (status === AcctStatus.AccountingOn || status === AcctStatus.AccountingOff)
    return { kind: 'nas-restart', nas, delaySeconds }
  const kind = KINDS.get(status)
  if (kind === undefined) return { kind: 'other', status }
  const sessionId = text(attributes, AttributeType.AcctSessionId)
  if (sessionId === null) return { kind: 'discard', reason: 'no-acct-session-id' }
  return {
    kind,
    nas,
    delaySeconds,
    sessionId,
    user: text(attributes, AttributeType.UserName),
    seconds: integer(attributes, AttributeType.AcctSessionTime) ?? 0,
    inputOctets: octets(attributes, AttributeType.AcctInputOctets, AttributeType.AcctInputGigawords),
    outputOctets: octets(attributes, AttributeType.AcctOutputOctets, AttributeType.AcctOutputGigawords),
    framedAddress: address(attributes, AttributeType.FramedIpAddress),
    callingStation: text(attributes, AttributeType.CallingStationId),
    class: text(attributes, AttributeType.Class),
    cause: kind === 'stop' ? terminateCause(integer(attributes, AttributeType.AcctTerminateCause)) : null,
  }
}

/** RFC 2866 §4.2: that it is recorded. To a Status-Server (RFC 5997 §3): that we are there. */
export function replyToAccounting(request: Packet, secret: SharedSecret): Buffer {
  return encodeBareResponse(request, Code.AccountingResponse, secret)
}

/** What `text` has made of octets, as octets again. */
export function octetsOfText(text: string): Uint8Array {
  return /^0x(?:[0-9a-f]{2})+$/.test(text) ? Buffer.from(text.slice(2), 'hex') : Buffer.from(text, 'utf8')
}

const KINDS: ReadonlyMap<number, SessionRecord['kind']> = new Map([
  [AcctStatus.Start, 'start'],
  [AcctStatus.InterimUpdate, 'interim'],
  [AcctStatus.Stop, 'stop'],
])

/** RFC 2866 §4.1: one of the two; RFC 3162 §2.1 adds the third. */
function nasIdentity(attributes: AttributeList): NasIdentity | null {
  const address4 = address(attributes, AttributeType.NasIpAddress)
  const identity = {
    address: address4 ?? ipv6(attributes.first(AttributeType.NasIpv6Address)),
    identifier: text(attributes, AttributeType.NasIdentifier),
  }
  return identity.address === null && identity.identifier === null ? null : identity
}

/** Null if it is not there, or not of four octets. */
function integer(attributes: AttributeList, type: number): number | null {
  const value = attributes.first(type)
  if (value?.length !== 4) return null
  return ((value[0]! << 24) | (value[1]! << 16) | (value[2]! << 8) | value[3]!) >>> 0
}

/** RFC 2869 §5.1: the gigawords count how often the octets have wrapped around 2^32. Beyond 2^53, as many as a number holds. */
function octets(attributes: AttributeList, low: number, high: number): number {
  const count = (integer(attributes, low) ?? 0) + (integer(attributes, high) ?? 0) * 2 ** 32
  return Math.min(count, Number.MAX_SAFE_INTEGER)
}

/** Null for what is not there, empty, or no IPv4 address. */
function address(attributes: AttributeList, type: number): string | null {
  const value = attributes.first(type)
  return value?.length === 4 ? value.join('.') : null
}

/** In eight groups, as RFC 5952 shortens it no further: to be told apart, not to be pretty. */
function ipv6(value: Uint8Array | undefined): string | null {
  if (value?.length !== 16) return null
  const groups = Array.from({ length: 8 }, (_, i) => ((value[2 * i]! << 8) | value[2 * i + 1]!).toString(16))
  return groups.join(':')
}

/**
 * A text of visible characters as it is, and anything else, such as octets of a counter, as `0x…`: it may be printed, kept by
 * every database, and given back octet by octet. Null for what is not there or empty.
 */
function text(attributes: AttributeList, type: number): string | null {
  const value = attributes.first(type)
  if (value === undefined || value.length === 0) return null
  const decoded = decodeUtf8(value)
  const isShown = decoded !== null && !/\p{Cc}/u.test(decoded) && !/^0x/.test(decoded)
  return isShown ? decoded : `0x${Buffer.from(value).toString('hex')}`
}
