/**
 * The one road of change: gather -> load -> runBatch -> commit -> answer. While one batch commits, the next gathers; a lone
 * request never waits, and under load a small batch does for three milliseconds at most. An account is never in two batches
 * at once, and only losers of a compare-and-swap run again.
 */
import { CommandError } from '../admin/command_error.ts'
import type { Account, AccountKey } from '../auth/account.ts'
import { type Action, type BatchResult, Failed, runBatch, type Work } from '../auth/action.ts'
import type { Store } from '../storage/store.ts'
import type { Instant } from '../tokens/token_type.ts'
import { BatchesInFlight } from './batches_in_flight.ts'
import { Gathering } from './gathering.ts'

export interface CommitterOptions {
  readonly store: Pick<Store, 'recall' | 'isAlone' | 'load' | 'commit' | 'commitsInFlight'>
  readonly now: () => Instant
  readonly maxBatch?: number
  readonly maxQueue?: number
  /** Milliseconds that rise steadily; by default `performance.now`. */
  readonly monotonicNow?: () => number
  /** Calls back when the event loop comes around; a simulation puts its own in place. */
  readonly nextTurn?: (callback: () => void) => void
  /** Calls back after so many milliseconds; a simulation puts its own in place. */
  readonly setTimer?: (callback: () => void, delayMs: number) => unknown
}

export interface CommitterCounters {
  commits: number
  committed: number
  lostRaces: number
  failures: number
  overloads: number
}

const MAX_BATCH = 256
const MAX_QUEUE = 8192
const MAX_ATTEMPTS = 8
/** RADIUS clients send again after 2 to 3 s: with its commit and its way back, an answer that waited longer comes too late. */
const STALE_MS = 2000
const LATE_MS = 500
/** Came at the end of time: an operator waits for his command. */
const WAITS = Number.POSITIVE_INFINITY

/** The queue is full, or we are closing: not accepted, nothing happened. */
export class Overloaded extends Error {}

/** Whom to tell what became of an action: its result once that is durable, or why there is none. Neither may throw. */
export interface Waiter<R> {
  done(result: R): void
  failed(error: unknown): void
}

interface Pending extends Work {
  attempts: number
  /** When it came, by the monotonic clock. */
  readonly since: number
  readonly waiter: Waiter<unknown>
}

export class Committer {
  readonly counters: CommitterCounters = { commits: 0, committed: 0, lostRaces: 0, failures: 0, overloads: 0 }
  readonly #options: Required<CommitterOptions>
  #queue: Pending[] = []
  readonly #inFlight: BatchesInFlight
  readonly #gathering: Gathering
  #closed = false
  #whenIdle: (() => void)[] = []

