/**
 * What requests that were dropped or refused without a decision most likely come from, and what helps: for `server status`
 * and `client check`. A new reason without words here does not compile. The log has words of its own where it needs them.
 */
import type { RequestRejectReason } from '../radius/access.ts'
import type { DiscardReason } from '../radius/admission.ts'
import type { MalformedReason } from '../radius/malformed_packet.ts'

export type FaultReason =
  | MalformedReason
  | DiscardReason
  | RequestRejectReason
  | 'unknown-client'
  | 'unknown-state'
  | 'too-many-faults'
  | 'too-many-logins'
  | 'not-decided'
  | 'overloaded'
  | 'status-without-database'
  | 'latch-not-stored'
  | 'internal-error'

export interface FaultWords {
  readonly cause: string
  readonly remedy: string
}

const NO_RADIUS: FaultWords = {
  cause: 'no proper RADIUS packet: something else sends to this port, or the device is broken',
  remedy: 'find what sends it; update the device',
}
const BROKEN_REQUEST: FaultWords = {
  cause: 'the device makes requests that the standards forbid',
  remedy: 'update the device, or set it to plain PAP',
}
const DATABASE: FaultWords = {
  cause: 'the database did not answer',
  remedy: 'mend the database; no restart is needed. The log has its words',
}

export const FAULTS: Readonly<Record<FaultReason, FaultWords>> = {
  'too-short': NO_RADIUS,
  'length-too-small': NO_RADIUS,
  'length-too-large': NO_RADIUS,
  'length-lies': NO_RADIUS,
  'attribute-too-short': NO_RADIUS,
  'attribute-overruns': NO_RADIUS,
  'two-message-authenticators': NO_RADIUS,
  'message-authenticator-length': NO_RADIUS,
  'no-room-for-reply': NO_RADIUS,
  'code-not-served': {
    cause: 'neither a login nor Status-Server: accounting or the like, sent to the wrong port',
    remedy: 'set the device to send that elsewhere',
  },
  'wrong-message-authenticator': {
    cause: 'the shared secret is not the same on both sides',
    remedy: 'set it anew on the device and here; mind blanks at the ends',
  },
  'no-message-authenticator': {
    cause: 'the device does not sign its requests (CVE-2024-3596)',
    remedy: 'update it; until then require_message_authenticator = "auto" for this client',
  },
  'proxy-state-without-message-authenticator': {
    cause: 'a proxy does not sign its requests (CVE-2024-3596)',
    remedy: 'update it; until then limit_proxy_state = false for this client',
  },
  'likely-wrong-secret': {
    cause: 'the password makes no sense: the shared secret is probably not the same on both sides',
    remedy: 'set it anew on the device and here',
  },
  'unsupported-credential': {
    cause: 'the device uses EAP, which is off for it: no certificate, no reload since, or eap = false',
    remedy: 'set the device to PAP; or `sallyport eap init`, and a reload',
  },
  'mschap-not-allowed': {
    cause: 'the device uses MS-CHAP, which this client may not',
    remedy: 'set the device to PAP; where that cannot be, mschap = true for this client',
  },
  'invalid-chap': BROKEN_REQUEST,
  'invalid-mschap': BROKEN_REQUEST,
  'invalid-password-length': BROKEN_REQUEST,
  'no-user-name': BROKEN_REQUEST,
  'two-user-names': BROKEN_REQUEST,
  'user-name-not-utf8': BROKEN_REQUEST,
  'no-credential': BROKEN_REQUEST,
  'two-credentials': BROKEN_REQUEST,
  'two-states': BROKEN_REQUEST,
  'blank-user-name': { cause: 'nothing visible was typed as user name', remedy: 'type one' },
  'password-not-utf8': {
    cause: 'the password is no UTF-8 text',
    remedy: 'type it in plain letters; set the device to UTF-8',
  },
  'unknown-client': {
    cause: 'no client has this address',
    remedy: '`sallyport client check ADDRESS` prints the lines that would admit it',
  },
  'unknown-state': {
    cause: 'it answers a challenge, and this client gets none',
    remedy: 'challenge = true for this client, or turn challenge-response off on the device',
  },
  'too-many-faults': {
    cause: 'its source sent more faulty datagrams than limits.source_rate',
    remedy: 'see its other faults; if it is not the device, somebody forges the address',
  },
  'too-many-logins': {
    cause: 'more logins of one user than limits.account_rate: often a device with a stored password',
    remedy: 'find what goes on trying; wait a few seconds',
  },
  'not-decided': DATABASE,
  'status-without-database': DATABASE,
  'latch-not-stored': DATABASE,
  overloaded: {
    cause: 'more requests wait for the database than may',
    remedy: 'look for a slow disk or database, or for who sends so much',
  },
  'internal-error': { cause: 'a defect of Sallyport', remedy: 'please report it, with the line of the log' },
}

const UNKNOWN: FaultWords = { cause: 'not known to this version', remedy: 'see the log' }

export function faultWords(reason: string): FaultWords {
  return Object.hasOwn(FAULTS, reason) ? FAULTS[reason as FaultReason] : UNKNOWN
}
