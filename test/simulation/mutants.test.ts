import { expect, test } from '@jest/globals'
import { MUTANTS } from './mutants.ts'
import { runSchedule } from './world.ts'

/** Far fewer than CI plays with the real server. */
const SEEDS = 300

test.each(MUTANTS)(
  'finds $name',
  async ({ mutant, breaks }) => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { violation } = await runSchedule(seed, { mutant })
      if (violation === null) continue
      expect(violation).toMatch(breaks)
      return
    }
    throw new Error(`not found in ${SEEDS} schedules`)
  },
  60_000,
)
