/**
 * `audit list --csv` and `--ndjson`: every page, each written before the next is asked for. CSV is RFC 4180's; a field that a
 * spreadsheet would take for a formula has an apostrophe before it, since user names come from whoever asks. NDJSON has the
 * very objects of the API.
 */
import { once } from 'node:events'
import type { Command as Commander } from 'commander'
import type { Command } from '../admin/command.ts'
import { escapeText } from './escape.ts'
import { usageError } from './exit_status.ts'
import type { Io } from './io.ts'

export type ExportFormat = 'csv' | 'ndjson'

/** Rows that are asked for at once, unless --limit says otherwise. */
const PAGE = 1000

/** Options that are the CLI's own, with what they do. */
export const EXPORT_OPTIONS = [
  ['--csv', 'print all pages as CSV (RFC 4180); an apostrophe stands before what would be a formula'],
  ['--ndjson', 'print all pages as JSON, an object a line'],
] as const

export function isTrail({ noun, verb }: Pick<Command, 'noun' | 'verb'>): boolean {
  return noun === 'audit' && verb === 'list'
}

export function addExportOptions(sub: Commander): void {
  for (const [flag, summary] of EXPORT_OPTIONS) sub.option(flag, summary)
}

/** Null: neither was asked for. Throws CliError. */
export function exportFormat(typed: Commander, json: boolean): ExportFormat | null {
  const { csv, ndjson } = typed.opts<{ csv?: boolean; ndjson?: boolean }>()
  if (Number(csv === true) + Number(ndjson === true) + Number(json) > 1) {
    throw usageError('--csv, --ndjson and --json contradict each other', 'give one of them')
  }
  return csv ? 'csv' : ndjson ? 'ndjson' : null
}

type Row = Readonly<Record<string, unknown>>
interface Entries {
  readonly entries: readonly Row[]
  readonly nextCursor: string | null
}

/** `ask`: the list with this input. Ends early when nobody reads any more. */
export async function exportPages(
  format: ExportFormat,
  input: object,
  ask: (input: object) => Promise<object>,
  { stdout }: Pick<Io, 'stdout'>,
): Promise<void> {
  const written = format === 'csv' ? (row: Row) => csvLine(COLUMNS.map((name) => row[name])) : ndjsonLine
  // A terminal does what its controls say, whoever made up the name that they stand in.
  const shown = (line: string, end: string) => `${stdout.isTTY ? escapeText(line) : line}${end}`
  const end = format === 'csv' ? '\r\n' : '\n'
  let text = format === 'csv' ? shown(csvLine(COLUMNS), end) : ''
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = (await ask({
      limit: PAGE,
      ...input,
      ...(cursor === undefined ? {} : { cursor }),
    })) as Entries
    text += page.entries.map((row) => shown(written(row), end)).join('')
    if (!(await write(stdout, text))) return
    text = ''
    cursor = page.nextCursor
  }
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

/** False: the pipe is closed. */
async function write(stdout: Io['stdout'], text: string): Promise<boolean> {
  if (stdout.destroyed || stdout.writableEnded) return false
  if (stdout.write(text)) return true
  // A pipe that is closed has no drain.
  await Promise.race([once(stdout, 'drain'), once(stdout, 'close')]).catch(() => {})
  return !stdout.destroyed
}

function ndjsonLine(row: Row): string {
  return JSON.stringify(row)
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
