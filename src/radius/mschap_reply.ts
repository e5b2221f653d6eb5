/**
 * What a reply to MS-CHAP carries beside its code (RFC 2548): the server's own proof and the keys of the session in an Accept,
 * MS-CHAP-Error in a Reject. RFC 5080 §2.6.1 has no MS-CHAP-Error in its list, but PPP cannot end without a Failure packet, and
 * a client makes that of it (RFC 2759 §6); so it is there, and the same for every reason.
 */
import type { Attribute } from './attribute.ts'
import { MicrosoftType, Vendor } from './attributes.ts'
import { DIGEST_OCTETS, Md5 } from './md5.ts'
import { sessionKeyAttributes, sessionKeys } from './mppe.ts'
import { authenticatorResponse } from './mschap.ts'
import { type MsChapAnswer, readMsChap } from './mschap_request.ts'
import type { Packet } from './packet.ts'
import { hideInPlace } from './password.ts'
import type { SharedSecret } from './shared_secret.ts'
import { vendorSpecific } from './vendor_attribute.ts'
import { RADIUS_1_0 } from './version.ts'

/** A verdict, as far as it matters here. `key`: of an Accept, the hash of the NT hash of the password that matched. */
export interface MsChapVerdict {
  readonly kind: 'accept' | 'reject' | 'challenge'
  readonly key?: Uint8Array
}

/** None for a request without MS-CHAP, whatever the verdict is. */
export function msChapAttributes(
  request: Packet,
  { kind, key }: MsChapVerdict,
  secret: SharedSecret,
): readonly Attribute[] {
  const answer = readMsChap(request)
  if (answer === null || kind === 'challenge') return NONE
  const drawn = draw(request, secret)
  if (kind === 'reject') return [errorOf(answer, drawn)]
  if (key === undefined) return NONE
  const keys =
    answer.version === 1
      ? [keysOfVersion1(key, request, secret)]
      : [
          success(answer, key),
          ...sessionKeyAttributes(sessionKeys(key, answer.ntResponse), drawn, request, secret),
        ]
  return [
    ...keys,
    microsoft(MicrosoftType.MppeEncryptionPolicy, Uint8Array.of(0, 0, 0, ENCRYPTION_ALLOWED)),
    microsoft(MicrosoftType.MppeEncryptionTypes, Uint8Array.of(0, 0, 0, RC4_128_BIT)),
  ]
}

const NONE: readonly Attribute[] = []
/** RFC 2548 §2.4.4: not required, for not every tunnel encrypts by MPPE; §2.4.5: not the keys of 40 bits. */
const ENCRYPTION_ALLOWED = 1
const RC4_128_BIT = 4

/** RFC 2548 §2.3.3. */
function success({ identifier, challenge, ntResponse }: MsChapAnswer, key: Uint8Array): Attribute {
  const proof = authenticatorResponse(key, ntResponse, challenge)
  return microsoft(
    MicrosoftType.MsChap2Success,
    Buffer.concat([Uint8Array.of(identifier), Buffer.from(proof)]),
  )
}

/** RFC 2548 §2.4.1: 8 octets of LAN Manager's key, which we leave empty, 16 of the NT key, and padding where it is hidden. */
function keysOfVersion1(
  key: Uint8Array,
  { version, requestAuthenticator }: Packet,
  secret: SharedSecret,
): Attribute {
  const keys = new Uint8Array(version === RADIUS_1_0 ? 32 : 24)
  keys.set(key, 8)
  if (version === RADIUS_1_0) hideInPlace(keys, requestAuthenticator, secret)
  return microsoft(MicrosoftType.MsChapMppeKeys, keys)
}

/** RFC 2759 §6, RFC 2433 §6: authentication failure, no retry on this challenge. */
function errorOf({ version, identifier }: MsChapAnswer, drawn: Uint8Array): Attribute {
  const challenge = Buffer.from(drawn).toString('hex').toUpperCase()
  const text = version === 1 ? 'E=691 R=0' : `E=691 R=0 C=${challenge} V=3 M=Authentication failed`
  return microsoft(MicrosoftType.MsChapError, Buffer.concat([Uint8Array.of(identifier), Buffer.from(text)]))
}

const md5 = new Md5()

/**
 * 16 octets that nobody without the secret can tell from random ones, and the same whenever the request is decided: the salts,
 * and the challenge that RFC 2759 §6 wants in a failure, though with R=0 nobody ever answers it.
 */
function draw({ octets }: Packet, secret: SharedSecret): Uint8Array {
  const drawn = new Uint8Array(DIGEST_OCTETS)
  secret.startHmac(md5)
  md5.add(PURPOSE)
  md5.add(octets)
  secret.finishHmac(md5, drawn)
  return drawn
}

/** No packet begins like this, so it is nobody's Message-Authenticator. */
const PURPOSE = Buffer.from('sallyport mschap')

function microsoft(type: number, value: Uint8Array): Attribute {
  return vendorSpecific(Vendor.Microsoft, type, value)
}
