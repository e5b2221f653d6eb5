import { describe, expect, test } from '@jest/globals'
import type { Measured, Sample } from '../../bench/measure.ts'
import type { SubjectName } from '../../bench/options.ts'
import { goalsOf, median } from '../../bench/report.ts'

const SAMPLE: Sample = {
  perSecond: 1000,
  p50Us: 1000,
  p99Us: 2000,
  p999Us: 3000,
  answered: 5000,
  rejects: 0,
  timeouts: 0,
  invalid: 0,
  serverCpuUs: 10,
}

function measured(name: SubjectName, samples: Measured['samples'], peakMemoryMiB = 100): Measured {
  return { subject: { name, title: name }, samples, peakMemoryMiB }
}

describe('the goals', () => {
  test('are not measured where a side is missing', () => {
    const goals = goalsOf({ measured: [], micro: null })
    expect(goals).toHaveLength(12)
    expect(goals.map(({ isMet }) => isMet)).toEqual(goals.map(() => null))
  })

  test('compare medians in one run, and fail as well as they pass', () => {
    const many = (...rates: number[]) => ({ many: rates.map((perSecond) => ({ ...SAMPLE, perSecond })) })
    const first = (ours: number[], peers: number[]) => {
      const all = [measured('sqlite', many(...ours)), measured('freeradius-files', many(...peers))]
      return goalsOf({ measured: all, micro: null })[0]!
    }
    expect(first([1000, 9000, 3000], [2000, 3000, 4000])).toMatchObject({
      measured: '3,000/s against 3,000/s',
      ratio: '1.00x',
      isMet: true,
    })
    expect(first([2999], [3000])).toMatchObject({ isMet: false })
  })

  test('of the open loop are missed by one timeout in any round', () => {
    const goal = (samples: Sample[]) =>
      goalsOf({ measured: [measured('sqlite', { open: samples })], micro: null }).find(({ what }) =>
        what.startsWith('open loop at 20,000/s, SQLite'),
      )!
    expect(goal([SAMPLE, SAMPLE]).isMet).toBe(true)
    expect(goal([SAMPLE, { ...SAMPLE, timeouts: 1 }]).isMet).toBe(false)
    expect(goal([{ ...SAMPLE, p99Us: 10_000 }]).isMet).toBe(false)
  })
})

test('a median of an even number lies between the middle two', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5])
})
