/**
 * From an admitted packet to what it asks, and from a verdict to the packet that says it (RFC 2865 §4).
 * Touches no account: what is rejected here is no login, and moves no counter (spec/radius.md "Credentials").
 */
import type { Accept } from '../auth/verdict.ts'
import { type Credential, plain } from '../tokens/credential.ts'
import { ATTRIBUTE_HEADER_OCTETS, type Attribute, textAttributes } from './attribute.ts'
import type { AttributeList } from './attribute_list.ts'
import { AttributeType, Code, MicrosoftType, Vendor } from './attributes.ts'
import { readChap } from './chap.ts'
import { msChapCredential, readMsChap } from './mschap_request.ts'
import { encodeResponse, type Packet } from './packet.ts'
import { plainPassword, unhidePassword } from './password.ts'
import type { SharedSecret } from './shared_secret.ts'
import { decodeUtf8 } from './utf8.ts'
import { isVendorSpecific, vendorValues } from './vendor_specific.ts'
import { RADIUS_1_1 } from './version.ts'

export type AccessRequest = AccessLogin | RequestReject

export interface AccessLogin {
  readonly kind: 'login'
  /** As the user gave it: valid UTF-8, never blank, at most 253 octets. */
  readonly userName: string
  readonly credential: Credential
  /** As the client sent it: ours only if it proves to be. */
  readonly state?: Uint8Array
  /** It had no Message-Authenticator. */
  readonly unsigned?: true
}

export interface RequestReject {
  readonly kind: 'reject'
  readonly reason: RequestRejectReason
}

export type RequestRejectReason =
  | 'no-user-name'
  | 'two-user-names'
  | 'blank-user-name'
  | 'user-name-not-utf8'
  | 'no-credential'
  | 'two-credentials'
  | 'two-states'
  | 'unsupported-credential'
  | 'invalid-chap'
  | 'invalid-mschap'
  | 'mschap-not-allowed'
  | 'invalid-password-length'
  | 'password-not-utf8'
  | 'likely-wrong-secret'

/** What of the ways to prove oneself is open to the client. */
export interface Allowed {
  readonly mschap: boolean
}

/** What an Access-Request asks that `admit` let go on. */
export function readAccessRequest(
  request: Packet,
  secret: SharedSecret,
  admission: { readonly messageAuthenticatorVerified: boolean },
  allowed: Allowed = DEFAULT,
): AccessRequest {
  const asked = read(request, secret, admission, allowed)
  return asked.kind === 'reject' || admission.messageAuthenticatorVerified
    ? asked
    : { ...asked, unsigned: true }
}

function read(
  request: Packet,
  secret: SharedSecret,
  { messageAuthenticatorVerified }: { readonly messageAuthenticatorVerified: boolean },
  allowed: Allowed,
): AccessRequest {
  const { attributes, requestAuthenticator } = request
  const { userNames, userNameAt, states, credentials, passwordAt } = lookThrough(attributes)
  if (userNames !== 1) return reject(userNames === 0 ? 'no-user-name' : 'two-user-names')
  const userName = decodeUtf8(
    attributes.octets,
    userNameAt + ATTRIBUTE_HEADER_OCTETS,
    attributes.after(userNameAt),
  )
  if (userName === null) return reject('user-name-not-utf8')
  if (isBlank(userName)) return reject('blank-user-name')
  if (states > 1) return reject('two-states')

  if (credentials !== 1) return reject(credentials === 0 ? 'no-credential' : 'two-credentials')
  if (passwordAt === null) return readProof(request, userName, allowed)
  const hidden = attributes.valueAt(passwordAt)
  const unhidden =
    request.version === RADIUS_1_1
      ? plainPassword(hidden)
      : unhidePassword(hidden, requestAuthenticator, secret)
  switch (unhidden.kind) {
    case 'invalid-length':
      return reject('invalid-password-length')
    case 'not-utf8':
      // Nothing but this shows a wrong secret when the packet is not signed.
      return reject(messageAuthenticatorVerified ? 'password-not-utf8' : 'likely-wrong-secret')
    case 'password':
      return login(
        userName,
        plain(unhidden.password),
        states === 0 ? undefined : attributes.first(AttributeType.State),
      )
  }
}

const DEFAULT: Allowed = { mschap: false }

