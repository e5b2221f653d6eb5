import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { LatencyHistogram } from '../../src/server/latency_histogram.ts'

describe('the histogram of latencies', () => {
  test('counts for each bound how many took at most so long', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(20_000), fc.double({ min: 0, max: 10, noNaN: true }))),
        (times) => {
          const histogram = new LatencyHistogram()
          for (const ms of times) histogram.add(ms)
          const { buckets, count } = histogram.read()
          expect(buckets.map(([seconds]) => seconds)).toEqual([
            0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192,
          ])
          expect(buckets.map(([, below]) => below)).toEqual(
            buckets.map(([seconds]) => times.filter((ms) => ms <= seconds * 1000).length),
          )
          expect(count).toBe(times.length)
        },
      ),
    )
  })

  test('sums in seconds; a clock that was set back meanwhile counts as no time', () => {
    const histogram = new LatencyHistogram()
    for (const ms of [1500, 500, -3_600_000]) histogram.add(ms)
    const { buckets, count, sum } = histogram.read()
    expect([buckets[0], count, sum]).toEqual([[0.001, 1], 3, 2])
  })
})
