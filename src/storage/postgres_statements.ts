/** The SQL of the PostgreSQL store. */
import type pg from 'pg'
import type { AccountKey, AuditEntry, Token } from '../auth/account.ts'
import type { TokenChange } from '../auth/action.ts'
import { newBlock } from './audit_block.ts'
import { authenticateHead, type ChainPosition, extend } from './audit_chain.ts'
import {
  DETAIL_COLUMNS,
  PROGRESS_COLUMNS,
  type ProgressRow,
  TOKEN_COLUMNS,
  type TokenRow,
  type UserRow,
  WRITTEN_PROGRESS_COLUMNS,
} from './columns.ts'
import { toProgress } from './token_rows.ts'

/** Any number will do that no other program on this database uses (another: postgres.ts). */
const USER_LOCKS = 0x5a11_f047

const COLUMNS = [
  ...TOKEN_COLUMNS.map((column) => `t.${column}`),
  ...PROGRESS_COLUMNS.map((column) => `p.${column}`),
]
/** A user's record among the rows of tokens: without an id, and nothing but what a record has. */
const RECORD_COLUMNS = COLUMNS.map((column) => {
  const [, name = ''] = column.split('.')
  return name === 'user_key' || name === 'sealed' || name === 'version' ? `r.${name}` : 'NULL'
})
const RECORD = `SELECT ${RECORD_COLUMNS.join(', ')} FROM users r`
const TOKEN = `SELECT ${COLUMNS.join(', ')} FROM tokens t JOIN token_progress p ON p.token_id = t.id`

export function loadUsers(users: string[]): pg.QueryConfig {
  return {
    name: 'load-users',
    // Not a join: a user may have either without the other.
    text: `${TOKEN} WHERE t.user_key = ANY($1::text[]) UNION ALL ${RECORD} WHERE r.user_key = ANY($1::text[]) ORDER BY id`,
    values: [users],
  }
}

export function loadUnassigned(serials: string[]): pg.QueryConfig {
  const text = `${TOKEN} WHERE t.serial = ANY($1::text[]) AND t.user_key IS NULL ORDER BY t.id`
  return { name: 'load-unassigned', text, values: [serials] }
}

export type LoadedRow = TokenRow | (UserRow & { readonly id: null })

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

/**
 * What a login changes, but the version, which follows from the one known, and the head of the trail. An index holds
 * `fail_count`; where it stays equal, the update stays on its page. The facet is UPDATE_DETAIL's.
 */
const MOVED_COLUMNS = [
  'counter',
  'drift',
  'fail_count',
  'attempt_count',
  'success_count',
  'last_used_at',
  'locked_at',
  'pending',
] as const satisfies readonly (keyof ProgressRow)[]

const MOVED_PARAMETERS = MOVED_COLUMNS.map(
  (column, index) => `$${index + 14}::${column === 'pending' ? 'text' : 'bigint'}[]`,
).join(', ')

const COMMIT = `
WITH block AS MATERIALIZED (SELECT CASE WHEN $6::integer > 0 THEN nextval('audit_id') ELSE 0 END AS id), moved AS (
  UPDATE token_progress p SET version = p.version + 1, ${MOVED_COLUMNS.map((column) => `${column} = u.${column}`).join(', ')},
    audit_head = CASE WHEN u.about = 1 THEN (SELECT id FROM block) ELSE p.audit_head END
  FROM unnest($11::bigint[], $12::bigint[], $13::bigint[], ${MOVED_PARAMETERS})
    AS u (id, known_version, about, ${MOVED_COLUMNS.join(', ')})
  WHERE p.token_id = u.id AND p.version = u.known_version AND p.counter <= u.counter
  RETURNING 1
), logged AS (
  INSERT INTO audit (id, chain, seq, node, size, first_at, last_at, entries, hash)
  SELECT block.id, $1::integer, $2::bigint + 1, $7::text, $6::integer, $8::bigint, $9::bigint, $10::text, $4::bytea
  FROM block WHERE $6::integer > 0
), indexed AS (
  INSERT INTO audit_index (subject, block)
  SELECT subject, block.id FROM unnest($${MOVED_COLUMNS.length + 14}::text[]) AS subject, block
), head AS (
  UPDATE audit_chains SET seq = $3::bigint, hash = $4::bytea, mac = $5::bytea
  WHERE id = $1::integer AND seq = $2::bigint
  RETURNING 1
)
SELECT (SELECT id FROM block) AS block, 1 / CASE
  WHEN (SELECT count(*) FROM moved) = cardinality($11::bigint[]) AND (SELECT count(*) FROM head) = 1 THEN 1
  ELSE 0 END AS committed`

export interface Commit {
  readonly statement: pg.QueryConfig
  /** Where the chain stands after it. */
  readonly end: ChainPosition
  /** The tokens whose newest block it makes. */
  readonly about: readonly Token[]
}

