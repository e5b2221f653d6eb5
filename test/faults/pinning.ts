/** Where there are two cores, the server has one for itself, and all that loads it shares another. */
import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'

const CAN_PIN = cpus().length > 1 && spawnSync('taskset', ['--version']).status === 0

/** Runs a server. */
export const ON_ITS_CORE: readonly string[] = CAN_PIN ? ['taskset', '-c', '0'] : []

/** This process and those that it will start; the answer lets it go again. */
export function pinOurselves(): () => void {
  const pin = (cores: string) => {
    if (CAN_PIN) spawnSync('taskset', ['-acp', cores, String(process.pid)])
  }
  const last = cpus().length - 1
  pin(`1-${last}`)
  return () => pin(`0-${last}`)
}
