/** Diagnoses as people read them: the checks of a login, and what went wrong with requests that were none. */
import type { z } from 'zod'
import type { auditEntrySchema } from '../admin/audit_view.ts'
import type { faultSchema } from '../admin/server_commands.ts'
import { block, indent } from './layout.ts'
import { plainTime, relativeTime } from './time_text.ts'

type Entry = z.infer<typeof auditEntrySchema>
type Fault = Partial<z.infer<typeof faultSchema>> & Pick<z.infer<typeof faultSchema>, 'count' | 'lastAt'>

interface Explained {
  readonly summary: string
  readonly entry: Entry
  readonly checks: readonly { check: string; outcome: 'passed' | 'failed' | 'open'; found: string }[]
  readonly now: readonly { what: string; state: string }[]
  readonly advice: readonly { text: string; command: string | null }[]
}

const MARKS = { passed: '✓', failed: '✗', open: '–' } as const

/** Without the dialogue, which is a list of rows like any other. */
export function explainedLines({ summary, entry, checks, now, advice }: Explained): readonly string[][] {
  const { at, action, user, node } = entry
  const subject = [plainTime(at), action, user, `on node ${node}`].filter((each) => each !== null)
  const then = [
    ...block([['', subject.join('  ')]]).map((line) => line.trimStart()),
    ...block([['', summary]]).map((line) => line.trimStart()),
    '',
    ...block(checks.map(({ check, outcome, found }) => [`${MARKS[outcome]} ${check}`, found])),
  ]
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', title, ...indent(lines)]
  const todo = advice.flatMap(({ text, command }) => [text, ...(command === null ? [] : indent([command]))])
  return [
    then,
    section('now', block(now.map(({ what, state }) => [what, state]))),
    section(
      'what to do',
      todo.flatMap((line) =>
        line.startsWith(' ') ? indent(block([['', line.trim()]])) : block([['-', line]]),
      ),
    ),
  ]
}

/** Each with its cause and remedy below it, which a table would cut. */
export function faultLines(title: string, faults: readonly Fault[], now: number): string[] {
  if (faults.length === 0) return [title, ...indent(['none'])]
  return [
    title,
    ...indent(
      faults.flatMap(({ client, reason, count, lastAt, address, cause, remedy }) => {
        const times = `${count} time${count === 1 ? '' : 's'}, last ${plainTime(lastAt)} (${relativeTime(lastAt, now)})`
        const origin = typeof address === 'string' ? `, from ${address}` : ''
        const what = [client, reason].filter((each) => each !== undefined).join('  ')
        return [
          ...block([[what, `${times}${origin}`]]),
          ...indent(
            block([
              ['cause', cause ?? null],
              ['remedy', remedy ?? null],
            ]),
          ),
        ]
      }),
    ),
  ]
}
