/** What `[accounting]` of the configuration means. */
import type { Endpoint } from '../network.ts'
import { durationMs } from './rules.ts'
import type { Settings } from './schema.ts'

export interface AccountingConfig {
  /** Empty: off. */
  readonly listen: readonly Endpoint[]
  /** How long a session is kept after the last that was heard of it. */
  readonly keepMs: number
}

/** `radius`: where authentication listens. */
export function accountingConfig(
  { listen, keep }: Settings['accounting'],
  radius: readonly Endpoint[],
): AccountingConfig {
  return { listen: listen ?? accountingPorts(radius), keepMs: durationMs(keep) }
}

/** RFC 2866 §3 gives it 1813, the one behind 1812; old devices use 1645 and 1646. */
function accountingPorts(listen: readonly Endpoint[]): Endpoint[] {
  const isTaken = (host: string, port: number) => listen.some((one) => one.host === host && one.port === port)
  return listen
    .map(({ host, port }) => ({ host, port: port === 0 ? 0 : port + 1 }))
    .filter(({ host, port }) => port === 0 || (port < 65_536 && !isTaken(host, port)))
}
