/** Minutes at half the peak: memory, handles and latency do not grow. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Latencies } from '../latencies.ts'
import { ON_ITS_CORE, pinOurselves } from '../pinning.ts'
import { Rig } from '../rig.ts'
import { count, median, ms, type Outcome, type Run, type Scenario } from '../run.ts'
import { peakOf } from './floods.ts'

const SHORT_SECONDS = 4
const SAMPLES = 40
/** What the last third may have more than the second: garbage is collected when the collector likes. */
const SLACK_MIB = 16

export const soak: Scenario = {
  name: 'soak',
  title: 'minutes at half the peak',
  play: async (run) => {
    const rig = await Rig.open({ run, users: run.short ? 1000 : 5000 })
    const release = pinOurselves()
    try {
      return [await play(run, rig)]
    } finally {
      release()
      await rig.close()
    }
  },
}

interface Sample {
  readonly seconds: number
  readonly mib: number
  readonly handles: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly rate: number
}

async function play(run: Run, rig: Rig): Promise<Outcome> {
  const { ledger, checker } = rig
  const node = await rig.node({ launcher: ON_ITS_CORE })
  const rate = (await peakOf(run, rig)) / 2
  const seconds = run.short ? SHORT_SECONDS : run.soakMinutes * 60
  const load = await rig.load({ rate, outstanding: 4000, wrong: 0.01, replays: 0.01 })
  const startedAt = performance.now()
  const samples: Sample[] = []
  for (let nth = 1; nth <= SAMPLES; nth++) {
    load.latencies = new Latencies()
    const [accepts, from] = [load.accepts, performance.now()]
    await sleep(startedAt + (nth * seconds * 1000) / SAMPLES - performance.now())
    const sample = {
      seconds: Math.round((performance.now() - startedAt) / 1000),
      mib: node.residentMiB(),
      handles: node.handles(),
      p50Ms: load.latencies.quantile(0.5),
      p99Ms: load.latencies.quantile(0.99),
      rate: ((load.accepts - accepts) / (performance.now() - from)) * 1000,
    }
    samples.push(sample)
    // A file of gigabytes would be ours, not the server's.
    node.emptyLog()
    if (nth % 4 === 0) run.say(describe(sample))
  }
  await load.end()
  await checker.quickly(rig.nodes, run.short ? 1000 : 20_000)
  const { auditRows } = await checker.thoroughly(rig.nodes)
  const third = Math.floor(SAMPLES / 3)
  const [middle, last] = [samples.slice(third, 2 * third), samples.slice(2 * third)]
  const both = (field: keyof Sample) => [middle, last].map((part) => median(part.map((one) => one[field])))
  const [mib, handles, p50, p99] = [both('mib'), both('handles'), both('p50Ms'), both('p99Ms')]
  const figure = (name: string, [a = 0, b = 0]: number[], show: (value: number) => string, most: number) => {
    return {
      name: `${name}: median of the second third, of the last`,
      value: `${show(a)}, ${show(b)}`,
      ok: b <= most,
    }
  }
  return {
    scenario: 'soak',
    violations: ledger.violations,
    figures: [
      { name: 'at', value: `${count(rate)}/s, half the peak, for ${count(seconds)} s` },
      { name: 'logins accepted', value: count(ledger.accepted) },
      { name: 'given up by the client', value: count(ledger.silent), ok: ledger.silent === 0 },
      figure('memory', mib, (value) => `${value.toFixed(0)} MiB`, mib[0]! * 1.05 + SLACK_MIB),
      figure('handles', handles, count, handles[0]!),
      figure('latency p50', p50, ms, p50[0]! * 1.25 + 1),
      figure('latency p99', p99, ms, p99[0]! * 1.5 + 5),
      { name: 'audit rows, verified', value: count(auditRows) },
    ],
  }
}

function describe({ seconds, mib, handles, p50Ms, p99Ms, rate }: Sample): string {
  return `${seconds} s: ${mib.toFixed(0)} MiB, ${handles} handles, ${count(rate)}/s, p50 ${ms(p50Ms)}, p99 ${ms(p99Ms)}`
}
