/** The number of a group of the system, for the sockets of those whose role is less. Reads /etc/group alone. */
import { readFileSync } from 'node:fs'
import { StartError } from './data_directory.ts'

/** Throws StartError. */
export function groupNumber(group: string | number | null): number | null {
  if (group === null || typeof group === 'number') return group
  const lines = readFileSync('/etc/group', 'utf8').split('\n')
  const found = lines.map((line) => line.split(':')).find(([name]) => name === group)
  if (found !== undefined) return Number(found[2])
  throw new StartError(
    `there is no group ${JSON.stringify(group)} in /etc/group`,
    'create it, or give its number as the group of [[admin.sockets]]',
  )
}
