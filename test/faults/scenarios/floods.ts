/** More than can be served, and what is not to be served at all: good logins go on, memory stays bounded. */
import { setTimeout as sleep } from 'node:timers/promises'
import { CLIENT_SECRET } from '../../e2e/server.ts'
import { FLOODS, type FloodKind, type FloodOrder, type FloodReport } from '../flooder.ts'
import { helper } from '../helper.ts'
import type { Ledger } from '../ledger.ts'
import { NO_LIMITS, type Node } from '../node.ts'
import type { OverloadOrder, OverloadReport } from '../overload.ts'
import { ON_ITS_CORE, pinOurselves } from '../pinning.ts'
import { Rig } from '../rig.ts'
import { count, type Figure, ms, type Outcome, type Run, type Scenario } from '../run.ts'

const OVERLOAD = 10
const FLOOD = 3
const KEEPS = 0.8
const PATIENCE_MS = 3000
const MEMORY_MIB = 400

export const floods: Scenario = {
  name: 'floods',
  title: 'floods',
  play: async (run) => {
    const rig = await Rig.open({ run, users: run.short ? 2000 : 50_000 })
    const release = pinOurselves()
    try {
      return await play(run, rig)
    } finally {
      release()
      await rig.close()
    }
  },
}

async function play(run: Run, rig: Rig): Promise<Outcome[]> {
  const { ledger, checker } = rig
  const node = await rig.node({ launcher: ON_ITS_CORE })
  const peak = await peakOf(run, rig)
  run.say(`peak, 256 outstanding: ${count(peak)} logins a second`)
  const outcomes = [await overload(run, rig, node, peak)]
  for (const kind of FLOODS) {
    // One account is flooded: its limit is what the others live by. Those log in more often than people do, so that the
    // limit is above the default, and far below the flood.
    if (kind === 'wrong-pin') await node.reload('limits', { account_rate: 20, account_burst: 200 })
    outcomes.push(await flood(run, rig, node, kind, peak))
  }
  await node.reload('limits', NO_LIMITS)
  await checker.quickly(rig.nodes, run.short ? 1000 : 20_000)
  const { replayed, auditRows } = await checker.thoroughly(rig.nodes)
  return [
    ...outcomes,
    {
      scenario: 'after the floods',
      violations: ledger.violations,
      figures: [
        { name: 'replayed, all rejected', value: count(replayed) },
        { name: 'audit rows, verified', value: count(auditRows) },
      ],
    },
  ]
}

/** Accepts a second in the closed loop, once the code is warm on both sides: it no longer gets much faster. */
export async function peakOf(run: Run, rig: Rig): Promise<number> {
  const load = await rig.load({ outstanding: 256 })
  const seconds = run.short ? 1 : 5
  await sleep(1000 * seconds)
  let [before, rate] = [0, await rateOf(load, seconds)]
  const rounds = run.short ? 1 : WARMING_ROUNDS
  for (let round = 1; round < rounds && rate > WARMING * before; round++)
    [before, rate] = [rate, await rateOf(load, seconds)]
  await load.end()
  return Math.max(before, rate)
}

const WARMING_ROUNDS = 6
const WARMING = 1.1

async function overload(run: Run, rig: Rig, node: Node, peak: number): Promise<Outcome> {
  const { ledger } = rig
  const before = node.residentMiB()
  const drops = await dropsOf(node)
  const memory = watchMemory(node)
  const report = await helper<OverloadOrder, OverloadReport>('overload.ts', {
    server: node.endpoint,
    secret: CLIENT_SECRET,
    seed: run.seed,
    users: ledger.users.length,
    counters: ledger.users.map(({ counter }) => counter),
    rate: peak * OVERLOAD,
    seconds: run.short ? 2 : 15,
  })
  const peakMiB = memory()
  takeOver(ledger, report)
  const goodput = report.accepts / report.seconds
  const offered = report.datagrams / report.seconds
  run.say(`overload: ${count(offered)} datagrams a second, ${count(goodput)} accepted`)
  return {
    scenario: 'overload of valid requests',
    violations: [],
    figures: [
      { name: 'peak, closed loop, 256 outstanding', value: `${count(peak)}/s` },
      { name: 'offered', value: `${count(offered)}/s, ${(offered / peak).toFixed(1)} x the peak` },
      {
        name: 'accepted',
        value: `${count(goodput)}/s, ${share(goodput / peak)} of the peak`,
        ok: goodput >= KEEPS * peak,
      },
      {
        name: 'latency of what is answered: p50, p99, worst',
        value: `${ms(report.p50Ms)}, ${ms(report.p99Ms)}, ${ms(report.maxMs)}`,
        ok: report.p99Ms < PATIENCE_MS,
      },
      { name: 'given up by the client', value: count(report.givenUp) },
      { name: 'dropped', value: await drops() },
      {
        name: 'memory before, at most',
        value: `${before.toFixed(0)} MiB, ${peakMiB.toFixed(0)} MiB`,
        ok: peakMiB < MEMORY_MIB,
      },
    ],
  }
}

