/** `npm run test:faults`: plays the scenarios, prints a table, and ends with 1 if anything was lost or repeated. */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { table } from './report.ts'
import type { Outcome, Run } from './run.ts'
import { SCENARIOS } from './scenarios.ts'
import { tidyUpOnSignals } from './tidy.ts'

const USAGE = `npm run test:faults -- [--short] [--seed N] [--soak-minutes N] [--json FILE] [SCENARIO …]

Scenarios: ${SCENARIOS.map(({ name }) => name).join(', ')}; without one, all of them.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    seed: { type: 'string' },
    'soak-minutes': { type: 'string', default: '10' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const unknown = positionals.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name))
if (values.help || unknown.length > 0) {
  console.log(USAGE)
  process.exit(values.help ? 0 : 2)
}

const run: Run = {
  seed: values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed),
  short: values.short,
  soakMinutes: Number(values['soak-minutes']),
  say: (line) => console.log(`  ${line}`),
}
tidyUpOnSignals()
console.log(`seed ${run.seed}: repeat with --seed ${run.seed}`)
const outcomes: Outcome[] = []
for (const { name, title, play } of SCENARIOS) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  const startedAt = Date.now()
  console.log(`\n${title}`)
  const played = await play(run)
  outcomes.push(...played)
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(0)
  // Already here: whoever ends it early has what is done.
  console.log(`  took ${seconds} s\n\n${table(played)}`)
}
console.log(`\n${table(outcomes)}\n`)
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ seed: run.seed, short: run.short, outcomes }, null, 2)}\n`)
}
const violations = outcomes.flatMap(({ violations }) => violations)
for (const violation of violations) console.log(`VIOLATED: ${violation}`)
process.exit(violations.length > 0 ? 1 : 0)
