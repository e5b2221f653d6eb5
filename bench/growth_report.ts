/** The growth mode's results as Markdown: one row for each database and number of tokens, and what each goal asks of them. */
import { type GrowthRow, WORKING_SET } from './growth.ts'
import type { Sample } from './measure.ts'
import type { Options } from './options.ts'
import { count, median, ms, table } from './report.ts'

const TITLES = { sqlite: 'SQLite', postgres: 'PostgreSQL' } as const
/** Of the rate with the fewest tokens. */
const KEPT = 0.85
const START_MS = 2000
const LIST_MS = 50

export function growthReport(
  options: Options,
  conditions: readonly [string, string][],
  warning: readonly string[],
  rows: readonly GrowthRow[],
): string {
  const { rounds, seconds, quick } = options
  return [
    '# Growth',
    '',
    'Written by `npm run bench -- --growth`: one Sallyport after the other with ever more tokens, 256 requests outstanding.',
    ...warning,
    ...(quick ? ['', '**Of `--quick`: it shows that everything runs, and its figures mean nothing.**'] : []),
    '',
    '## Conditions',
    '',
    ...table(
      ['', ''],
      [
        ...conditions,
        ['date', new Date().toISOString().slice(0, 10)],
        ['load generator', 'sallyport bench, users drawn at random'],
        ['rounds', `${rounds}, each measurement ${seconds} s; medians`],
        ['accounts', `half as many as tokens; working set: the first ${count(WORKING_SET)} of them at most`],
      ],
    ),
    '',
    '## Rate, start and memory',
    '',
    ...table(
      [
        'database',
        'tokens',
        'logins/s, each for the first time',
        'logins/s, everybody',
        'p99',
        'logins/s, working set',
        'p99',
        'rejects',
        'timeouts',
        'start',
        'memory',
        'enrolling',
      ],
      rows.map(cellsOf),
    ),
    '',
    '## Lists over the admin socket',
    '',
    ...table(
      ['', ...rows.map(({ database, tokens }) => `${TITLES[database]}, ${count(tokens)}`)],
      (rows[0]?.lists ?? []).map(({ what }, i) => [
        what,
        ...rows.map(({ lists }) => `${lists[i]!.ms.toFixed(1)} ms`),
      ]),
    ),
    '',
    '## Goals',
    '',
    ...table(['', 'goal', 'measured', ''], goalsOf(rows)),
    '',
  ].join('\n')
}

function cellsOf(row: GrowthRow): string[] {
  const { database, tokens, first, everybody, workingSet, startMs, seedSeconds } = row
  const sum = (of: (sample: Sample) => number) =>
    count([...everybody, ...workingSet].reduce((total, sample) => total + of(sample), 0))
  return [
    TITLES[database],
    count(tokens),
    count(first.perSecond),
    count(rateOf(everybody)),
    ms(median(everybody.map(({ p99Us }) => p99Us))),
    count(rateOf(workingSet)),
    ms(median(workingSet.map(({ p99Us }) => p99Us))),
    sum(({ rejects }) => rejects),
    sum(({ timeouts }) => timeouts),
    `${(startMs / 1000).toFixed(2)} s`,
    `${Math.round(row.peakMemoryMiB)} MiB`,
    `${seedSeconds.toFixed(0)} s`,
  ]
}

/** For each database, the most tokens against the fewest. */
function goalsOf(rows: readonly GrowthRow[]): string[][] {
  return (['sqlite', 'postgres'] as const).flatMap((database) => {
    const own = rows.filter((row) => row.database === database)
    const [first, last] = [own[0], own.at(-1)]
    if (first === undefined || last === undefined) return []
    const kept = (kind: 'everybody' | 'workingSet') => rateOf(last[kind]) / rateOf(first[kind])
    const slowest = Math.max(...last.lists.map((list) => list.ms))
    const title = `${TITLES[database]}, ${count(last.tokens)} tokens`
    const percent = (share: number) => `${Math.round(share * 100)} %`
    return [
      [
        `${title}: rate against ${count(first.tokens)}, everybody`,
        '≥ 85 %',
        percent(kept('everybody')),
        met(kept('everybody') >= KEPT),
      ],
      [
        `${title}: the same, working set`,
        '≥ 85 %',
        percent(kept('workingSet')),
        met(kept('workingSet') >= KEPT),
      ],
      [`${title}: start`, '< 2 s', `${(last.startMs / 1000).toFixed(2)} s`, met(last.startMs < START_MS)],
      [`${title}: slowest list`, '< 50 ms', `${slowest.toFixed(1)} ms`, met(slowest < LIST_MS)],
    ]
  })
}

function rateOf(samples: readonly Sample[]): number {
  return median(samples.map(({ perSecond }) => perSecond))
}

function met(isMet: boolean): string {
  return isMet ? 'met' : '**not met**'
}
