/**
 * Gathers what accounting tells of sessions, so that many records share one transaction, and says of each when it is durable.
 * Not by the committer: no account is decided here, and logins must not wait behind it.
 */
import type { Sessions, SessionWrite } from '../../storage/session.ts'
import { Overloaded, type Waiter } from '../committer.ts'

export interface SessionWriterOptions {
  readonly store: Pick<Sessions, 'writeSessions'>
  readonly maxBatch?: number
  readonly maxQueue?: number
}

const MAX_BATCH = 256
const MAX_QUEUE = 8192
/**
 * Between the begins of two transactions. On SQLite one thread writes, and each transaction waits for the disk: so many a second
 * are what logins lose at most. A NAS waits for seconds, and a lone record not at all.
 */
const PACE_MS = 10

interface Pending {
  readonly write: SessionWrite
  readonly waiter: Waiter<void>
}

export class SessionWriter {
  readonly #options: Required<SessionWriterOptions>
  #queue: Pending[] = []
  #writing = 0
  #timer: NodeJS.Timeout | NodeJS.Immediate | null = null
  #begunAt = Number.NEGATIVE_INFINITY
  #closed = false
  #whenIdle: (() => void)[] = []

  constructor(options: SessionWriterOptions) {
    this.#options = { maxBatch: MAX_BATCH, maxQueue: MAX_QUEUE, ...options }
  }

  /** `waiter` is told once: when it is durable, or that it is not: StoreUnavailable, or Overloaded. */
  add(write: SessionWrite, waiter: Waiter<void>): void {
    if (this.#closed || this.#queue.length >= this.#options.maxQueue) {
      const why = this.#closed ? 'the server is stopping' : 'too many records wait for the database'
      waiter.failed(new Overloaded(why))
      return
    }
    this.#queue.push({ write, waiter })
    this.#schedule()
  }

  /** Rejects as `add` says. */
  write(write: SessionWrite): Promise<void> {
    return new Promise((done, failed) => this.add(write, { done, failed }))
  }

  /** Records that wait or are being written. */
  get depth(): number {
    return this.#queue.length + this.#writing
  }

  /** Refuses new ones; resolves when those before are answered. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.depth > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  #schedule(): void {
    if (this.#writing > 0 || this.#timer !== null) return
    const waitMs = this.#begunAt + PACE_MS - performance.now()
    const begin = () => void this.#begin()
    // Not at once: what has arrived with it comes along.
    this.#timer = waitMs > 0 ? setTimeout(begin, waitMs) : setImmediate(begin)
  }

  async #begin(): Promise<void> {
    this.#timer = null
    this.#begunAt = performance.now()
    const batch = this.#queue.splice(0, this.#options.maxBatch)
    this.#writing = batch.length
    try {
      await this.#options.store.writeSessions(batch.map(({ write }) => write))
      for (const { waiter } of batch) waiter.done()
    } catch (error) {
      for (const { waiter } of batch) waiter.failed(error)
    }
    this.#writing = 0
    if (this.#queue.length > 0) this.#schedule()
    else for (const idle of this.#whenIdle.splice(0)) idle()
  }
}
