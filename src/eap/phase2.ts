/** What is said inside of a tunnel, whichever it is. Knows neither TLS nor who carries it. */
import type { FailureReason } from './method.ts'

export interface Phase2 {
  /** What the server says first; null where the peer begins. */
  begin(): Promise<Uint8Array | null>
  /** `octets`: all that came in one message. */
  receive(octets: Uint8Array): Promise<Phase2Step>
  /** What the server says when a session is resumed, and nobody is asked anything; null for nothing. */
  resumed(): Uint8Array | null
}

export type Phase2Step =
  | { readonly kind: 'send'; readonly octets: Uint8Array }
  /** Nothing to say: the peer goes on. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'success'; readonly user: string; readonly serials: readonly string[] }
  | { readonly kind: 'failure'; readonly reason: FailureReason }

export const REJECTED_INSIDE: Phase2Step = { kind: 'failure', reason: 'rejected' }

export function failedInside(reason: FailureReason): Phase2Step {
  return { kind: 'failure', reason }
}
