/** Opens the console: its certificate, its files, its socket. A default port that is taken costs the console alone. */
import { once } from 'node:events'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Command } from '../../admin/command.ts'
import type { Config } from '../../config/config.ts'
import { type AdminParts, adminContext, consoleSessions, passwords } from '../admin_context.ts'
import { expiryWarning } from '../certificate_watch.ts'
import { StartError } from '../data_directory.ts'
import type { Logger } from '../log.ts'
import { formatEndpoint, ListenError } from '../udp_listener.ts'
import { createConsoleApp } from './console_app.ts'
import { consoleCertificate } from './console_certificate.ts'
import { ConsoleLogins } from './console_logins.ts'
import { knownBrowsers } from './known_browser.ts'
import { readStaticFiles } from './static_files.ts'

export interface OpenConsoleOptions {
  readonly config: Config
  readonly commands: readonly Command[]
  readonly version: string
  readonly parts: AdminParts
  readonly log: Logger
  /** Of the built front end. */
  readonly directory?: string
}

export interface Console {
  /** Where a browser finds it. */
  readonly url: string
  /** Null without TLS. */
  certificateExpiresAt(): number | null
  readonly isSelfSigned: boolean
  /** Takes up a renewed certificate; answers warnings. One that cannot be used leaves the old one in force. */
  reload(settings: Config['console']): Promise<readonly string[]>
  close(): Promise<void>
}

export const CERTIFICATE = 'console.certificate_file'
const BUILT = fileURLToPath(new URL('../../../build/console', import.meta.url))

/** Null: it is off, or its default port is taken. Throws ListenError, StartError. */
export async function openConsole({
  config,
  commands,
  version,
  parts,
  log,
  directory = BUILT,
}: OpenConsoleOptions): Promise<Console | null> {
  const { console: settings, server } = config
  if (settings.listen === null) return null
  const certificateOf = (from: Config['console']) => consoleCertificate(from, server.dataDir, Date.now())
  let current = await certificateOf(settings)
  const sessions = consoleSessions(parts)
  const { transact, store } = adminContext(parts, { actor: 'console', source: '', role: 'viewer' })
  const logins = new ConsoleLogins({
    store,
    sessions,
    passwords,
    transact,
    policy: () => parts.settings().policy,
    now: Date.now,
  })
  const app = createConsoleApp({
    commands,
    version,
    contextFor: (caller) => adminContext(parts, caller),
    sessions,
    logins,
    known: knownBrowsers(parts.keys, Date.now),
    store,
    files: readStaticFiles(directory),
    config: () => parts.settings().console,
    tls: current,
    isTrusted: current !== null && !current.isSelfSigned,
    log,
  })
  const warning = expiryWarning(current?.expiresAt ?? null, Date.now(), CERTIFICATE)
  if (warning !== null) log.warn(warning)
  await app.ready()
  const { host, port } = settings.listen
  try {
    app.server.listen({ host, port })
    await once(app.server, 'listening')
  } catch (error) {
    await app.close()
    const refused = listenRefusal(host, port, error)
    if (!settings.isDefault) throw refused
    log.warn(`there is no console: ${refused.message}`, { hint: refused.hint })
    return null
  }
  app.server.on('error', (error) => log.error('the console failed', { error }))
  const bound = formatEndpoint(host, (app.server.address() as AddressInfo).port)
  return {
    url: settings.url ?? `${current === null ? 'http' : 'https'}://${bound}`,
    certificateExpiresAt: () => current?.expiresAt ?? null,
    isSelfSigned: current?.isSelfSigned ?? false,
    reload: async (next) => {
      if (current === null) return []
      try {
        // Whether there is TLS takes effect at the next start.
        current = (await certificateOf({ ...next, tls: true })) ?? current
      } catch (error) {
        if (!(error instanceof StartError)) throw error
        return [`${error.message}: the one before stays in force`]
      }
      const { cert, key, expiresAt } = current
      ;(app.server as unknown as Server).setSecureContext({ cert, key, minVersion: 'TLSv1.2' })
      const warning = expiryWarning(expiresAt, Date.now(), CERTIFICATE)
      return warning === null ? [] : [warning]
    },
    close: async () => {
      await app.close()
    },
  }
}

function listenRefusal(host: string, port: number, error: unknown): ListenError {
  const { code, message } = error as NodeJS.ErrnoException
  const why = code === 'EADDRINUSE' ? 'another program listens there' : (code ?? message)
  return new ListenError(
    `console.listen: cannot listen on ${host}, TCP port ${port}: ${why}`,
    'set console.listen to another address and port, or to "off"',
  )
}
