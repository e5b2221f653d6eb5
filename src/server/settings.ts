/** From the configuration to what the running parts need of it; made at start and again at each reload. */
import type { TokenDefaults } from '../admin/command.ts'
import type { Policy } from '../auth/authenticate.ts'
import type { PinKey } from '../auth/pin.ts'
import type { Config } from '../config/config.ts'
import { resolveSecrets } from '../config/secrets.ts'
import { buildClientTable } from './clients.ts'
import type { RadiusSettings } from './radius_settings.ts'

export interface Settings extends RadiusSettings {
  readonly tokenDefaults: TokenDefaults
  readonly eap: Config['eap']
  readonly warnings: readonly string[]
}

/** Throws ConfigError if a client's secret file cannot be read. */
export function settingsFrom(config: Config, pinKey: PinKey): Settings {
  const { radius, tokens, limits, eap } = config
  const secrets = resolveSecrets(config)
  const policy: Policy = {
    pinKey: { ...pinKey, storage: tokens.pinStorage },
    autoResync: tokens.autoResync,
    autoResyncTimeoutMs: tokens.autoResyncTimeoutMs,
    resetFailCounters: tokens.resetFailCounters,
    unlockAfterMs: tokens.unlockAfterMs,
  }
  return {
    clients: buildClientTable(secrets.clients),
    policy,
    rejectDelayMs: radius.rejectDelayMs,
    duplicateWindowMs: radius.duplicateWindowMs,
    limits,
    eap,
    tokenDefaults: {
      digits: tokens.digits,
      maxFail: tokens.maxFail,
      windows: {
        hotp: { window: tokens.window, syncWindow: tokens.syncWindow },
        totp: { window: tokens.totpWindow, syncWindow: tokens.totpSyncWindow },
      },
    },
    warnings: [...config.warnings, ...secrets.warnings],
  }
}

/** Keys that a reload cannot change, of those that differ: they take effect at the next start. */
export function needsRestart(before: Config, after: Config): string[] {
  const url = (config: Config) => Buffer.from(config.database.url.reveal()).toString()
  const fixed: readonly [string, (config: Config) => unknown][] = [
    ['server', (config) => config.server],
    ['database.url', url],
    ['radius.listen', (config) => config.radius.listen],
    ['admin.socket', (config) => config.admin.socket],
    ['metrics.listen', (config) => config.metrics.listen],
    ['log.format', (config) => config.log.format],
  ]
  return fixed
    .filter(([, part]) => JSON.stringify(part(before)) !== JSON.stringify(part(after)))
    .map(([key]) => key)
}
