/** The columns of the tables that logins and operators write, and their rows: what SQL and code agree on. Imports nothing. */

/** What an operator sets: one row of `tokens`, without its id. */
export interface DetailRow {
  readonly serial: string
  readonly sealed: Uint8Array
  readonly kind: string
  readonly user_key: string | null
  readonly user_name: string | null
  readonly active: number
  readonly max_fail: number
  readonly created_at: number
  readonly search_text: string
}

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
  'sealed',
  'kind',
  'user_key',
  'user_name',
  'active',
  'max_fail',
  'created_at',
  'search_text',
] as const satisfies readonly (keyof DetailRow)[]

export const PROGRESS_COLUMNS = [
  'version',
  'counter',
  'drift',
  'fail_count',
  'attempt_count',
  'success_count',
  'last_used_at',
  'locked_at',
  'pending',
  'audit_head',
] as const satisfies readonly (keyof ProgressRow)[]

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
