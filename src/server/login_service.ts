/**
 * What every process of a server has: a store, a committer, RADIUS and its sockets. Knows nothing of the admin socket, of
 * metrics, signals or other processes.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerStatus } from '../admin/command.ts'
import { pinKey } from '../auth/pin.ts'
import type { Config } from '../config/config.ts'
import type { Endpoint } from '../network.ts'
import { Code } from '../radius/attributes.ts'
import { deriveKeys, type Keys } from '../seal.ts'
import { openDatabase } from '../storage/open_store.ts'
import { type Store, StoreUnavailable } from '../storage/store.ts'
import { type AccountingService, openAccounting } from './accounting/accounting_service.ts'
import { readTraffic, TrafficBook } from './client_traffic.ts'
import { Committer } from './committer.ts'
import { makeClientSecret, makeDataDirectory, masterKey, StartError } from './data_directory.ts'
import { type EapService, openEap } from './eap/eap_service.ts'
import type { Figures } from './figures.ts'
import { Latches } from './latches.ts'
import type { Logger } from './log.ts'
import { RadiusServer } from './radius_server.ts'
import { listenRadsec, type RadsecListener } from './radsec/radsec_listener.ts'
import { type Settings, settingsFrom } from './settings.ts'
import { Throttle } from './throttle.ts'
import { listenUdp, type UdpListener } from './udp_listener.ts'

export interface LoginService {
  readonly store: Store
  readonly committer: Committer
  readonly keys: Keys
  readonly udp: UdpListener
  /** Null: RADIUS over TLS is off. */
  readonly radsec: RadsecListener | null
  readonly latches: Latches
  readonly accounting: AccountingService
  settings(): Settings
  /** Of the configuration and the certificates as they are in force. */
  warnings(): readonly string[]
  /** Takes up what a reload may change. Throws ConfigError, and changes nothing then. */
  take(config: Config): void
  figures(): Figures
  /** For `server status`. */
  eap(): ServerStatus['eap']
  /** Answers what was received, then closes everything; `meanwhile` may still use the committer. */
  drain(meanwhile?: () => Promise<unknown>): Promise<void>
}

export interface LoginServiceOptions {
  readonly config: Config
  readonly log: Logger
  /** Where it listens. */
  readonly listen: readonly Endpoint[]
  /** For RADIUS over TLS. */
  readonly listenTls: readonly Endpoint[]
  readonly listenAccounting: readonly Endpoint[]
  /** Other processes listen there too. */
  readonly reusePort: boolean
  /** What must be closed if a later step fails; added to as things are opened. */
  readonly closers: (() => Promise<unknown>)[]
}

/** Other nodes' latches on a shared database. */
const LATCHES_EVERY_MS = 10_000
/** What lies in the sockets' buffers when we are told to stop is read within this time. */
const LAST_DATAGRAMS_MS = 20
/** Together less than systemd's TimeoutStopSec. A database that does not answer holds up no longer. */
const ANSWER_WITHIN_MS = 10_000
const CLOSE_WITHIN_MS = 1000

