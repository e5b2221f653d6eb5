/** What every EAP method is to the one who runs it, and what methods may ask: a decision. Knows no method. */
import type { Credential } from '../tokens/credential.ts'

/** The server's side of one method in one conversation. */
export interface Method {
  readonly type: number
  /** The data of its first request. */
  begin(): Uint8Array | Promise<Uint8Array>
  /** `maxOctets`: of the whole EAP packet that answers. */
  receive(data: Uint8Array, maxOctets: number): Promise<MethodStep>
}

export type MethodStep =
  | { readonly kind: 'request'; readonly data: Uint8Array }
  | { readonly kind: 'success'; readonly user: string; readonly keyMaterial: Uint8Array | null }
  | { readonly kind: 'failure'; readonly reason: FailureReason }
  /** Nothing that this method can have sent at this point: the last request is sent again (RFC 3748 §4.1). */
  | { readonly kind: 'ignored' }

/** `rejected`: a login was decided, and has said why. Everything else is no login. */
export type FailureReason =
  | 'rejected'
  | 'no-common-method'
  | 'tls-failed'
  | 'tls-message-too-long'
  | 'tls-fragment-out-of-order'
  | 'inner-malformed'
  | 'inner-unsupported'
  | 'identity-not-utf8'
  | 'identity-blank'
  | 'too-many-rounds'

/** Decides the login, by the one road. `method`: for log and audit, such as `eap-ttls-pap`. */
export type Decide = (user: string, credential: Credential, method: string) => Promise<Decided>

export interface Decided {
  readonly accepted: boolean
  readonly serials: readonly string[]
  /** Of a proof that matched: see ProofCredential. */
  readonly key?: Uint8Array
}

export const REJECTED: MethodStep = { kind: 'failure', reason: 'rejected' }
export const IGNORED: MethodStep = { kind: 'ignored' }

export function failure(reason: FailureReason): MethodStep {
  return { kind: 'failure', reason }
}

export function request(data: Uint8Array): MethodStep {
  return { kind: 'request', data }
}
