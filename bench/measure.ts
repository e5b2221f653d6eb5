/** The comparison: everything started once, then round after round each of them under each load in turn. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startFreeradiusFiles, startFreeradiusPostgres } from './freeradius_subject.ts'
import type { Drive, Driven, LoadClient, Pace } from './load_client.ts'
import { cpuSecondsOf, familyOf, has, peakMemoryMiB, pinned } from './machine.ts'
import type { Micro } from './micro.ts'
import type { Options, SubjectName } from './options.ts'
import { type Postgres, startPostgres } from './postgres.ts'
import { emptyLog, makePlace, type SallyportPlace, startSallyport } from './sallyport_subject.ts'
import { seed } from './seed.ts'
import { type Subject, startProgram } from './subject.ts'

export interface Surroundings {
  readonly options: Options
  readonly directory: string
  /** What has been started; called in reverse. */
  readonly stops: (() => Promise<unknown>)[]
  readonly say: (line: string) => void
}

export const PACES = {
  many: { kind: 'outstanding', requests: 256 },
  one: { kind: 'outstanding', requests: 1 },
  open: { kind: 'rate', perSecond: 20_000 },
} as const satisfies Record<string, Pace>
export type PaceName = keyof typeof PACES

/** Which loads say something: FreeRADIUS with PostgreSQL answers a tenth of the open loop, and the rest times out. */
const LOADS: Record<Exclude<SubjectName, 'micro'>, readonly PaceName[]> = {
  sqlite: ['many', 'one', 'open'],
  postgres: ['many', 'one', 'open'],
  'postgres-workers': ['many', 'one', 'open'],
  'freeradius-files': ['many', 'one', 'open'],
  'freeradius-postgres': ['many', 'one'],
  // What the machine itself does to an open loop.
  bare: ['many', 'one', 'open'],
}

export interface Sample extends Driven {
  /** Of the server's processes alone, in µs for each answer; a database beside it is not in it. */
  readonly serverCpuUs: number
}

export interface Measured {
  readonly subject: Pick<Subject, 'name' | 'title'>
  readonly samples: Readonly<Partial<Record<PaceName, readonly Sample[]>>>
  readonly peakMemoryMiB: number
}

export interface Results {
  readonly measured: readonly Measured[]
  readonly micro: Micro | null
}

const ROOT = resolve(import.meta.dirname, '..')
const SECRET = 'bench-secret-of-22-chars'
const REST_MS = 300
/** Until a server that was asked for more than it can has let go of it. */
const REST_AFTER_TIMEOUTS_MS = 2000

export async function measureRounds(
  around: Surroundings & { readonly client: LoadClient },
): Promise<Results> {
  const { options, say } = around
  const { subjects, places } = await startAll(around)
  const samples = new Map(subjects.map(({ name }) => [name, {} as Partial<Record<PaceName, Sample[]>>]))
  for (const subject of subjects) await logInOnce(subject, around)
  for (let round = 1; round <= options.rounds; round++) {
    for (const subject of subjects) {
      const own = samples.get(subject.name)!
      for (const pace of LOADS[subject.name as keyof typeof LOADS]) {
        const sample = await measure(subject, PACES[pace], around)
        own[pace] = [...(own[pace] ?? []), sample]
        say(`round ${round} of ${options.rounds}: ${subject.name}, ${pace}: ${inShort(sample)}`)
        await sleep(sample.timeouts > 0 ? REST_AFTER_TIMEOUTS_MS : REST_MS)
      }
    }
    for (const place of places) emptyLog(place)
  }
  const measured = subjects.map((subject) => ({
    subject,
    samples: samples.get(subject.name)!,
    peakMemoryMiB: peakMemoryMiB(subject.pid),
  }))
  return { measured, micro: options.only.has('micro') ? measureSteps(say) : null }
}

/** All accounts, unmeasured: what is kept in memory from the first login on is there, and the code is compiled. */
async function logInOnce(
  subject: Subject,
  around: Surroundings & { readonly client: LoadClient },
): Promise<void> {
  const { options, say } = around
  const users = Math.ceil(options.tokens / 2)
  for (let answered = 0; answered < users && !options.quick; ) {
    const driven = await measure(subject, PACES.many, around)
    if (driven.answered === 0) return
    answered += driven.answered
    say(`warming up: ${subject.name}, ${Math.min(answered, users)} of ${users} accounts`)
  }
}