/** Throws errors with a message and a hint for people. */
export async function openLoginService(options: LoginServiceOptions): Promise<LoginService> {
  const { config, log, closers } = options
  const { store, keys } = await openStore(options)
  const pin = pinKey(keys.pin)
  const book = new TrafficBook()
  let settings = settingsFrom(config, pin, book)

  const committer = new Committer({ store, now: Date.now })
  const latches = new Latches(store)
  await latches.refresh()
  const { dataDir } = config.server
  const eap = openEap({ dataDir, store, keys, committer, log, resumeForMs: () => settings.eap.resumeForMs })
  closers.push(async () => {
    eap.close()
    await eap.flush()
  })
  const radius = new RadiusServer({
    settings,
    committer,
    store,
    latches,
    states: keys.state,
    eap: eap.logins,
    log,
    now: Date.now,
    monotonicNow: () => performance.now(),
    random: Math.random,
  })
  const udp = await listenUdp({
    endpoints: options.listen,
    receive: (datagram, source) => radius.receive(datagram, source),
    warn: (message) => log.warn(message),
    reusePort: options.reusePort,
  })
  closers.push(() => udp.close())
  const accounting = await openAccounting({
    store,
    settings,
    log,
    listen: options.listenAccounting,
    reusePort: options.reusePort,
  })
  closers.push(() => accounting.close())
  const radsec =
    settings.radsec === null
      ? null
      : await listenRadsec({
          endpoints: options.listenTls,
          settings: settings.radsec,
          // RFC 6614 §2.5: one port, and the code tells what it is.
          receive: (request, client, source) => {
            const server = request[0] === Code.AccountingRequest ? accounting.server : radius
            server.receiveProven(request, client, source)
          },
          log,
          reusePort: options.reusePort,
        })
  if (radsec !== null) closers.push(() => radsec.close())
  const timer = setInterval(() => latches.refresh().catch(() => {}), LATCHES_EVERY_MS)
  closers.push(async () => clearInterval(timer))

  return {
    store,
    committer,
    keys,
    udp,
    radsec,
    latches,
    accounting,
    settings: () => settings,
    warnings: () => [...settings.warnings, ...eap.warnings()],
    take: (next) => {
      const certificate = eap.readCertificate()
      settings = settingsFrom(next, pin, book)
      eap.use(certificate)
      radius.settings = settings
      if (settings.radsec !== null) radsec?.take(settings.radsec)
      accounting.take(settings)
      log.setLevel(next.log.level)
    },
    eap: () => eap.status(),
    figures: () => figuresOf({ committer, radius, radsec, accounting, eap, log }),
    drain: async (meanwhile = async () => {}) => {
      clearInterval(timer)
      eap.close()
      radsec?.stopAccepting()
      await sleep(LAST_DATAGRAMS_MS)
      const answered = Promise.all([meanwhile(), radius.drain(), accounting.drain()]).then(() =>
        Promise.all([committer.close(), eap.flush()]),
      )
      await Promise.race([answered, sleep(ANSWER_WITHIN_MS)])
      await Promise.all([udp.close(), radsec?.close(), accounting.close()])
      // Nothing waits for an answer any more, and a database that is cut off gives none to our farewell.
      await Promise.race([store.close(), sleep(CLOSE_WITHIN_MS)])
    },
  }
}

async function openStore(options: LoginServiceOptions): Promise<{ store: Store; keys: Keys }> {
  const { log, closers } = options
  const { server, database, radius } = options.config
  makeDataDirectory(server.dataDir)
  for (const { secret } of radius.usesLocalhostClient ? radius.clients : []) {
    if (secret !== null && 'file' in secret) makeClientSecret(secret.file)
  }
  const opened = await openDatabase(Buffer.from(database.url.reveal()).toString('utf8')).catch(explain)
  closers.push(() => opened.close())
  const { key } = masterKey(server.masterKeyFile, (await opened.keyFingerprint()) === null)
  const keys = deriveKeys(key)
  const throttle = new Throttle({ intervalMs: 60_000, maxKeys: 1024 })
  const report = (message: string) => {
    if (throttle.admit(message, performance.now()) !== null) log.error(message)
  }
  // Half of what one of two workers remembers would be wrong, and each wrong account fails a whole batch.
  const store = await opened.store(keys, server.node, report, {
    cachedTokens: options.reusePort ? 0 : database.cachedTokens,
    progress: (message) => log.info(message),
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

interface Parts {
  readonly committer: Committer
  readonly radius: RadiusServer
  readonly radsec: RadsecListener | null
  readonly accounting: AccountingService
  readonly eap: EapService
  readonly log: Logger
}

function figuresOf({ committer, radius, radsec, accounting, eap, log }: Parts): Figures {
  const drops = [...radius.drops.counts].map(([reason, count]) => [`dropped.${reason}`, count])
  const rejects = [...radius.drops.rejects].map(([reason, count]) => [`rejected.${reason}`, count])
  const { user, system } = process.cpuUsage()
  const sinceStart = Date.now() - performance.now()
  const wallAt = (monotonic: number) => Math.round(sinceStart + monotonic)
  const clients = radius.settings.clients.clients.map(
    ({ name, traffic }) => [name, readTraffic(traffic, wallAt)] as const,
  )
  return {
    counters: {
      ...radius.counts,
      ...Object.fromEntries(drops),
      ...Object.fromEntries(rejects),
      ...committer.counters,
      ...radsec?.counters(),
      ...accounting.counters(),
      ...eap.counters(),
      waiting: committer.depth,
      logLinesDropped: log.linesDropped(),
    },
    latency: radius.latency.read(),
    cpuSeconds: (user + system) / 1e6,
    residentOctets: process.memoryUsage.rss(),
    clients: Object.fromEntries(clients),
    recentFaults: radius.drops.recent.read(wallAt),
  }
}
