/** A session as a row, and the SQL that writes it, alike for both databases. Imports no driver. */
import { foldCase } from '../auth/fold_case.ts'
import type { Nas, Session, SessionUpdate } from './session.ts'
import { storableText } from './stored_text.ts'

export const SESSION_COLUMNS = [
  'session_key',
  'nas_key',
  'client',
  'user_key',
  'stopped_at',
  'started_at',
  'updated_at',
  'seconds',
  'input_octets',
  'output_octets',
  'records',
  'nas_address',
  'nas_identifier',
  'session_id',
  'source',
  'user_name',
  'framed_address',
  'calling_station',
  'class',
  'cause',
] as const

export type SessionRow = Readonly<Record<(typeof SESSION_COLUMNS)[number], string | number | null>>

export const NUMBER_COLUMNS: ReadonlySet<string> = new Set([
  'stopped_at',
  'started_at',
  'updated_at',
  'seconds',
  'input_octets',
  'output_octets',
  'records',
])

/** Line ends stand in none of the parts: what holds one has become `0x…` (radius/accounting.ts). */
export function nasKey({ client, nasAddress, nasIdentifier }: Nas): string {
  return storableText(`${client}\n${nasAddress ?? ''}\n${nasIdentifier ?? ''}`)
}

export function rowOfUpdate(update: SessionUpdate): SessionRow {
  const { kind, at, user } = update
  const nas = nasKey(update)
  const text = (value: string | null) => (value === null ? null : storableText(value))
  return {
    session_key: `${nas}\n${storableText(update.sessionId)}`,
    nas_key: nas,
    client: storableText(update.client),
    user_key: user === null ? null : storableText(foldCase(user)),
    stopped_at: kind === 'stop' ? at : null,
    started_at: at - 1000 * update.seconds,
    updated_at: at,
    seconds: update.seconds,
    input_octets: update.inputOctets,
    output_octets: update.outputOctets,
    records: 1,
    nas_address: text(update.nasAddress),
    nas_identifier: text(update.nasIdentifier),
    session_id: storableText(update.sessionId),
    source: storableText(update.source),
    user_name: text(user),
    framed_address: text(update.framedAddress),
    calling_station: text(update.callingStation),
    class: text(update.class),
    cause: text(update.cause),
  }
}

export interface StoredSession extends Omit<SessionRow, 'session_key' | 'nas_key' | 'user_key'> {
  readonly id: number
}

export const READ_COLUMNS = [
  'id',
  ...SESSION_COLUMNS.filter((column) => !['session_key', 'nas_key', 'user_key'].includes(column)),
]

export function sessionOf(row: StoredSession): Session {
  const text = (value: string | number | null) => (value === null ? null : String(value))
  return {
    id: row.id,
    client: String(row.client),
    nasAddress: text(row.nas_address),
    nasIdentifier: text(row.nas_identifier),
    sessionId: String(row.session_id),
    source: String(row.source),
    user: text(row.user_name),
    startedAt: Number(row.started_at),
    updatedAt: Number(row.updated_at),
    stoppedAt: row.stopped_at === null ? null : Number(row.stopped_at),
    seconds: Number(row.seconds),
    inputOctets: Number(row.input_octets),
    outputOctets: Number(row.output_octets),
    framedAddress: text(row.framed_address),
    callingStation: text(row.calling_station),
    class: text(row.class),
    cause: text(row.cause),
    records: Number(row.records),
  }
}

/**
 * How long after its end a NAS may give a session's name to another: a Start that is later is another session, an earlier one
 * a late copy. After a restart of the NAS at once.
 */
const NAME_RESTS_MS = 60_000

/** Whether the name is free for a session that started `at`. The upsert then makes a new row. */
export function isRested(at: string, rebooted: string): string {
  return `stopped_at < ${at} - CASE WHEN cause = ${rebooted} THEN 0 ELSE ${NAME_RESTS_MS} END`
}

/** Of a NAS that has restarted; a session that was heard of since is not one of those before. */
export function endSql(p: { client: string; nas: string; at: string; cause: string }): string {
  return `UPDATE sessions SET stopped_at = ${p.at}, cause = ${p.cause}
    WHERE client = ${p.client} AND nas_key = ${p.nas} AND stopped_at IS NULL AND updated_at <= ${p.at}`
}

/** What an upsert makes of a row that is there. `most` and `least`: the names of these functions. */
export function mergeSql(most: string, least: string): string {
  const set: Record<string, string> = { records: 's.records + x.records' }
  // A session that has ended is moved by another Stop alone: of the copies one may say more than the other.
  const isOver = '(s.stopped_at IS NOT NULL AND x.stopped_at IS NULL)'
  for (const column of ['updated_at', 'seconds', 'input_octets', 'output_octets'])
    set[column] = `CASE WHEN ${isOver} THEN s.${column} ELSE ${most}(s.${column}, x.${column}) END`
  // A Start knows when it was. What has lasted tells it to a second only: good enough while there is no Start.
  set.started_at = `CASE WHEN x.seconds > 0 THEN s.started_at ELSE ${least}(s.started_at, x.started_at) END`
  // The newer one is right, and whatever is missing is filled in.
  for (const column of ['user_key', 'user_name', 'source', 'framed_address', 'calling_station', 'class'])
    set[column] =
      `CASE WHEN ${isOver} OR x.updated_at < s.updated_at THEN coalesce(s.${column}, x.${column}) ELSE coalesce(x.${column}, s.${column}) END`
  for (const column of ['stopped_at', 'cause']) set[column] = `coalesce(s.${column}, x.${column})`
  return `ON CONFLICT (session_key) DO UPDATE SET ${Object.entries(set)
    .map(([column, value]) => `${column} = ${value.replaceAll('x.', 'excluded.')}`)
    .join(', ')}`
}
