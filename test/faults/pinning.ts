/** Where there are two cores, the server has one for itself, and all that loads it shares the others. */
import { spawnSync } from 'node:child_process'

const ALLOWED = allowedCores()
const CAN_PIN = ALLOWED.length > 1

/** Runs a server. */
export const ON_ITS_CORE: readonly string[] = CAN_PIN ? ['taskset', '-c', String(ALLOWED[0])] : []

/** This process and those that it will start; the answer lets it go again. */
export function pinOurselves(): () => void {
  const pin = (cores: readonly number[]) => {
    if (CAN_PIN) spawnSync('taskset', ['-acp', cores.join(','), String(process.pid)])
  }
  pin(ALLOWED.slice(1))
  return () => pin(ALLOWED)
}

/** `0,2-3` as numbers; none where there is no taskset. */
function allowedCores(): number[] {
  const { stdout } = spawnSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' })
  const list = /list: ([\d,-]+)/.exec(stdout ?? '')?.[1]?.split(',') ?? []
  return list.flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, index) => from + index)
  })
}
