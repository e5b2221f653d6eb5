/**
 * The server's counters as Prometheus reads them (text format 0.0.4). Counts nothing itself: it says again what
 * `server status` says, so that a counter which is added there is a metric too.
 */
import type { ServerStatus } from '../admin/command.ts'
import type { Figures } from './figures.ts'
import type { LatencyReading } from './latency_histogram.ts'

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** `figures`: of all processes together. */
export function renderMetrics(status: ServerStatus, figures: Figures): string {
  const { version, node, runtime, listeners, counters } = status
  const known = new Set(FAMILIES.flatMap(({ of }) => Object.keys(of)))
  const dropped = Object.keys(counters).filter((name) => name.startsWith(DROPPED))
  const others = Object.keys(counters).filter((name) => !known.has(name) && !dropped.includes(name))
  return [
    ...family('build_info', 'gauge', 'What runs here; always 1.', [[{ version, node, runtime }, 1]]),
    ...family('uptime_seconds', 'gauge', 'Since the start.', [[{}, status.uptimeSeconds]]),
    ...family('database_up', 'gauge', 'Whether the database answered just now.', [
      [{}, Number(status.database.reachable)],
    ]),
    ...family('workers', 'gauge', 'Processes that serve.', [[{}, status.workers.length]]),
    ...family(
      'eap_certificate_expiry_timestamp_seconds',
      'gauge',
      'When the certificate for EAP runs out.',
      status.eap === null ? [] : [[{ server_name: status.eap.serverName }, status.eap.validUntil / 1000]],
    ),
    ...ofProcesses(figures),
    ...ofListeners(listeners),
    ...FAMILIES.flatMap(({ name, type, help, of }) => {
      const samples = Object.entries(of).map(([each, labels]): Sample => [labels, counters[each] ?? 0])
      return family(name, type, help, samples)
    }),
    ...family(
      'dropped_total',
      'counter',
      'Requests without an answer, by reason.',
      dropped.map((name) => [{ reason: name.slice(DROPPED.length) }, counters[name] ?? 0]),
    ),
    ...others.flatMap((name) => {
      const help = `The counter ${name} of "sallyport server status".`
      return family(`${snakeCase(name)}_total`, 'counter', help, [[{}, counters[name] ?? 0]])
    }),
    ...ofLatency(figures.latency),
    '',
  ].join('\n')
}

const DROPPED = 'dropped.'

interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  /** Counters of `server status`, with the labels that tell them apart. */
  readonly of: Readonly<Record<string, Labels>>
}

const FAMILIES: readonly Family[] = [
  {
    name: 'logins_total',
    type: 'counter',
    help: 'Logins answered, by verdict.',
    of: {
      accepted: { verdict: 'accept' },
      rejected: { verdict: 'reject' },
      challenged: { verdict: 'challenge' },
    },
  },
  {
    name: 'limited_total',
    type: 'counter',
    help: 'Held back by [limits]: logins of an account (rejected), datagrams of a source (dropped).',
    of: { limitedLogins: { kind: 'account' }, 'dropped.too-many-faults': { kind: 'source' } },
  },
  {
    name: 'eap_conversations',
    type: 'gauge',
    help: 'EAP conversations that wait for their next message.',
    of: { eapConversations: {} },
  },
  { name: 'queue_depth', type: 'gauge', help: 'Requests that wait for their commit.', of: { waiting: {} } },
]

type Labels = Readonly<Record<string, string>>
type Sample = readonly [Labels, number]

/** Without a sample, nothing. */
function family(name: string, type: string, help: string, samples: readonly Sample[]): string[] {
  if (samples.length === 0) return []
  const lines = samples.map(([labels, value]) => sample(name, labels, value))
  return [`# HELP sallyport_${name} ${help}`, `# TYPE sallyport_${name} ${type}`, ...lines]
}

function sample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`)
  return `sallyport_${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`
}

function escapeLabel(text: string): string {
  return text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/\W/g, '_')
}

function ofProcesses({ cpuSeconds, residentOctets }: Figures): string[] {
  return [
    ...family('cpu_seconds_total', 'counter', 'Processor time.', [[{}, cpuSeconds]]),
    ...family('resident_memory_bytes', 'gauge', 'Memory.', [[{}, residentOctets]]),
  ]
}

function ofListeners(listeners: ServerStatus['listeners']): string[] {
  const buffers = listeners.map(
    ({ address, receiveBuffer }): Sample => [{ listener: address }, receiveBuffer],
  )
  const drops = listeners.flatMap(({ address, kernelDrops }): Sample[] =>
    kernelDrops === null ? [] : [[{ listener: address }, kernelDrops]],
  )
  return [
    ...family('receive_buffer_bytes', 'gauge', 'Receive buffer that the system gave.', buffers),
    ...family('kernel_drops_total', 'counter', 'Datagrams lost because the receive buffer was full.', drops),
  ]
}

function ofLatency({ buckets, count, sum }: LatencyReading): string[] {
  const name = 'login_duration_seconds'
  return [
    `# HELP sallyport_${name} From a login's request to its durable verdict, without the reject delay.`,
    `# TYPE sallyport_${name} histogram`,
    ...buckets.map(([seconds, below]) => sample(`${name}_bucket`, { le: String(seconds) }, below)),
    sample(`${name}_bucket`, { le: '+Inf' }, count),
    sample(`${name}_sum`, {}, sum),
    sample(`${name}_count`, {}, count),
  ]
}
