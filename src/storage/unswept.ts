/**
 * What logins have made of tokens and the journal holds, while the tokens' own rows are behind. Gathered until it is worth
 * a sweep through the table or the server has had a quiet second, and sorted, so that each page is written once a sweep.
 */
import type { Token } from '../auth/account.ts'
import type { ProgressRow } from './columns.ts'
import { encodeProgress, progressToOctets } from './progress_octets.ts'
import { ProgressTable } from './progress_table.ts'
import type { WriterThread } from './writer_thread.ts'

/** At a million tokens, four to a page: a quarter of the pages that writing each at once would take. */
const WORTH_A_SWEEP = 65_536
const QUIET_MS = 1000
/** Distinct tokens gathered in that time: fewer, and it is quiet. */
const QUIET_TOKENS = 4096

export class Unswept {
  #writer: WriterThread | null = null
  #gathered = new Gathered()
  #sweeping: Gathered | null = null
  #journalId = 0
  /** The last journal row that is durable. */
  #through = 0
  #timer: NodeJS.Timeout | null = null
  #whenFinished: (() => void) | null = null

  /** A thread has carried out the whole journal at its start, and takes over. */
  begin(writer: WriterThread): void {
    this.#writer = writer
    this.#gathered = new Gathered()
    this.#sweeping = null
  }

  /** What stands in none of the rows yet; undefined: the row is right. */
  get(id: number): ProgressRow | undefined {
    return this.#gathered.get(id) ?? this.#sweeping?.get(id)
  }

  /** The journal's row for these. Its number is given once: after a failure the next one has another. */
  journal(tokens: readonly Token[]): { id: number; progress: Uint8Array } | null {
    if (tokens.length === 0) return null
    return { id: ++this.#journalId, progress: progressToOctets(encodeProgress(tokens, tokens.length)) }
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
    this.#sweeping = null
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
    this.#gathered = new Gathered()
    const rows = this.#sweeping.sorted()
    this.#writer?.sweep({ kind: 'sweep', rows, through: this.#through })
  }
}

/** The newest progress of each of some tokens. */
class Gathered {
  /** Each token's row in the table. */
  readonly #rows = new Map<number, number>()
  readonly #table = new ProgressTable()

  get size(): number {
    return this.#rows.size
  }

  put(token: Token): void {
    const row = this.#rows.get(token.id)
    if (row === undefined) this.#rows.set(token.id, this.#table.add(token))
    else this.#table.write(row, token)
  }

  get(id: number): ProgressRow | undefined {
    const row = this.#rows.get(id)
    return row === undefined ? undefined : this.#table.progressRow(row)
  }

  delete(id: number): void {
    const row = this.#rows.get(id)
    if (row === undefined) return
    this.#rows.delete(id)
    this.#table.remove(row)
  }

  /** By rising id. */
  sorted(): Float64Array<ArrayBuffer> {
    const ids = Float64Array.from(this.#rows.keys()).sort()
    return this.#table.encoded(Array.from(ids, (id) => this.#rows.get(id)!))
  }
}
