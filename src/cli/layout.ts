/** Aligned columns and key/value blocks, in plain text. Everything that passes through is escaped here. */
import { escapeText, padEnd, padStart, truncate, widthOf } from './escape.ts'

export interface Column<T> {
  readonly title: string
  readonly text: (row: T) => string
  readonly align?: 'right'
  /** Never cut: what one copies and pastes. */
  readonly whole?: true
}

const GAP = '  '
const NARROWEST = 8

/** Lines of a table, the header first. `width`: columns of the terminal, null for no limit. */
export function table<T>(columns: readonly Column<T>[], rows: readonly T[], width: number | null): string[] {
  const cells = rows.map((row) => columns.map((column) => escapeText(column.text(row))))
  const used = columns.map((_, i) => cells.some((row) => row[i] !== ''))
  const shown = columns.filter((_, i) => used[i])
  const lines = [shown.map(({ title }) => title), ...cells.map((row) => row.filter((_, i) => used[i]))]
  const widths = fitted(shown, naturalWidths(lines), width)
  return lines.map((line) =>
    line
      .map((cell, i) => place(cell, widths[i]!, shown[i]!))
      .join(GAP)
      .trimEnd(),
  )
}

function place<T>(cell: string, width: number, { align }: Column<T>): string {
  const cut = truncate(cell, width)
  return align === 'right' ? padStart(cut, width) : padEnd(cut, width)
}

function naturalWidths(lines: readonly (readonly string[])[]): number[] {
  return lines[0]!.map((_, i) => Math.max(...lines.map((line) => widthOf(line[i]!))))
}

/** Takes from the widest column that may be cut, until the line fits or nothing more can be taken. */
function fitted<T>(
  columns: readonly Column<T>[],
  natural: readonly number[],
  width: number | null,
): number[] {
  const widths = [...natural]
  if (width === null) return widths
  const total = () => widths.reduce((sum, each) => sum + each, GAP.length * (widths.length - 1))
  while (total() > width) {
    const candidates = widths.map((each, i) => (columns[i]!.whole || each <= NARROWEST ? -1 : each))
    const widest = candidates.indexOf(Math.max(...candidates))
    if (candidates[widest] === -1) break
    widths[widest]!--
  }
  return widths
}

/** `label  value`, aligned; a pair whose value is null is left out. */
export function block(pairs: readonly (readonly [string, string | null])[]): string[] {
  const present = pairs.filter(([, value]) => value !== null)
  const width = Math.max(0, ...present.map(([label]) => widthOf(label)))
  return present.map(([label, value]) =>
    `${padEnd(escapeText(label), width)}${GAP}${escapeText(value!)}`.trimEnd(),
  )
}

export function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `${GAP}${line}`))
}
