/**
 * The configuration: the file, then the environment over it, checked as a whole and frozen. Secrets in files of their own
 * are read by secrets.ts. Reference: spec/commands.md, "Configuration".
 */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { type Endpoint, parseEndpoint } from '../network.ts'
import type { Dictionary } from '../radius/dictionary.ts'
import type { ReplyRules } from '../radius/reply_rules.ts'
import { Secret } from '../secret.ts'
import { type AccountingConfig, accountingConfig } from './accounting.ts'
import { type ClientConfig, clientConfig, holdsSecret, localhostClient } from './clients.ts'
import { type AdminRole, type ConsoleConfig, consoleConfig, type RoleSocket, roleSockets } from './console.ts'
import { readOverrides } from './environment.ts'
import { ConfigError, describeFileError, describeIssue } from './problems.ts'
import { comesOverTlsOnly, type RadsecConfig, radsecConfig } from './radsec.ts'
import { type ReadReplies, readReplies } from './replies.ts'
import { type Settings, schema } from './schema.ts'
import {
  clientWarnings,
  fileWarnings,
  mschapWarnings,
  rejectDelayWarnings,
  secretWarnings,
} from './warnings.ts'

export { ConfigError } from './problems.ts'

export interface Config {
  /** The file that was read, as an absolute path. */
  readonly file: string | null
  readonly server: {
    readonly node: string
    readonly dataDir: string
    readonly masterKeyFile: string
    /** Processes that serve RADIUS. */
    readonly workers: number
  }
  /** May hold a password: print it by `describeDatabase` only. */
  readonly database: { readonly url: Secret; readonly cachedTokens: number }
  readonly radius: {
    readonly listen: readonly Endpoint[]
    readonly rejectDelayMs: number
    readonly duplicateWindowMs: number
    readonly clients: readonly ClientConfig[]
    /** By name: what replies to their users say. */
    readonly groups: ReadonlyMap<string, ReplyRules>
    /** What attributes may be called. */
    readonly dictionary: Dictionary
    /** No client is configured: this machine alone is one, by a secret that the first start makes. */
    readonly usesLocalhostClient: boolean
  }
  readonly radsec: RadsecConfig
  readonly accounting: AccountingConfig
  readonly admin: {
    readonly socket: string
    /** Of those who come by it. */
    readonly role: AdminRole
    readonly sockets: readonly RoleSocket[]
  }
  readonly console: ConsoleConfig
  readonly tokens: {
    readonly digits: 6 | 8
    /** HOTP; `totpWindow` and `totpSyncWindow` are counted in time steps on either side. */
    readonly window: number
    readonly syncWindow: number
    readonly totpWindow: number
    readonly totpSyncWindow: number
    /** 0 = no limit. */
    readonly maxFail: number
    readonly autoResync: boolean
    readonly autoResyncTimeoutMs: number
    /** How PINs that are set from now on are kept. */
    readonly pinStorage: 'mac' | 'sealed'
    readonly resetFailCounters: 'token' | 'account'
    /** 0 = until reset. */
    readonly unlockAfterMs: number
  }
  /** How long EAP sessions go on without a new OTP; 0 = not at all. */
  readonly eap: { readonly resumeForMs: number }
  readonly limits: { readonly account: RateLimit; readonly source: RateLimit }
  readonly metrics: { readonly listen: Endpoint | null }
  readonly log: { readonly level: 'error' | 'warn' | 'info' | 'debug'; readonly format: 'text' | 'json' }
  /** For the log at start: what works but should not stay. */
  readonly warnings: readonly string[]
}

/** A token bucket: full with `burst`, refilled by `perSecond`; null = no limit. */
export type RateLimit = { readonly burst: number; readonly perSecond: number } | null

export interface ConfigSource {
  /** Null: the defaults and the environment alone. */
  readonly file: string | null
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** What the file holds, where it has been read before; else it is read now. */
  readonly text?: string | null
}