/**
 * One statement that changes `moved`, adds `audit` behind `chain` and moves its head, and answers the number of the new
 * block. It fails, by `isRefused`, if anybody else has changed one of the tokens or the chain.
 */
export function commitStatement(
  auditKey: Uint8Array,
  chain: ChainPosition,
  moved: readonly TokenChange[],
  changes: readonly TokenChange[],
  audit: readonly AuditEntry[],
): Commit {
  // By id: rows are locked in this order.
  const inOrder = moved.toSorted((a, b) => (a.before as Token).id - (b.before as Token).id)
  const tokens = inOrder.map(({ after }) => after as Token)
  const progress = tokens.map(toProgress)
  const block = newBlock(changes, audit)
  const about = new Set(block.about)
  const end = audit.length === 0 ? chain : extend(chain, block)
  const values = [
    chain.id,
    chain.seq,
    end.seq,
    end.hash,
    authenticateHead(auditKey, end),
    block.size,
    chain.node,
    block.first_at,
    block.last_at,
    block.entries,
    numbers(tokens.map(({ id }) => id)),
    numbers(inOrder.map(({ before }) => (before as Token).version)),
    numbers(tokens.map((token) => (about.has(token) ? 1 : 0))),
    ...MOVED_COLUMNS.map((column) =>
      column === 'pending'
        ? progress.map(({ pending }) => pending)
        : numbers(progress.map((row) => row[column])),
    ),
    block.subjects,
  ]
  return { statement: { name: 'commit', text: COMMIT, values }, end, about: block.about }
}

/** The text of an array, which the driver would take ten times as long to make. */
function numbers(values: readonly (number | null)[]): string {
  return `{${values.map((value) => value ?? 'NULL').join()}}`
}

const numbered = (columns: readonly string[], from: number) =>
  columns.map((_, index) => `$${index + from}`).join(', ')

const FACET = `$${DETAIL_COLUMNS.indexOf('facet') + 2}`

export const UPDATE_DETAIL = `
WITH listed AS (UPDATE token_progress SET facet = ${FACET} WHERE token_id = $1 AND facet <> ${FACET})
UPDATE tokens SET (${DETAIL_COLUMNS.join(', ')}) = (${numbered(DETAIL_COLUMNS, 2)}) WHERE id = $1`
export const INSERT_DETAIL = `INSERT INTO tokens (${DETAIL_COLUMNS.join(', ')}) VALUES (${numbered(DETAIL_COLUMNS, 1)}) ON CONFLICT DO NOTHING RETURNING id`
export const INSERT_PROGRESS = `INSERT INTO token_progress (token_id, ${WRITTEN_PROGRESS_COLUMNS.join(', ')}) VALUES (${numbered(['id', ...WRITTEN_PROGRESS_COLUMNS], 1)})`
export const DELETE_PROGRESS = 'DELETE FROM token_progress WHERE token_id = $1 AND version = $2'
export const DELETE_DETAIL = 'DELETE FROM tokens WHERE id = $1'
export const INSERT_RECORD =
  'INSERT INTO users (user_key, version, sealed, administrator) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING'
export const UPDATE_RECORD =
  'UPDATE users SET version = $2, sealed = $3, administrator = $4 WHERE user_key = $1 AND version = $2::bigint - 1'
/** Of these users' tokens, all but those by id: another node that remembers one must look again before it accepts by it. */
export const TOUCH_OTHERS = `
UPDATE token_progress SET version = version + 1
WHERE token_id IN (SELECT id FROM tokens WHERE user_key = ANY($1::text[]) AND id <> ALL($2::bigint[]))`
/**
 * Who sets a record and who brings a token move the user's tokens that they see. Of two at once neither would see the other's,
 * and who looks between their ends would accept by the old record: so they take turns, user by user. The numbers must rise.
 */
export const LOCK_USERS = `SELECT pg_advisory_xact_lock(${USER_LOCKS}, number) FROM unnest($1::integer[]) AS number`
export const LOCK_TOKENS = `
SELECT FROM token_progress WHERE token_id = ANY($2::bigint[]) OR token_id IN (SELECT id FROM tokens WHERE user_key = ANY($1::text[]))
ORDER BY token_id FOR UPDATE`
export const RECORD_VERSIONS = 'SELECT user_key, version FROM users WHERE user_key = ANY($1::text[])'
export const BEGIN_CHAIN = `
WITH roll AS (UPDATE audit_chains SET seq = $1, mac = $6 WHERE id = 0 AND seq = $1::integer - 1 AND mac = $7)
INSERT INTO audit_chains (id, node, seq, hash, mac) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`
export const VERSIONS =
  'SELECT token_id, version, counter FROM token_progress WHERE token_id = ANY($1::bigint[])'
export const TAKEN = 'SELECT serial FROM tokens WHERE serial = ANY($1::text[])'
