import { describe, expect, test } from '@jest/globals'
import type { ServerStatus } from '../../src/admin/command.ts'
import { LatencyHistogram } from '../../src/server/latency_histogram.ts'
import { renderMetrics } from '../../src/server/metrics.ts'

const STATUS: ServerStatus = {
  version: '1.2.3',
  node: 'a',
  runtime: 'Node.js 24.1.0 on "host"\\x',
  startedAt: 0,
  uptimeSeconds: 60,
  database: { url: 'sqlite:x.db', reachable: true },
  admin: { socket: '/run/admin.sock' },
  eap: { serverName: 'radius.test', validUntil: 1_900_000_000_000, warning: null },
  workers: [
    { pid: 10, logins: 4 },
    { pid: 11, logins: 5 },
  ],
  listeners: [
    { address: '127.0.0.1:1812', receiveBuffer: 8_388_608, kernelDrops: 7 },
    { address: '[::1]:1812', receiveBuffer: 212_992, kernelDrops: null },
  ],
  counters: {
    accepted: 5,
    rejected: 4,
    'rejected.wrong-otp': 4,
    limitedLogins: 3,
    'dropped.too-many-faults': 2,
    'dropped.length-lies': 1,
    waiting: 6,
    lostRaces: 8,
    accountingRecorded: 9,
    accountingDuplicates: 2,
    accountingStatusRequests: 1,
    'accountingDropped.no-nas-identity': 3,
  },
  clients: [],
  faults: [],
  unknownAddresses: [],
}

const VPN = {
  ...{ requests: 9, accepts: 3, rejects: 2, challenges: 1, duplicates: 4, unsigned: 0, lastAt: 5 },
  faults: { 'length-lies': { count: 1, lastAt: 5, address: '10.0.0.7' } },
}
const USED = {
  ...{ counters: STATUS.counters, cpuSeconds: 1.5, residentOctets: 1e8 },
  ...{ clients: { vpn: VPN }, recentFaults: [] },
}

const lines = (status: ServerStatus, latency = new LatencyHistogram()) =>
  renderMetrics(status, { ...USED, latency: latency.read() }).split('\n')
const isOfProcess = (line: string) => /sallyport_(cpu|resident)/.test(line)

describe('metrics', () => {
  test('are what the status says, in the text format of Prometheus', () => {
    const latency = new LatencyHistogram()
    for (const ms of [1, 3, 20_000]) latency.add(ms)
    const text = lines(STATUS, latency).filter((line) => !isOfProcess(line) && !/^#|_bucket/.test(line))
    expect(text).toEqual([
      'sallyport_build_info{version="1.2.3",node="a",runtime="Node.js 24.1.0 on \\"host\\"\\\\x"} 1',
      'sallyport_uptime_seconds 60',
      'sallyport_database_up 1',
      'sallyport_workers 2',
      'sallyport_eap_certificate_expiry_timestamp_seconds{server_name="radius.test"} 1900000000',
      'sallyport_receive_buffer_bytes{listener="127.0.0.1:1812"} 8388608',
      'sallyport_receive_buffer_bytes{listener="[::1]:1812"} 212992',
      'sallyport_kernel_drops_total{listener="127.0.0.1:1812"} 7',
      'sallyport_logins_total{verdict="accept"} 5',
      'sallyport_logins_total{verdict="reject"} 4',
      'sallyport_logins_total{verdict="challenge"} 0',
      'sallyport_limited_total{kind="account"} 3',
      'sallyport_limited_total{kind="source"} 2',
      'sallyport_accounting_total{outcome="recorded"} 9',
      'sallyport_accounting_total{outcome="duplicate"} 2',
      'sallyport_accounting_total{outcome="ignored"} 0',
      'sallyport_accounting_queue_depth 0',
      'sallyport_eap_conversations 0',
      'sallyport_queue_depth 6',
      'sallyport_rejected_total{reason="wrong-otp"} 4',
      'sallyport_dropped_total{reason="too-many-faults"} 2',
      'sallyport_dropped_total{reason="length-lies"} 1',
      'sallyport_accounting_dropped_total{reason="no-nas-identity"} 3',
      'sallyport_lost_races_total 8',
      'sallyport_accounting_status_requests_total 1',
      'sallyport_client_requests_total{client="vpn"} 9',
      'sallyport_client_answers_total{client="vpn",verdict="accept"} 3',
      'sallyport_client_answers_total{client="vpn",verdict="reject"} 2',
      'sallyport_client_answers_total{client="vpn",verdict="challenge"} 1',
      'sallyport_client_faults_total{client="vpn",reason="length-lies"} 1',
      'sallyport_login_duration_seconds_sum 20.004',
      'sallyport_login_duration_seconds_count 3',
      '',
    ])
    expect(lines(STATUS, latency).filter((line) => /_bucket/.test(line))).toEqual(
      [
        ...[
          '0.001"} 1',
          '0.002"} 1',
          '0.004"} 2',
          '0.008"} 2',
          '0.016"} 2',
          '0.032"} 2',
          '0.064"} 2',
          '0.128"} 2',
        ],
        ...['0.256"} 2', '0.512"} 2', '1.024"} 2', '2.048"} 2', '4.096"} 2', '8.192"} 2', '+Inf"} 3'],
      ].map((rest) => `sallyport_login_duration_seconds_bucket{le="${rest}`),
    )
  })

  test('tell processor time and memory of the process', () => {
    const told = lines(STATUS)
      .filter(isOfProcess)
      .filter((line) => !line.startsWith('#'))
    expect(told.map((line) => line.split(' ')[0])).toEqual([
      'sallyport_cpu_seconds_total',
      'sallyport_resident_memory_bytes',
    ])
    for (const line of told) expect(Number(line.split(' ')[1])).toBeGreaterThan(0)
  })

  test('each have one HELP and one TYPE line, before their samples', () => {
    const seen = new Set<string>()
    let current = ''
    for (const line of lines(STATUS).slice(0, -1)) {
      const [, kind, name] = /^# (HELP|TYPE) (\S+) \S/.exec(line) ?? []
      if (kind === 'HELP') {
        expect(seen.has(name!)).toBe(false)
        seen.add(name!)
        current = name!
      } else if (kind === 'TYPE') expect(name).toBe(current)
      else expect(line).toMatch(new RegExp(`^${current}(_bucket|_sum|_count)?(\\{.*\\})? [\\d.e-]+$`))
    }
    expect(seen.size).toBeGreaterThan(10)
  })

  test('a family without samples is left out', () => {
    const none = { ...STATUS, listeners: [], counters: {} }
    expect(lines(none).filter((line) => /listener|kernel_drops|dropped_total/.test(line))).toEqual([])
  })
})
