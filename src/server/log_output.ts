/** Lines on their way to standard error: kept up to a bound, written in batches, never waited for. */
import { fstatSync, write as writeToFile } from 'node:fs'

/** Writes all the octets, then calls `done`; one call at a time. */
export type Write = (octets: Uint8Array, done: (error?: Error | null) => void) => void

export interface LogOutputOptions {
  readonly write: Write
  /** Characters that may wait while a batch is being written. */
  readonly capacity: number
  /** The line that stands where `lines` lines are missing. */
  readonly describeDropped: (lines: number) => string
}

export class LogOutput {
  readonly #options: LogOutputOptions
  readonly #waiting: (() => void)[] = []
  #pending = ''
  #pendingLines = 0
  /** Lines missing before `#pending`, since they could not be written. */
  #lost = 0
  /** Lines missing after `#pending`, since it is full. */
  #dropped = 0
  #isWriting = false
  /** Lines that nobody will read, all told. */
  linesDropped = 0

  constructor(options: LogOutputOptions) {
    this.#options = options
  }

  add(line: string): void {
    // Once a line is dropped, all are until there is room again: what is missing is then in one place.
    if (this.#dropped > 0 || this.#pending.length + line.length >= this.#options.capacity) {
      this.#dropped++
      this.linesDropped++
    } else {
      this.#pending += `${line}\n`
      this.#pendingLines++
    }
    if (this.#isWriting) return
    this.#isWriting = true
    setImmediate(() => this.#writeBatch())
  }

  async flush(timeoutMs: number): Promise<void> {
    if (!this.#isWriting) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push(resolve)
    const timer = setTimeout(resolve, timeoutMs)
    await promise
    clearTimeout(timer)
  }

  #writeBatch(): void {
    const ready = this.#pendingLines
    const lines = this.#lost + ready + this.#dropped
    const octets = Buffer.from(this.#notice(this.#lost) + this.#pending + this.#notice(this.#dropped))
    this.#pending = ''
    this.#pendingLines = 0
    this.#lost = 0
    this.#dropped = 0
    this.#options.write(octets, (error) => {
      // The reader is gone or the disk is full: the next line tries again, and says how many are missing.
      if (error) {
        this.#lost = lines
        this.linesDropped += ready
      }
      if (this.#pending === '' && this.#dropped === 0) this.#finish()
      else setImmediate(() => this.#writeBatch())
    })
  }

  #notice(lines: number): string {
    return lines === 0 ? '' : `${this.#options.describeDropped(lines)}\n`
  }

  #finish(): void {
    this.#isWriting = false
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

/** A full pipe must hold up neither the server nor its exit, and what can do that depends on what standard error is. */
export function standardError(): Write {
  const stat = fstatSync(2)
  if (!stat.isFIFO() && !stat.isSocket()) return writeFully
  // libuv writes to pipes and to journald's socket without blocking. The thread pool's write(2) would block there: one
  // of four threads gone, and process.exit waits for it.
  process.stderr.on('error', () => {})
  return (octets, done) => {
    process.stderr.write(octets, done)
  }
}

const RETRY_MS = 10

/** A file or terminal: process.stderr would write to these synchronously. */
function writeFully(octets: Uint8Array, done: (error?: Error | null) => void): void {
  writeToFile(2, octets, (error, written) => {
    if (error?.code === 'EAGAIN') setTimeout(() => writeFully(octets, done), RETRY_MS)
    else if (error === null && written < octets.length) writeFully(octets.subarray(written), done)
    else done(error)
  })
}
