import { expect, test } from '@jest/globals'
import { type Figures, loginsIn, sumOf, withoutHoldings } from '../../src/server/figures.ts'
import { LatencyHistogram } from '../../src/server/latency_histogram.ts'

function figures(counters: Record<string, number>, latenciesMs: readonly number[]): Figures {
  const latency = new LatencyHistogram()
  for (const ms of latenciesMs) latency.add(ms)
  return {
    counters,
    latency: latency.read(),
    cpuSeconds: 1.5,
    residentOctets: 1000,
    clients: {},
    recentFaults: [],
  }
}

test('the sum of several processes is what one would have counted', () => {
  const [one, other] = [
    [1, 3, 20_000],
    [3, 500],
  ]
  expect(
    sumOf([figures({ accepted: 2, waiting: 3 }, one!), figures({ accepted: 1, 'dropped.x': 4 }, other!)]),
  ).toEqual({
    ...figures({ accepted: 3, waiting: 3, 'dropped.x': 4 }, [...one!, ...other!]),
    cpuSeconds: 3,
    residentOctets: 2000,
  })
})

test('of clients and of faulty addresses too, each with its last time', () => {
  const traffic = { requests: 1, accepts: 2, rejects: 3, challenges: 4, duplicates: 5, unsigned: 6 }
  const [early, late] = [
    { count: 2, lastAt: 10, address: '10.0.0.1' },
    { count: 3, lastAt: 20, address: '10.0.0.2' },
  ]
  const recent = (address: string, client: string | null, count: number, lastAt: number) => ({
    ...{ address, client, count, lastAt },
    reason: client === null ? 'unknown-client' : 'length-lies',
  })
  const one = {
    ...figures({}, []),
    clients: { vpn: { ...traffic, lastAt: 20, faults: { 'length-lies': late, 'too-short': early } } },
    recentFaults: [recent('10.0.0.2', 'vpn', 3, 20), recent('192.0.2.1', null, 1, 5)],
  }
  const other = {
    ...figures({}, []),
    clients: {
      vpn: { ...traffic, lastAt: null, faults: { 'length-lies': early } },
      lab: { ...traffic, lastAt: 1, faults: {} },
    },
    recentFaults: [recent('10.0.0.2', 'vpn', 2, 30)],
  }
  const { clients, recentFaults } = sumOf([one, other])
  expect(clients).toEqual({
    vpn: {
      ...{ requests: 2, accepts: 4, rejects: 6, challenges: 8, duplicates: 10, unsigned: 12, lastAt: 20 },
      faults: { 'length-lies': { ...late, count: 5 }, 'too-short': early },
    },
    lab: other.clients.lab,
  })
  expect(recentFaults).toEqual([recent('192.0.2.1', null, 1, 5), recent('10.0.0.2', 'vpn', 5, 30)])
})

test('the sum of none is nothing', () => {
  expect(sumOf([])).toEqual({ ...figures({}, []), cpuSeconds: 0, residentOctets: 0 })
})

test('what a process counted stays when it has ended, and what it held does not', () => {
  const held = { waiting: 3, accountingWaiting: 4, eapConversations: 5 }
  const none = { waiting: 0, accountingWaiting: 0, eapConversations: 0 }
  expect(withoutHoldings(figures({ accepted: 2, ...held }, [5]))).toEqual({
    ...figures({ accepted: 2, ...none }, [5]),
    residentOctets: 0,
  })
})

test('logins are those that were answered', () => {
  expect(
    loginsIn(figures({ accepted: 1, rejected: 2, challenged: 4, limitedLogins: 8, commits: 16 }, [])),
  ).toBe(7)
})
