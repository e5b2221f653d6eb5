/**
 * What is said inside of EAP-TTLS (RFC 5281 §11): the peer begins, with PAP, MS-CHAPv2 or an EAP of its own, in which GTC or
 * MS-CHAPv2 is spoken. PAP and MS-CHAPv2 carry the real name, which nobody outside has seen.
 */
import { AttributeType, MicrosoftType, Vendor } from '../radius/attributes.ts'
import { authenticatorResponse, V2_CHALLENGE_OCTETS } from '../radius/mschap.ts'
import { msChapAnswerV2, msChapCredential } from '../radius/mschap_request.ts'
import { plain } from '../tokens/credential.ts'
import type { Authenticator } from './authenticator.ts'
import { type Avp, encodeAvp, parseAvps } from './avp.ts'
import type { Decide, Decided, FailureReason } from './method.ts'
import { failedInside, type Phase2, type Phase2Step, REJECTED_INSIDE } from './phase2.ts'
import { readPassword, readUserName } from './user_name.ts'

export interface TtlsOptions {
  readonly decide: Decide
  /** RFC 5281 §11.1: octets that both ends make of the handshake, so that a recorded answer is worth nothing. */
  readonly implicitChallenge: (octets: number) => Uint8Array
  /** For a peer that speaks EAP inside; `decide` of its methods must be `remembering`'s. */
  readonly makeInner: (decide: Decide) => Authenticator
}

/** Within a tunnel a packet may be as long as it likes. */
const INNER_OCTETS = 4096

export function ttls(options: TtlsOptions): Phase2 {
  const { decide, implicitChallenge } = options
  let inner: Authenticator | null = null
  /** Of MS-CHAPv2: said when the peer has believed our proof. */
  let afterProof: Phase2Step | null = null
  let decided: Decided = { accepted: false, serials: [] }
  const remembering: Decide = async (user, credential, method) => {
    decided = await decide(user, credential, method)
    return decided
  }

  const pap = async (name: string, value: Uint8Array): Promise<Phase2Step> => {
    const password = readPassword(value)
    if (password === null) return failedInside('inner-malformed')
    const { accepted, serials } = await decide(name, plain(password), 'eap-ttls-pap')
    return accepted ? { kind: 'success', user: name, serials } : REJECTED_INSIDE
  }

  const msChapV2 = async (name: string, given: Uint8Array, avps: Avp[]): Promise<Phase2Step> => {
    const expected = implicitChallenge(V2_CHALLENGE_OCTETS + 1)
    const challenge = only(avps, Vendor.Microsoft, MicrosoftType.MsChapChallenge)
    const answer = msChapAnswerV2(given, expected.subarray(0, V2_CHALLENGE_OCTETS), Buffer.from(name))
    // RFC 5281 §11.2.4: challenge and identifier are those of this handshake, or it is no answer to it.
    const isOurs =
      challenge !== undefined && Buffer.compare(challenge, expected.subarray(0, V2_CHALLENGE_OCTETS)) === 0
    if (answer === null || !isOurs || answer.identifier !== expected[V2_CHALLENGE_OCTETS])
      return failedInside('inner-malformed')
    const { accepted, serials, key } = await decide(name, msChapCredential(answer), 'eap-ttls-mschapv2')
    if (!accepted || key === undefined) return REJECTED_INSIDE
    afterProof = { kind: 'success', user: name, serials }
    const proof = Buffer.from(authenticatorResponse(key, answer.ntResponse, answer.challenge))
    const value = Buffer.concat([Uint8Array.of(answer.identifier), proof])
    return send(Vendor.Microsoft, MicrosoftType.MsChap2Success, value)
  }

  const eap = async (packet: Uint8Array): Promise<Phase2Step> => {
    const isFirst = inner === null
    inner ??= options.makeInner(remembering)
    const step = isFirst ? await inner.beginWith(packet) : await inner.receive(packet, INNER_OCTETS)
    if (step === null) return failedInside('inner-malformed')
    if (step.kind === 'request') return send(0, AttributeType.EapMessage, step.packet)
    if (step.kind === 'failure') return failedInside(step.reason)
    return { kind: 'success', user: step.user, serials: decided.serials }
  }

  return {
    begin: async () => null,
    resumed: () => null,
    receive: async (octets) => {
      // RFC 5281 §11.2.4: an empty message says that the proof was right.
      if (octets.length === 0) return afterProof ?? { kind: 'wait' }
      const avps = parseAvps(octets)
      if (avps === null || afterProof !== null) return failedInside('inner-malformed')
      // RFC 5281 §10.1.
      if (avps.some((avp) => avp.isMandatory && !isKnown(avp))) return failedInside('inner-unsupported')
      const packet = joined(avps, AttributeType.EapMessage)
      if (packet !== null) return await eap(packet)
      const name = userNameIn(avps)
      if (typeof name !== 'string') return failedInside(name.refused)
      const password = only(avps, 0, AttributeType.UserPassword)
      const response = only(avps, Vendor.Microsoft, MicrosoftType.MsChap2Response)
      if ((password === undefined) === (response === undefined)) return failedInside('inner-unsupported')
      return password !== undefined ? await pap(name, password) : await msChapV2(name, response!, avps)
    },
  }
}

const KNOWN: readonly (readonly [vendor: number, code: number])[] = [
  [0, AttributeType.UserName],
  [0, AttributeType.UserPassword],
  [0, AttributeType.EapMessage],
  [Vendor.Microsoft, MicrosoftType.MsChapChallenge],
  [Vendor.Microsoft, MicrosoftType.MsChap2Response],
]

function isKnown({ vendor, code }: Avp): boolean {
  return KNOWN.some(([knownVendor, knownCode]) => knownVendor === vendor && knownCode === code)
}

/** Undefined too if there are two. */
function only(avps: readonly Avp[], vendor: number, code: number): Uint8Array | undefined {
  const [one, another] = avps.filter((avp) => avp.vendor === vendor && avp.code === code)
  return another === undefined ? one?.value : undefined
}

function joined(avps: readonly Avp[], code: number): Uint8Array | null {
  const parts = avps.filter((avp) => avp.vendor === 0 && avp.code === code)
  return parts.length === 0 ? null : Buffer.concat(parts.map(({ value }) => value))
}

function userNameIn(avps: readonly Avp[]): string | { readonly refused: FailureReason } {
  const given = only(avps, 0, AttributeType.UserName)
  if (given === undefined) return { refused: 'identity-blank' }
  const read = readUserName(given)
  return 'name' in read ? read.name : read
}

function send(vendor: number, code: number, value: Uint8Array): Phase2Step {
  return { kind: 'send', octets: encodeAvp({ vendor, code, value, isMandatory: true }) }
}
