/** Begins with the suites that take longest, so that none of them runs alone at the end. The files' sizes do not tell. */
const { default: Sequencer } = require('@jest/test-sequencer')

const SLOW = [
  'test/faults/faults',
  'test/simulation/',
  'test/e2e/bad_starts',
  'test/storage/audit_search',
  'test/cli/transcripts',
]

module.exports = class SlowestFirst extends Sequencer {
  sort(tests) {
    const isSlow = ({ path }) => SLOW.some((part) => path.includes(part))
    const sorted = super.sort(tests)
    return [...sorted.filter(isSlow), ...sorted.filter((test) => !isSlow(test))]
  }
}
