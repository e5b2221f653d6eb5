/**
 * Sessions of users at NASes, as accounting tells them: what is written, asked and answered. Knows no database. What is
 * written about a session may come twice, late and in any order, so writing is a merge that never goes backwards.
 */
import type { Instant } from '../tokens/token_type.ts'
import type { Page } from './page.ts'

export interface Nas {
  /** The RADIUS client's name in the configuration. */
  readonly client: string
  /** As it names itself: an address, an identifier, or both. */
  readonly nasAddress: string | null
  readonly nasIdentifier: string | null
}

/** What one Accounting-Request says of a session. Counts are totals since its start. */
export interface SessionUpdate extends Nas {
  readonly kind: 'start' | 'interim' | 'stop'
  /** When the event was; its arrival less Acct-Delay-Time. */
  readonly at: Instant
  readonly sessionId: string
  /** Where the packet came from. */
  readonly source: string
  readonly user: string | null
  readonly seconds: number
  readonly inputOctets: number
  readonly outputOctets: number
  readonly framedAddress: string | null
  readonly callingStation: string | null
  readonly class: string | null
  readonly cause: string | null
}

/** The cause of those that an end of the NAS itself has ended (RFC 2866 §5.10). */
export const NAS_REBOOT = 'nas-reboot'

/** None of the NAS's sessions that began before goes on. */
export interface SessionsEnd extends Nas {
  readonly kind: 'end'
  readonly at: Instant
}

/** Of these sessions, those that nothing has been heard of since. */
export interface SessionsRemoval {
  readonly kind: 'remove'
  readonly ids: readonly number[]
  readonly before: Instant
}

export type SessionWrite = SessionUpdate | SessionsEnd | SessionsRemoval

export interface Session extends Nas {
  readonly id: number
  readonly sessionId: string
  readonly source: string
  readonly user: string | null
  readonly startedAt: Instant
  readonly updatedAt: Instant
  /** Null: it goes on. */
  readonly stoppedAt: Instant | null
  readonly seconds: number
  readonly inputOctets: number
  readonly outputOctets: number
  readonly framedAddress: string | null
  readonly callingStation: string | null
  readonly class: string | null
  readonly cause: string | null
  /** How many records of it came. */
  readonly records: number
}

export interface SessionQuery {
  readonly user?: string | undefined
  readonly client?: string | undefined
  readonly active?: boolean | undefined
  readonly limit: number
  readonly cursor: string | null
}

/** The part of a Store that accounting has. */
export interface Sessions {
  /** In this order; durable when it resolves. Throws StoreUnavailable, after which some may be written: they may be again. */
  writeSessions(writes: readonly SessionWrite[]): Promise<void>
  /** Newest first. */
  listSessions(query: SessionQuery): Promise<Page<Session>>
  findSession(id: number): Promise<Session | null>
  /**
   * Some of the sessions that nothing was heard of since `before`, whether they ended or not: at most `limit`, after looking at
   * few. `after`: the active session where the last look ended; the answer has the next, null at the end.
   */
  silentSessions(before: Instant, after: number, limit: number): Promise<SilentSessions>
}

export interface SilentSessions {
  readonly ids: readonly number[]
  readonly next: number | null
}
