/** A jump of the wall clock is said once, with its size and direction; drift and a late check are no jump. */
import { expect, test } from '@jest/globals'
import { ClockWatch } from '../../src/server/clock_watch.ts'

/** Each step moves both clocks by a second, and the wall clock by so many more. */
function watch(extraMs: readonly number[], stepMs = 1000): unknown[][] {
  const warnings: unknown[][] = []
  let [wall, monotonic] = [1_700_000_000_000, 5]
  const clock = new ClockWatch({
    wall: () => wall,
    monotonic: () => monotonic,
    log: { warn: (message, fields) => warnings.push([message, fields]) },
  })
  for (const extra of extraMs) {
    monotonic += stepMs
    wall += stepMs + extra
    clock.check()
  }
  return warnings
}

const jumped = (direction: string, seconds: number) => [
  'the clock of this system jumped',
  { direction, seconds, remedy: expect.stringContaining('NTP') },
]

test.each([
  { name: 'forward', extra: [0, 180_000, 0], expected: [jumped('forward', 180)] },
  { name: 'back', extra: [0, -90_000, 0], expected: [jumped('back', 90)] },
  { name: 'back and forth', extra: [-6000, 6000], expected: [jumped('back', 6), jumped('forward', 6)] },
])('a jump $name is said once', ({ extra, expected }) => {
  expect(watch(extra)).toEqual(expected)
})

test.each([
  { name: 'NTP that slews half a millisecond a second', extra: Array(20_000).fill(0.5), step: 1000 },
  { name: 'NTP that steps by less than five seconds', extra: [4900, -4900], step: 1000 },
  { name: 'a check that comes ten minutes late', extra: [0, 0], step: 600_000 },
])('$name is no jump', ({ extra, step }) => {
  expect(watch(extra, step)).toEqual([])
})
