/** What `npm run bench` may be told. */
import process from 'node:process'
import { parseArgs } from 'node:util'
import { unpin } from './machine.ts'

export const SUBJECTS = [
  'sqlite',
  'postgres',
  'postgres-workers',
  'freeradius-files',
  'freeradius-postgres',
  'bare',
  'micro',
] as const
export type SubjectName = (typeof SUBJECTS)[number]

export interface Options {
  readonly only: ReadonlySet<SubjectName>
  readonly rounds: number
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly tokens: number
  /** Sizes of the growth mode; empty: the usual run. */
  readonly growth: readonly number[]
  /** The path of radload, or of its source; null: where it usually is, else `sallyport bench`. */
  readonly radload: string | null
  readonly builtIn: boolean
  /** Where the results are written; null: shown only. */
  readonly out: string | null
  readonly quick: boolean
  /** Of the subject `postgres-workers`; 1: without it. */
  readonly workers: number
}

const HELP = `npm run bench -- [options]

  --rounds N        interleaved rounds, whose medians count (5)
  --seconds N       of each measurement (5)
  --tokens N        enrolled, two for each account (100000)
  --only LIST       of ${SUBJECTS.join(', ')}
                    (freeradius: both of them)
  --workers N       also PostgreSQL with N workers (1: without)
  --unpinned        let the system place server, database and client on the cores
  --growth          how the rate depends on the number of tokens, instead
  --sizes LIST      the numbers of tokens for --growth (1000,100000,1000000)
  --quick           one round of one second, few tokens: whether it works, not how fast
  --radload PATH    the load generator, or its C source (RADLOAD; else what is found, else \`sallyport bench\`)
  --built-in        \`sallyport bench\` even if radload is there
  --out FILE        where to write the results (bench/RESULTS.md; nowhere with --quick, --only)
`

/** null: help was asked for, and is printed. */
export function readOptions(argv: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      tokens: { type: 'string' },
      only: { type: 'string' },
      workers: { type: 'string' },
      unpinned: { type: 'boolean', default: false },
      growth: { type: 'boolean', default: false },
      sizes: { type: 'string' },
      quick: { type: 'boolean', default: false },
      radload: { type: 'string' },
      'built-in': { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return null
  }
  const { quick, growth, unpinned } = values
  if (unpinned) unpin()
  const isWhole = !quick && values.only === undefined && !unpinned
  const sizes = values.sizes ?? (quick ? '1000,4000' : '1000,100000,1000000')
  return {
    only: subjects(values.only),
    rounds: number('--rounds', values.rounds ?? (quick ? '1' : growth ? '3' : '5')),
    seconds: number('--seconds', values.seconds ?? (quick ? '1' : '5')),
    warmUpSeconds: quick ? 0.5 : 1,
    tokens: number('--tokens', values.tokens ?? (quick ? '4000' : '100000')),
    growth: growth ? sizes.split(',').map((size) => number('--sizes', size)) : [],
    radload: values.radload ?? process.env.RADLOAD ?? null,
    builtIn: values['built-in'],
    out: values.out ?? (isWhole ? (growth ? 'bench/GROWTH.md' : 'bench/RESULTS.md') : null),
    quick,
    workers: number('--workers', values.workers ?? '1'),
  }
}

function number(option: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`${option} must be a number above 0`)
  return value
}

function subjects(list: string | undefined): ReadonlySet<SubjectName> {
  if (list === undefined) return new Set(SUBJECTS)
  const names = list.split(',').flatMap((name) => {
    const found = SUBJECTS.filter(
      (subject) => subject === name || (name === 'freeradius' && subject.startsWith(name)),
    )
    if (found.length === 0) throw new Error(`--only takes some of ${SUBJECTS.join(', ')}`)
    return found
  })
  return new Set(names)
}
