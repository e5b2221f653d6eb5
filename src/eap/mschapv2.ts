/**
 * EAP-MSCHAPv2 (type 26), as Windows and its like speak it inside PEAP: challenge, response, and the server's own proof.
 * Its computations are RADIUS's MS-CHAPv2. Served inside a tunnel only: outside of one it tells a listener too much.
 */
import { authenticatorResponse, challengeHash, NT_RESPONSE_OCTETS } from '../radius/mschap.ts'
import { type MsChapAnswer, msChapCredential } from '../radius/mschap_request.ts'
import { EapType } from './eap_packet.ts'
import { type Decide, failure, IGNORED, type Method, type MethodStep, REJECTED, request } from './method.ts'

const OpCode = { Challenge: 1, Response: 2, Success: 3, Failure: 4 } as const
const HEADER_OCTETS = 4
const CHALLENGE_OCTETS = 16
/** Peer challenge, eight reserved octets, NT-Response, flags. */
const VALUE_OCTETS = 49
const NT_RESPONSE_AT = 24
const SERVER_NAME = Buffer.from('sallyport')

/** `challenge`, `failureChallenge`: 16 random octets each. */
export interface MsChapV2Options {
  readonly user: string
  readonly name: string
  readonly challenge: Uint8Array
  readonly failureChallenge: Uint8Array
  readonly decide: Decide
}

export function msChapV2({ user, name, challenge, failureChallenge, decide }: MsChapV2Options): Method {
  const identifier = challenge[0]!
  let awaited: 'response' | 'success' | 'failure' = 'response'

  const judge = async (data: Uint8Array): Promise<MethodStep> => {
    const answer = readResponse(data, challenge)
    if (answer === null) return failure('inner-malformed')
    const { accepted, key } = await decide(user, msChapCredential(answer), name)
    if (accepted && key !== undefined) {
      awaited = 'success'
      const proof = authenticatorResponse(key, answer.ntResponse, answer.challenge)
      return request(message(OpCode.Success, answer.identifier, Buffer.from(`${proof} M=OK`)))
    }
    awaited = 'failure'
    const another = Buffer.from(failureChallenge).toString('hex').toUpperCase()
    // RFC 2759 §6: authentication failure, no retry on this challenge.
    const text = `E=691 R=0 C=${another} V=3 M=Authentication failed`
    return request(message(OpCode.Failure, answer.identifier, Buffer.from(text)))
  }

  return {
    type: EapType.MsChapV2,
    begin: () => {
      const value = Buffer.concat([Uint8Array.of(CHALLENGE_OCTETS), challenge, SERVER_NAME])
      return message(OpCode.Challenge, identifier, value)
    },
    receive: async (data) => {
      switch (awaited) {
        case 'response':
          return data[0] === OpCode.Response ? await judge(data) : IGNORED
        case 'success':
          // Whoever does not believe our proof says so, and must not get in.
          return data[0] === OpCode.Success ? { kind: 'success', user, keyMaterial: null } : REJECTED
        case 'failure':
          return REJECTED
      }
    },
  }
}

function message(opCode: number, identifier: number, value: Uint8Array): Uint8Array {
  const length = HEADER_OCTETS + value.length
  return Buffer.concat([Uint8Array.of(opCode, identifier, length >> 8, length), value])
}

function readResponse(data: Uint8Array, challenge: Uint8Array): MsChapAnswer | null {
  const length = (data[2]! << 8) | data[3]!
  const valueAt = HEADER_OCTETS + 1
  const nameAt = valueAt + VALUE_OCTETS
  if (data.length < nameAt || length < nameAt || length > data.length || data[HEADER_OCTETS] !== VALUE_OCTETS)
    return null
  const value = data.subarray(valueAt, nameAt)
  const ntResponse = value.slice(NT_RESPONSE_AT, NT_RESPONSE_AT + NT_RESPONSE_OCTETS)
  const hashed = challengeHash(value.subarray(0, CHALLENGE_OCTETS), challenge, data.subarray(nameAt, length))
  return { version: 2, identifier: data[1]!, challenge: hashed, ntResponse }
}
