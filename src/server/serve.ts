/** The first process's wiring: opens what the server consists of in order, and closes it in the reverse order when it drains. */
import { CommandError } from '../admin/command_error.ts'
import { commands } from '../admin/commands.ts'
import { type Config, ConfigError, readConfig, readConfigText } from '../config/config.ts'
import type { Endpoint } from '../network.ts'
import { VERSION } from '../version.ts'
import { ActivityBook } from './activity.ts'
import { adminContext } from './admin_context.ts'
import { openAdminSockets } from './admin_sockets.ts'
import { CertificateWatch } from './certificate_watch.ts'
import { checkClient } from './client_status.ts'
import { ClockWatch } from './clock_watch.ts'
import { CERTIFICATE, type Console, openConsole } from './console/open_console.ts'
import { StartError } from './data_directory.ts'
import { describeStart } from './first_steps.ts'
import { createLogger, type Logger } from './log.ts'
import { type LoginServiceOptions, openLoginService } from './login_service.ts'
import { renderMetrics } from './metrics.ts'
import { listenForMetrics } from './metrics_listener.ts'
import { createReadiness } from './readiness.ts'
import { currentState, figuresOf } from './server_state.ts'
import { needsRestart } from './settings.ts'
import { requireFreeForTls } from './tcp_server.ts'
import { TokenBuckets } from './token_buckets.ts'
import { type BoundSocket, formatEndpoint, listenUdp } from './udp_listener.ts'
import { WorkerGroup } from './worker_group.ts'

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

/** Throws errors with a message and a hint for people; nothing stays open then. */
export async function serve(options: ServeOptions): Promise<Server> {
  const source = { ...options, text: readConfigText(options) }
  const config = readConfig(source)
  const log = createLogger(config.log)
  const closers: (() => Promise<unknown>)[] = []
  try {
    return await open(options, { config, text: source.text }, log, closers)
  } catch (error) {
    for (const close of closers.reverse()) await close().catch(() => {})
    await log.flush()
    throw error
  }
}

