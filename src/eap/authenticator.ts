/**
 * The server's side of an EAP conversation (RFC 3748 §2): identity, a method, another one if the peer says Nak, and the end.
 * The same outside and inside of a tunnel. Sends nothing itself and knows neither RADIUS nor time.
 */
import {
  EapCode,
  type EapResponse,
  EapType,
  encodeRequest,
  encodeResult,
  parseResponse,
} from './eap_packet.ts'
import type { FailureReason, Method, MethodStep } from './method.ts'
import { readUserName } from './user_name.ts'

export interface AuthenticatorOptions {
  /** By preference; null: it cannot be done now. `user`: the identity that the peer gave. */
  readonly methods: readonly MethodChoice[]
  /** Of the first request; whatever follows counts up from here. */
  readonly firstIdentifier: number
}

export interface MethodChoice {
  readonly type: number
  readonly make: (user: string) => Method
}

export type AuthenticatorStep =
  | { readonly kind: 'request'; readonly packet: Uint8Array; readonly repeated: boolean }
  | {
      readonly kind: 'success'
      readonly packet: Uint8Array
      readonly user: string
      readonly keyMaterial: Uint8Array | null
    }
  | { readonly kind: 'failure'; readonly packet: Uint8Array; readonly reason: FailureReason }

/** More than any method needs: a handshake of 16 KiB in fragments of 200 octets takes some 80. */
const MAX_ROUNDS = 100

export class Authenticator {
  readonly #methods: readonly MethodChoice[]
  #identifier: number
  #last: Uint8Array = new Uint8Array()
  #user: string | null = null
  #method: Method | null = null
  #rounds = 0

  constructor({ methods, firstIdentifier }: AuthenticatorOptions) {
    this.#methods = methods
    this.#identifier = firstIdentifier
  }

  /** Of the last request. */
  get identifier(): number {
    return this.#identifier
  }

  /** Asks who is there. */
  begin(): AuthenticatorStep {
    return this.#request(EapType.Identity, NOTHING)
  }

  /** The identity that came before anybody asked (RFC 3579 §2.1: the NAS asks). Null unless it is one. */
  async beginWith(packet: Uint8Array): Promise<AuthenticatorStep | null> {
    const response = parseResponse(packet)
    if (response === null || response.type !== EapType.Identity) return null
    this.#identifier = response.identifier
    return await this.#identified(response)
  }

  /** `packet`: as it came; anything that is no answer to the last request gets that request again. */
  async receive(packet: Uint8Array, maxOctets: number): Promise<AuthenticatorStep> {
    const response = parseResponse(packet)
    if (++this.#rounds > MAX_ROUNDS) return this.#fail('too-many-rounds')
    if (response === null || response.identifier !== this.#identifier) return this.#again()
    if (this.#user === null) {
      return response.type === EapType.Identity ? await this.#identified(response) : this.#again()
    }
    if (response.type === EapType.Nak) return await this.#negotiate(response)
    const method = this.#method
    if (method === null || response.type !== method.type) return this.#again()
    return this.#stepped(method, await method.receive(response.data, maxOctets))
  }

  async #identified({ data }: EapResponse): Promise<AuthenticatorStep> {
    const read = readUserName(data)
    if ('refused' in read) return this.#fail(read.refused)
    this.#user = read.name
    return await this.#propose(this.#methods[0])
  }

  /** RFC 3748 §5.3.1: only in answer to a method's first request, and it names what the peer would like. */
  async #negotiate({ data }: EapResponse): Promise<AuthenticatorStep> {
    const current = this.#method
    if (current === null || this.#isUnderWay) return this.#again()
    const wanted = this.#methods.find(({ type }) => type !== current.type && data.includes(type))
    return await this.#propose(wanted)
  }

  #isUnderWay = false

  async #propose(choice: MethodChoice | undefined): Promise<AuthenticatorStep> {
    if (choice === undefined || this.#user === null) return this.#fail('no-common-method')
    this.#method = choice.make(this.#user)
    return this.#request(choice.type, await this.#method.begin())
  }

  #stepped(method: Method, step: MethodStep): AuthenticatorStep {
    if (step.kind !== 'ignored') this.#isUnderWay = true
    switch (step.kind) {
      case 'request':
        return this.#request(method.type, step.data)
      case 'success': {
        const { user, keyMaterial } = step
        return { kind: 'success', packet: encodeResult(EapCode.Success, this.#identifier), user, keyMaterial }
      }
      case 'failure':
        return this.#fail(step.reason)
      case 'ignored':
        return this.#again()
    }
  }

  #request(type: number, data: Uint8Array): AuthenticatorStep {
    this.#identifier = (this.#identifier + 1) & 0xff
    this.#last = encodeRequest(this.#identifier, type, data)
    return { kind: 'request', packet: this.#last, repeated: false }
  }

  #again(): AuthenticatorStep {
    return { kind: 'request', packet: this.#last, repeated: true }
  }

  /** RFC 3748 §4.2: with the Identifier of the response that it answers. */
  #fail(reason: FailureReason): AuthenticatorStep {
    return { kind: 'failure', packet: encodeResult(EapCode.Failure, this.#identifier), reason }
  }
}

const NOTHING = new Uint8Array()
