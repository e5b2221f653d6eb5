import { expect, test } from '@jest/globals'
import { ActivityBook, MINUTES_KEPT } from '../../src/server/activity.ts'

const MINUTE = 60_000
const BEGUN = 1000 * MINUTE + 5000

function book() {
  const world = { now: BEGUN, counters: {} as Record<string, number> }
  const activity = new ActivityBook(
    async () => ({ ...world.counters }),
    () => world.now,
  )
  return { world, activity }
}

test('each minute has what was counted in it, and rejects have their reasons', async () => {
  const { world, activity } = book()
  world.counters = { accepted: 3, rejected: 2, 'rejected.wrong-otp': 2, 'dropped.length-lies': 4 }
  world.now += 30_000
  await activity.tick()
  expect((await activity.read(60)).minutes).toEqual([
    { at: 1000 * MINUTE, accept: 3, reject: 2, challenge: 0, dropped: 4 },
  ])
  world.now = 1001 * MINUTE
  world.counters = { ...world.counters, accepted: 4 }
  await activity.tick()
  world.now += 1000
  world.counters = {
    ...{ accepted: 10, challenged: 1, rejected: 7 },
    ...{
      'rejected.wrong-otp': 4,
      'rejected.too-many-logins': 3,
      'dropped.length-lies': 4,
      'dropped.no-nas': 1,
    },
  }
  expect(await activity.read(60)).toEqual({
    from: 1000 * MINUTE,
    minutes: [
      { at: 1000 * MINUTE, accept: 4, reject: 2, challenge: 0, dropped: 4 },
      { at: 1001 * MINUTE, accept: 6, reject: 5, challenge: 1, dropped: 1 },
    ],
    reasons: [
      { reason: 'wrong-otp', count: 4, words: 'the OTP was no code of the token, near or far' },
      { reason: 'too-many-logins', count: 3, words: expect.stringContaining('limits.account_rate') },
    ],
  })
  expect((await activity.read(1)).minutes).toHaveLength(1)
  expect((await activity.read(1)).reasons).toMatchObject([{ count: 3 }, { count: 2 }])
})

test('a worker that does not tell for once is neither counted twice nor below nothing', async () => {
  const { world, activity } = book()
  for (const accepted of [100, 40, 130]) {
    world.counters = { accepted }
    await activity.read(1)
  }
  expect((await activity.read(1)).minutes).toMatchObject([{ accept: 130 }])
})

test('a day is kept, in order, whatever the clock does', async () => {
  const { world, activity } = book()
  for (let i = 1; i <= MINUTES_KEPT + 20; i++) {
    world.now += i === 700 ? -10 * MINUTE : MINUTE
    world.counters = { accepted: i }
    await activity.tick()
  }
  const { minutes, from } = await activity.read(MINUTES_KEPT)
  expect(minutes.length).toBeLessThanOrEqual(MINUTES_KEPT)
  expect(minutes.every(({ at }, i) => i === 0 || at > minutes[i - 1]!.at)).toBe(true)
  expect(from).toBe(minutes[0]!.at)
})
