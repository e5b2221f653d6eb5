/**
 * A node's connection to what is durable: calls and answers take their time, overtake each other, get lost, and after a
 * failure nobody knows what happened. What takes effect takes effect at one moment.
 */
import type { Account, AccountKey, AuditEntry } from '../../src/auth/account.ts'
import type { RecordChange, TokenChange } from '../../src/auth/action.ts'
import { AccountCache } from '../../src/storage/account_cache.ts'
import { type Store, StoreUnavailable } from '../../src/storage/store.ts'
import type { Checker } from './checker.ts'
import type { Life } from './life.ts'
import type { StoreFaults } from './plan.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'
import type { Truth, TruthStore } from './truth.ts'

export interface Surroundings {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly checker: Checker
  readonly truth: Truth
  readonly faults: () => StoreFaults
  /** The node cannot reach what is durable until then. */
  readonly outageUntil: () => number
  readonly commitsInFlight: number
  /** Of mutants alone: what the node takes itself for. */
  readonly isAlone?: boolean
}

export type NodeStore = Pick<
  Store,
  'recall' | 'isAlone' | 'load' | 'commit' | 'commitsInFlight' | 'locate' | 'ping'
>

export class SimulatedStore implements NodeStore {
  readonly commitsInFlight: number
  readonly isAlone: boolean
  readonly #world: Surroundings
  readonly #life: Life
  /** Of a node on the model; a real store has its own. */
  readonly #remembered = new AccountCache()

  constructor(world: Surroundings, life: Life) {
    this.#world = world
    this.#life = life
    this.commitsInFlight = world.commitsInFlight
    this.isAlone = world.isAlone ?? world.truth.memoryOf(life.node)?.isAlone ?? false
  }

  recall(key: AccountKey): Account | undefined {
    const { random, checker, faults, truth } = this.#world
    if (!random.chance(faults().recalls)) return undefined
    const account = (truth.memoryOf(this.#life.node) ?? this).remembered(key)
    if (account !== undefined) checker.count('recalled')
    return account
  }

  remembered(key: AccountKey): Account | undefined {
    return this.#remembered.get(key)
  }

  async load(keys: readonly AccountKey[]) {
    const loaded = await this.#call(`load ${keys.join(' ')}`, (store) => store.load(keys))
    for (const account of loaded.values()) this.#remembered.set(account)
    return loaded
  }

  async commit(
    changes: readonly TokenChange[],
    audit: readonly AuditEntry[],
    records: readonly RecordChange[] = [],
  ) {
    const { checker, truth } = this.#world
    const life = this.#life
    const what = `commit ${audit.map(({ action, outcome, user }) => `${action} ${outcome} ${user}`).join(', ')}`
    const losers = await this.#call(what, async (store) => {
      const losers = await store.commit(changes, audit, records)
      if (losers.size === 0) checker.committed(life, changes, audit, truth)
      return losers
    }).catch((error: unknown) => {
      checker.answered(life, audit, 'failed')
      throw error
    })
    for (const key of losers) this.#remembered.delete(key)
    if (losers.size > 0) return losers
    checker.answered(life, audit, 'acknowledged')
    for (const change of changes) this.#remembered.committed(change)
    for (const change of records) this.#remembered.recordCommitted(change)
    return losers
  }

  async locate(serial: string) {
    return await this.#call(`locate ${serial}`, (store) => store.locate(serial))
  }

  async ping() {
    await this.#call('ping', async () => {})
  }

  #call<T>(what: string, effect: (store: TruthStore) => Promise<T>): Promise<T> {
    const { scheduler, random, faults, outageUntil, checker, truth } = this.#world
    const life = this.#life
    return new Promise((resolve, reject) => {
      const fail = (how: string) => {
        scheduler.note(`${life.name} store: ${what}: ${how}`)
        checker.count(how)
        const answer = () => reject(new StoreUnavailable(how))
        scheduler.after(this.#travelMs(), answer, life)
      }
      const arrive = async () => {
        // What a process has sent before it died may still arrive.
        if (life.isOver && random.chance(0.5)) return
        if (scheduler.now < outageUntil()) return fail('outage')
        if (random.chance(faults().refusals)) return fail('refused')
        const result = await effect(truth.storeOf(life.node))
        if (life.isOver) checker.count('commit after death')
        if (random.chance(faults().unknownOutcomes)) return fail('unknown outcome')
        const lost = result instanceof Set && result.size > 0
        if (lost) checker.count('lost race')
        scheduler.note(`${life.name} store: ${what}${lost ? `: lost ${[...result].join(' ')}` : ''}`)
        scheduler.after(this.#travelMs(), () => resolve(result), life)
      }
      scheduler.after(this.#travelMs(), arrive)
    })
  }

  #travelMs(): number {
    const { random, faults } = this.#world
    return random.chance(faults().slow) ? random.between(50, 2500) : random.between(0, 4)
  }
}
