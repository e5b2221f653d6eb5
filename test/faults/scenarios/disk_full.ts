/** The disk of SQLite is full, and then it is not: no Accept without its commit, words in the log, and it goes on by itself. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { recovery } from '../recovery.ts'
import { Rig } from '../rig.ts'
import { count, ms, type Outcome, type Run, type Scenario, skipped } from '../run.ts'
import { SmallDisk } from '../small_disk.ts'

const DISK_MEGABYTES = 64
const USERS = 400

export const diskFull: Scenario = {
  name: 'disk-full',
  title: 'disk full, SQLite',
  play: async (run) => {
    const disk = SmallDisk.mount(DISK_MEGABYTES)
    if (typeof disk === 'string') return [skipped('disk full, SQLite', disk)]
    const databaseUrl = `sqlite:${join(disk.directory, 'sallyport.db')}`
    const rig = await Rig.open({ run, users: USERS, databaseUrl })
    rig.closing(() => disk.unmount())
    try {
      return [await play(run, rig, disk)]
    } finally {
      await rig.close()
    }
  },
}

async function play(run: Run, rig: Rig, disk: SmallDisk): Promise<Outcome> {
  const { ledger, checker, chance } = rig
  const node = await rig.node()
  const times = run.short ? 3 : 9
  const recoveriesMs: number[] = []
  for (let nth = 1; nth <= times; nth++) {
    const load = await rig.load({ retryAfterMs: 300, tries: 3, outstanding: 64 })
    await sleep(chance.between(100, run.short ? 200 : 600))
    disk.fill()
    const before = load.accepts
    await sleep(chance.between(400, run.short ? 500 : 1500))
    const during = load.accepts - before
    // Some have room still: the WAL is written again from its start. What was accepted must be there after a kill, too.
    const dies = nth % 2 === 0
    if (dies) await node.kill()
    disk.free()
    if (dies) await node.start()
    else recoveriesMs.push(await recovery(load))
    await load.end()
    await checker.quickly(rig.nodes)
    run.say(
      `full for the ${nth}. time: ${during} still accepted, ${dies ? 'killed' : `again after ${ms(recoveriesMs.at(-1)!)}`}`,
    )
  }
  const said = await node.logged(/ error .*(full|space)/i, 3)
  if (said.length === 0) ledger.violated('the log does not say that the disk is full')
  else run.say(`log: ${said[0]}`)
  const { replayed, auditRows } = await checker.thoroughly(rig.nodes)
  const worst = Math.max(...recoveriesMs)
  return {
    scenario: 'disk full, SQLite',
    violations: ledger.violations,
    figures: [
      { name: 'times full, every other time with a kill -9', value: count(times) },
      { name: 'logins accepted', value: count(ledger.accepted) },
      { name: 'replayed, all rejected', value: count(replayed) },
      { name: 'audit rows, verified', value: count(auditRows) },
      { name: 'accepts again after space is back, worst', value: ms(worst), ok: worst <= 2000 },
    ],
  }
}