  constructor(options: CommitterOptions) {
    this.#options = {
      maxBatch: MAX_BATCH,
      maxQueue: MAX_QUEUE,
      nextTurn: setImmediate,
      setTimer: setTimeout,
      monotonicNow: () => performance.now(),
      ...options,
    }
    const { store, maxBatch, monotonicNow, nextTurn, setTimer } = this.#options
    this.#inFlight = new BatchesInFlight(() => store.commitsInFlight)
    this.#gathering = new Gathering({
      maxBatch,
      monotonicNow,
      nextTurn,
      setTimer,
      waiting: () => this.#queue.length,
      begin: () => this.#start(),
    })
  }

  /**
   * Resolves with the action's result once it is durable. Rejects with what the action threw, with Overloaded, or with
   * StoreUnavailable, after which it is unknown whether it took place.
   */
  transact<R>(key: AccountKey, action: Action<R>): Promise<R> {
    return new Promise<R>((done, failed) => this.#add(key, action, { done, failed }, WAITS))
  }

  /**
   * A login, which came at `since` by the monotonic clock: dropped as Overloaded when it has waited so long that nobody takes
   * its answer any more. Without a promise, which costs more than its place in the queue.
   */
  run<R>(key: AccountKey, action: Action<R>, waiter: Waiter<R>, since = this.#options.monotonicNow()): void {
    this.#add(key, action, waiter, since)
  }

  #add<R>(key: AccountKey, action: Action<R>, waiter: Waiter<R>, since: number): void {
    if (this.#closed || this.#queue.length >= this.#options.maxQueue) {
      this.counters.overloads++
      waiter.failed(
        new Overloaded(this.#closed ? 'the server is stopping' : 'too many requests wait for the database'),
      )
      return
    }
    this.#queue.push({
      key,
      action,
      attempts: 0,
      since,
      waiter: waiter as Waiter<unknown>,
    })
    this.#schedule()
  }

  /** Requests that wait or are being committed. */
  get depth(): number {
    return this.#queue.length + this.#inFlight.size
  }

  /** Refuses new work; resolves when what was accepted is answered. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#queue.length === 0 && this.#inFlight.isEmpty) return
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  #schedule(): void {
    if (this.#inFlight.hasRoom) this.#gathering.start()
  }

  #start(): void {
    while (this.#inFlight.hasRoom) {
      const works = this.#takeWorks()
      if (works.length === 0) {
        // All of it had waited too long.
        if (this.#queue.length === 0) this.#goOn()
        break
      }
      const end = this.#inFlight.begin(works)
      this.#gathering.begun(works.length)
      this.#run(works).finally(() => {
        end()
        this.#goOn()
      })
    }
  }

  #goOn(): void {
    if (this.#queue.length > 0) this.#schedule()
    else if (this.#inFlight.isEmpty) for (const idle of this.#whenIdle.splice(0)) idle()
  }

  /**
   * Up to the cap, of those whose account is in no other batch: the oldest first, or when the oldest have waited too long
   * the newest, for the others' clients have asked again or are about to give up.
   */
  #takeWorks(): Pending[] {
    this.#dropStale()
    const works: Pending[] = []
    const skipped: Pending[] = []
    const { maxBatch } = this.#options
    const queue = this.#queue
    const isLate = queue.length > maxBatch && this.#waited(queue[0]!) > LATE_MS
    let taken = 0
    while (taken < queue.length && works.length < maxBatch) {
      const work = queue[isLate ? queue.length - 1 - taken : taken]!
      taken++
      if (this.#inFlight.isBusy(work.key)) skipped.push(work)
      else works.push(work)
    }
    this.#queue = isLate
      ? [...queue.slice(0, queue.length - taken), ...skipped.reverse()]
      : [...skipped, ...queue.slice(taken)]
    return works
  }

  /** What a login waited for in vain: nobody takes its answer any more. */
  #dropStale(): void {
    const { length } = this.#queue
    let stale = 0
    while (stale < length && this.#waited(this.#queue[stale]!) > STALE_MS) stale++
    for (const { waiter } of this.#queue.splice(0, stale)) {
      this.counters.overloads++
      waiter.failed(new Overloaded('it has waited too long for the database'))
    }
  }

  #waited({ since }: Pending): number {
    return this.#options.monotonicNow() - since
  }

  async #run(batch: readonly Pending[]): Promise<void> {
    let works = batch
    try {
      const now = this.#options.now()
      const { accounts, decided } = await this.#accountsFor(works, now)
      works = await this.#commit(works, accounts, decided ?? runBatch(works, accounts, now))
      while (works.length > 0) works = await this.#commit(works, accounts, runBatch(works, accounts, now))
    } catch (error) {
      this.counters.failures++
      for (const { waiter } of works) waiter.failed(error)
    }
  }

  /**
   * What is remembered, where the commit will prove it or nobody else writes; everything else as the database has it. What
   * was decided by memory and is not proven by the commit may rest on what another node has changed, so it is loaded.
   * `decided`: where all was remembered and all is proven, what was decided on the way; null: it is still to be decided.
   */
  async #accountsFor(works: readonly Pending[], now: Instant): Promise<Accounts> {
    const { store } = this.#options
    const accounts = new Map<AccountKey, Account>()
    const missing = new Set<AccountKey>()
    for (const { key } of works) {
      const account = accounts.get(key) ?? store.recall(key)
      if (account === undefined) missing.add(key)
      else accounts.set(key, account)
    }
    if (accounts.size > 0 && !store.isAlone) {
      const known = missing.size === 0 ? works : works.filter(({ key }) => accounts.has(key))
      const decided = runBatch(known, accounts, now)
      for (const [index, { key }] of known.entries())
        if (!isProven(decided.outcomes[index]!)) missing.add(key)
      if (missing.size === 0) return { accounts, decided }
    }
    if (missing.size > 0)
      for (const [key, account] of await store.load([...missing])) accounts.set(key, account)
    return { accounts, decided: null }
  }

  /** What is left to do: nothing, or all but the losers, which go back to the queue. */
  async #commit(
    works: readonly Pending[],
    accounts: Map<AccountKey, Account>,
    batch: BatchResult,
  ): Promise<readonly Pending[]> {
    if (batch.changes.length > 0 || batch.audit.length > 0) {
      const losers = await this.#options.store.commit(batch.changes, batch.audit, batch.records)
      if (losers.size > 0) {
        this.#queueAgain(works.filter(({ key }) => losers.has(key)))
        for (const key of losers) accounts.delete(key)
        return works.filter(({ key }) => !losers.has(key))
      }
    }
    this.counters.commits++
    this.counters.committed += works.length
    answer(works, batch)
    return []
  }

  #queueAgain(losers: readonly Pending[]): void {
    this.counters.lostRaces += losers.length
    this.#gathering.hurry()
    const again = losers.filter((work) => ++work.attempts < MAX_ATTEMPTS)
    for (const work of losers) {
      if (work.attempts < MAX_ATTEMPTS) continue
      work.waiter.failed(new CommandError('conflict', 'others keep changing the same token', 'try again'))
    }
    this.#queue = [...again, ...this.#queue]
  }
}

interface Accounts {
  readonly accounts: Map<AccountKey, Account>
  readonly decided: BatchResult | null
}

/** By the commit itself: its compare-and-swap covers everything that it rests on. */
function isProven(outcome: BatchResult['outcomes'][number]): boolean {
  return !(outcome instanceof Failed) && outcome.isProvenByCommit === true
}

function answer(works: readonly Pending[], { outcomes }: BatchResult): void {
  for (let i = 0; i < works.length; i++) {
    const outcome = outcomes[i]!
    const { waiter } = works[i]!
    if (outcome instanceof Failed) waiter.failed(outcome.error)
    else waiter.done(outcome.result)
  }
}
