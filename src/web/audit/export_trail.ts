/** The rows of a search as a file: page by page, each given to the browser before the next is asked for, up to a bound. */
import { TRAIL_FORMATS, type TrailFormat } from '../../trail_lines.ts'
import { call, type Input } from '../api/client.ts'

/** Of one file. More than that is for the CLI, which writes without keeping. */
export const MAX_ROWS = 200_000
const PAGE = 1000

export interface TrailFile {
  readonly content: Blob
  readonly rows: number
  /** There were more rows than a file may have. */
  readonly isCut: boolean
}

export interface ExportOptions {
  readonly signal: AbortSignal
  /** Told how many rows there are so far. */
  readonly onRows: (rows: number) => void
}

/** Throws ApiError, or what the signal was aborted with. */
export async function exportTrail(
  format: TrailFormat,
  input: Input<'audit list'>,
  { signal, onRows }: ExportOptions,
): Promise<TrailFile> {
  const { head, line, end } = TRAIL_FORMATS[format]
  const parts: Blob[] = head === null ? [] : [new Blob([head + end])]
  let rows = 0
  let cursor: string | null = null
  do {
    const asked: Input<'audit list'> = { ...input, limit: PAGE, ...(cursor === null ? {} : { cursor }) }
    const page = await call('audit list', asked, { signal })
    parts.push(new Blob([page.entries.map((entry) => line(entry) + end).join('')]))
    rows += page.entries.length
    cursor = page.nextCursor
    onRows(rows)
  } while (cursor !== null && rows < MAX_ROWS)
  const type = format === 'csv' ? 'text/csv;charset=utf-8' : 'application/x-ndjson'
  return { content: new Blob(parts, { type }), rows, isCut: cursor !== null }
}

export function saveFile(content: Blob, name: string): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