/** Throws ConfigError with every problem found, and the file or variable and key of each. */
export function readConfig({ file, env, cwd, text }: ConfigSource): Config {
  const path = file === null ? null : resolve(cwd, file)
  const fileText = path === null ? null : (text ?? readText(path))
  const root = path === null ? {} : readToml(path, fileText ?? '')
  const { overrides, problems } = readOverrides(env)
  const variables = new Map(overrides.map(({ variable, section, key }) => [`${section}.${key}`, variable]))
  for (const { section, key, value } of overrides) {
    root[section] ??= {}
    const table = root[section]
    if (isTable(table)) table[key] = value
  }
  const sourceOf = ([section, key]: readonly PropertyKey[]) =>
    variables.get(`${String(section)}.${String(key)}`) ?? path ?? 'configuration'

  const { data: settings, error } = schema.safeParse(root)
  for (const issue of error?.issues ?? []) {
    problems.push(...describeIssue(issue, root).map((sentence) => `${sourceOf(issue.path)}: ${sentence}`))
  }
  if (settings === undefined || problems.length > 0) throw new ConfigError(problems, hintFor(path))
  const base = path === null ? cwd : dirname(path)
  const replies = readReplies({ settings: settings.radius, base, root, text: fileText, sourceOf })
  if (replies.problems.length > 0) throw new ConfigError(replies.problems, hintFor(path))
  const config = build(settings, replies, path, base)
  const secretsInFile =
    (!variables.has('radius.clients') && config.radius.clients.some(holdsSecret)) ||
    (!variables.has('database.url') && holdsPassword(config.database.url))
  if (Buffer.byteLength(config.admin.socket) > SOCKET_PATH_OCTETS) {
    const problem = `${sourceOf(['admin', 'socket'])}: admin.socket is ${JSON.stringify(config.admin.socket)}; the path of a Unix socket has at most ${SOCKET_PATH_OCTETS} octets, this has ${Buffer.byteLength(config.admin.socket)}`
    throw new ConfigError(
      [problem],
      'Set admin.socket to a shorter path, such as "/run/sallyport/admin.sock".',
    )
  }
  const ofFile = path !== null && secretsInFile ? fileWarnings(path) : []
  return deepFreeze({ ...config, warnings: [...ofFile, ...config.warnings] })
}

/** What the configuration file holds, secrets included; null without one. Throws ConfigError. */
export function readConfigText({ file, cwd }: ConfigSource): string | null {
  return file === null ? null : readText(resolve(cwd, file))
}

/** The database's address without its password, for people. */
export function describeDatabase(url: Secret): string {
  const text = textOf(url)
  if (!text.startsWith('postgres')) return text
  const { protocol, username, host, pathname, searchParams } = new URL(text)
  const shown = [...searchParams].filter(([key]) => SHOWN_PARAMETERS.includes(key))
  const query = shown.length === 0 ? '' : `?${shown.map(([key, value]) => `${key}=${value}`).join('&')}`
  return `${protocol}//${username === '' ? '' : `${username}@`}${host}${pathname}${query}`
}

/** sockaddr_un.sun_path has 108 octets, the last a NUL. */
const SOCKET_PATH_OCTETS = 107
const SHOWN_PARAMETERS = ['host', 'port', 'user', 'dbname', 'sslmode']

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const hint =
      'Name another file with --config FILE or SALLYPORT_CONFIG, or copy config/sallyport.example.toml there.'
    throw new ConfigError([`${path}: the configuration cannot be read: ${describeFileError(error)}`], hint)
  }
}

function readToml(path: string, text: string): Record<string, unknown> {
  try {
    return parse(text, { unsafeKeyBehaviour: 'throw' })
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    // The first line only: the rest of the message shows the line of the file, which may hold a secret.
    const [what] = error.message.replace('Invalid TOML document: ', '').split('\n')
    const hint =
      'Look at that line: a text stands in "quotes", a list in [brackets], and each key stands once.'
    throw new ConfigError([`${path}: line ${error.line}, column ${error.column}: ${what}`], hint)
  }
}

