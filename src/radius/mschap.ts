/**
 * The computations of MS-CHAP (RFC 2433) and MS-CHAPv2 (RFC 2759 §8), for both sides: the answer to a challenge, and the
 * server's proof that it knows the password too. Knows nothing of packets, PINs and OTPs. Both are broken: whoever records an
 * exchange finds the NT hash by trying at most 2^56 keys, whatever the password is, and a short password at once.
 */
import { hash } from 'node:crypto'
import { DES_BLOCK_OCTETS, desEncrypt } from './des.ts'
import { ntHash } from './nt_hash.ts'

export const CHALLENGE_OCTETS = DES_BLOCK_OCTETS
export const V2_CHALLENGE_OCTETS = 16
export const NT_RESPONSE_OCTETS = 3 * DES_BLOCK_OCTETS
const KEY_OCTETS = 7

/** RFC 2759 §8.2: the 8 octets that both challenges and the user's name come down to. */
export function challengeHash(
  peerChallenge: Uint8Array,
  authenticatorChallenge: Uint8Array,
  userName: Uint8Array,
): Uint8Array {
  const hashed = [peerChallenge, authenticatorChallenge, withoutDomain(userName)]
  return sha1(...hashed).subarray(0, CHALLENGE_OCTETS)
}

/** RFC 2759 §4: the name alone is hashed, without what stands before a backslash. */
function withoutDomain(userName: Uint8Array): Uint8Array {
  return userName.subarray(userName.indexOf(BACKSLASH) + 1)
}

const BACKSLASH = 0x5c

/** RFC 2759 §8.5: the NT-Response (24 octets) to a challenge of 8, which in version 2 is the challenge hash. */
export function ntResponse(challenge: Uint8Array, password: string): Uint8Array {
  const key = ntHash(password)
  const blocks = [0, 1, 2].map((block) => desEncrypt(key, block * KEY_OCTETS, challenge))
  return Uint8Array.from(blocks.flatMap((block) => [...block]))
}

/** Was this NT-Response made of this password? The first third tells nearly always, and costs a third. */
export function answersChallenge(response: Uint8Array, challenge: Uint8Array, password: string): boolean {
  const key = ntHash(password)
  for (let block = 0; block < 3; block++) {
    const expected = desEncrypt(key, block * KEY_OCTETS, challenge)
    let difference = 0
    for (let i = 0; i < DES_BLOCK_OCTETS; i++)
      difference |= expected[i]! ^ response[block * DES_BLOCK_OCTETS + i]!
    if (difference !== 0) return false
  }
  return true
}

/** RFC 2759 §8.7: `S=` and 40 hexadecimal digits, by which the server shows that it knows the password. */
export function authenticatorResponse(
  passwordHashHash: Uint8Array,
  response: Uint8Array,
  challenge: Uint8Array,
): string {
  const digest = sha1(passwordHashHash, response, SIGNING_MAGIC)
  return `S=${Buffer.from(sha1(digest, challenge, PADDING_MAGIC))
    .toString('hex')
    .toUpperCase()}`
}

const SIGNING_MAGIC = Buffer.from('Magic server to client signing constant')
const PADDING_MAGIC = Buffer.from('Pad to make it do more than one iteration')

export function sha1(...parts: readonly Uint8Array[]): Uint8Array {
  return hash('sha1', Buffer.concat(parts), 'buffer')
}
