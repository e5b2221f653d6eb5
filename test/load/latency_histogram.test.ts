import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { LatencyHistogram } from '../../src/load/latency_histogram.ts'

function histogramOf(latenciesUs: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram()
  for (const us of latenciesUs) histogram.record(us)
  return histogram
}

describe('a latency histogram', () => {
  test('is exact to the microsecond up to 128 µs', () => {
    const histogram = histogramOf(Array.from({ length: 100 }, (_, i) => i + 1))
    expect([0.01, 0.5, 0.99, 1].map((q) => histogram.quantileUs(q))).toEqual([1, 50, 99, 100])
    expect([histogram.count, histogram.meanUs, histogram.maxUs]).toEqual([100, 50.5, 100])
  })

  test('is less than 1 % off above, at every quantile by nearest rank', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (latencies, q) => {
          const sorted = [...latencies].sort((a, b) => a - b)
          const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1]!
          const found = histogramOf(latencies).quantileUs(q)
          expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * 0.01)
        },
      ),
    )
  })

  test('counts what is longer than it can tell as the longest, and what is negative as nothing', () => {
    const histogram = histogramOf([1e12, -5])
    expect([histogram.count, histogram.maxUs, histogram.quantileUs(0)]).toEqual([2, 2 ** 31 - 1, 0])
  })

  test('without latencies has none', () => {
    const histogram = histogramOf([])
    expect([histogram.quantileUs(0.5), histogram.meanUs, histogram.maxUs]).toEqual([0, 0, 0])
  })

  test('has every latency in one bar', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10 ** 8 }), { maxLength: 100 }), (latencies) => {
        const bars = histogramOf(latencies).bars([0, 10, 1000, 10 ** 6, 10 ** 9])
        expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(latencies.length)
      }),
    )
    expect(histogramOf([5, 15, 20, 5000]).bars([0, 10, 100, 1000, 10000])).toEqual([
      { fromUs: 0, toUs: 10, count: 1 },
      { fromUs: 10, toUs: 100, count: 2 },
      { fromUs: 100, toUs: 1000, count: 0 },
      { fromUs: 1000, toUs: 10000, count: 1 },
    ])
  })
})
