/** PostgreSQL is killed, paused, cut off and full, under load: no reply meanwhile, no crash, and it goes on by itself. */
import { chownSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Wire } from '../../support/wire.ts'
import { OwnPostgres } from '../own_postgres.ts'
import { recovery } from '../recovery.ts'
import { Rig } from '../rig.ts'
import { count, type Figure, ms, type Outcome, type Run, type Scenario } from '../run.ts'
import { SmallDisk } from '../small_disk.ts'

const USERS = 400
const DISK_MEGABYTES = 256
const GOAL_MS = 2000
const ADMIN_MS = 3000
const MIX = { wrong: 0.03, replays: 0.03, retryAfterMs: 300, tries: 4 }
/** Replies that were under way when it failed. */
const UNDER_WAY_MS = 150

export const postgres: Scenario = {
  name: 'postgres',
  title: 'PostgreSQL fails',
  play: async (run) => {
    const postgres = await OwnPostgres.start()
    const disk = SmallDisk.mount(DISK_MEGABYTES)
    await makeDatabase(postgres, disk)
    const rig = await Rig.open({ run, users: USERS, databaseUrl: postgres.url('faults') })
    const wire = await Wire.open(new URL(rig.databaseUrl))
    // In the reverse order.
    if (typeof disk !== 'string') rig.closing(() => disk.unmount())
    rig.closing(() => postgres.close())
    rig.closing(() => wire.close())
    try {
      return [await play(run, rig, { postgres, wire, disk })]
    } finally {
      await rig.close()
    }
  },
}

interface Parts {
  readonly postgres: OwnPostgres
  readonly wire: Wire
  readonly disk: SmallDisk | string
}

/** Its tables are on the small disk; its log of writes is not, for without that PostgreSQL itself gives up. */
async function makeDatabase(postgres: OwnPostgres, disk: SmallDisk | string): Promise<void> {
  if (typeof disk === 'string') {
    await postgres.ask('CREATE DATABASE faults')
    return
  }
  const { uid, gid } = postgres.owner
  chownSync(disk.directory, uid, gid)
  await postgres.ask(`CREATE TABLESPACE small LOCATION '${disk.directory}'`)
  await postgres.ask('CREATE DATABASE faults TABLESPACE small')
}

interface Fault {
  readonly name: string
  readonly strike: () => unknown
  /** Resolves when the database is back. */
  readonly mend: () => unknown
  readonly lastsMs: number
  /** While it lasts nothing may be answered. */
  readonly isTotal: boolean
}

function faultsOf({ postgres, wire, disk }: Parts, short: boolean): Fault[] {
  const back = async () => {
    for (;;) {
      const answer = await postgres.ask('SELECT 1').catch(() => null)
      if (answer !== null) return
      await sleep(5)
    }
  }
  const terminate = () =>
    postgres.ask(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sallyport'",
    )
  const killBackends = () => {
    for (const pid of postgres.children()) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {}
    }
  }
  const long = short ? 700 : 6000
  const total = { isTotal: true }
  const faults: Fault[] = [
    { name: 'backends killed', strike: killBackends, mend: back, lastsMs: 0, isTotal: false },
    {
      name: 'killed (SIGQUIT)',
      strike: () => postgres.kill('SIGQUIT'),
      mend: () => postgres.start(),
      lastsMs: 500,
      ...total,
    },
    {
      name: 'killed (SIGKILL)',
      strike: () => postgres.kill('SIGKILL'),
      mend: () => postgres.start(),
      lastsMs: 500,
      ...total,
    },
    {
      name: 'paused',
      strike: () => postgres.pause(),
      mend: () => postgres.resume(),
      lastsMs: long,
      ...total,
    },
    { name: 'connections terminated', strike: terminate, mend: () => {}, lastsMs: 0, isTotal: false },
    { name: 'wire cut', strike: () => wire.cut(), mend: () => wire.mend(), lastsMs: long, ...total },
    {
      name: 'wire stalled',
      strike: () => wire.mute(),
      mend: () => wire.resume(),
      lastsMs: short ? 700 : 1500,
      ...total,
    },
    {
      name: 'wire a black hole, then new connections only',
      strike: () => wire.mute(),
      mend: () => wire.mendSilently(),
      lastsMs: long,
      ...total,
    },
  ]
  if (typeof disk !== 'string') {
    faults.push({
      name: 'disk full',
      strike: () => disk.fill(),
      mend: () => disk.free(),
      lastsMs: long,
      isTotal: false,
    })
  }
  return faults
}

async function play(run: Run, rig: Rig, parts: Parts): Promise<Outcome> {
  const { ledger, checker, chance } = rig
  const node = await rig.node({ databaseUrl: parts.wire.url })
  const rounds = run.short ? 1 : 5
  const recoveriesMs = new Map<string, number[]>()
  const hanging: string[] = []
  for (let round = 0; round < rounds; round++) {
    for (const fault of faultsOf(parts, run.short)) {
      const load = await rig.load({ ...MIX, outstanding: run.short ? 16 : 64 })
      await sleep(chance.between(200, run.short ? 300 : 500))
      await fault.strike()
      await sleep(UNDER_WAY_MS)
      const before = ledger.replies
      await sleep(fault.lastsMs * (0.5 + chance.next() / 2))
      const during = ledger.replies - before
      await fault.mend()
      const recoveredMs = await recovery(load)
      recoveriesMs.set(fault.name, [...(recoveriesMs.get(fault.name) ?? []), recoveredMs])
      await sleep(200)
      await load.end()
      // What an operator asks must come back as well. Where it does not, all connections are broken, to go on.
      const asked = await node.command('token', 'list', { limit: 1 }, ADMIN_MS).catch((error: Error) => error)
      if (asked instanceof Error) {
        hanging.push(`${fault.name}: ${asked.message}`)
        parts.wire.mend()
      }
      run.say(`${fault.name}: ${during} replies meanwhile, accepts again after ${ms(recoveredMs)}`)
      if (fault.isTotal && during > 0) ledger.violated(`${fault.name}: ${during} replies while it lasted`)
      await checker.quickly(rig.nodes)
      if (ledger.violationCount > 0) break
    }
  }
  const said = await node.logged(/ error no answer given/, 1)
  if (said.length === 0) ledger.violated('the log does not say that the database fails')
  const { replayed, auditRows } = await checker.thoroughly(rig.nodes)
  const recovered = [...recoveriesMs].map(([name, all]): Figure => {
    const worst = Math.max(...all)
    return { name: `${name}: accepts again after its return, worst`, value: ms(worst), ok: worst <= GOAL_MS }
  })
  const notRun: Figure[] =
    typeof parts.disk === 'string' ? [{ name: 'disk full', value: `not run: ${parts.disk}` }] : []
  return {
    scenario: 'PostgreSQL fails',
    violations: ledger.violations,
    figures: [
      { name: 'logins accepted', value: count(ledger.accepted) },
      { name: 'replayed, all rejected', value: count(replayed) },
      { name: 'OTPs spent whose Accept was never heard', value: count(ledger.spentUnheard) },
      { name: 'audit rows, verified', value: count(auditRows) },
      ...recovered,
      ...hanging.map((what) => ({ name: 'admin command afterwards', value: what, ok: false })),
      ...notRun,
    ],
  }
}
