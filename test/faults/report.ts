/** The outcomes of a fault run as a table for people, and as JSON for machines. */
import type { Outcome } from './run.ts'

export function table(outcomes: readonly Outcome[]): string {
  const rows = outcomes.flatMap(({ scenario, figures, violations, skipped }) => {
    if (skipped !== undefined) return [[scenario, 'not run', skipped]]
    const bad = violations.map((violation) => ['', '**VIOLATED**', violation.split('\n')[0]!])
    return [
      ...figures.map(({ name, value, ok }) => ['', name, ok === false ? `${value} (missed)` : value]),
      ...bad,
    ].map(([, name = '', value = ''], index) => [index === 0 ? scenario : '', name, value])
  })
  const all = [['fault', 'figure', 'value'], ...rows]
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]!.length)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`
  const [head, ...body] = all.map(line)
  return [head, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body].join('\n')
}
