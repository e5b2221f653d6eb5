/** From the configuration to what the running parts need of it; made at start and again at each reload. */
import type { TokenDefaults } from '../admin/command.ts'
import type { Policy } from '../auth/authenticate.ts'
import type { PinKey } from '../auth/pin.ts'
import type { Config } from '../config/config.ts'
import { resolveSecrets } from '../config/secrets.ts'
import { TrafficBook } from './client_traffic.ts'
import { buildClientTable } from './clients.ts'
import type { RadiusSettings } from './radius_settings.ts'
import { type RadsecSettings, radsecSettings } from './radsec/radsec_settings.ts'
import { Replies } from './replies.ts'

export interface Settings extends RadiusSettings {
  readonly tokenDefaults: TokenDefaults
  readonly eap: Config['eap']
  readonly replies: Replies
  readonly console: Config['console']
  /** Null: RADIUS over TLS is off. */
  readonly radsec: RadsecSettings | null
  readonly keepSessionsMs: number
  readonly warnings: readonly string[]
}

/** Throws ConfigError if a client's secret file or a certificate cannot be read. */
export function settingsFrom(config: Config, pinKey: PinKey, book = new TrafficBook()): Settings {
  const { radius, tokens, limits, eap } = config
  const secrets = resolveSecrets(config)
  const replies = new Replies(radius)
  const radsec = radsecSettings(config, secrets.clients, replies, book)
  const policy: Policy = {
    pinKey: { ...pinKey, storage: tokens.pinStorage },
    autoResync: tokens.autoResync,
    autoResyncTimeoutMs: tokens.autoResyncTimeoutMs,
    resetFailCounters: tokens.resetFailCounters,
    unlockAfterMs: tokens.unlockAfterMs,
    recordProblem: (record) => replies.problemOf(record),
  }
  return {
    clients: buildClientTable(secrets.clients, replies, book),
    replies,
    policy,
    rejectDelayMs: radius.rejectDelayMs,
    duplicateWindowMs: radius.duplicateWindowMs,
    limits,
    radsec,
    console: config.console,
    keepSessionsMs: config.accounting.keepMs,
    eap,
    tokenDefaults: {
      digits: tokens.digits,
      maxFail: tokens.maxFail,
      windows: {
        hotp: { window: tokens.window, syncWindow: tokens.syncWindow },
        totp: { window: tokens.totpWindow, syncWindow: tokens.totpSyncWindow },
      },
    },
    warnings: [...config.warnings, ...secrets.warnings, ...(radsec?.warnings ?? [])],
  }
}

/** Keys that a reload cannot change, of those that differ: they take effect at the next start. */
export function needsRestart(before: Config, after: Config): string[] {
  const url = (config: Config) => Buffer.from(config.database.url.reveal()).toString()
  const fixed: readonly [string, (config: Config) => unknown][] = [
    ['server', (config) => config.server],
    ['database.url', url],
    ['radius.listen', (config) => config.radius.listen],
    ['radsec.listen', (config) => config.radsec.listen],
    ['accounting.listen', (config) => config.accounting.listen],
    ['admin.socket', (config) => config.admin.socket],
    ['admin.sockets', (config) => config.admin.sockets],
    ['admin.role', (config) => config.admin.role],
    ['console.listen', (config) => [config.console.listen, config.console.tls]],
    ['metrics.listen', (config) => config.metrics.listen],
    ['log.format', (config) => config.log.format],
  ]
  const changed = fixed
    .filter(([, part]) => JSON.stringify(part(before)) !== JSON.stringify(part(after)))
    .map(([key]) => key)
  // By default it follows the other: one thing that was changed is told once.
  return changed.includes('radius.listen') ? changed.filter((key) => key !== 'accounting.listen') : changed
}