function hintFor(path: string | null): string {
  const what = path === null ? 'the environment variables' : path
  return `Correct ${what} and try again; config/sallyport.example.toml explains every key.`
}

function build(settings: Settings, replies: ReadReplies, file: string | null, base: string): Config {
  const { server, radius, accounting, tokens, limits } = settings
  const dataDir = resolve(base, server.data_dir)
  const url = databaseUrl(settings.database.url, base, dataDir)
  const clients = radius.clients.map((client, i) => clientConfig(client, replies.clients[i]!, base))
  const usesLocalhostClient = clients.length === 0
  return {
    file,
    server: {
      node: server.node ?? hostname(),
      dataDir,
      masterKeyFile: resolve(base, server.master_key_file ?? join(dataDir, 'master.key')),
      workers: server.workers,
    },
    database: { url: new Secret(url), cachedTokens: settings.database.cached_tokens },
    radius: {
      listen: radius.listen,
      rejectDelayMs: inMs(radius.reject_delay),
      duplicateWindowMs: inMs(radius.duplicate_window),
      clients: usesLocalhostClient ? [localhostClient(dataDir)] : clients,
      usesLocalhostClient,
      groups: replies.groups,
      dictionary: replies.dictionary,
    },
    radsec: radsecConfig(settings.radsec, base),
    accounting: accountingConfig(accounting, radius.listen),
    admin: {
      socket: resolve(base, settings.admin.socket ?? join(dataDir, 'admin.sock')),
      role: settings.admin.role,
      sockets: roleSockets(settings.admin.sockets, base),
    },
    console: consoleConfig(settings.console, base),
    tokens: {
      digits: tokens.digits,
      window: tokens.window,
      syncWindow: tokens.sync_window,
      totpWindow: tokens.totp_window,
      totpSyncWindow: tokens.totp_sync_window,
      maxFail: tokens.max_fail,
      autoResync: tokens.auto_resync,
      autoResyncTimeoutMs: inMs(tokens.auto_resync_timeout),
      pinStorage: tokens.pin_storage,
      resetFailCounters: tokens.reset_fail_counters,
      unlockAfterMs: inMs(tokens.unlock_after),
    },
    eap: { resumeForMs: inMs(settings.eap.resume_for) },
    limits: {
      account: rateLimit(limits.account_burst, limits.account_rate),
      source: rateLimit(limits.source_burst, limits.source_rate),
    },
    metrics: { listen: endpoint(settings.metrics.listen) },
    log: settings.log,
    warnings: [
      ...rejectDelayWarnings(radius.reject_delay),
      ...clients
        .filter((client) => !comesOverTlsOnly(client))
        .flatMap((client) => [...clientWarnings(client), ...mschapWarnings(client)]),
      ...clients.flatMap(({ name, secret }) =>
        secret !== null && 'value' in secret ? secretWarnings(name, secret.value) : [],
      ),
    ],
  }
}

function databaseUrl(url: string | undefined, base: string, dataDir: string): string {
  if (url === undefined) return `sqlite:${join(dataDir, 'sallyport.db')}`
  return url.startsWith('sqlite:') ? `sqlite:${resolve(base, url.slice('sqlite:'.length))}` : url
}

function holdsPassword(url: Secret): boolean {
  return /^postgres.*(:[^/@]+@|password=)/.test(textOf(url))
}

function endpoint(text: string | undefined): Endpoint | null {
  return text === undefined ? null : (parseEndpoint(text) as Endpoint)
}

function rateLimit(burst: number, perSecond: number): RateLimit {
  return perSecond === 0 ? null : { burst, perSecond }
}

function inMs(seconds: number): number {
  return Math.round(seconds * 1000)
}

function textOf(secret: Secret): string {
  return Buffer.from(secret.reveal()).toString('utf8')
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  for (const part of Object.values(value)) deepFreeze(part)
  return Object.freeze(value)
}
