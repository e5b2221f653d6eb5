/**
 * CHAP (RFC 1994 §4.1, RFC 2865 §2.2): the password is not sent, but MD5 over it and a challenge. Knows nothing of PINs and
 * OTPs: a password is tried and matches or does not. The answer travels in clear: whoever records it can try passwords too.
 */
import type { ProofCredential } from '../tokens/credential.ts'
import { AttributeType } from './attributes.ts'
import { DIGEST_OCTETS, Md5 } from './md5.ts'
import type { Packet } from './packet.ts'
import { RADIUS_1_0 } from './version.ts'

/** Of CHAP-Password: the identifier and the digest (RFC 2865 §5.3). */
const CHAP_PASSWORD_OCTETS = 1 + DIGEST_OCTETS
/** RFC 2865 §5.40: Length >= 7. */
const MIN_CHALLENGE_OCTETS = 5
/** A try takes 1 to 2 µs with its OTP: some 3 ms at most, and room for the default sync windows of two tokens. */
const MAX_TRIES = 2048

const md5 = new Md5()
const digest = new Uint8Array(DIGEST_OCTETS)

/** The proof in a request with one CHAP-Password; null if its lengths are wrong, or there are two challenges or none. */
export function readChap({ version, attributes, requestAuthenticator }: Packet): ProofCredential | null {
  const answer = attributes.first(AttributeType.ChapPassword)
  const [given, ...others] = attributes.all(AttributeType.ChapChallenge)
  // RFC 2865 §2.2: without CHAP-Challenge, the Request Authenticator is the challenge; RFC 9765 §5.1.2: but there is none.
  const challenge = given ?? (version === RADIUS_1_0 ? requestAuthenticator : undefined)
  if (answer?.length !== CHAP_PASSWORD_OCTETS || others.length > 0) return null
  if (challenge === undefined || challenge.length < MIN_CHALLENGE_OCTETS) return null
  return {
    kind: 'proof',
    protocol: 'chap',
    maxTries: MAX_TRIES,
    matches: (password) => {
      makeDigest(answer[0]!, password, challenge)
      let difference = 0
      for (let i = 0; i < DIGEST_OCTETS; i++) difference |= digest[i]! ^ answer[1 + i]!
      return difference === 0
    },
  }
}

/** The value of CHAP-Password, as a client makes it. `identifier`: 0 to 255. */
export function chapPassword(identifier: number, password: string, challenge: Uint8Array): Uint8Array {
  makeDigest(identifier, password, challenge)
  return Uint8Array.of(identifier, ...digest)
}

/** RFC 1994 §4.1: MD5(identifier, secret, challenge); left in `digest`. */
function makeDigest(identifier: number, password: string, challenge: Uint8Array): void {
  md5.start()
  md5.add(Uint8Array.of(identifier))
  md5.add(Buffer.from(password, 'utf8'))
  md5.add(challenge)
  md5.finish(digest)
}
