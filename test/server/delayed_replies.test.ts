import { expect, test } from '@jest/globals'
import { DelayedReplies } from '../../src/server/delayed_replies.ts'

const AN_HOUR = 3_600_000

test('sends at once without a delay', () => {
  const replies = new DelayedReplies(10)
  const sent: number[] = []
  for (const delay of [0, -1]) replies.add(delay, () => sent.push(delay))
  expect([sent, replies.size]).toEqual([[0, -1], 0])
})

test('sends each once, after its delay and in the order of the delays', async () => {
  const replies = new DelayedReplies(10)
  const started = performance.now()
  const sent: [string, number][] = []
  await new Promise<void>((resolve) => {
    const note = (name: string) => () => {
      sent.push([name, performance.now() - started])
      if (sent.length === 3) resolve()
    }
    replies.add(60, note('late'))
    replies.add(20, note('early'))
    replies.add(40, note('between'))
    expect(replies.size).toBe(3)
  })
  replies.flush()
  expect(sent.map(([name]) => name)).toEqual(['early', 'between', 'late'])
  // Timers count whole milliseconds.
  for (const [i, [, after]] of sent.entries()) expect(after).toBeGreaterThanOrEqual(20 * (i + 1) - 1.5)
})

test('past the bound the oldest goes out at once, and only once', () => {
  const replies = new DelayedReplies(2)
  const sent: number[] = []
  for (const i of [0, 1, 2, 3]) replies.add(AN_HOUR, () => sent.push(i))
  expect([sent, replies.size]).toEqual([[0, 1], 2])
  replies.flush()
  expect([sent, replies.size]).toEqual([[0, 1, 2, 3], 0])
  replies.flush()
  expect(sent.length).toBe(4)
})
