import { createHash } from 'node:crypto'
import { describe, expect, jest, test } from '@jest/globals'
import { Seen } from './checker.ts'
import { areCodesDistinct } from './devices.ts'
import { type Report, runSchedule } from './world.ts'

// See CONTRIBUTING.md: how many schedules, from which seed on, or which one alone.
const { SIMULATION_SCHEDULES, SIMULATION_FIRST, SIMULATION_SEED } = process.env
const isReplay = SIMULATION_SEED !== undefined
const first = Number(SIMULATION_SEED ?? SIMULATION_FIRST ?? 1)
const count = isReplay ? 1 : Number(SIMULATION_SCHEDULES ?? 1000)
const seeds = Array.from({ length: count }, (_, index) => first + index)

/** As much of a trace as a failure shows; a replay prints all of it. */
const LAST_LINES = 40

/** Faults and what comes of them: where they do not happen, the rules were not tried. */
const MUST_HAPPEN = [
  'datagram lost',
  'datagram copied',
  'datagram corrupted',
  'answer repeated',
  'request timed out',
  'crash',
  'stop',
  'commit after death',
  'clock jump',
  'outage',
  'refused',
  'unknown outcome',
  'lost race',
  'recalled',
  'overloaded',
  'locked',
  'accept otp-accepted',
  'accept resynced',
  'reject unknown-user',
  'reject token-disabled',
  'reject token-locked',
  'reject wrong-pin',
  'reject wrong-otp',
  'reject otp-already-used',
  'reject otp-out-of-sync',
  'token disable done',
  'token enable done',
  'token set-pin done',
  'token reset-fail-count done',
  'token unassign done',
  'token assign done',
  'token resync done',
  'token resync refused',
  'token delete done',
]

describe('the rules of ARCHITECTURE.md', () => {
  const seen = new Seen()

  test('an OTP says whose it is', () => expect(areCodesDistinct).toBe(true))

  test(`hold in ${count} schedules of faults`, async () => {
    for (const seed of seeds) {
      const report = await runSchedule(seed, { seen })
      if (isReplay) process.stdout.write(`${report.trace.join('\n')}\n`)
      if (report.violation !== null) throw new Error(describeFailure(report))
    }
  }, 600_000)

  const enough = !isReplay && count >= 1000
  const often = enough ? test.each(MUST_HAPPEN) : test.skip.each(MUST_HAPPEN)
  often('and not for want of trying: %s', (what) => {
    expect(seen[what] ?? 0).toBeGreaterThanOrEqual(20)
  })
})

describe('a seed', () => {
  const some = Array.from({ length: 20 }, (_, index) => first + index)

  test('gives the same trace each time, and another seed another', async () => {
    const hashes = async () => {
      const reports: Report[] = []
      for (const seed of some) reports.push(await runSchedule(seed))
      return reports.map(({ trace }) => createHash('sha256').update(trace.join('\n')).digest('hex'))
    }
    const once = await hashes()
    expect(await hashes()).toEqual(once)
    expect(new Set(once).size).toBe(some.length)
  })

  test('is all that decides: neither the clock of the machine, nor its chance, nor its timers', async () => {
    const watched = [
      jest.spyOn(Date, 'now'),
      jest.spyOn(Math, 'random'),
      jest.spyOn(performance, 'now'),
      jest.spyOn(globalThis, 'setTimeout'),
      jest.spyOn(globalThis, 'setInterval'),
      jest.spyOn(globalThis, 'setImmediate'),
      jest.spyOn(process, 'nextTick'),
    ]
    try {
      for (const seed of some) await runSchedule(seed)
      expect(watched.map((spy) => spy.mock.calls.length)).toEqual([0, 0, 0, 0, 0, 0, 0])
    } finally {
      for (const spy of watched) spy.mockRestore()
    }
  })
})

function describeFailure({ seed, violation, trace }: Report): string {
  return [
    `seed ${seed}: ${violation}`,
    ...trace.slice(-LAST_LINES),
    'To see all that led to it:',
    `  SIMULATION_SEED=${seed} npm test -- test/simulation/simulation.test.ts`,
  ].join('\n')
}
