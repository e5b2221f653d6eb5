/** The batches that are being committed, and whose accounts they are: none is in two of them at once. */
import type { AccountKey } from '../auth/account.ts'

interface Keyed {
  readonly key: AccountKey
}

interface Batch {
  readonly works: readonly Keyed[]
  /**
   * A new set for each batch: one that lives on, and is filled and emptied, makes its tables anew in the old heap, where only a
   * full collection finds them.
   */
  readonly keys: ReadonlySet<AccountKey>
}

const NO_KEYS: ReadonlySet<AccountKey> = new Set()

export class BatchesInFlight {
  readonly #most: () => number
  #batches: readonly Batch[] = []

  constructor(most: () => number) {
    this.#most = most
  }

  get hasRoom(): boolean {
    return this.#batches.length < this.#most()
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0
  }

  /** Works in all of them. */
  get size(): number {
    return this.#batches.reduce((sum, { works }) => sum + works.length, 0)
  }

  isBusy(key: AccountKey): boolean {
    for (const { keys } of this.#batches) if (keys.has(key)) return true
    return false
  }

  /** What it answers ends it. */
  begin(works: readonly Keyed[]): () => void {
    // Where there is never another, nobody asks.
    const keys = this.#most() > 1 ? new Set(works.map(({ key }) => key)) : NO_KEYS
    const batch: Batch = { works, keys }
    this.#batches = [...this.#batches, batch]
    return () => {
      this.#batches = this.#batches.filter((other) => other !== batch)
    }
  }
}
