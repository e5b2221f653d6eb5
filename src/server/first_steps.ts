/** What a person reads when the server is up: where things are, and what to type next. */
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type Config, describeDatabase } from '../config/config.ts'
import { VERSION } from '../version.ts'

export interface Started {
  readonly config: Config
  readonly listening: readonly string[]
  /** RADIUS over TLS. */
  readonly listeningTls: readonly string[]
  readonly accountingAt: readonly string[]
  readonly cwd: string
  /** Its URL; null: it is off. */
  readonly consoleAt: string | null
  /** One who can log in there. */
  readonly hasAdministrator: boolean
  /** No token yet: the next commands are shown. */
  readonly isEmpty: boolean
}

export function describeStart(started: Started): string {
  const { config, listening, listeningTls, accountingAt, consoleAt, cwd, isEmpty, hasAdministrator } = started
  const { server, radius, admin } = config
  const near = (path: string) => nearTo(cwd, path)
  const clients = radius.clients.map(({ name, secret }) =>
    secret !== null && 'file' in secret ? `${name} (secret in ${near(secret.file)})` : name,
  )
  const rows = [
    ['listening', listening.join(', ')],
    ...(listeningTls.length === 0 ? [] : [['over TLS', listeningTls.join(', ')]]),
    ...(accountingAt.length > 0 ? [['accounting', accountingAt.join(', ')]] : []),
    ...(consoleAt === null ? [] : [['console', consoleAt]]),
    ['clients', shortList(clients)],
    ['database', describeDatabase(config.database.url).replace(`${cwd}/`, '')],
    ['master key', `${near(server.masterKeyFile)} (back it up: without it the tokens are lost)`],
    ...(server.workers > 1 ? [['processes', String(server.workers)]] : []),
    ['admin socket', near(admin.socket)],
  ]
  const table = rows.map(([name, value]) => `  ${`${name}`.padEnd(14)}${value}`)
  const lines = [`Sallyport ${VERSION} is ready.`, ...table]
  if (isEmpty) {
    const program = launcher(config, cwd)
    lines.push('', 'Next, in another terminal:')
    lines.push(`  ${program} token enroll --user alice --type totp`)
    // Where clients are configured, this machine need not be one of them.
    lines.push(`  ${program} ${radius.usesLocalhostClient ? 'test' : 'login check'} alice`)
  }
  if (consoleAt !== null && !hasAdministrator) {
    lines.push('', 'To log in to the console, in another terminal:')
    lines.push(`  ${launcher(config, cwd)} admin add ${isEmpty ? 'alice' : 'NAME'} --role admin`)
  }
  return `${lines.join('\n')}\n`
}

const CLIENTS_SHOWN = 4

function shortList(names: readonly string[]): string {
  if (names.length <= CLIENTS_SHOWN) return names.join(', ')
  return `${names.slice(0, CLIENTS_SHOWN).join(', ')} and ${names.length - CLIENTS_SHOWN} more`
}

function launcher({ file }: Config, cwd: string): string {
  const program = existsSync(join(cwd, 'bin', 'sallyport')) ? 'bin/sallyport' : 'sallyport'
  return file === null ? program : `${program} --config ${nearTo(cwd, file)}`
}

/** As one would type it there. */
function nearTo(cwd: string, path: string): string {
  const shorter = relative(cwd, path)
  return shorter.startsWith('..') ? path : shorter
}