async function open(
  options: ServeOptions,
  initial: { readonly config: Config; readonly text: string | null },
  log: Logger,
  closers: (() => Promise<unknown>)[],
): Promise<Server> {
  let { config } = initial
  const { listen } = config.radius
  const listenTls = config.radsec.listen
  const isShared = config.server.workers > 1
  const listenAccounting = config.accounting.listen
  if (isShared) await requireFree({ listen, listenTls, listenAccounting })
  const service = await openLoginService({
    config,
    log,
    listen,
    listenTls,
    listenAccounting,
    reusePort: isShared,
    closers,
  })
  for (const warning of service.warnings()) log.warn(warning)
  const { store, committer, keys, udp, radsec, accounting } = service
  const bound = endpointsOf(udp.sockets)
  const boundTls = endpointsOf(radsec?.sockets ?? [])
  const boundAccounting = endpointsOf(accounting.udp?.sockets ?? [])
  const { file } = options
  const first = {
    kind: 'start',
    file,
    text: initial.text,
    listen: bound,
    listenTls: boundTls,
    listenAccounting: boundAccounting,
  } as const
  const workers = new WorkerGroup({ count: config.server.workers - 1, start: first, log })

  const startedAt = Date.now()
  let web: Console | null = null
  const reload = async () => {
    const { next, text } = reread(log, () => {
      const text = readConfigText(options)
      const next = readConfig({ ...options, text })
      service.take(next)
      return { next, text }
    })
    const waiting = needsRestart(config, next).map(
      (key) => `${key} has changed: it takes effect at the next start`,
    )
    config = next
    const ofConsole = (await web?.reload(next.console)) ?? []
    const warnings = [...service.warnings(), ...waiting, ...ofConsole, ...(await workers.reload(text))]
    for (const warning of warnings) log.warn(warning)
    log.info('configuration reloaded', { clients: next.radius.clients.length })
    return { clients: next.radius.clients.length, warnings }
  }
  const current = () => currentState({ config: initial.config, service, workers, startedAt, web })
  const status = async () => (await current()).status
  const counters = async () => figuresOf(service, await workers.figures()).figures.counters
  const activity = new ActivityBook(counters, Date.now)
  const check = async (address: string) => {
    const { clients } = service.settings()
    return checkClient(address, clients, (text) => service.latches.has(text), (await current()).figures)
  }
  const metrics = async () => {
    const { status, figures } = await current()
    return renderMetrics(status, figures)
  }
  const parts = {
    ...{ store, committer, keys, otpTries: new TokenBuckets(), settings: service.settings },
    ...{ status, activity: (minutes: number) => activity.read(minutes), checkClient: check, reload },
  }
  const admin = await openAdminSockets(config.admin, {
    contextFor: (caller) => adminContext(parts, caller),
    metrics,
    commands,
    version: VERSION,
    log,
  })
  closers.push(() => admin.close())
  web = await openConsole({ config, commands, version: VERSION, parts, log })
  closers.push(async () => web?.close())
  const listener =
    config.metrics.listen === null ? null : await listenForMetrics(config.metrics.listen, metrics)
  if (listener !== null) {
    closers.push(() => listener.close())
    log.info('metrics are served', { url: `http://${listener.endpoint}/metrics` })
  }
  closers.push(() => workers.drain())
  await workers.start()

  const clock = new ClockWatch({ wall: Date.now, monotonic: () => performance.now(), log })
  const certificate = new CertificateWatch({
    expiresAt: () => service.settings().radsec?.certificateExpiresAt ?? null,
    now: Date.now,
    log,
  })
  const ofConsole = new CertificateWatch({
    expiresAt: () => web?.certificateExpiresAt() ?? null,
    setting: CERTIFICATE,
    now: Date.now,
    log,
  })
  const timer = setInterval(() => {
    clock.check()
    certificate.check()
    ofConsole.check()
    activity.tick().catch(() => {})
  }, CLOCK_EVERY_MS)
  const readiness = createReadiness({ env: options.env, log })
  const listening = bound.map(({ host, port }) => formatEndpoint(host, port))
  const isEmpty =
    (await store.listTokens({ order: 'serial', descending: false, limit: 1, cursor: null })).rows.length === 0
  const hasAdministrator = (await store.listAdministrators()).length > 0
  const listeningTls = boundTls.map(({ host, port }) => formatEndpoint(host, port))
  const accountingAt = boundAccounting.map(({ host, port }) => formatEndpoint(host, port))
  options.print(
    describeStart({
      ...{ config, listening, listeningTls, accountingAt, cwd: options.cwd, isEmpty },
      ...{ consoleAt: web?.url ?? null, hasAdministrator },
    }),
  )
  log.info('ready', { version: VERSION, listening, database: store.description, node: config.server.node })
  await readiness.ready(`serving on ${listening.join(', ')}`)

  return {
    config: initial.config,
    listening,
    reload,
    drain: async () => {
      log.info('stopping: answering what was received')
      await readiness.stopping()
      clearInterval(timer)
      await listener?.close()
      await Promise.all([workers.drain(), service.drain(() => Promise.all([admin.close(), web?.close()]))])
      log.info('stopped')
      await log.flush()
    },
  }
}

/**
 * Throws ListenError when another program listens there. Addresses that are bound to be shared are shared with every
 * process of this user, also with those of a second server, which would get a part of the requests unnoticed.
 */
async function requireFree({
  listen,
  listenTls,
  listenAccounting,
}: Pick<LoginServiceOptions, 'listen' | 'listenTls' | 'listenAccounting'>): Promise<void> {
  const once = { receive: () => {}, warn: () => {}, batches: false }
  const alone = await listenUdp({ endpoints: listen, ...once })
  await alone.close()
  await requireFreeForTls(listenTls)
  if (listenAccounting.length === 0) return
  const accounting = await listenUdp({
    endpoints: listenAccounting,
    setting: 'accounting.listen',
    ...once,
  })
  await accounting.close()
}

function endpointsOf(sockets: readonly BoundSocket[]): Endpoint[] {
  return sockets.map(({ address, port }) => ({ host: address, port }))
}

/** A bad configuration is the operator's to mend, and changes nothing. */
function reread<T>(log: Logger, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof StartError)) throw error
    log.error('the configuration was not reloaded; the old one stays in force', { error: error.message })
    throw new CommandError('invalid', error.message, error.hint)
  }
}
