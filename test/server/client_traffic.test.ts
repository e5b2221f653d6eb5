import { expect, test } from '@jest/globals'
import { RecentFaults, TrafficBook } from '../../src/server/client_traffic.ts'

const asIs = (monotonic: number) => monotonic

test('a flood of forged addresses pushes out neither the clients nor more than its own bound', () => {
  const recent = new RecentFaults()
  recent.add('10.0.0.7', 'vpn', 'too-short', 1)
  for (let i = 0; i < 10_000; i++) recent.add(`192.0.${i >> 8}.${i & 255}`, null, 'unknown-client', i)
  const read = recent.read(asIs)
  expect(read).toHaveLength(65)
  expect(read[0]).toEqual({ address: '10.0.0.7', client: 'vpn', reason: 'too-short', count: 1, lastAt: 1 })
  expect(read.at(-1)).toMatchObject({ address: '192.0.39.15', lastAt: 9999 })
  for (let i = 0; i < 10_000; i++) recent.add(`10.1.${i >> 8}.${i & 255}`, 'lab', 'too-short', i)
  expect(recent.read(asIs)).toHaveLength(256 + 64)
})

test('the same again is counted, with its last time', () => {
  const recent = new RecentFaults()
  for (const at of [1, 2, 3]) recent.add('10.0.0.7', 'vpn', 'too-short', at)
  expect(recent.read((monotonic) => monotonic + 1000)).toEqual([
    { address: '10.0.0.7', client: 'vpn', reason: 'too-short', count: 3, lastAt: 1003 },
  ])
})

test('a reload keeps what was counted of the clients that stay, and forgets the others', () => {
  const book = new TrafficBook()
  const [vpn, lab] = [book.of('vpn'), book.of('lab')]
  book.keep(new Set(['vpn']))
  expect([book.of('vpn') === vpn, book.of('lab') === lab]).toEqual([true, false])
})
