/** Forgets sessions that nothing has been heard of for as long as they are kept, in small steps between which others write. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sessions, SessionWrite } from '../../storage/session.ts'

export interface SessionSweepOptions {
  readonly store: Pick<Sessions, 'silentSessions'>
  readonly writer: { write(write: SessionWrite): Promise<void> }
  readonly keepMs: () => number
  readonly now: () => number
  readonly everyMs?: number
}

const EVERY_MS = 600_000
const STEP = 500
const PAUSE_MS = 50

export class SessionSweep {
  readonly #options: SessionSweepOptions
  readonly #timer: NodeJS.Timeout
  readonly #stopped = new AbortController()
  #sweeping: Promise<void> | null = null

  constructor(options: SessionSweepOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#begin(), options.everyMs ?? EVERY_MS).unref()
  }

  /** All that is due; answers how many. Throws StoreUnavailable or Overloaded. */
  async run(): Promise<number> {
    const { store, writer, keepMs, now } = this.#options
    const before = now() - keepMs()
    let removed = 0
    for (let after: number | null = 0; after !== null && !this.#stopped.signal.aborted; ) {
      const { ids, next } = await store.silentSessions(before, after, STEP)
      if (ids.length > 0) await writer.write({ kind: 'remove', ids, before })
      removed += ids.length
      after = next
      if (next !== null) await sleep(PAUSE_MS)
    }
    return removed
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#stopped.abort()
    await this.#sweeping
  }

  #begin(): void {
    // What fails now is due the next time.
    this.#sweeping ??= this.run()
      .catch(() => {})
      .then(() => {
        this.#sweeping = null
      })
  }
}
