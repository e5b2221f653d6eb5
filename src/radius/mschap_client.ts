/** The client's side of MS-CHAPv2: what it sends, and whether the server proved that it knows the password (RFC 2759 §5). */
import type { Attribute } from './attribute.ts'
import type { AttributeList } from './attribute_list.ts'
import { MicrosoftType, Vendor } from './attributes.ts'
import { authenticatorResponse, challengeHash, ntResponse } from './mschap.ts'
import { msChapResponse } from './mschap_request.ts'
import { ntHash, ntHashHash } from './nt_hash.ts'
import { vendorSpecific } from './vendor_attribute.ts'
import { vendorValues } from './vendor_specific.ts'

export interface MsChapV2Exchange {
  /** MS-CHAP-Challenge and MS-CHAP2-Response. */
  readonly attributes: readonly Attribute[]
  /** Of an Access-Accept. */
  readonly checkSuccess: (answered: AttributeList) => 'right' | 'absent' | 'wrong'
}

export interface MsChapV2Login {
  readonly login: string
  readonly password: string
  readonly identifier: number
  /** 16 octets each. */
  readonly authenticatorChallenge: Uint8Array
  readonly peerChallenge: Uint8Array
}

export function msChapV2Exchange(given: MsChapV2Login): MsChapV2Exchange {
  const { identifier, authenticatorChallenge, peerChallenge, password } = given
  const challenge = challengeHash(peerChallenge, authenticatorChallenge, Buffer.from(given.login))
  const response = ntResponse(challenge, password)
  const answer = { version: 2, identifier, challenge, ntResponse: response } as const
  const expected = authenticatorResponse(ntHashHash(ntHash(password)), response, challenge)
  return {
    attributes: [
      vendorSpecific(Vendor.Microsoft, MicrosoftType.MsChapChallenge, authenticatorChallenge),
      vendorSpecific(Vendor.Microsoft, MicrosoftType.MsChap2Response, msChapResponse(answer, peerChallenge)),
    ],
    checkSuccess: (answered) => {
      const [success] = vendorValues(answered, Vendor.Microsoft, MicrosoftType.MsChap2Success)
      if (success === undefined) return 'absent'
      // RFC 2759 §5: a message for people may follow.
      const text = Buffer.from(success.subarray(1)).toString('latin1')
      return success[0] === identifier && text.startsWith(expected) ? 'right' : 'wrong'
    },
  }
}