async function startAll(around: Surroundings): Promise<{ subjects: Subject[]; places: SallyportPlace[] }> {
  const { options, directory, stops, say } = around
  const subjects: Subject[] = []
  const places: SallyportPlace[] = []
  const users = Math.ceil(options.tokens / 2)
  writeFileSync(join(directory, 'secret'), SECRET)
  const wanted = (name: SubjectName) => options.only.has(name)
  const keep = (subject: Subject) => {
    subjects.push(subject)
    stops.push(subject.stop)
  }
  let postgres: Postgres | null = null
  const withPeers = has('freeradius')
  if (!withPeers && (wanted('freeradius-files') || wanted('freeradius-postgres')))
    say('freeradius is not installed: no comparison with it (Debian: freeradius, freeradius-postgresql)')
  const hasWorkers = wanted('postgres-workers') && options.workers > 1
  if (wanted('postgres') || hasWorkers || (withPeers && wanted('freeradius-postgres'))) {
    postgres = await startPostgres()
    stops.push(postgres.stop)
  }
  for (const name of ['sqlite', 'postgres', 'postgres-workers'] as const) {
    if (!wanted(name) || (name === 'postgres-workers' && !hasWorkers)) continue
    const workers = name === 'postgres-workers' ? options.workers : 1
    const database = `sallyport_bench_${workers}`
    const url = name === 'sqlite' ? null : await postgres!.createDatabase(database)
    const place = makePlace(join(directory, name), url, SECRET, workers)
    const startedAt = performance.now()
    await seed({ ...place, accounts: users })
    say(`${name}: ${2 * users} tokens enrolled in ${seconds(performance.now() - startedAt)}`)
    const title = `Sallyport, ${name === 'sqlite' ? 'SQLite' : 'PostgreSQL'}${workers > 1 ? `, ${workers} workers` : ''}`
    // A fresh copy's first start strips types, and keeps the memory that this took.
    await (await startSallyport(name, title, place)).stop()
    const subject = await startSallyport(name, title, place)
    say(`${name}: started in ${seconds(subject.readyMs)}`)
    keep(subject)
    places.push(place)
  }
  const peer = { secret: SECRET, users }
  if (withPeers && wanted('freeradius-files'))
    keep(await startFreeradiusFiles({ ...peer, directory: join(directory, 'freeradius-files') }))
  if (withPeers && wanted('freeradius-postgres'))
    keep(
      await startFreeradiusPostgres({
        ...peer,
        directory: join(directory, 'freeradius-postgres'),
        postgres: postgres!,
      }),
    )
  if (wanted('bare')) keep(await startBare(directory))
  return { subjects, places }
}

async function startBare(directory: string): Promise<Subject> {
  const args = [
    '--disable-warning=ExperimentalWarning',
    join(ROOT, 'bench/bare_server.ts'),
    join(directory, 'secret'),
  ]
  const started = await startProgram(process.execPath, args, {
    ready: /listening \S+\n/,
    logFile: join(directory, 'bare.log'),
  })
  const address = /listening (\S+)/.exec(started.printed)![1]!
  const { pid, stop } = started
  return {
    name: 'bare',
    title: 'Node dgram and our RADIUS codec, nothing stored',
    address,
    pid,
    password: 'any',
    stop,
  }
}

async function measure(
  { name, address, pid, password }: Subject,
  pace: Pace,
  { options, client, directory }: Surroundings & { readonly client: LoadClient },
): Promise<Sample> {
  const drive: Drive = {
    server: address,
    secret: SECRET,
    secretFile: join(directory, 'secret'),
    users: Math.ceil(options.tokens / 2),
    password,
    countersFile: join(directory, `${name}.counters`),
    order: 'sequential',
    // Enough that the kernel's choice by port gives each worker its share.
    ports: options.workers > 1 ? 64 : null,
    pace,
    seconds: options.seconds,
    warmUpSeconds: options.warmUpSeconds,
  }
  const family = familyOf(pid)
  const before = cpuSecondsOf(family)
  const driven = await client.drive(drive)
  const cpuSeconds = cpuSecondsOf(family) - before
  return { ...driven, serverCpuUs: driven.answered === 0 ? 0 : (cpuSeconds * 1e6) / driven.answered }
}

function measureSteps(say: (line: string) => void): Micro {
  say('single steps')
  const args = ['--disable-warning=ExperimentalWarning', join(ROOT, 'bench/micro.ts')]
  const { status, stdout, stderr } = spawnSync(...pinned('server', process.execPath, args), {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`bench/micro.ts: ${stderr}`)
  return JSON.parse(stdout) as Micro
}

function inShort({ perSecond, p50Us, p99Us, serverCpuUs, rejects, timeouts, invalid }: Sample): string {
  const wrong = [
    [rejects, 'rejects'],
    [timeouts, 'timeouts'],
    [invalid, 'invalid'],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]))
  const good = `${Math.round(perSecond)}/s, p50 ${(p50Us / 1000).toFixed(2)} ms, p99 ${(p99Us / 1000).toFixed(2)} ms, ${serverCpuUs.toFixed(1)} us CPU`
  return [good, ...wrong].join(', ')
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
