/** The SQL of the PostgreSQL store. */
import type pg from 'pg'
import type { AccountKey, AuditEntry, Token } from '../auth/account.ts'
import type { TokenChange } from '../auth/action.ts'
import { authenticateHead, type ChainPosition } from './audit_chain.ts'
import { AUDIT_COLUMNS, chainedRows } from './audit_rows.ts'
import {
  DETAIL_COLUMNS,
  PROGRESS_COLUMNS,
  TOKEN_COLUMNS,
  type TokenRow,
  toProgress,
  WRITTEN_PROGRESS_COLUMNS,
} from './token_rows.ts'

const COLUMNS = [
  ...TOKEN_COLUMNS.map((column) => `t.${column}`),
  ...PROGRESS_COLUMNS.map((column) => `p.${column}`),
]
const TOKEN = `SELECT ${COLUMNS.join(', ')} FROM tokens t JOIN token_progress p ON p.token_id = t.id`

export function loadUsers(users: string[]): pg.QueryConfig {
  return {
    name: 'load-users',
    text: `${TOKEN} WHERE t.user_key = ANY($1::text[]) ORDER BY t.id`,
    values: [users],
  }
}

export function loadUnassigned(serials: string[]): pg.QueryConfig {
  const text = `${TOKEN} WHERE t.serial = ANY($1::text[]) AND t.user_key IS NULL ORDER BY t.id`
  return { name: 'load-unassigned', text, values: [serials] }
}

export function keyOfRow({ user_key, serial }: TokenRow): AccountKey {
  return user_key === null ? `token:${serial}` : `user:${user_key}`
}

// Division by zero is how the commit statement refuses: it ends the statement whole, and every engine that speaks
// PostgreSQL's protocol has it. A deadlock is impossible among ourselves, but not with a person at a psql prompt.
const DIVISION_BY_ZERO = '22012'
const DEADLOCK = '40P01'
const SERIALIZATION_FAILURE = '40001'

export function isRefused(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return code === DIVISION_BY_ZERO || code === DEADLOCK || code === SERIALIZATION_FAILURE
}

const PROGRESS_TYPES: Partial<Record<(typeof WRITTEN_PROGRESS_COLUMNS)[number], string>> = {
  pending: 'text',
  facet: 'text',
}
const PROGRESS_PARAMETERS = WRITTEN_PROGRESS_COLUMNS.map(
  (column, index) => `$${index + 8}::${PROGRESS_TYPES[column] ?? 'bigint'}[]`,
).join(', ')
const AUDIT_TYPES: Partial<Record<(typeof AUDIT_COLUMNS)[number], string>> = {
  chain: 'integer',
  seq: 'bigint',
  hash: 'bytea',
  at: 'bigint',
}
const AUDIT_PARAMETERS = AUDIT_COLUMNS.map(
  (column, index) => `$${index + 8 + WRITTEN_PROGRESS_COLUMNS.length}::${AUDIT_TYPES[column] ?? 'text'}[]`,
).join(', ')

const COMMIT = `
WITH moved AS (
  UPDATE token_progress p SET ${WRITTEN_PROGRESS_COLUMNS.map((column) => `${column} = u.${column}`).join(', ')}
  FROM unnest($6::bigint[], $7::bigint[], ${PROGRESS_PARAMETERS})
    AS u (id, known_version, ${WRITTEN_PROGRESS_COLUMNS.join(', ')})
  WHERE p.token_id = u.id AND p.version = u.known_version AND p.counter <= u.counter
  RETURNING 1
), logged AS (
  INSERT INTO audit (${AUDIT_COLUMNS.join(', ')}) SELECT * FROM unnest(${AUDIT_PARAMETERS})
), head AS (
  UPDATE audit_chains SET seq = $3::bigint, hash = $4::bytea, mac = $5::bytea
  WHERE id = $1::integer AND seq = $2::bigint
  RETURNING 1
)
SELECT 1 / CASE WHEN (SELECT count(*) FROM moved) = cardinality($6::bigint[]) AND (SELECT count(*) FROM head) = 1
  THEN 1 ELSE 0 END AS committed`

/**
 * One statement that changes `moved`, adds `audit` behind `chain` and moves its head; and where the chain stands then. It
 * fails, by `isRefused`, if anybody else has changed one of the tokens or the chain.
 */
export function commitStatement(
  auditKey: Uint8Array,
  chain: ChainPosition,
  moved: readonly TokenChange[],
  audit: readonly AuditEntry[],
): { statement: pg.QueryConfig; end: ChainPosition } {
  // By id: rows are locked in this order.
  const inOrder = moved.toSorted((a, b) => (a.before as Token).id - (b.before as Token).id)
  const progress = inOrder.map(({ after }) => toProgress(after as Token))
  const { rows, end } = chainedRows(chain, audit)
  const values = [
    chain.id,
    chain.seq,
    end.seq,
    end.hash,
    authenticateHead(auditKey, end),
    inOrder.map(({ before }) => (before as Token).id),
    inOrder.map(({ before }) => (before as Token).version),
    ...WRITTEN_PROGRESS_COLUMNS.map((column) => progress.map((row) => row[column])),
    ...AUDIT_COLUMNS.map((_, index) => rows.map((row) => row[index])),
  ]
  return { statement: { name: 'commit', text: COMMIT, values }, end }
}

const numbered = (columns: readonly string[], from: number) =>
  columns.map((_, index) => `$${index + from}`).join(', ')

export const UPDATE_DETAIL = `UPDATE tokens SET (${DETAIL_COLUMNS.join(', ')}) = (${numbered(DETAIL_COLUMNS, 2)}) WHERE id = $1`
export const INSERT_DETAIL = `INSERT INTO tokens (${DETAIL_COLUMNS.join(', ')}) VALUES (${numbered(DETAIL_COLUMNS, 1)}) ON CONFLICT DO NOTHING RETURNING id`
export const INSERT_PROGRESS = `INSERT INTO token_progress (token_id, ${WRITTEN_PROGRESS_COLUMNS.join(', ')}) VALUES (${numbered(['id', ...WRITTEN_PROGRESS_COLUMNS], 1)})`
export const DELETE_PROGRESS = 'DELETE FROM token_progress WHERE token_id = $1 AND version = $2'
export const DELETE_DETAIL = 'DELETE FROM tokens WHERE id = $1'
export const BEGIN_CHAIN = `
WITH roll AS (UPDATE audit_chains SET seq = $1, mac = $6 WHERE id = 0 AND seq = $1::integer - 1 AND mac = $7)
INSERT INTO audit_chains (id, node, seq, hash, mac) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`
export const VERSIONS =
  'SELECT token_id, version, counter FROM token_progress WHERE token_id = ANY($1::bigint[])'
export const TAKEN = 'SELECT serial FROM tokens WHERE serial = ANY($1::text[])'
