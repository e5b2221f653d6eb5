/** What the log says of a login that was decided, or of a request that was none. Knows no packet and no account. */
import type { Verdict } from '../auth/verdict.ts'
import type { Logger } from './log.ts'
import { REMEDIES } from './remedies.ts'

export interface Circumstances {
  readonly client: { readonly name: string }
  readonly source: { readonly address: string }
  readonly receivedAt: number
}

const SAID = { accept: 'login accepted', reject: 'login rejected', challenge: 'login challenged' }

export function logVerdict(
  log: Logger,
  of: Circumstances,
  user: string,
  verdict: Verdict,
  now: number,
): void {
  const { serials } = verdict
  log.info(SAID[verdict.kind], {
    reason: verdict.reason,
    user,
    serial: serials.length === 0 ? undefined : serials.length === 1 ? serials[0] : serials.join(' '),
    client: of.client.name,
    source: of.source.address,
    ms: Math.round(now - of.receivedAt),
  })
}

/** With what helps, where nothing but the administrator's hand will change what comes next. */
export function logRefusal(log: Logger, of: Circumstances, reason: string, now: number): void {
  const remedy = REMEDIES[reason]
  log[remedy === undefined ? 'info' : 'warn']('login rejected', {
    reason,
    client: of.client.name,
    source: of.source.address,
    ms: Math.round(now - of.receivedAt),
    ...(remedy === undefined ? {} : { remedy }),
  })
}
