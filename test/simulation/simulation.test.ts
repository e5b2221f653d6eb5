import { expect, test } from '@jest/globals'
import { Seen } from './checker.ts'
import { areCodesDistinct } from './devices.ts'
import { runSchedule } from './world.ts'

const { SIMULATION_SEED, SIMULATION_FIRST = '1', SIMULATION_SCHEDULES = '3000' } = process.env

test('holds', async () => {
  expect(areCodesDistinct).toBe(true)
  const seen = new Seen()
  const seeds =
    SIMULATION_SEED === undefined
      ? Array.from({ length: Number(SIMULATION_SCHEDULES) }, (_, i) => i + Number(SIMULATION_FIRST))
      : [Number(SIMULATION_SEED)]
  const bad: Record<string, number[]> = {}
  const t = performance.now()
  for (const seed of seeds) {
    const report = await runSchedule(seed, { seen })
    if (report.violation !== null) {
      const k = report.violation.split(':')[0]!
      ;(bad[k] ??= []).push(seed)
    }
    if (SIMULATION_SEED !== undefined) process.stdout.write(report.trace.join('\n') + '\n')
  }
  process.stdout.write(JSON.stringify(seen, null, 1) + JSON.stringify(bad) + (performance.now() - t) + '\n')
}, 120_000)
