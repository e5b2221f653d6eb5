// What jest wrote. `failed RESULTS`: the suites that failed, one a line, if all of them may be the machine's fault: they are few, and
// none looks for races, where what happens once is what it was looking for.
// `tally RESULTS AGAIN`: how many tests passed; what was run again counts as it went then.
import { existsSync, readFileSync } from 'node:fs'

const MOST = 8
const LOOKS_FOR_RACES =
  /\/test\/(faults|simulation|storage)\/|_(race|properties)\.test|\/(replay|recall|workers)\.test/
const [, , what, first, again] = process.argv
const read = (path) => JSON.parse(readFileSync(path, 'utf8')).testResults
const hasFailed = ({ status }) => status === 'failed'

if (what === 'failed') {
  const suites = read(first).filter(hasFailed)
  if (suites.length <= MOST && !suites.some(({ name }) => LOOKS_FOR_RACES.test(name)))
    for (const { name } of suites) console.log(name)
} else {
  const second = existsSync(again) ? read(again) : []
  const suites = new Map([...read(first), ...second].map((suite) => [suite.name, suite]))
  for (const { name, assertionResults } of read(first))
    for (const test of assertionResults)
      if (hasFailed(test) && !hasFailed(suites.get(name)))
        console.log(`failed, and passed alone: ${test.fullName}`)
  const tests = [...suites.values()].flatMap(({ assertionResults }) => assertionResults)
  for (const { status, fullName } of tests) if (status !== 'passed') console.log(`${status}: ${fullName}`)
  // A suite that does not even load has no test.
  const broken = [...suites.values()].filter(
    (suite) => hasFailed(suite) && !suite.assertionResults.some(hasFailed),
  )
  const failed = tests.filter(hasFailed).length + broken.length
  console.log(`${tests.filter(({ status }) => status === 'passed').length} passed, ${failed} failed`)
  process.exit(failed === 0 ? 0 : 1)
}
