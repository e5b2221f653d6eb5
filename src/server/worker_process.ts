/** A worker as the first process sees it: forked, asked, told to end. Knows nothing of how many there are. */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { Figures } from './figures.ts'
import { type Answer, type Answers, type Farewell, type Request, WORKER_MODE } from './worker_messages.ts'

const MAIN = join(import.meta.dirname, '../main.ts')

export class WorkerProcess {
  /** How it ended: `status 1`, `signal SIGKILL`. */
  readonly ended: Promise<string>
  /** The newest that it has told. */
  figures: Figures | null = null
  readonly #child: ChildProcess
  readonly #asked = new Map<number, (answer: Answer) => void>()
  #lastNumber = 0

  constructor() {
    // The environment and Node's own options are ours; secrets stand in neither arguments nor a file.
    this.#child = fork(MAIN, [WORKER_MODE], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const { promise, resolve } = Promise.withResolvers<string>()
    this.ended = promise
    this.#child.on('error', (error) => resolve(error.message))
    // The channel may be read to its end only after the exit: the farewell lies in it.
    const { promise: disconnected, resolve: disconnect } = Promise.withResolvers<void>()
    this.#child.on('disconnect', disconnect)
    this.#child.on('exit', (status, signal) => {
      void disconnected.then(() => resolve(signal === null ? `status ${status}` : `signal ${signal}`))
    })
    this.#child.on('message', (message: Answer | Farewell) => {
      if ('farewell' in message) this.figures = message.farewell
      else this.#asked.get(message.number)?.(message)
    })
    void this.ended.then((how) => {
      for (const [number, answered] of this.#asked) answered({ number, error: `it has ended with ${how}` })
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Rejects with an Error when the worker says so, has ended, or does not answer in time. */
  async ask<K extends Request['kind']>(
    request: Extract<Request, { kind: K }>,
    withinMs: number,
  ): Promise<Answers[K]> {
    const number = ++this.#lastNumber
    const { promise, resolve } = Promise.withResolvers<Answer>()
    this.#asked.set(number, resolve)
    const timer = setTimeout(() => resolve({ number, error: 'it does not answer' }), withinMs)
    this.#child.send({ number, request }, (error) => {
      if (error) resolve({ number, error: error.message })
    })
    const answer = await promise
    clearTimeout(timer)
    this.#asked.delete(number)
    if ('error' in answer) throw new Error(answer.error)
    return answer.answer as Answers[K]
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}
