/** Accounting as one thing: the server, what writes its sessions, its sockets, and the sweep of what is old. */
import type { Endpoint } from '../../network.ts'
import type { Store } from '../../storage/store.ts'
import type { Logger } from '../log.ts'
import type { Settings } from '../settings.ts'
import { listenUdp, type UdpListener } from '../udp_listener.ts'
import { AccountingServer } from './accounting_server.ts'
import { SessionSweep } from './session_sweep.ts'
import { SessionWriter } from './session_writer.ts'

export interface AccountingService {
  /** Takes what comes by other ways than its own sockets, such as TLS. */
  readonly server: AccountingServer
  /** Null: accounting is off over UDP. */
  readonly udp: UdpListener | null
  take(settings: Settings): void
  counters(): Record<string, number>
  /** Answers what was received. */
  drain(): Promise<void>
  close(): Promise<void>
}

export interface AccountingServiceOptions {
  readonly store: Store
  readonly settings: Settings
  readonly log: Logger
  readonly listen: readonly Endpoint[]
  readonly reusePort: boolean
}

/** Throws ListenError. */
export async function openAccounting(options: AccountingServiceOptions): Promise<AccountingService> {
  const { store, log, listen, reusePort } = options
  let { settings } = options
  const writer = new SessionWriter({ store })
  const server = new AccountingServer({
    settings,
    writer,
    store,
    log,
    now: Date.now,
    monotonicNow: () => performance.now(),
  })
  const udp =
    listen.length === 0
      ? null
      : await listenUdp({
          endpoints: listen,
          receive: (datagram, source) => server.receive(datagram, source),
          warn: (message) => log.warn(message),
          reusePort,
          setting: 'accounting.listen',
        })
  const sweep = new SessionSweep({ store, writer, keepMs: () => settings.keepSessionsMs, now: Date.now })
  return {
    server,
    udp,
    take: (next) => {
      settings = next
      server.settings = next
    },
    counters: () => ({ ...server.counters(), accountingWaiting: writer.depth }),
    drain: async () => {
      await sweep.stop()
      await server.drain()
    },
    close: async () => {
      await sweep.stop()
      await udp?.close()
    },
  }
}
