/**
 * Begins with the suites that take longest, so that none of them runs alone at the end. The files' sizes do not tell. First of
 * all those that make and remove network interfaces: browsers, which come later, drop their requests whenever one changes.
 */
const { default: Sequencer } = require('@jest/test-sequencer')

const SLOW = [
  'test/interop/hostapd',
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
    const rank = ({ path }) => SLOW.findIndex((part) => path.includes(part))
    const slow = sorted.filter(isSlow).sort((a, b) => rank(a) - rank(b))
    return [...slow, ...sorted.filter((test) => !isSlow(test))]
  }
}
