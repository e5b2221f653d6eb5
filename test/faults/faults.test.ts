/**
 * The short form of every fault run: nothing that was answered is lost or repeated, whatever fails. Figures are for the
 * long form (`npm run test:faults`): here other tests run beside it.
 */
import { afterAll, expect, test } from '@jest/globals'
import { table } from './report.ts'
import type { Outcome, Run } from './run.ts'
import { SCENARIOS } from './scenarios.ts'

const seed = Number(process.env.SALLYPORT_FAULTS_SEED ?? Date.now() % 1_000_000)
const outcomes: Outcome[] = []

test.each(SCENARIOS)(
  `$title: nothing is lost or repeated (SALLYPORT_FAULTS_SEED=${seed})`,
  async ({ play }) => {
    const said: string[] = []
    const run: Run = { seed, short: true, soakMinutes: 0, say: (line) => said.push(line) }
    const played = await play(run)
    outcomes.push(...played)
    const violations = played.flatMap(({ scenario, violations }) =>
      violations.map((what) => [scenario, what]),
    )
    expect({ violations, said: violations.length > 0 ? said : [] }).toEqual({ violations: [], said: [] })
  },
  120_000,
)

afterAll(() => {
  process.stdout.write(`seed ${seed}\n${table(outcomes)}\n`)
})
