/** MS-CHAP and MS-CHAPv2 as a request carries them (RFC 2548 §2.1, §2.3). Does not judge whether the client may use them. */
import type { ProofCredential } from '../tokens/credential.ts'
import { AttributeType, MicrosoftType, Vendor } from './attributes.ts'
import {
  answersChallenge,
  CHALLENGE_OCTETS,
  challengeHash,
  NT_RESPONSE_OCTETS,
  V2_CHALLENGE_OCTETS,
} from './mschap.ts'
import { ntHash, ntHashHash } from './nt_hash.ts'
import type { Packet } from './packet.ts'
import { vendorValues } from './vendor_specific.ts'

export interface MsChapAnswer {
  readonly version: 1 | 2
  readonly identifier: number
  /** 8 octets; in version 2 the challenge hash. */
  readonly challenge: Uint8Array
  /** 24 octets. */
  readonly ntResponse: Uint8Array
}

/** Identifier, flags, then peer challenge and reserved octets, or the LM-Response, then the NT-Response. */
const ANSWER_OCTETS = 50
const PEER_CHALLENGE_AT = 2
const NT_RESPONSE_AT = ANSWER_OCTETS - NT_RESPONSE_OCTETS
/** Version 1: the NT-Response is the one to look at; without it there is LAN Manager's, which is worse still. */
const USE_NT_RESPONSE = 1
/** A try takes 4 µs with its OTP: 4 ms at most, and room for the default windows of one token. */
const MAX_TRIES = 1024

/** What answers the challenge; null if there is nothing of MS-CHAP in the packet, or not as it should be. */
export function readMsChap({ attributes }: Packet): MsChapAnswer | null {
  const [one] = vendorValues(attributes, Vendor.Microsoft, MicrosoftType.MsChapResponse)
  const [two] = vendorValues(attributes, Vendor.Microsoft, MicrosoftType.MsChap2Response)
  const answer = two ?? one
  const [challenge, ...others] = vendorValues(attributes, Vendor.Microsoft, MicrosoftType.MsChapChallenge)
  if (answer?.length !== ANSWER_OCTETS || challenge === undefined || others.length > 0) return null
  if (two === undefined) {
    if (challenge.length !== CHALLENGE_OCTETS || answer[1] !== USE_NT_RESPONSE) return null
    const [identifier, ntResponse] = [answer[0]!, answer.subarray(NT_RESPONSE_AT)]
    return { version: 1, identifier, challenge, ntResponse }
  }
  const userName = attributes.first(AttributeType.UserName)
  return userName === undefined ? null : msChapAnswerV2(answer, challenge, userName)
}

/** Of MS-CHAP2-Response, wherever it came in; null if a length is wrong. */
export function msChapAnswerV2(
  answer: Uint8Array,
  challenge: Uint8Array,
  userName: Uint8Array,
): MsChapAnswer | null {
  if (answer.length !== ANSWER_OCTETS || challenge.length !== V2_CHALLENGE_OCTETS) return null
  const peerChallenge = answer.subarray(PEER_CHALLENGE_AT, PEER_CHALLENGE_AT + V2_CHALLENGE_OCTETS)
  return {
    version: 2,
    identifier: answer[0]!,
    challenge: challengeHash(peerChallenge, challenge, userName),
    ntResponse: answer.subarray(NT_RESPONSE_AT),
  }
}

/** The values of MS-CHAP-Response or MS-CHAP2-Response. `peerChallenge`: 16 octets in version 2, nothing in version 1. */
export function msChapResponse(
  { version, identifier, ntResponse }: MsChapAnswer,
  peerChallenge: Uint8Array = new Uint8Array(),
): Uint8Array {
  const answer = new Uint8Array(ANSWER_OCTETS)
  answer[0] = identifier
  answer[1] = version === 1 ? USE_NT_RESPONSE : 0
  answer.set(peerChallenge, PEER_CHALLENGE_AT)
  answer.set(ntResponse, NT_RESPONSE_AT)
  return answer
}

export function msChapCredential({ version, challenge, ntResponse }: MsChapAnswer): ProofCredential {
  return {
    kind: 'proof',
    protocol: version === 2 ? 'mschapv2' : 'mschap',
    maxTries: MAX_TRIES,
    matches: (password) => answersChallenge(ntResponse, challenge, password),
    keyOf: (password) => ntHashHash(ntHash(password)),
  }
}
