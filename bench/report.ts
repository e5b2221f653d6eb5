/** The results as Markdown: under what conditions, each goal with what was measured, and the figures behind it. */
import type { Measured, PaceName, Results, Sample } from './measure.ts'
import type { Options, SubjectName } from './options.ts'

interface Goal {
  readonly what: string
  readonly goal: string
  readonly measured: string
  /** Against the peer, or against the bound; '' where there is nothing to divide. */
  readonly ratio: string
  /** null: not measured. */
  readonly isMet: boolean | null
}

export function report(
  options: Options,
  conditions: readonly [string, string][],
  warning: readonly string[],
  results: Results,
): string {
  const { rounds, seconds, tokens, quick } = options
  return [
    '# Benchmark results',
    '',
    `Written by \`npm run bench\`, which anyone can run again; how, and what it starts: \`npm run bench -- --help\`.`,
    ...warning,
    ...(quick ? ['', '**Of `--quick`: it shows that everything runs, and its figures mean nothing.**'] : []),
    '',
    '## Conditions',
    '',
    ...table(
      ['', ''],
      [
        ['date', new Date().toISOString().slice(0, 10)],
        ...conditions,
        [
          'rounds',
          `${rounds} interleaved, each measurement ${seconds} s after a warm-up and one login of each account; medians of the rounds`,
        ],
        [
          'enrolled',
          `${tokens} HOTP tokens, two for each account with different PINs; all accounts log in, in turn`,
        ],
        [
          'on in Sallyport',
          'everything that is on by default: Message-Authenticator demanded and made, duplicate cache, sealed secrets, ' +
            'chained audit trail, a log line for each login, limits; a commit that is synced before each answer',
        ],
        ['FreeRADIUS', 'only the modules needed, 32 threads, no log of logins; a connection for each thread'],
      ],
    ),
    '',
    '## Goals',
    '',
    ...table(
      ['', 'goal', 'measured', 'ratio', ''],
      goalsOf(results).map(({ what, goal, measured, ratio, isMet }) => [
        what,
        goal,
        measured,
        ratio,
        isMet === null ? 'not measured' : isMet ? 'met' : '**not met**',
      ]),
    ),
    '',
    '## Figures',
    '',
    'Medians of the rounds, with the lowest and highest throughput. Latency is of what was answered. CPU is of the server process alone, without PostgreSQL.',
    '',
    ...table(
      [
        'server',
        'load',
        'logins/s',
        'p50',
        'p99',
        'p99.9',
        'CPU each',
        'rejects',
        'timeouts',
        'invalid',
        'memory',
      ],
      results.measured.flatMap(rowsOf),
    ),
    '',
  ].join('\n')
}

const PACE_TITLES: Record<PaceName, string> = {
  many: '256 outstanding',
  one: '1 outstanding',
  open: '20,000/s, open loop',
}

function rowsOf({ subject, samples, peakMemoryMiB }: Measured): string[][] {
  return (Object.entries(samples) as [PaceName, readonly Sample[]][]).map(([pace, all]) => {
    const rates = all.map(({ perSecond }) => perSecond)
    const sum = (of: (sample: Sample) => number) =>
      count(all.reduce((total, sample) => total + of(sample), 0))
    return [
      subject.title,
      PACE_TITLES[pace],
      `${count(median(rates))} (${count(Math.min(...rates))} to ${count(Math.max(...rates))})`,
      ms(medianOf(all, 'p50Us')),
      ms(medianOf(all, 'p99Us')),
      ms(medianOf(all, 'p999Us')),
      `${medianOf(all, 'serverCpuUs').toFixed(1)} µs`,
      sum(({ rejects }) => rejects),
      sum(({ timeouts }) => timeouts),
      sum(({ invalid }) => invalid),
      `${Math.round(peakMemoryMiB)} MiB`,
    ]
  })
}

