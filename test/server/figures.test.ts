import { expect, test } from '@jest/globals'
import { type Figures, loginsIn, sumOf, withoutHoldings } from '../../src/server/figures.ts'
import { LatencyHistogram } from '../../src/server/latency_histogram.ts'

function figures(counters: Record<string, number>, latenciesMs: readonly number[]): Figures {
  const latency = new LatencyHistogram()
  for (const ms of latenciesMs) latency.add(ms)
  return { counters, latency: latency.read(), cpuSeconds: 1.5, residentOctets: 1000 }
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

test('the sum of none is nothing', () => {
  expect(sumOf([])).toEqual({ ...figures({}, []), cpuSeconds: 0, residentOctets: 0 })
})

test('what a process counted stays when it has ended, and what it held does not', () => {
  expect(withoutHoldings(figures({ accepted: 2, waiting: 3 }, [5]))).toEqual({
    ...figures({ accepted: 2, waiting: 0, eapConversations: 0 }, [5]),
    residentOctets: 0,
  })
})

test('logins are those that were answered', () => {
  expect(
    loginsIn(figures({ accepted: 1, rejected: 2, challenged: 4, limitedLogins: 8, commits: 16 }, [])),
  ).toBe(7)
})