/** CHAP or MS-CHAP: exactly one is there, or EAP. */
function readProof(request: Packet, userName: string, { mschap }: Allowed): AccessRequest {
  const { attributes } = request
  const state = attributes.first(AttributeType.State)
  if (attributes.has(AttributeType.ChapPassword)) {
    const credential = readChap(request)
    return credential === null ? reject('invalid-chap') : login(userName, credential, state)
  }
  if (attributes.has(AttributeType.EapMessage)) return reject('unsupported-credential')
  if (!mschap) return reject('mschap-not-allowed')
  const answer = readMsChap(request)
  return answer === null ? reject('invalid-mschap') : login(userName, msChapCredential(answer), state)
}

/**
 * How many there are of what a login must have once, and where, in one pass. `credentials`: proofs of identity, of which
 * exactly one is right (RFC 2865 §4.1, RFC 2548 §2.3, RFC 3579 §3.3).
 */
function lookThrough(attributes: AttributeList) {
  let [userNames, userNameAt, states, credentials] = [0, 0, 0, 0]
  let passwordAt: number | null = null
  let hasEap = false
  let isVendorsAsWell = false
  for (let at = attributes.start; at < attributes.end; at = attributes.after(at)) {
    switch (attributes.typeAt(at)) {
      case AttributeType.UserName:
        userNames++
        userNameAt = at
        break
      case AttributeType.State:
        states++
        break
      case AttributeType.UserPassword:
        credentials++
        passwordAt = at
        break
      case AttributeType.ChapPassword:
        credentials++
        break
      case AttributeType.EapMessage:
        // RFC 3579 §3.1: one EAP packet may be cut over several attributes.
        if (!hasEap) credentials++
        hasEap = true
        break
      case AttributeType.VendorSpecific:
        isVendorsAsWell = true
    }
  }
  if (isVendorsAsWell) {
    credentials += vendorValues(attributes, Vendor.Microsoft, MicrosoftType.MsChapResponse).length
    credentials += vendorValues(attributes, Vendor.Microsoft, MicrosoftType.MsChap2Response).length
  }
  return { userNames, userNameAt, states, credentials, passwordAt }
}

/** Nothing in it can be seen: white space, control and format characters only. */
function isBlank(userName: string): boolean {
  const first = userName.charCodeAt(0)
  if (first > 0x20 && first < 0x7f) return false
  return !/[^\s\p{Cc}\p{Cf}]/u.test(userName)
}

function login(userName: string, credential: Credential, state: Uint8Array | undefined): AccessLogin {
  const asked = { kind: 'login', userName, credential } as const
  return state === undefined ? asked : { ...asked, state }
}

function reject(reason: RequestRejectReason): RequestReject {
  return { kind: 'reject', reason }
}

/** A Verdict, or a RequestReject, as far as the client may know it: no reason. */
export type Answer =
  | Pick<Accept, 'kind' | 'key' | 'record'>
  | { readonly kind: 'reject' }
  | { readonly kind: 'challenge'; readonly state: Uint8Array; readonly message: string }

/**
 * The reply that says the answer, with these attributes if they may be in it.
 * Throws MalformedPacket if the request's own Proxy-States leave no room.
 */
export function replyToVerdict(
  request: Packet,
  answer: Answer,
  secret: SharedSecret,
  attributes: readonly Attribute[] = [],
): Buffer {
  switch (answer.kind) {
    case 'accept':
      return encodeResponse(request, Code.AccessAccept, attributes, secret)
    case 'reject':
      return encodeResponse(request, Code.AccessReject, attributes.filter(mayBeInReject), secret)
    case 'challenge': {
      const state = { type: AttributeType.State, value: answer.state }
      const message = textAttributes(AttributeType.ReplyMessage, answer.message)
      return encodeResponse(request, Code.AccessChallenge, [state, ...message, ...attributes], secret)
    }
  }
}

/** RFC 5997 §3: on the authentication port a living server answers Status-Server with an Access-Accept. */
export function replyToStatusServer(request: Packet, secret: SharedSecret): Buffer {
  return encodeResponse(request, Code.AccessAccept, [], secret)
}

/** RFC 5080 §2.6.1, beside Message-Authenticator and Proxy-State, which every reply has; and see mschap_reply.ts. */
function mayBeInReject(attribute: Attribute): boolean {
  const { type } = attribute
  return (
    type === AttributeType.ReplyMessage ||
    type === AttributeType.EapMessage ||
    type === AttributeType.ErrorCause ||
    isVendorSpecific(attribute, Vendor.Microsoft, MicrosoftType.MsChapError)
  )
}
