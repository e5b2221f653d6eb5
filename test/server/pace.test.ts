import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { Pace } from '../../src/server/pace.ts'

test('the first goes at once; those soon after it wait, and go together, in their order', async () => {
  const went: [string, number][] = []
  const pace = new Pace(200)
  const go = (name: string) => pace.together(() => went.push([name, performance.now()]))
  go('a')
  expect(went.map(([name]) => name)).toEqual(['a'])
  go('b')
  await sleep(20)
  go('c')
  expect(went.length).toBe(1)
  while (went.length < 3) await sleep(5)
  const [a, b, c] = went.map(([, at]) => at) as [number, number, number]
  expect(went.map(([name]) => name)).toEqual(['a', 'b', 'c'])
  expect(b - a).toBeGreaterThan(190)
  expect(c - b).toBeLessThan(100)
  // After those, the next waits again; after a rest it does not.
  go('d')
  expect(went.length).toBe(3)
  while (went.length < 4) await sleep(5)
  await sleep(210)
  go('e')
  expect(went.map(([name]) => name)).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('what is asked for on the way of another waits for the next time', async () => {
  const went: string[] = []
  const pace = new Pace(30)
  pace.together(() => {
    went.push('outer')
    pace.together(() => went.push('inner'))
    expect(went).toEqual(['outer'])
  })
  while (went.length < 2) await sleep(5)
  expect(went).toEqual(['outer', 'inner'])
})
