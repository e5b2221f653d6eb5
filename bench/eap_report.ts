/** What a comparison in EAP came to, and whether that is what was wanted. */
import type { EapSample } from './eap_load.ts'
import { count, median, table } from './report.ts'

export interface EapWay {
  readonly name: string
  readonly tls: 'TLSv1.2' | 'TLSv1.3'
  readonly resumes: boolean
  /** Of FreeRADIUS's rate at least. */
  readonly goal: number
}

export const EAP_WAYS: readonly EapWay[] = [
  { name: 'TLS 1.3, full', tls: 'TLSv1.3', resumes: false, goal: 0.8 },
  { name: 'TLS 1.3, resumed', tls: 'TLSv1.3', resumes: true, goal: 1 },
  { name: 'TLS 1.2, full', tls: 'TLSv1.2', resumes: false, goal: 0.8 },
  { name: 'TLS 1.2, resumed', tls: 'TLSv1.2', resumes: true, goal: 1 },
]

/** By title of the subject, then by name of the way; Sallyport first. */
export type EapResults = Map<string, Map<string, readonly EapSample[]>>

export interface EapConditions {
  readonly rounds: number
  readonly seconds: number
  readonly atOnce: number
  readonly machine: readonly [string, string][]
  readonly warning: readonly string[]
}

export function eapReport(conditions: EapConditions, results: EapResults): string {
  const { rounds, seconds, atOnce, machine, warning } = conditions
  const rows = EAP_WAYS.map((way) => rowOf(way, results))
  return [
    '# EAP beside FreeRADIUS',
    '',
    'Written by `npm run bench:eap -- --out bench/EAP.md`.',
    ...warning,
    '',
    ...table(
      ['', ''],
      [
        ...machine,
        ['rounds', `${rounds} interleaved, ${seconds} s each after a warm-up; medians of the rounds`],
        [
          'load',
          `EAP-TTLS with PAP, ${atOnce} devices at once, X25519, one certificate (P-256) for both servers`,
        ],
        ['Sallyport', 'SQLite, PIN and HOTP, a durable commit for each; sessions sealed, in the database'],
        ['FreeRADIUS', 'static password from `files`, no write of a login; sessions in `persist_dir`'],
      ],
    ),
    '',
    'The rate is what one core could do: a second over the CPU time that a login takes of the server, in all its threads, the',
    "system's included. As driven here neither server is at its limit: the devices, in one process on the other core, and the disk are.",
    '',
    ...table(
      ['', 'goal', 'Sallyport', 'FreeRADIUS', 'ratio', '', 'as driven: Sallyport', 'FreeRADIUS'],
      rows,
    ),
    '',
  ].join('\n')
}

function rowOf({ name, goal }: EapWay, results: EapResults): string[] {
  const [ours = [], peers = []] = [...results.values()].map((own) => own.get(name))
  const core = (samples: readonly EapSample[]) => {
    if (samples.length === 0) return 'none'
    const us = cpuOf(samples)
    return `${count(1e6 / us)}/s, ${count(us)} µs`
  }
  const driven = (samples: readonly EapSample[]) =>
    samples.length === 0 ? 'none' : `${count(median(samples.map(({ perSecond }) => perSecond)))}/s`
  const isCompared = ours.length > 0 && peers.length > 0
  const ratio = isCompared ? cpuOf(peers) / cpuOf(ours) : 0
  return [
    name,
    `≥ ${goal}x`,
    core(ours),
    core(peers),
    isCompared ? `${ratio.toFixed(2)}x` : 'none',
    isCompared ? (ratio >= goal ? 'met' : '**not met**') : '',
    driven(ours),
    driven(peers),
  ]
}

function cpuOf(samples: readonly EapSample[]): number {
  return median(samples.map(({ serverCpuUs }) => serverCpuUs))
}