async function flood(run: Run, rig: Rig, node: Node, kind: FloodKind, peak: number): Promise<Outcome> {
  const [calmSeconds, seconds] = run.short ? [0.5, 1.2] : [4, 8]
  // Of the second half, so that an account that is flooded is not one that logs in.
  const others = rig.ledger.users.slice(rig.ledger.users.length / 2)
  const load = await rig.load({ rate: peak / 2, outstanding: 4000, users: others })
  await sleep(500)
  const calm = await rateOf(load, calmSeconds)
  const memory = watchMemory(node)
  const drops = await dropsOf(node)
  const order: FloodOrder = {
    kind,
    server: node.endpoint,
    secret: CLIENT_SECRET,
    user: 'user0',
    seed: run.seed,
    rate: peak * FLOOD,
    seconds: seconds + 1,
    rounds: run.short ? 1 : 4,
  }
  const flooding = helper<FloodOrder, FloodReport>('flooder.ts', order)
  // Until it has made its datagrams.
  await sleep(run.short ? 700 : 1500)
  const cpuBefore = node.cpuSeconds()
  const flooded = await rateOf(load, seconds - 0.7)
  const cpu = (node.cpuSeconds() - cpuBefore) / (seconds - 0.7)
  const { sent, seconds: took } = await flooding
  const peakMiB = memory()
  await load.end()
  // Its replies are not read by the flooder, so that their rows are nobody's to count.
  for (const user of rig.ledger.users.slice(0, 1)) user.datagrams += kind === 'wrong-pin' ? sent : 0
  const kept = flooded / calm
  run.say(
    `${kind}: ${count(sent / took)} a second; good logins ${count(calm)}/s before, ${count(flooded)}/s meanwhile`,
  )
  const figures: Figure[] = [
    { name: 'flood', value: `${count(sent / took)}/s, ${(sent / took / peak).toFixed(1)} x the peak` },
    {
      name: 'good logins of others, open loop at half the peak',
      value: `${count(calm)}/s before, ${count(flooded)}/s meanwhile: ${share(kept)}`,
      ok: kept >= KEEPS,
    },
    {
      name: 'their latency, all the time: p50, p99',
      value: `${ms(load.latencies.quantile(0.5))}, ${ms(load.latencies.quantile(0.99))}`,
    },
    { name: 'CPU of the server meanwhile', value: share(cpu) },
    { name: 'dropped', value: await drops() },
    { name: 'memory at most', value: `${peakMiB.toFixed(0)} MiB`, ok: peakMiB < MEMORY_MIB },
  ]
  return { scenario: `flood: ${kind}`, violations: [], figures }
}

async function rateOf(load: { readonly accepts: number }, seconds: number): Promise<number> {
  const [before, startedAt] = [load.accepts, performance.now()]
  await sleep(seconds * 1000)
  return ((load.accepts - before) / (performance.now() - startedAt)) * 1000
}

/** The answer ends it: the most that there was. */
function watchMemory(node: Node): () => number {
  let most = node.residentMiB()
  const timer = setInterval(() => {
    most = Math.max(most, node.residentMiB())
  }, 100)
  return () => {
    clearInterval(timer)
    return most
  }
}

function takeOver(ledger: Ledger, report: OverloadReport): void {
  for (const violation of report.violations) ledger.violated(violation)
  ledger.accepted += report.accepts
  for (const told of report.users) {
    const user = ledger.users[told.index]!
    user.counter = told.counter
    user.sends = told.sends
    user.accepts += told.accepts
    user.rejects += told.rejects
    user.datagrams += told.datagrams
    for (const counter of told.accepted) user.accepted.add(counter)
  }
}

/** The answer tells how many were dropped meanwhile, and why. */
async function dropsOf(node: Node): Promise<() => Promise<string>> {
  const read = async () => {
    const { counters, listeners } = await node.command<{
      counters: Record<string, number>
      listeners: { kernelDrops: number | null }[]
    }>('server', 'status')
    const kernel = listeners.reduce((sum, { kernelDrops }) => sum + (kernelDrops ?? 0), 0)
    const ours = Object.entries(counters).filter(([name]) => name.startsWith('dropped.'))
    return new Map([['by the kernel', kernel], ...ours.map(([name, n]) => [name.slice(8), n] as const)])
  }
  const before = await read()
  return async () => {
    const dropped = [...(await read())].map(([name, n]) => [name, n - (before.get(name) ?? 0)] as const)
    return dropped.flatMap(([name, n]) => (n > 0 ? [`${name} ${count(n)}`] : [])).join(', ') || 'none'
  }
}

function share(value: number): string {
  return `${Math.round(value * 100)} %`
}
