/** What the RADIUS side takes from the configuration, at start and at each reload. */
import type { Policy } from '../auth/authenticate.ts'
import type { ClientTable } from './clients.ts'
import type { Limit } from './token_buckets.ts'

/** What a reload exchanges. */
export interface RadiusSettings {
  readonly clients: ClientTable
  readonly policy: Policy
  readonly rejectDelayMs: number
  readonly duplicateWindowMs: number
  readonly limits: Limits
}

/** Null: no limit. */
export interface Limits {
  /** Logins of one account; over it they are rejected, and nothing is decided. */
  readonly account: Limit | null
  /** Faulty datagrams of one source; over it all are dropped unread but those of proven ports. */
  readonly source: Limit | null
}
