/**
 * For each range of ids a time after which none of its tokens was used: so that the list by last use, which no index has,
 * reads a few ranges instead of all. For a database that nobody else writes; kept in memory, and learnt from the rows when
 * it is first asked for. Knows no SQL.
 */
import type { TokenChange } from '../auth/action.ts'

const RANGE_IDS = 1024

/** Of the ids of one range, which are those above `after`. */
export interface UsedRange {
  readonly after: number
  /** 0: none of them was ever used. */
  readonly latest: number
}

export class LatestUses {
  /** By range; null: nobody has asked yet. */
  #latest: number[] | null = null
  #learning: Promise<void> | null = null
  readonly rangeIds: number

  constructor(rangeIds = RANGE_IDS) {
    this.rangeIds = rangeIds
  }

  /** Those of all ids up to `lastId`, the latest first. `read`: what the rows say. */
  async ranges(lastId: number, read: () => AsyncIterable<readonly UsedRange[]>): Promise<UsedRange[]> {
    if (this.#latest === null) {
      this.#latest = []
      this.#learning = this.#learn(read)
    }
    await this.#learning
    const latest = this.#latest
    const ranges = Array.from({ length: Math.ceil(lastId / this.rangeIds) }, (_, i) => ({
      after: i * this.rangeIds,
      // Forgotten while we learnt: anything may be there.
      latest: latest === null ? Number.POSITIVE_INFINITY : (latest[i] ?? 0),
    }))
    return ranges.sort((one, other) => other.latest - one.latest)
  }

  async #learn(read: () => AsyncIterable<readonly UsedRange[]>): Promise<void> {
    try {
      for await (const ranges of read())
        for (const { after, latest } of ranges) this.#raise(after + 1, latest)
    } catch (error) {
      this.#latest = null
      throw error
    }
  }

  /** To be told before it is written: too late a time costs a look, too early a one would hide a token. */
  willWrite({ before, after }: TokenChange): void {
    if (this.#latest === null || after === null || after.lastUsedAt === null) return
    if (before !== null) this.#raise(before.id, after.lastUsedAt)
    // A new token's id is not known yet, and none has been used.
    else this.#latest = null
  }

  /** What is written while we learn is not lost: a range only ever gets later. */
  #raise(id: number, at: number): void {
    const latest = this.#latest
    if (latest === null) return
    const range = Math.floor((id - 1) / this.rangeIds)
    while (latest.length <= range) latest.push(0)
    if (at > latest[range]!) latest[range] = at
  }
}
