/** What one process has counted and used, and the sum over several: so that N workers read as one server. */
import { LatencyHistogram, type LatencyReading } from './latency_histogram.ts'

export interface Figures {
  readonly counters: Readonly<Record<string, number>>
  readonly latency: LatencyReading
  readonly cpuSeconds: number
  readonly residentOctets: number
}

export function sumOf(all: readonly Figures[]): Figures {
  const counters: Record<string, number> = {}
  for (const figures of all) {
    for (const [name, count] of Object.entries(figures.counters))
      counters[name] = (counters[name] ?? 0) + count
  }
  return {
    counters,
    latency: all.map(({ latency }) => latency).reduce(addLatencies, NO_LATENCIES),
    cpuSeconds: all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    residentOctets: all.reduce((sum, { residentOctets }) => sum + residentOctets, 0),
  }
}

/** Of a process that has ended: what it counted stays, so that no counter falls; what it held is gone. */
export function withoutHoldings({ counters, ...rest }: Figures): Figures {
  return { ...rest, counters: { ...counters, waiting: 0, eapConversations: 0 }, residentOctets: 0 }
}

export function loginsIn({ counters }: Figures): number {
  const { accepted = 0, rejected = 0, challenged = 0 } = counters
  return accepted + rejected + challenged
}

const NO_LATENCIES = new LatencyHistogram().read()

function addLatencies(one: LatencyReading, other: LatencyReading): LatencyReading {
  return {
    buckets: one.buckets.map(([bound, count], index) => [bound, count + other.buckets[index]![1]] as const),
    count: one.count + other.count,
    sum: one.sum + other.sum,
  }
}
