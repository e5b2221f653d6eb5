/** EAP as the server has it: opened with the certificate that is there, which a reload exchanges; watched, counted, closed. */
import type { ServerStatus } from '../../admin/command.ts'
import type { Keys } from '../../seal.ts'
import type { Store } from '../../storage/store.ts'
import type { Committer } from '../committer.ts'
import type { Logger } from '../log.ts'
import { certificateWarning, type EapCertificate, readEapCertificate } from './eap_certificate.ts'
import { EapLogins } from './eap_logins.ts'
import { EapServer } from './eap_server.ts'
import { EapSessions } from './eap_sessions.ts'

export interface EapService {
  readonly logins: EapLogins
  /** Throws StartError if what is there cannot be used. */
  readCertificate(): EapCertificate | null
  /** From the next conversation on. */
  use(certificate: EapCertificate | null): void
  status(): ServerStatus['eap']
  /** What the log says at start and at a reload. */
  warnings(): readonly string[]
  counters(): Record<string, number>
  /** Stores what is not stored yet. */
  flush(): Promise<void>
  close(): void
}

export interface EapServiceOptions {
  readonly dataDir: string
  readonly store: Store
  readonly keys: Keys
  readonly committer: Committer
  readonly log: Logger
  readonly resumeForMs: () => number
}

const TIDY_EVERY_MS = 10_000
const FORGET_EVERY_MS = 600_000
const WARN_EVERY_MS = 86_400_000

/** Throws StartError if there is a certificate that cannot be used. */
export function openEap(options: EapServiceOptions): EapService {
  const { dataDir, store, keys, committer, log, resumeForMs } = options
  const monotonicNow = () => performance.now()
  const sessions = new EapSessions({ store, keys, now: Date.now, log, resumeForMs })
  const server = new EapServer({ sessions, monotonicNow })
  const { conversations } = server
  const readCertificate = () => readEapCertificate(dataDir)
  const warning = () => server.certificate && certificateWarning(server.certificate, Date.now())
  const warnings = () => [warning()].filter((text) => text !== null)
  const use = (certificate: EapCertificate | null) => {
    server.certificate = certificate
  }
  use(readCertificate())
  const timers = [
    setInterval(() => conversations.tidy(monotonicNow()), TIDY_EVERY_MS),
    setInterval(() => sessions.tidy().catch(() => {}), FORGET_EVERY_MS),
    setInterval(() => {
      for (const text of warnings()) log.warn(text)
    }, WARN_EVERY_MS),
  ]
  for (const timer of timers) timer.unref()
  return {
    logins: new EapLogins({ server, committer, log }),
    readCertificate,
    use,
    status: () => {
      const { certificate } = server
      if (certificate === null) return null
      const { names, validUntil } = certificate
      return { serverName: names.join(', '), validUntil, warning: warning() }
    },
    warnings,
    counters: () => ({
      eapConversations: conversations.size,
      eapPushedOut: conversations.counts.pushedOut,
      eapTimedOut: conversations.counts.timedOut,
    }),
    flush: () => sessions.flush(),
    close: () => {
      for (const timer of timers) clearInterval(timer)
      conversations.close()
    },
  }
}
