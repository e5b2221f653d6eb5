/** What one process has counted and used, and the sum over several: so that N workers read as one server. */
import { addRecent, addTraffic, type ClientFigures, type RecentFault } from './client_traffic.ts'
import { LatencyHistogram, type LatencyReading } from './latency_histogram.ts'

export interface Figures {
  readonly counters: Readonly<Record<string, number>>
  readonly latency: LatencyReading
  readonly cpuSeconds: number
  readonly residentOctets: number
  /** By name. */
  readonly clients: Readonly<Record<string, ClientFigures>>
  readonly recentFaults: readonly RecentFault[]
}

export function sumOf(all: readonly Figures[]): Figures {
  const counters: Record<string, number> = {}
  for (const figures of all) {
    for (const [name, count] of Object.entries(figures.counters))
      counters[name] = (counters[name] ?? 0) + count
  }
  const clients: Record<string, ClientFigures> = {}
  for (const figures of all) {
    for (const [name, traffic] of Object.entries(figures.clients)) {
      const known = clients[name]
      clients[name] = known === undefined ? traffic : addTraffic(known, traffic)
    }
  }
  return {
    clients,
    recentFaults: addRecent(all.flatMap(({ recentFaults }) => recentFaults)),
    counters,
    latency: all.map(({ latency }) => latency).reduce(addLatencies, NO_LATENCIES),
    cpuSeconds: all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    residentOctets: all.reduce((sum, { residentOctets }) => sum + residentOctets, 0),
  }
}

/** Of a process that has ended: what it counted stays, so that no counter falls; what it held is gone. */
export function withoutHoldings({ counters, ...rest }: Figures): Figures {
  const holdings = Object.keys(counters).filter((name) => HOLDINGS.includes(name))
  const none = Object.fromEntries(holdings.map((name) => [name, 0]))
  return { ...rest, counters: { ...counters, ...none }, residentOctets: 0 }
}

/** What is held now, rather than counted since the start. */
const HOLDINGS = ['waiting', 'accountingWaiting', 'radsec.connections', 'eapConversations']

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
