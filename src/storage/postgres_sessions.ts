/** Sessions on PostgreSQL, of accounting and of EAP: the statements for some writes, in their order. Holds nothing. */
import type pg from 'pg'
import { NAS_REBOOT, type SessionUpdate, type SessionWrite } from './session.ts'
import {
  endSql,
  isRested,
  mergeSql,
  NUMBER_COLUMNS,
  nasKey,
  rowOfUpdate,
  SESSION_COLUMNS,
  type SessionRow,
} from './session_rows.ts'
import type { EapSession } from './store.ts'

export function sessionStatements(writes: readonly SessionWrite[]): pg.QueryConfig[] {
  return rounds(writes).flatMap(statementsOf)
}

function statementsOf(round: Round): pg.QueryConfig[] {
  switch (round.kind) {
    case 'end':
      return [{ name: 'end-sessions', text: END, values: [round.client, nasKey(round), round.at] }]
    case 'remove':
      return [{ name: 'remove-sessions', text: REMOVE, values: [[...round.ids], round.before] }]
    case 'updates':
      return putStatements(round)
  }
}

/** Their names differ. By name: two nodes with the same sessions wait for each other, but never in a circle. */
export function keepEapStatement(sessions: readonly EapSession[]): pg.QueryConfig {
  const sorted = [...sessions].sort((a, b) => (a.name < b.name ? -1 : 1))
  const values = [
    sorted.map(({ name }) => name),
    sorted.map(({ sealed }) => Buffer.from(sealed)),
    sorted.map(({ expiresAt }) => expiresAt),
  ]
  return { name: 'keep-eap-sessions', text: KEEP_EAP, values }
}

export function findEapStatement(name: string, now: number): pg.QueryConfig {
  return { name: 'find-eap-session', text: FIND_EAP, values: [name, now] }
}

interface Updates {
  readonly kind: 'updates'
  readonly rows: Map<string, SessionRow>
  readonly starts: SessionRow[]
}

type Round = Updates | Exclude<SessionWrite, SessionUpdate>

/** As many updates at once as are of different sessions: one statement cannot merge into one row twice. */
function rounds(writes: readonly SessionWrite[]): Round[] {
  const found: Round[] = []
  for (const write of writes) {
    if (write.kind === 'end' || write.kind === 'remove') {
      found.push(write)
      continue
    }
    const row = rowOfUpdate(write)
    const key = row.session_key as string
    let last = found.at(-1)
    if (last?.kind !== 'updates' || last.rows.has(key)) {
      last = { kind: 'updates', rows: new Map(), starts: [] }
      found.push(last)
    }
    last.rows.set(key, row)
    if (write.kind === 'start') last.starts.push(row)
  }
  return found
}

function putStatements({ rows, starts }: Updates): pg.QueryConfig[] {
  // By key: two nodes with the same sessions wait for each other, but never in a circle.
  const byKey = (a: SessionRow, b: SessionRow) => (String(a.session_key) < String(b.session_key) ? -1 : 1)
  const sorted = [...rows.values()].sort(byKey)
  const put = {
    name: 'put-sessions',
    text: PUT,
    values: SESSION_COLUMNS.map((column) => sorted.map((row) => row[column])),
  }
  if (starts.length === 0) return [put]
  starts.sort(byKey)
  const retired = [starts.map((row) => row.session_key), starts.map((row) => row.started_at)]
  return [{ name: 'retire-sessions', text: RETIRE, values: retired }, put]
}

const ARRAYS = SESSION_COLUMNS.map(
  (column, index) => `$${index + 1}::${NUMBER_COLUMNS.has(column) ? 'bigint' : 'text'}[]`,
)
const PUT = `INSERT INTO sessions AS s (${SESSION_COLUMNS.join(', ')})
SELECT * FROM unnest(${ARRAYS.join(', ')}) ${mergeSql('greatest', 'least')}`
const RETIRE = `UPDATE sessions SET session_key = NULL FROM unnest($1::text[], $2::bigint[]) AS u (key, at)
WHERE session_key = u.key AND ${isRested('u.at', `'${NAS_REBOOT}'`)}`
const END = endSql({ client: '$1::text', nas: '$2::text', at: '$3::bigint', cause: `'${NAS_REBOOT}'` })
const KEEP_EAP = `INSERT INTO eap_sessions (name, sealed, expires_at)
SELECT * FROM unnest($1::text[], $2::bytea[], $3::bigint[])
ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at`
const FIND_EAP = 'SELECT sealed FROM eap_sessions WHERE name = $1 AND expires_at > $2::bigint'
const REMOVE =
  'DELETE FROM sessions WHERE id = ANY($1::bigint[]) AND coalesce(stopped_at, updated_at) < $2::bigint'
