/** What the console asks of a database for its sessions. Knows no database. */

/** `name`: the hash of what the browser holds. `sealed`: all of it that matters (server/console/console_sessions.ts). */
export interface ConsoleSessionRow {
  readonly name: string
  readonly id: string
  readonly user_key: string
  readonly expires_at: number
  readonly seen_at: number
  readonly sealed: Uint8Array
}

/** The part of a Store that the console has. */
export interface ConsoleStore {
  keepConsoleSession(row: ConsoleSessionRow): Promise<void>
  findConsoleSession(name: string): Promise<ConsoleSessionRow | null>
  seeConsoleSession(name: string, seenAt: number): Promise<void>
  /** By the user's key, or all; the last begun first. */
  listConsoleSessions(userKey: string | null, limit: number): Promise<ConsoleSessionRow[]>
  /** How many there were. */
  dropConsoleSessions(names: readonly string[]): Promise<number>
  /** Those that have run out. */
  forgetConsoleSessions(now: number): Promise<void>
}
