/** The wiring: opens what the server consists of in order, and closes it in the reverse order when it drains. */
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerStatus } from '../admin/command.ts'
import { CommandError } from '../admin/command_error.ts'
import { commands } from '../admin/commands.ts'
import { pinKey } from '../auth/pin.ts'
import { type Config, ConfigError, readConfig } from '../config/config.ts'
import { deriveKeys, type Keys } from '../seal.ts'
import { openDatabase } from '../storage/open_store.ts'
import { type Store, StoreUnavailable } from '../storage/store.ts'
import { VERSION } from '../version.ts'
import { adminContext } from './admin_context.ts'
import { type AdminSocket, openAdminSocket } from './admin_socket.ts'
import { ClockWatch } from './clock_watch.ts'
import { Committer } from './committer.ts'
import { makeClientSecret, makeDataDirectory, masterKey, StartError } from './data_directory.ts'
import { describeStart } from './first_steps.ts'
import { Latches } from './latches.ts'
import { createLogger, type Logger } from './log.ts'
import { renderMetrics } from './metrics.ts'
import { listenForMetrics } from './metrics_listener.ts'
import { RadiusServer } from './radius_server.ts'
import { createReadiness } from './readiness.ts'
import { needsRestart, settingsFrom } from './settings.ts'
import { Throttle } from './throttle.ts'
import { formatEndpoint, listenUdp, type UdpListener } from './udp_listener.ts'

export interface ServeOptions {
  /** The configuration file; null for the defaults. */
  readonly file: string | null
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Takes what a person reads at start. */
  readonly print: (text: string) => void
}

export interface Server {
  readonly config: Config
  /** As bound: port 0 of the configuration is a real one here. */
  readonly listening: readonly string[]
  reload(): Promise<{ clients: number; warnings: readonly string[] }>
  /** Answers what was received, then closes everything. */
  drain(): Promise<void>
}

const CLOCK_EVERY_MS = 1000
/** Other nodes' latches on a shared database. */
const LATCHES_EVERY_MS = 10_000
/** What lies in the sockets' buffers when we are told to stop is read within this time. */
const LAST_DATAGRAMS_MS = 20
/** Together less than systemd's TimeoutStopSec. A database that does not answer holds up no longer. */
const ANSWER_WITHIN_MS = 10_000
const CLOSE_WITHIN_MS = 1000

/** Throws errors with a message and a hint for people; nothing stays open then. */
export async function serve(options: ServeOptions): Promise<Server> {
  const config = readConfig(options)
  const log = createLogger(config.log)
  const closers: (() => Promise<unknown>)[] = []
  try {
    return await open(options, config, log, closers)
  } catch (error) {
    for (const close of closers.reverse()) await close().catch(() => {})
    await log.flush()
    throw error
  }
}

async function open(
  options: ServeOptions,
  initial: Config,
  log: Logger,
  closers: (() => Promise<unknown>)[],
): Promise<Server> {
  let config = initial
  const { store, keys } = await openStore(config, log, closers)
  const pin = pinKey(keys.pin)
  let settings = settingsFrom(config, pin)
  for (const warning of settings.warnings) log.warn(warning)

  const committer = new Committer({ store, now: Date.now })
  const latches = new Latches(store)
  await latches.refresh()
  const radius = new RadiusServer({
    settings,
    committer,
    store,
    latches,
    log,
    now: Date.now,
    monotonicNow: () => performance.now(),
    random: Math.random,
  })
  const udp = await listenUdp({
    endpoints: config.radius.listen,
    receive: (datagram, source) => radius.receive(datagram, source),
    warn: (message) => log.warn(message),
  })
  closers.push(() => udp.close())

  const startedAt = Date.now()
  const reload = async () => {
    const { next, nextSettings } = reread(log, () => {
      const next = readConfig(options)
      return { next, nextSettings: settingsFrom(next, pin) }
    })
    const waiting = needsRestart(config, next).map(
      (key) => `${key} has changed: it takes effect at the next start`,
    )
    config = next
    settings = nextSettings
    radius.settings = nextSettings
    log.setLevel(next.log.level)
    const warnings = [...nextSettings.warnings, ...waiting]
    for (const warning of warnings) log.warn(warning)
    log.info('configuration reloaded', { clients: next.radius.clients.length })
    return { clients: next.radius.clients.length, warnings }
  }
  const status = () => statusOf({ config: initial, store, committer, radius, udp, log, startedAt })
  const metrics = async () => renderMetrics(await status(), radius.latency)
  const parts = { store, committer, keys, settings: () => settings, status, reload }
  const admin = await openAdminSocket({
    path: config.admin.socket,
    contextFor: (caller) => adminContext(parts, caller),
    metrics,
    commands,
    version: VERSION,
    log,
  })
  closers.push(() => admin.close())
  const listener =
    config.metrics.listen === null ? null : await listenForMetrics(config.metrics.listen, metrics)
  if (listener !== null) {
    closers.push(() => listener.close())
    log.info('metrics are served', { url: `http://${listener.endpoint}/metrics` })
  }

  const clock = new ClockWatch({ wall: Date.now, monotonic: () => performance.now(), log })
  const timers = [
    setInterval(() => clock.check(), CLOCK_EVERY_MS),
    setInterval(() => latches.refresh().catch(() => {}), LATCHES_EVERY_MS),
  ]
  const readiness = createReadiness({ env: options.env, log })
  const listening = udp.sockets.map(({ address, port }) => formatEndpoint(address, port))
  const isEmpty =
    (await store.listTokens({ order: 'serial', descending: false, limit: 1, cursor: null })).rows.length === 0
  options.print(describeStart({ config, listening, cwd: options.cwd, isEmpty }))
  log.info('ready', { version: VERSION, listening, database: store.description, node: config.server.node })
  await readiness.ready(`serving on ${listening.join(', ')}`)

  return {
    config: initial,
    listening,
    reload,
    drain: async () => {
      log.info('stopping: answering what was received')
      await readiness.stopping()
      for (const timer of timers) clearInterval(timer)
      await listener?.close()
      await drain({ admin, radius, committer, udp, store })
      log.info('stopped')
      await log.flush()
    },
  }
}

