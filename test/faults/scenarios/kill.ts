/** kill -9 of the server at random moments under load: nothing that was answered is lost, and a start needs no repair. */
import { setTimeout as sleep } from 'node:timers/promises'
import { OwnPostgres } from '../own_postgres.ts'
import { Rig } from '../rig.ts'
import { count, median, ms, type Outcome, type Run, type Scenario } from '../run.ts'

const USERS = 600

export const killOnSqlite: Scenario = {
  name: 'kill-sqlite',
  title: 'kill -9 of the server, SQLite',
  play: async (run) => [
    await killAgainAndAgain('kill -9, SQLite', run, await Rig.open({ run, users: USERS })),
  ],
}

export const killOnPostgres: Scenario = {
  name: 'kill-postgres',
  title: 'kill -9 of the server, PostgreSQL',
  play: async (run) => {
    const postgres = await OwnPostgres.start()
    try {
      const rig = await Rig.open({ run, users: USERS, databaseUrl: postgres.url('postgres') })
      return [await killAgainAndAgain('kill -9, PostgreSQL', run, rig)]
    } finally {
      await postgres.close()
    }
  },
}

async function killAgainAndAgain(scenario: string, run: Run, rig: Rig): Promise<Outcome> {
  const kills = run.short ? 3 : 100
  const { ledger, checker, chance } = rig
  try {
    const node = await rig.node()
    const startsMs: number[] = []
    let replayed = 0
    for (let nth = 1; nth <= kills; nth++) {
      const load = await rig.load({ wrong: 0.05, replays: 0.05, retryAfterMs: 400, tries: 4 })
      const afterMs = chance.between(20, run.short ? 300 : 900)
      await sleep(afterMs)
      await node.kill()
      startsMs.push(await node.start())
      // Some logins are begun before and decided after.
      await sleep(50)
      await load.end()
      replayed += await checker.quickly(rig.nodes)
      run.say(
        `kill ${nth} after ${afterMs} ms: ready again in ${ms(startsMs.at(-1)!)}, ${count(ledger.accepted)} accepted`,
      )
      if (ledger.violationCount > 0) break
    }
    const { auditRows, verifyMs } = await checker.thoroughly(rig.nodes)
    return {
      scenario,
      violations: ledger.violations,
      figures: [
        { name: 'kills', value: count(startsMs.length) },
        { name: 'logins accepted', value: count(ledger.accepted) },
        { name: 'replayed after the kill, all rejected', value: count(replayed) },
        { name: 'OTPs spent whose Accept was never heard', value: count(ledger.spentUnheard) },
        { name: 'audit rows, verified', value: `${count(auditRows)} in ${ms(verifyMs)}` },
        {
          name: 'ready again: median, worst',
          value: `${ms(median(startsMs))}, ${ms(Math.max(...startsMs))}`,
        },
      ],
    }
  } finally {
    await rig.close()
  }
}
