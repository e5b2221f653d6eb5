/** What the thread that writes the SQLite database is told, and what it answers. */
import type { DetailRow, WrittenUserRow } from './columns.ts'
import type { SharedRows } from './progress_table.ts'
import type { SessionStatement } from './sqlite_sessions.ts'

export type ToWriter =
  | WriteCommit
  | WriteSessions
  | Sweep
  | { readonly kind: 'finish' }
  | { readonly kind: 'close' }

export interface WriteCommit {
  readonly kind: 'commit'
  /** What changes beside counters: in order, before everything else. */
  readonly details: readonly DetailWrite[]
  /** Rows of `token_progress` to write at once, with their failures. */
  readonly failures: Float64Array
  /** … whose failures are as they were. */
  readonly progress: Float64Array
  /** … and these by way of the journal. */
  readonly journal: { readonly id: number; readonly progress: Float64Array } | null
  readonly trail: TrailWrite | null
}

export interface WriteSessions {
  readonly kind: 'sessions'
  readonly statements: readonly SessionStatement[]
}

export type DetailWrite =
  | { readonly kind: 'insert'; readonly detail: DetailRow; readonly progress: Float64Array }
  | { readonly kind: 'update'; readonly id: number; readonly detail: DetailRow }
  | { readonly kind: 'delete'; readonly id: number }
  /** What is set about a user; of version 1, for the first time. */
  | { readonly kind: 'record'; readonly row: WrittenUserRow }

/** Values in the order of their statements' parameters. */
export interface TrailWrite {
  readonly begin: { readonly chain: readonly unknown[]; readonly roll: readonly unknown[] } | null
  readonly block: readonly unknown[]
  readonly head: readonly unknown[]
  readonly subjects: readonly string[]
}

/** Rows that the journal holds up to `through`: in the background, until `finish`. */
export interface Sweep {
  readonly kind: 'sweep'
  readonly rows: readonly SharedRows[]
  readonly through: number
}

export type FromWriter =
  | { readonly kind: 'ready' }
  | { readonly kind: 'committed' }
  /** Nothing was written: these of `details` met a row that they did not expect. */
  | { readonly kind: 'lost'; readonly details: readonly number[] }
  | { readonly kind: 'failed'; readonly message: string; readonly code: string }
  | { readonly kind: 'swept' }
  /** After `finish`: what is left cannot be written now, and stays in the journal. */
  | { readonly kind: 'stuck' }
  | { readonly kind: 'closed' }