export function goalsOf({ measured, micro }: Results): Goal[] {
  const of = (name: SubjectName, pace: PaceName, field: keyof Sample): number | null => {
    const all = measured.find(({ subject }) => subject.name === name)?.samples[pace]
    return all === undefined ? null : medianOf(all, field)
  }
  const rate = (name: SubjectName) => of(name, 'many', 'perSecond')
  const memory = measured.find(({ subject }) => subject.name === 'sqlite')?.peakMemoryMiB ?? null
  const perSecond = (value: number) => `${count(value)}/s`
  return [
    ratioGoal(
      'SQLite, durable, against FreeRADIUS `files` without any write',
      '>=',
      1,
      rate('sqlite'),
      rate('freeradius-files'),
      perSecond,
    ),
    ratioGoal(
      'PostgreSQL, durable, against FreeRADIUS and PostgreSQL with a write',
      '>=',
      12,
      rate('postgres'),
      rate('freeradius-postgres'),
      perSecond,
    ),
    ratioGoal(
      'the same, p99',
      '<=',
      1 / 8,
      of('postgres', 'many', 'p99Us'),
      of('freeradius-postgres', 'many', 'p99Us'),
      ms,
    ),
    ratioGoal(
      'one login at a time, median, SQLite',
      '<=',
      0.7,
      of('sqlite', 'one', 'p50Us'),
      of('freeradius-postgres', 'one', 'p50Us'),
      ms,
    ),
    ratioGoal(
      'one login at a time, median, PostgreSQL',
      '<=',
      1,
      of('postgres', 'one', 'p50Us'),
      of('freeradius-postgres', 'one', 'p50Us'),
      ms,
    ),
    openGoal('SQLite', 10, measured, 'sqlite'),
    openGoal('PostgreSQL', 20, measured, 'postgres'),
    boundGoal('server CPU for a durable login, SQLite', 18, of('sqlite', 'many', 'serverCpuUs'), us),
    boundGoal('search of a window of 10, a miss', 5, micro?.windowMissUs ?? null, us),
    ratioGoal(
      'decode, verify, encode, against npm `radius` (calls a second)',
      '>=',
      10,
      micro && 1e6 / micro.codecUs,
      micro && 1e6 / micro.npmRadiusUs,
      perSecond,
    ),
    ratioGoal(
      'share of the bare dgram and RADIUS rate, SQLite',
      '>=',
      0.65,
      rate('sqlite'),
      rate('bare'),
      perSecond,
    ),
    boundGoal('memory under load, SQLite', 250, memory, (value) => `${Math.round(value)} MiB`),
  ]
}

function ratioGoal(
  what: string,
  comparison: '>=' | '<=',
  bound: number,
  ours: number | null,
  peers: number | null,
  format: (value: number) => string,
): Goal {
  const goal = `${comparison === '>=' ? '≥' : '≤'} ${Number(bound.toFixed(3))}x`
  if (ours === null || peers === null || peers === 0)
    return { what, goal, measured: '', ratio: '', isMet: null }
  const ratio = ours / peers
  return {
    what,
    goal,
    measured: `${format(ours)} against ${format(peers)}`,
    ratio: `${ratio.toFixed(2)}x`,
    isMet: comparison === '>=' ? ratio >= bound : ratio <= bound,
  }
}

function boundGoal(
  what: string,
  bound: number,
  value: number | null,
  format: (value: number) => string,
): Goal {
  const goal = `≤ ${format(bound)}`
  if (value === null) return { what, goal, measured: '', ratio: '', isMet: null }
  return {
    what,
    goal,
    measured: format(value),
    ratio: `${(value / bound).toFixed(2)} of it`,
    isMet: value <= bound,
  }
}

/** p99 below the bound, no timeout in any round, and the rate kept. */
function openGoal(title: string, boundMs: number, measured: readonly Measured[], name: SubjectName): Goal {
  const what = `open loop at 20,000/s, ${title}`
  const goal = `p99 < ${boundMs} ms, no timeouts`
  const all = measured.find(({ subject }) => subject.name === name)?.samples.open
  if (all === undefined) return { what, goal, measured: '', ratio: '', isMet: null }
  const p99Ms = medianOf(all, 'p99Us') / 1000
  const timeouts = all.reduce((sum, sample) => sum + sample.timeouts, 0)
  return {
    what,
    goal,
    measured: `p99 ${ms(p99Ms * 1000)}, ${count(timeouts)} timeouts`,
    ratio: `${(p99Ms / boundMs).toFixed(2)} of it`,
    isMet: p99Ms < boundMs && timeouts === 0,
  }
}

function medianOf(samples: readonly Sample[], field: keyof Sample): number {
  return median(samples.map((sample) => sample[field]))
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)]
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** 0: nothing was answered. */
export function ms(valueUs: number): string {
  if (valueUs === 0) return 'none'
  return `${(valueUs / 1000).toFixed(valueUs < 10_000 ? 2 : 1)} ms`
}

function us(value: number): string {
  return `${value.toFixed(1)} µs`
}
