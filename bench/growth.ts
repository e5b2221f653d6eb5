/**
 * How Sallyport fares as tokens become many: for each number of them and each database, the rate with all accounts logging
 * in for the first time since the start, then at random, and with a working set of at most 50,000, how long it takes to
 * start, and what lists and searches take.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { callServer } from '../src/cli/admin_client.ts'
import { chooseClient } from './load_client.ts'
import { cpuSecondsOf, peakMemoryMiB } from './machine.ts'
import type { Sample, Surroundings } from './measure.ts'
import { startPostgres } from './postgres.ts'
import { median } from './report.ts'
import { makePlace, type SallyportPlace, type SallyportSubject, startSallyport } from './sallyport_subject.ts'
import { seed } from './seed.ts'

export const WORKING_SET = 50_000

export interface GrowthRow {
  readonly database: 'sqlite' | 'postgres'
  readonly tokens: number
  readonly seedSeconds: number
  /** From the start of the process until it is ready, for a database that is there; the median of some. */
  readonly startMs: number
  /** Each account once, one after the other: none of them is in memory yet. */
  readonly first: Sample
  readonly everybody: readonly Sample[]
  /** The same as `everybody` while there are no more accounts than that. */
  readonly workingSet: readonly Sample[]
  readonly peakMemoryMiB: number
  readonly lists: readonly { readonly what: string; readonly ms: number }[]
}

const SECRET = 'bench-secret-of-22-chars'
const STARTS = 3
/** All accounts in turn, however long it takes; 10 min at most. */
const EACH_ONCE = 'each once'
const EACH_ONCE_SECONDS = 600
const ASKED = 9

export async function measureGrowth(around: Surroundings): Promise<GrowthRow[]> {
  const { options, directory, stops } = around
  writeFileSync(join(directory, 'secret'), SECRET)
  const rows: GrowthRow[] = []
  for (const tokens of options.growth) {
    for (const database of ['sqlite', 'postgres'] as const) {
      if (!options.only.has(database)) continue
      const postgres = database === 'postgres' ? await startPostgres() : null
      if (postgres !== null) stops.push(postgres.stop)
      const url = postgres === null ? null : await postgres.createDatabase('sallyport_growth')
      const home = join(directory, `${database}-${tokens}`)
      mkdirSync(home)
      rows.push(await measureSize(database, tokens, makePlace(home, url, SECRET), around))
      // Small again before the next: a million tokens are a gigabyte.
      if (postgres !== null) await stops.pop()!()
      rmSync(home, { recursive: true, force: true })
    }
  }
  return rows
}

async function measureSize(
  database: 'sqlite' | 'postgres',
  tokens: number,
  place: SallyportPlace,
  around: Surroundings,
): Promise<GrowthRow> {
  const { options, stops, say } = around
  const accounts = Math.ceil(tokens / 2)
  const startedAt = performance.now()
  await seed({ ...place, accounts })
  const seedSeconds = (performance.now() - startedAt) / 1000
  say(`${database}, ${tokens} tokens: enrolled in ${seedSeconds.toFixed(1)} s`)
  const starts: number[] = []
  let server: SallyportSubject | null = null
  for (let start = 0; start < STARTS; start++) {
    await server?.stop()
    server = await startSallyport(database, database, place)
    starts.push(server.readyMs)
  }
  stops.push(server!.stop)
  const first = await measure(server!, place, accounts, around, EACH_ONCE)
  say(
    `${database}, ${tokens} tokens, first logins: ${Math.round(first.perSecond)}/s, ${first.answered} accounts`,
  )
  // Few accounts are soon through, and the program is still being compiled: the others would be compared with that.
  await measure(server!, place, accounts, around)
  const samples = { everybody: [] as Sample[], workingSet: [] as Sample[] }
  for (let round = 1; round <= options.rounds; round++) {
    for (const [kind, users] of [
      ['everybody', accounts],
      ['workingSet', Math.min(accounts, WORKING_SET)],
    ] as const) {
      const sample = await measure(server!, place, users, around)
      samples[kind].push(sample)
      say(
        `${database}, ${tokens} tokens, ${users} users: ${Math.round(sample.perSecond)}/s, ${sample.rejects} rejects`,
      )
    }
  }
  const lists = await timeLists(server!, accounts)
  const memory = peakMemoryMiB(server!.pid)
  await stops.pop()!()
  return {
    database,
    tokens,
    seedSeconds,
    startMs: median(starts),
    first,
    ...samples,
    peakMemoryMiB: memory,
    lists,
  }
}

/** By `sallyport bench`, for only it draws users at random; its counters are the same file for both sets. */
async function measure(
  { address, pid }: SallyportSubject,
  { directory }: SallyportPlace,
  users: number,
  { options, directory: common }: Surroundings,
  who: typeof EACH_ONCE | 'at random' = 'at random',
): Promise<Sample> {
  const { seconds, warmUpSeconds } = options
  const before = cpuSecondsOf([pid])
  const driven = await chooseClient(null, true, directory).drive({
    server: address,
    secret: SECRET,
    secretFile: join(common, 'secret'),
    users,
    password: null,
    countersFile: join(directory, 'counters'),
    ports: null,
    pace: { kind: 'outstanding', requests: 256 },
    ...(who === EACH_ONCE
      ? { order: 'sequential', seconds: EACH_ONCE_SECONDS, warmUpSeconds: 0, logins: users }
      : { order: 'random', seconds, warmUpSeconds }),
  })
  const cpuSeconds = cpuSecondsOf([pid]) - before
  return { ...driven, serverCpuUs: driven.answered === 0 ? 0 : (cpuSeconds * 1e6) / driven.answered }
}

/** Medians over the admin socket, the first page each time. */
async function timeLists(
  { socket }: SallyportSubject,
  accounts: number,
): Promise<{ readonly what: string; readonly ms: number }[]> {
  const middle = `u${String(Math.floor(accounts / 2)).padStart(6, '0')}`
  const questions: [string, string, object][] = [
    ['`token list`', 'list', {}],
    ['`token list --sort user`', 'list', { sort: 'user' }],
    ['`token list --sort -used`', 'list', { sort: '-used' }],
    ['`token list --user`', 'list', { user: middle }],
    ['`token list --search`, one user', 'list', { search: middle }],
    ['`token list --search`, everybody', 'list', { search: 'bench' }],
    ['`token list --search`, nobody', 'list', { search: 'nobody' }],
  ]
  const timed: { what: string; ms: number }[] = []
  for (const [what, verb, input] of questions) {
    const times: number[] = []
    for (let i = 0; i < ASKED; i++) {
      const startedAt = performance.now()
      await callServer({ socket, actor: 'bench' }, 'token', verb, input)
      times.push(performance.now() - startedAt)
    }
    timed.push({ what, ms: median(times) })
  }
  return timed
}
