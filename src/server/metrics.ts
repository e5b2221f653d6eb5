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
  const known = new Set(['radsec.connections', ...FAMILIES.flatMap(({ of }) => Object.keys(of))])
  const ofReasons = REASONS.flatMap(({ prefix }) =>
    Object.keys(counters).filter((name) => name.startsWith(prefix)),
  )
  const others = Object.keys(counters).filter((name) => !known.has(name) && !ofReasons.includes(name))
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
    ...REASONS.flatMap(({ prefix, name, help }) => {
      const counted = ofReasons.filter((each) => each.startsWith(prefix))
      const samples = counted.map(
        (each): Sample => [{ reason: each.slice(prefix.length) }, counters[each] ?? 0],
      )
      return family(name, 'counter', help, samples)
    }),
    ...ofRadsec(status),
    ...others.flatMap((name) => {
      const help = `The counter ${name} of "sallyport server status".`
      return family(`${snakeCase(name)}_total`, 'counter', help, [[{}, counters[name] ?? 0]])
    }),
    ...ofClients(figures),
    ...ofLatency(figures.latency),
    '',
  ].join('\n')
}

/** Counters that are one for each reason. */
const REASONS = [
  { prefix: 'rejected.', name: 'rejected_total', help: 'Logins rejected, by reason.' },
  { prefix: 'dropped.', name: 'dropped_total', help: 'Requests without an answer, by reason.' },
  {
    prefix: 'accountingDropped.',
    name: 'accounting_dropped_total',
    help: 'Accounting-Requests without an answer, by reason.',
  },
  { prefix: 'radsec.refused.', name: 'radsec_refused_total', help: 'TLS peers that got no connection.' },
  { prefix: 'radsec.closed.', name: 'radsec_closed_total', help: 'TLS connections that ended, by reason.' },
]

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
    name: 'accounting_total',
    type: 'counter',
    help: 'Accounting-Requests answered, by what was done: sessions recorded, the same answer again, nothing to record.',
    of: {
      accountingRecorded: { outcome: 'recorded' },
      accountingDuplicates: { outcome: 'duplicate' },
      accountingIgnored: { outcome: 'ignored' },
    },
  },
  {
    name: 'accounting_queue_depth',
    type: 'gauge',
    help: 'Accounting-Requests that wait for their transaction.',
    of: { accountingWaiting: {} },
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

/** Of RADIUS over TLS, where it is on. */
function ofRadsec({ radsec, counters }: ServerStatus): string[] {
  if (radsec === undefined) return []
  const { certificateExpiresAt: at } = radsec
  const expiry: Sample[] = at === null ? [] : [[{}, Math.floor(at / 1000)]]
  return [
    ...family('radsec_connections', 'gauge', 'TLS connections of clients.', [
      [{}, counters['radsec.connections'] ?? 0],
    ]),
    ...family(
      'radsec_certificate_expiry_timestamp_seconds',
      'gauge',
      'When the first certificate of the server ends.',
      expiry,
    ),
  ]
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

function ofClients(figures: Figures): string[] {
  const clients = Object.entries(figures.clients)
  const answers = clients.flatMap(([client, { accepts, rejects, challenges }]): Sample[] => [
    [{ client, verdict: 'accept' }, accepts],
    [{ client, verdict: 'reject' }, rejects],
    [{ client, verdict: 'challenge' }, challenges],
  ])
  const requests = clients.map(([client, { requests }]): Sample => [{ client }, requests])
  const faults = clients.flatMap(([client, { faults }]) =>
    Object.entries(faults).map(([reason, { count }]): Sample => [{ client, reason }, count]),
  )
  return [
    ...family('client_requests_total', 'counter', 'Datagrams of each client.', requests),
    ...family('client_answers_total', 'counter', 'Answers to each client, by verdict.', answers),
    ...family('client_faults_total', 'counter', 'Requests dropped, or rejected undecided.', faults),
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
