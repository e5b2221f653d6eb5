/** Counts datagrams that get no answer, and says why in the log without ever flooding it. */
import { type Client, clientLinesFor } from './clients.ts'
import type { Logger } from './log.ts'
import type { Fields } from './log_line.ts'
import { Throttle } from './throttle.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60_000
const SOURCES = 1024

/** What an administrator should do about it. */
const REMEDIES: Record<string, string> = {
  'wrong-message-authenticator': 'the shared secret is probably not the same on both sides',
  'no-message-authenticator':
    'the client sends no Message-Authenticator (CVE-2024-3596): update it, or set require_message_authenticator = "auto" for this client',
  'proxy-state-without-message-authenticator':
    'a proxy must send Message-Authenticator (CVE-2024-3596): update it, or set limit_proxy_state = false for this client',
}

export class DropLog {
  /** By reason; for `server status`. */
  readonly counts = new Map<string, number>()
  readonly #log: Logger
  readonly #perSecond = new Throttle({ intervalMs: SECOND_MS, maxKeys: SOURCES })
  readonly #perMinute = new Throttle({ intervalMs: MINUTE_MS, maxKeys: SOURCES })

  constructor(log: Logger) {
    this.#log = log
  }

  unknownClient(address: string, now: number): void {
    this.#count('unknown-client')
    const suppressed = this.#perMinute.admit(address, now)
    if (suppressed === null) return
    this.#log.warn(
      'datagram from an unknown client dropped; these lines of the configuration would admit it:',
      {
        address,
        ...repeated(suppressed),
      },
    )
    for (const line of clientLinesFor(address)) this.#log.warn(`  ${line}`)
  }

  /** `reason`: of MalformedPacket, or why it was not admitted. */
  dropped(reason: string, client: Client, address: string, now: number): void {
    this.#count(reason)
    const suppressed = this.#perSecond.admit(`${address} ${reason}`, now)
    if (suppressed === null) return
    const remedy = REMEDIES[reason]
    this.#log.warn('datagram dropped', {
      reason,
      client: client.name,
      address,
      ...(remedy === undefined ? {} : { remedy }),
      ...repeated(suppressed),
    })
  }

  /** Not the client's doing: we cannot decide it now. */
  unanswered(reason: string, client: Client, error: unknown, now: number): void {
    this.#count(reason)
    const suppressed = this.#perSecond.admit(reason, now)
    if (suppressed === null) return
    const said = error instanceof Error ? error.message : String(error)
    this.#log.error('no answer given: the client will try again or fail over', {
      reason,
      client: client.name,
      error: said,
      ...repeated(suppressed),
    })
  }

  #count(reason: string): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1)
  }
}

function repeated(suppressed: number): Fields {
  return suppressed === 0 ? {} : { alsoDropped: suppressed }
}
