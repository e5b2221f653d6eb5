/**
 * What is said inside of PEAPv0: an EAP conversation of which the headers are left out ([MS-PEAP] §3.1.5.6), and in the end
 * a Result TLV each way, with its header, so that nobody outside can forge the outcome.
 */
import type { Authenticator, AuthenticatorStep } from './authenticator.ts'
import { EAP_HEADER_OCTETS, EapType, encodeRequest, encodeResponse, parseResponse } from './eap_packet.ts'
import type { Decide, Decided } from './method.ts'
import { failedInside, type Phase2, type Phase2Step } from './phase2.ts'

export interface PeapOptions {
  readonly decide: Decide
  readonly makeInner: (decide: Decide) => Authenticator
}

const INNER_OCTETS = 4096
/** [MS-PEAP] §2.2.8.1.2: mandatory, Result, two octets. */
const RESULT_TLV = [0x80, 0x03, 0x00, 0x02]
const Result = { Success: 1, Failure: 2 } as const

export function peap({ decide, makeInner }: PeapOptions): Phase2 {
  let decided: Decided = { accepted: false, serials: [] }
  let identifier = 0
  /** What follows when the peer agrees to it. */
  let outcome: Extract<Phase2Step, { kind: 'success' | 'failure' }> | null = null
  const inner = makeInner(async (user, credential, method) => {
    decided = await decide(user, credential, method)
    return decided
  })

  const said = (step: AuthenticatorStep): Phase2Step => {
    identifier = step.packet[1]!
    if (step.kind === 'request') return { kind: 'send', octets: step.packet.subarray(EAP_HEADER_OCTETS) }
    outcome =
      step.kind === 'success'
        ? { kind: 'success', user: step.user, serials: decided.serials }
        : { kind: 'failure', reason: step.reason }
    return { kind: 'send', octets: result(step.kind === 'success' ? Result.Success : Result.Failure) }
  }
  const result = (code: number): Uint8Array => {
    identifier = (identifier + 1) & 0xff
    return encodeRequest(identifier, EapType.Extensions, Uint8Array.of(...RESULT_TLV, 0, code))
  }

  return {
    begin: async () => inner.begin().packet.subarray(EAP_HEADER_OCTETS),
    resumed: () => result(Result.Success),
    receive: async (octets) => {
      if (octets.length === 0) return { kind: 'wait' }
      if (outcome !== null) {
        if (outcome.kind === 'failure' || agrees(octets)) return outcome
        return failedInside('inner-malformed')
      }
      return said(await inner.receive(withHeader(octets, inner.identifier), INNER_OCTETS))
    },
  }
}

/** Some peers leave the header, though it should go. */
function withHeader(octets: Uint8Array, identifier: number): Uint8Array {
  const whole = parseResponse(octets)
  const isWhole =
    whole !== null && whole.identifier === identifier && octets.length === ((octets[2]! << 8) | octets[3]!)
  return isWhole ? octets : encodeResponse(identifier, octets[0]!, octets.subarray(1))
}

function agrees(octets: Uint8Array): boolean {
  const response = parseResponse(octets)
  if (response?.type !== EapType.Extensions) return false
  const { data } = response
  const view = new DataView(data.buffer, data.byteOffset, data.length)
  for (let at = 0; at + 4 <= data.length; at += 4 + view.getUint16(at + 2)) {
    const isResult = (view.getUint16(at) & 0x3fff) === RESULT_TLV[1] && view.getUint16(at + 2) === 2
    if (isResult && at + 6 <= data.length) return view.getUint16(at + 4) === Result.Success
  }
  return false
}
