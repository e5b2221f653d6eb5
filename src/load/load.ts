/** What a load run is told, and what it finds: the words that generator and report share. */
import type { ConnectionOptions } from 'node:tls'
import type { Endpoint } from '../network.ts'
import type { SharedSecret } from '../radius/shared_secret.ts'
import type { Credentials } from './credentials.ts'
import type { LatencyHistogram } from './latency_histogram.ts'
import type { UserOrder } from './user_turns.ts'

/** As many identifiers as 256 sockets have. */
export const MAX_OUTSTANDING = 65_536

export interface Load {
  /** An IP address; nothing is looked up. */
  readonly server: Endpoint
  readonly secret: SharedSecret
  /** RADIUS over TLS, with these; without it UDP. */
  readonly tls?: ConnectionOptions
  readonly credentials: Credentials
  readonly order: UserOrder
  readonly pace: Pace
  readonly warmUpMs: number
  readonly measureMs: number
  /** The run ends when so many requests are answered or lost, warm-up included, if its time is not over before. */
  readonly logins?: number
  /** For each transmission. */
  readonly timeoutMs: number
  /** Further transmissions of the same packet (RFC 5080 §2.2.1). */
  readonly retries: number
}

export type Pace =
  | { readonly kind: 'outstanding'; readonly requests: number }
  | { readonly kind: 'rate'; readonly perSecond: number }

export interface LoadResult {
  /** Of the measured time, which is shorter than asked for if the run was stopped. */
  readonly seconds: number
  /** Replies that came in the measured time. */
  readonly answered: number
  /** Of the requests that were due in the measured time and answered, whenever. */
  readonly latency: LatencyHistogram
  /** Of the whole run, warm-up included. */
  readonly counts: LoadCounts
  readonly sockets: number
}

export interface LoadCounts {
  sent: number
  accepts: number
  rejects: number
  challenges: number
  /** Valid replies of any other code. */
  others: number
  timeouts: number
  retransmissions: number
  /** Of the accepts, rejects, challenges and others: without Message-Authenticator. */
  unsigned: number
  /** Replies whose authenticators are wrong or that are no packets: not believed, and waited on for the real one. */
  invalid: number
  /** Replies to nothing that is outstanding: late, or sent twice. */
  stray: number
  /** ICMP: nothing listens there. */
  refused: number
  /** Open loop: due, and never begun, for no identifier or user was free. */
  unsent: number
}
