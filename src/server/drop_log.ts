/** Counts datagrams that get no answer, and says why in the log without ever flooding it; limited logins too. */
import type { AccountKey } from '../auth/account.ts'
import { RecentFaults } from './client_traffic.ts'
import { type Client, clientLinesFor } from './clients.ts'
import type { Logger } from './log.ts'
import type { Fields } from './log_line.ts'
import { Throttle } from './throttle.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60_000
const SOURCES = 1024
const TOO_MANY_FAULTS = 'too-many-faults'

/** What an administrator should do about it. */
const REMEDIES: Record<string, string> = {
  'wrong-message-authenticator': 'the shared secret is probably not the same on both sides',
  'wrong-request-authenticator': 'the shared secret is probably not the same on both sides',
  'no-acct-status-type': 'the device breaks RFC 2866 §5.1: update it',
  'no-acct-session-id': 'the device breaks RFC 2866 §5.5: it must name the session',
  'no-nas-identity': 'set a NAS-Identifier or NAS-IP-Address on the device (RFC 2866 §4.1)',
  'no-message-authenticator':
    'the client sends no Message-Authenticator (CVE-2024-3596): update it, or set require_message_authenticator = "auto" for this client',
  'proxy-state-without-message-authenticator':
    'a proxy must send Message-Authenticator (CVE-2024-3596): update it, or set limit_proxy_state = false for this client',
  'too-many-faults':
    'this source sent more faulty datagrams than limits.source_rate: see the lines before, or look for who forges it',
  'too-many-logins':
    'a device or a person tries this user again and again: find out which; limits.account_rate is how many it may',
}

export class DropLog {
  /** By reason; for `server status`. */
  readonly counts = new Map<string, number>()
  /** By reason, of what was answered with a Reject. */
  readonly rejects = new Map<string, number>()
  readonly recent = new RecentFaults()
  readonly #log: Logger
  readonly #perSecond = new Throttle({ intervalMs: SECOND_MS, maxKeys: SOURCES })
  readonly #heldBack = new Throttle({ intervalMs: SECOND_MS, maxKeys: SOURCES })
  readonly #limited = new Throttle({ intervalMs: SECOND_MS, maxKeys: SOURCES })
  readonly #perMinute = new Throttle({ intervalMs: MINUTE_MS, maxKeys: SOURCES })

  constructor(log: Logger) {
    this.#log = log
  }

  unknownClient(address: string, now: number): void {
    this.#count('unknown-client')
    this.recent.add(address, null, 'unknown-client', now)
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
    this.#note(reason, client, address, now)
    const suppressed = this.#perSecond.admit(`${address} ${reason}`, now)
    if (suppressed !== null) this.#logDropped(reason, client, address, suppressed)
  }

  /** Dropped unread, since its source sent too many faulty ones. */
  heldBack(client: Client, address: string, now: number): void {
    this.#count(TOO_MANY_FAULTS)
    this.#note(TOO_MANY_FAULTS, client, address, now)
    const suppressed = this.#heldBack.admit(address, now)
    if (suppressed !== null) this.#logDropped(TOO_MANY_FAULTS, client, address, suppressed)
  }

  /** A login that was rejected undecided, since there were too many of this account; the caller counts it. */
  limited(key: AccountKey, user: string, client: Client, address: string, now: number): void {
    const reason = 'too-many-logins'
    this.rejected(reason)
    this.#note(reason, client, address, now)
    const suppressed = this.#limited.admit(key, now)
    if (suppressed === null) return
    const also = suppressed === 0 ? {} : { alsoRejected: suppressed }
    this.#log.warn('login rejected', {
      reason,
      user,
      client: client.name,
      source: address,
      remedy: REMEDIES[reason],
      ...also,
    })
  }

  #logDropped(reason: string, client: Client, address: string, suppressed: number): void {
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
    client.traffic.fault(reason, null, now)
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

  /** A request that was rejected since it is no login; its caller logs it. */
  refused(reason: string, client: Client, address: string, now: number): void {
    this.rejected(reason)
    this.#note(reason, client, address, now)
  }

  rejected(reason: string): void {
    this.rejects.set(reason, (this.rejects.get(reason) ?? 0) + 1)
  }

  #note(reason: string, client: Client, address: string, now: number): void {
    client.traffic.fault(reason, address, now)
    this.recent.add(address, client.name, reason, now)
  }

  #count(reason: string): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1)
  }
}

function repeated(suppressed: number): Fields {
  return suppressed === 0 ? {} : { alsoDropped: suppressed }
}