async function openStore(
  { server, database, radius }: Config,
  log: Logger,
  closers: (() => Promise<unknown>)[],
): Promise<{ store: Store; keys: Keys }> {
  makeDataDirectory(server.dataDir)
  for (const { secret } of radius.usesLocalhostClient ? radius.clients : []) {
    if ('file' in secret) makeClientSecret(secret.file)
  }
  const opened = await openDatabase(Buffer.from(database.url.reveal()).toString('utf8')).catch(explain)
  closers.push(() => opened.close())
  const { key } = masterKey(server.masterKeyFile, (await opened.keyFingerprint()) === null)
  const keys = deriveKeys(key)
  const throttle = new Throttle({ intervalMs: 60_000, maxKeys: 1024 })
  const store = await opened.store(keys, server.node, (message) => {
    if (throttle.admit(message, performance.now()) !== null) log.error(message)
  })
  closers.pop()
  closers.push(() => store.close())
  return { store, keys }
}

/** A database that does not answer is waited out later; whoever starts us is told. */
function explain(error: unknown): never {
  if (!(error instanceof StoreUnavailable)) throw error
  throw new StartError(error.message, 'start the database, or correct its address in database.url')
}

/** A bad configuration is the operator's to mend, and changes nothing. */
function reread<T>(log: Logger, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    log.error('the configuration was not reloaded; the old one stays in force', { error: error.message })
    throw new CommandError('invalid', error.message, error.hint)
  }
}

interface Running {
  readonly config: Config
  readonly store: Store
  readonly committer: Committer
  readonly radius: RadiusServer
  readonly udp: UdpListener
  readonly log: Logger
  readonly startedAt: number
}

async function statusOf({
  config,
  store,
  committer,
  radius,
  udp,
  log,
  startedAt,
}: Running): Promise<ServerStatus> {
  const reachable = await store.ping().then(
    () => true,
    () => false,
  )
  const drops = [...radius.drops.counts].map(([reason, count]) => [`dropped.${reason}`, count])
  return {
    version: VERSION,
    node: config.server.node,
    runtime: `Node.js ${process.versions.node} on ${hostname()}`,
    startedAt,
    uptimeSeconds: Math.floor((Date.now() - startedAt) / 1000),
    database: { url: store.description, reachable },
    listeners: udp.status(),
    admin: { socket: config.admin.socket },
    counters: {
      ...radius.counts,
      ...Object.fromEntries(drops),
      ...committer.counters,
      waiting: committer.depth,
      logLinesDropped: log.linesDropped(),
    },
  }
}

async function drain(parts: {
  admin: AdminSocket
  radius: RadiusServer
  committer: Committer
  udp: UdpListener
  store: Store
}): Promise<void> {
  const { admin, radius, committer, udp, store } = parts
  await sleep(LAST_DATAGRAMS_MS)
  const answered = Promise.all([admin.close(), radius.drain()]).then(() => committer.close())
  await Promise.race([answered, sleep(ANSWER_WITHIN_MS)])
  await udp.close()
  // Nothing waits for an answer any more, and a database that is cut off gives none to our farewell.
  await Promise.race([store.close(), sleep(CLOSE_WITHIN_MS)])
}
