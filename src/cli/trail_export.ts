/** `audit list --csv` and `--ndjson`: every page, each written before the next is asked for. What a line is, trail_lines.ts knows. */
import { once } from 'node:events'
import type { Command as Commander } from 'commander'
import type { Command } from '../admin/command.ts'
import { TRAIL_FORMATS, type TrailFormat, type TrailRow } from '../trail_lines.ts'
import { escapeText } from './escape.ts'
import { usageError } from './exit_status.ts'
import type { Io } from './io.ts'

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
export function exportFormat(typed: Commander, json: boolean): TrailFormat | null {
  const { csv, ndjson } = typed.opts<{ csv?: boolean; ndjson?: boolean }>()
  if (Number(csv === true) + Number(ndjson === true) + Number(json) > 1) {
    throw usageError('--csv, --ndjson and --json contradict each other', 'give one of them')
  }
  return csv ? 'csv' : ndjson ? 'ndjson' : null
}

interface Entries {
  readonly entries: readonly TrailRow[]
  readonly nextCursor: string | null
}

/** `ask`: the list with this input. Ends early when nobody reads any more. */
export async function exportPages(
  format: TrailFormat,
  input: object,
  ask: (input: object) => Promise<object>,
  { stdout }: Pick<Io, 'stdout'>,
): Promise<void> {
  const { head, line, end } = TRAIL_FORMATS[format]
  // A terminal does what its controls say, whoever made up the name that they stand in.
  const shown = (text: string) => `${stdout.isTTY ? escapeText(text) : text}${end}`
  let text = head === null ? '' : shown(head)
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = (await ask({
      limit: PAGE,
      ...input,
      ...(cursor === undefined ? {} : { cursor }),
    })) as Entries
    text += page.entries.map((row) => shown(line(row))).join('')
    if (!(await write(stdout, text))) return
    text = ''
    cursor = page.nextCursor
  }
}

/** False: the pipe is closed. */
async function write(stdout: Io['stdout'], text: string): Promise<boolean> {
  if (stdout.destroyed || stdout.writableEnded) return false
  if (stdout.write(text)) return true
  // A pipe that is closed has no drain.
  await Promise.race([once(stdout, 'drain'), once(stdout, 'close')]).catch(() => {})
  return !stdout.destroyed
}
