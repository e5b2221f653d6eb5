/**
 * The first process's workers: further processes on the same UDP addresses (SO_REUSEPORT), for more cores on PostgreSQL.
 * Starts them, starts those again that end, and sums what they count.
 *
 * The kernel chooses the process by a hash of both addresses and ports. So a retransmission, which comes from the same
 * port, finds the duplicate cache that knows it; and that an OTP is accepted once is the database's compare-and-swap, as
 * between nodes. A client that sends from a single port is served by a single process. When one joins or leaves, the
 * kernel chooses anew: a retransmission across that moment may be decided again, and then rejected, never accepted twice.
 *
 * One process that receives, with others that decide, was rejected: of about 48 µs of CPU for a login, it would keep 14 for
 * receiving, parsing and sending, and pay 5 for handing the login over and taking the verdict back. So it would be full at
 * two and a half times the rate of one process, whatever the number of the others, and all would stop when it does.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Figures, sumOf, withoutHoldings } from './figures.ts'
import type { Logger } from './log.ts'
import type { Request } from './worker_messages.ts'
import { WorkerProcess } from './worker_process.ts'

export interface WorkerGroupOptions {
  /** Without the first process. */
  readonly count: number
  readonly start: Extract<Request, { kind: 'start' }>
  readonly log: Logger
}

const START_WITHIN_MS = 15_000
const RELOAD_WITHIN_MS = 5000
const FIGURES_WITHIN_MS = 500
/** A little longer than a worker takes at most (login_service.ts), and less than systemd waits. */
const DRAIN_WITHIN_MS = 12_000
/** Before a worker is started again; doubled each time until one has served for long enough. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 10_000
const LONG_ENOUGH_MS = 10_000

export class WorkerGroup {
  readonly #options: WorkerGroupOptions
  /** Also those that have not begun to serve. */
  readonly #processes = new Set<WorkerProcess>()
  readonly #serving = new Set<WorkerProcess>()
  /** What is in force, when a reload has changed it since the start. */
  #reloaded: { readonly text: string | null } | null = null
  /** What those counted that have ended. */
  #ended: Figures = sumOf([])
  readonly #draining = new AbortController()

  constructor(options: WorkerGroupOptions) {
    this.#options = options
  }

  /** Resolves when each serves, or has failed for the first time: then the log says so, and it is tried again. */
  async start(): Promise<void> {
    await Promise.all(
      Array.from({ length: this.#options.count }, async () => {
        const tried = Promise.withResolvers<void>()
        void this.#keepOne(tried.resolve)
        await tried.promise
      }),
    )
  }

  /** What a person should know of it. */
  async reload(text: string | null): Promise<string[]> {
    this.#reloaded = { text }
    const failures = await Promise.all([...this.#serving].map((worker) => this.#reloadOne(worker)))
    return failures.flatMap((failure) => (failure === null ? [] : [failure]))
  }

  /** One that does not answer soon stands with what it told last. */
  async figures(): Promise<{ serving: { pid: number; figures: Figures }[]; ended: Figures }> {
    const asked = [...this.#serving].map(async (worker) => {
      await this.#ask(worker)
      return { pid: worker.pid, figures: worker.figures ?? sumOf([]) }
    })
    const told = await Promise.all(asked)
    const serving = new Set([...this.#serving].map(({ pid }) => pid))
    return { serving: told.filter(({ pid }) => serving.has(pid)), ended: this.#ended }
  }

  /** All answer what they have received, and end. */
  async drain(): Promise<void> {
    this.#draining.abort()
    await Promise.all(
      [...this.#processes].map(async (worker) => {
        const late = setTimeout(() => worker.kill(), DRAIN_WITHIN_MS)
        await worker.ask({ kind: 'drain' }, DRAIN_WITHIN_MS).catch(() => {})
        await worker.ended
        clearTimeout(late)
      }),
    )
  }

  async #ask(worker: WorkerProcess): Promise<void> {
    const figures = await worker.ask<'figures'>({ kind: 'figures' }, FIGURES_WITHIN_MS).catch(() => null)
    if (figures !== null) worker.figures = figures
  }

  async #reloadOne(worker: WorkerProcess): Promise<string | null> {
    const { text } = this.#reloaded!
    const answer = await worker
      .ask<'reload'>({ kind: 'reload', text }, RELOAD_WITHIN_MS)
      .catch((error: Error) => `the worker ${worker.pid} keeps the old configuration: ${error.message}`)
    return answer
  }

  /** One worker after another, until we drain. `tried`: the first one serves, or does not. */
  async #keepOne(tried: () => void): Promise<void> {
    const { log } = this.#options
    for (let pauseMs = FIRST_PAUSE_MS; !this.#draining.signal.aborted; ) {
      const startedAt = performance.now()
      const worker = new WorkerProcess()
      this.#processes.add(worker)
      const failure = await this.#begin(worker)
      tried()
      if (failure !== null) worker.kill()
      const how = await worker.ended
      this.#processes.delete(worker)
      this.#serving.delete(worker)
      if (worker.figures !== null) this.#ended = sumOf([this.#ended, withoutHoldings(worker.figures)])
      if (this.#draining.signal.aborted) return
      if (performance.now() - startedAt > LONG_ENOUGH_MS) pauseMs = FIRST_PAUSE_MS
      log.error('a worker has ended; it is started again', {
        pid: worker.pid,
        ended: how,
        ...(failure === null ? {} : { error: failure }),
        afterMs: pauseMs,
      })
      await sleep(pauseMs, null, { signal: this.#draining.signal }).catch(() => {})
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
    }
  }

  /** Why it does not serve; null if it does. */
  async #begin(worker: WorkerProcess): Promise<string | null> {
    const { start, log } = this.#options
    try {
      await worker.ask<'start'>(start, START_WITHIN_MS)
    } catch (error) {
      return (error as Error).message
    }
    this.#serving.add(worker)
    // What was reloaded while it started, or before: it takes the same way to the same settings as the others.
    const failure = this.#reloaded === null ? null : await this.#reloadOne(worker)
    if (failure !== null) log.warn(failure)
    log.info('a worker serves', { pid: worker.pid })
    return null
  }
}
