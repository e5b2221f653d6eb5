/** The columns of the tables that logins and operators write, and their rows: what SQL and code agree on. Imports nothing. */

/** What an operator sets: one row of `tokens`, without its id. */
export interface DetailRow {
  readonly serial: string
  /** See facet.ts. `token_progress` repeats it, where no login sets it. */
  readonly facet: string
  readonly user_key: string | null
  readonly user_name: string | null
  readonly created_at: number
  readonly search_text: string
  readonly sealed: Uint8Array
  /** Null: never. */
  readonly valid_until: number | null
}

/** In `valid_until`, of a row that was written before there was one. */
export const UNKNOWN_EXPIRY = -1

/** What a login changes: one row of `token_progress`, without its id. */
export interface ProgressRow {
  readonly version: number
  readonly counter: number
  readonly drift: number
  readonly fail_count: number
  readonly attempt_count: number
  readonly success_count: number
  readonly last_used_at: number | null
  readonly locked_at: number | null
  /** PendingResync as JSON. */
  readonly pending: string | null
  /** The newest block of the audit trail about it; 0 = none. */
  readonly audit_head: number
}

/** Of `tokens`, what opening a token takes. */
export interface TokenRow extends ProgressRow {
  readonly id: number
  readonly serial: string
  readonly user_key: string | null
  readonly sealed: Uint8Array
}

/** Of `users`: what an operator has set about one. */
export interface UserRow {
  readonly user_key: string
  readonly version: number
  readonly sealed: Uint8Array
}

/** `administrator`: 1 or 0, to find them by; what counts is in the sealed record. */
export interface WrittenUserRow extends UserRow {
  readonly administrator: number
}

/** One block of the audit trail (audit_block.ts). `id`: that of its first entry; `seq`: its number in its chain, from 1. */
export interface AuditBlock {
  readonly id: number
  readonly chain: number
  readonly seq: number
  readonly node: string
  readonly size: number
  readonly first_at: number
  readonly last_at: number
  readonly entries: string
  readonly hash: Uint8Array
}

export const TOKEN_COLUMNS = ['id', 'serial', 'user_key', 'sealed'] as const

export const DETAIL_COLUMNS = [
  'serial',
  'facet',
  'user_key',
  'user_name',
  'created_at',
  'search_text',
  'sealed',
  'valid_until',
] as const satisfies readonly (keyof DetailRow)[]

/** What every login may change, and no index holds. */
export const USE_COLUMNS = [
  'version',
  'counter',
  'drift',
  'attempt_count',
  'success_count',
  'last_used_at',
  'locked_at',
  'pending',
  'audit_head',
] as const satisfies readonly (keyof ProgressRow)[]

/** As they are read. An index holds the last; accepting a login of a token without failures leaves it as it is. */
export const PROGRESS_COLUMNS = [
  ...USE_COLUMNS,
  'fail_count',
] as const satisfies readonly (keyof ProgressRow)[]

/** As a new token's are written: with the facet, which no login reads. */
export const WRITTEN_PROGRESS_COLUMNS = [...PROGRESS_COLUMNS, 'facet'] as const

export const BLOCK_COLUMNS = [
  'id',
  'chain',
  'seq',
  'node',
  'size',
  'first_at',
  'last_at',
  'entries',
  'hash',
] as const satisfies readonly (keyof AuditBlock)[]
