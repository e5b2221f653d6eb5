/** Two nodes on one PostgreSQL, both sent every OTP at the same moment, and one of them killed now and then. */
import { setTimeout as sleep } from 'node:timers/promises'
import { OwnPostgres } from '../own_postgres.ts'
import { Rig } from '../rig.ts'
import { count, ms, type Outcome, type Run, type Scenario } from '../run.ts'

const USERS = 600
const MIX = { wrong: 0.02, replays: 0.02, retryAfterMs: 400, tries: 4 }

export const twoNodes: Scenario = {
  name: 'two-nodes',
  title: 'two nodes on one PostgreSQL, every OTP to both, one killed in between',
  play: async (run) => {
    const postgres = await OwnPostgres.start()
    const rig = await Rig.open({ run, users: USERS, databaseUrl: postgres.url('postgres') })
    rig.closing(() => postgres.close())
    try {
      return [await play(run, rig)]
    } finally {
      await rig.close()
    }
  },
}

async function play(run: Run, rig: Rig): Promise<Outcome> {
  const { ledger, checker, chance } = rig
  const nodes = [await rig.node({ name: 'a' }), await rig.node({ name: 'b' })]
  const kills = run.short ? 2 : 20
  let [longestGapMs, whileOneIsDown] = [0, 0]
  for (let nth = 1; nth <= kills; nth++) {
    const load = await rig.load({ ...MIX, outstanding: run.short ? 16 : 128 })
    await sleep(chance.between(100, run.short ? 300 : 900))
    const victim = chance.pick(nodes)
    await victim.kill()
    const [acceptsBefore, downAt] = [load.accepts, performance.now()]
    load.longestGapMs = 0
    await sleep(run.short ? 500 : chance.between(500, 1500))
    // The gap that is still open counts too.
    longestGapMs = Math.max(longestGapMs, load.longestGapMs, performance.now() - load.lastAcceptAt)
    const rate = ((load.accepts - acceptsBefore) / (performance.now() - downAt)) * 1000
    whileOneIsDown += load.accepts - acceptsBefore
    await victim.start()
    await sleep(200)
    await load.end()
    await checker.quickly(nodes)
    run.say(`kill ${nth} of node ${victim.name}: meanwhile the other accepts ${count(rate)} logins a second`)
    if (ledger.violationCount > 0) break
  }
  if (whileOneIsDown === 0) ledger.violated('no login went on at the surviving node')
  const { replayed, auditRows } = await checker.thoroughly(nodes)
  return {
    scenario: 'two nodes',
    violations: ledger.violations,
    figures: [
      { name: 'kills of one', value: count(kills) },
      { name: 'OTPs sent to both, accepted once', value: count(ledger.accepted) },
      { name: 'accepted while one was down', value: count(whileOneIsDown) },
      { name: 'longest time without an Accept', value: ms(longestGapMs), ok: longestGapMs < 1000 },
      { name: 'replayed at either, all rejected', value: count(replayed) },
      { name: 'audit rows, verified', value: count(auditRows) },
    ],
  }
}
