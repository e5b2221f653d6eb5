/**
 * A row of the audit trail as a line of a file, for the CLI and the console alike. CSV is RFC 4180's; a field that a
 * spreadsheet would take for a formula has an apostrophe before it, since user names come from whoever asks. NDJSON has the
 * very objects of the API.
 */

export type TrailFormat = 'csv' | 'ndjson'
export type TrailRow = object

interface Lines {
  /** The first line; null: there is none. */
  readonly head: string | null
  /** Without its end. */
  readonly line: (row: TrailRow) => string
  readonly end: string
}

const COLUMNS = [
  'id',
  'at',
  'node',
  'actor',
  'source',
  'user',
  'serials',
  'action',
  'outcome',
  'reason',
  'detail',
] as const

export const TRAIL_FORMATS: Readonly<Record<TrailFormat, Lines>> = {
  csv: {
    head: COLUMNS.join(','),
    line: (row) => csvLine(COLUMNS.map((name) => (row as Readonly<Record<string, unknown>>)[name])),
    end: '\r\n',
  },
  ndjson: { head: null, line: (row) => JSON.stringify(row), end: '\n' },
}

/** Without its end. */
export function csvLine(fields: readonly unknown[]): string {
  return fields.map(csvField).join(',')
}

/** What a spreadsheet takes for the beginning of a formula, its wide forms included. */
const FORMULA = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/

function csvField(value: unknown): string {
  if (typeof value === 'number') return String(value)
  const text = Array.isArray(value)
    ? value.join(' ')
    : value === null || value === undefined
      ? ''
      : String(value)
  const safe = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
