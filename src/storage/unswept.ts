/**
 * What logins have made of tokens and the journal holds, while the tokens' own rows are behind. Gathered until it is worth
 * a sweep through the table or the server has had a quiet second, and written in the order of ids, so that each page is
 * written once a sweep.
 */
import type { Token } from '../auth/account.ts'
import type { ProgressRow } from './columns.ts'
import { encodeProgress } from './progress_octets.ts'
import { ProgressTable } from './progress_table.ts'
import type { WriterThread } from './writer_thread.ts'

/**
 * At a million tokens, a dozen to a page: a twelfth of the pages that writing each at once would take, and pages are what
 * limits the rate there; half as many gathered cost a fifth of it. 27 MiB where so many log in, and as much for those being
 * swept; a crash then leaves them to the next start, which takes 3 s longer.
 */
const WORTH_A_SWEEP = 262_144
const QUIET_MS = 1000
/** Distinct tokens gathered in that time: fewer, and it is quiet. */
const QUIET_TOKENS = 4096

export class Unswept {
  #writer: WriterThread | null = null
  #gathered = new ProgressTable()
  #sweeping: ProgressTable | null = null
  /** Was swept, and is empty: two take turns. */
  #spare = new ProgressTable()
  #journalId = 0
  /** The last journal row that is durable. */
  #through = 0
  #timer: NodeJS.Timeout | null = null
  #whenFinished: (() => void) | null = null

  /** A thread has carried out the whole journal at its start, and takes over. */
  begin(writer: WriterThread): void {
    this.#writer = writer
    // Not used again: the one that has ended may not have stopped reading.
    this.#gathered = new ProgressTable()
    this.#spare = new ProgressTable()
    this.#sweeping = null
  }

  /** What stands in none of the rows yet; undefined: the row is right. */
  get(id: number): ProgressRow | undefined {
    return this.#gathered.get(id) ?? this.#sweeping?.get(id)
  }

  /** The journal's row for these. Its number is given once: after a failure the next one has another. */
  journal(tokens: readonly Token[]): { id: number; progress: Float64Array } | null {
    if (tokens.length === 0) return null
    return { id: ++this.#journalId, progress: encodeProgress(tokens, tokens.length) }
  }

  /** Their journal's row is durable. */
  add(tokens: readonly Token[]): void {
    if (tokens.length === 0) return
    this.#through = this.#journalId
    for (const token of tokens) this.#gathered.put(token)
    this.#sweepOrWait()
  }

  /** Its row has gone past what was gathered, or is gone. */
  written(id: number): void {
    this.#gathered.delete(id)
    this.#sweeping?.delete(id)
  }

  swept(): void {
    if (this.#sweeping !== null) {
      this.#sweeping.clear()
      this.#spare = this.#sweeping
      this.#sweeping = null
    }
    if (this.#whenFinished === null) this.#sweepOrWait()
    else if (this.#gathered.size > 0) this.#sweep()
    else this.#whenFinished()
  }

  /** The next start carries it out. */
  stuck(): void {
    this.#whenFinished?.()
  }

  /** Resolves when every row is right, or none can be written: then the journal keeps them. */
  async finish(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#writer === null || this.#writer.hasEnded) return
    if (this.#gathered.size === 0 && this.#sweeping === null) return
    const writer = this.#writer
    await new Promise<void>((resolve) => {
      this.#whenFinished = resolve
      writer.finish()
      this.#sweep()
    })
  }

  #sweepOrWait(): void {
    if (this.#gathered.size >= WORTH_A_SWEEP) this.#sweep()
    else if (this.#gathered.size > 0) this.#timer ??= this.#listen()
  }

  #listen(): NodeJS.Timeout {
    const before = this.#gathered.size
    return setTimeout(() => {
      const isQuiet = this.#gathered.size - before < QUIET_TOKENS
      this.#timer = isQuiet ? null : this.#listen()
      if (isQuiet) this.#sweep()
    }, QUIET_MS).unref()
  }

  #sweep(): void {
    if (this.#sweeping !== null || this.#gathered.size === 0) return
    this.#sweeping = this.#gathered
    this.#gathered = this.#spare
    this.#writer?.sweep({ kind: 'sweep', rows: this.#sweeping.shared, through: this.#through })
  }
}
