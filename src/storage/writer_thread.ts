/**
 * Our end of the thread that writes: requests, which it answers in their order. Knows nothing of what is written. It
 * does not come back by itself when it ends (out of memory, say): whoever holds it starts another.
 */
import { Worker } from 'node:worker_threads'
import type { FromWriter, Sweep, ToWriter, WriteCommit, WriteSessions } from './writer_messages.ts'

export type Written = Extract<FromWriter, { kind: 'committed' | 'lost' }>

export class WriterThread {
  readonly #worker: Worker
  readonly #told: Told
  /** Oldest first. A commit, sessions and sessions of EAP, at most. */
  #waiting: { resolve: (answer: FromWriter) => void; reject: (error: Error) => void }[] = []
  #ended: Error | null = null

  private constructor(path: string, told: Told) {
    this.#worker = new Worker(new URL('./sqlite_writer.ts', import.meta.url), {
      workerData: { path },
      // It holds a batch or two: a larger heap would only be collected later.
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 512 },
    })
    this.#told = told
    this.#worker.on('message', (message: FromWriter) => this.#receive(message))
    this.#worker.on('error', (error) => this.#end(error))
    this.#worker.on('exit', () => this.#end(new Error('the thread that writes the database has ended')))
  }

  /** Ready when what a crash had left is carried out. */
  static async start(path: string, told: Told): Promise<WriterThread> {
    const thread = new WriterThread(path, told)
    await thread.#answer()
    return thread
  }

  get hasEnded(): boolean {
    return this.#ended !== null
  }

  /** Throws what SQLite said. Whether it took place is unknown if the thread `hasEnded` then. */
  async write(write: WriteCommit | WriteSessions): Promise<Written> {
    const answer = await this.#ask(write)
    if (answer.kind === 'committed' || answer.kind === 'lost') return answer
    throw answer.kind === 'failed'
      ? Object.assign(new Error(answer.message), { code: answer.code })
      : new Error(`the thread that writes answered ${answer.kind}`)
  }

  /** Goes on in the background; `swept` is called at its end. */
  sweep(sweep: Sweep): void {
    this.#worker.postMessage(sweep)
  }

  /** From now on sweeps are made at once, and `stuck` is called if one cannot be. */
  finish(): void {
    this.#worker.postMessage({ kind: 'finish' } satisfies ToWriter)
  }

  async close(): Promise<void> {
    if (this.#ended === null) await this.#ask({ kind: 'close' }).catch(() => {})
    await this.#worker.terminate()
  }

  #ask(message: ToWriter): Promise<FromWriter> {
    if (this.#ended !== null) return Promise.reject(this.#ended)
    const answer = this.#answer()
    this.#worker.postMessage(message)
    return answer
  }

  #answer(): Promise<FromWriter> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
    })
  }

  #receive(message: FromWriter): void {
    switch (message.kind) {
      case 'swept':
        this.#told.swept()
        break
      case 'stuck':
        this.#told.stuck()
        break
      default:
        this.#waiting.shift()?.resolve(message)
    }
  }

  #end(error: Error): void {
    this.#ended ??= error
    for (const { reject } of this.#waiting.splice(0)) reject(error)
    this.#told.stuck()
  }
}

/** What is told of sweeps. `stuck`: this thread will not end the sweep. */
interface Told {
  swept(): void
  stuck(): void
}
