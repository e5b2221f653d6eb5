/**
 * A node's connection to what is durable: calls and answers take their time, overtake each other, get lost, and after a
 * failure nobody knows what happened. What takes effect takes effect at one moment.
 */
import { type Account, type AccountKey, type AuditEntry, keyOf } from '../../src/auth/account.ts'
import type { TokenChange } from '../../src/auth/action.ts'
import { type Store, StoreUnavailable } from '../../src/storage/store.ts'
import type { Checker } from './checker.ts'
import type { Life } from './life.ts'
import type { StoreFaults } from './plan.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'
import type { Truth } from './truth.ts'

export interface Surroundings {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly checker: Checker
  readonly truth: Truth
  readonly faults: () => StoreFaults
  /** The node cannot reach what is durable until then. */
  readonly outageUntil: () => number
  readonly commitsInFlight: number
}

export type NodeStore = Pick<Store, 'load' | 'commit' | 'commitsInFlight' | 'locate' | 'ping'>

/** Must it be as it is now, or may it be what was last seen? */
export interface LoadOptions {
  readonly fresh?: boolean
}

export class SimulatedStore implements NodeStore {
  readonly commitsInFlight: number
  readonly #world: Surroundings
  readonly #life: Life
  /** As this node last saw them; other nodes change accounts without telling. */
  readonly #remembered = new Map<AccountKey, Account>()

  constructor(world: Surroundings, life: Life) {
    this.#world = world
    this.#life = life
    this.commitsInFlight = world.commitsInFlight
  }

  async load(keys: readonly AccountKey[], { fresh = false }: LoadOptions = {}) {
    const { random, truth, scheduler, checker } = this.#world
    const { staleLoads, ignoresFresh } = this.#world.faults()
    const isStale = (key: AccountKey) =>
      (!fresh || ignoresFresh) && this.#remembered.has(key) && random.chance(staleLoads)
    const stale = keys.filter(isStale)
    if (stale.length > 0) scheduler.note(`${this.#life.name} remembers ${stale.join(' ')}`)
    if (stale.length > 0) checker.count('stale load')
    const old = stale.map((key) => [key, this.#remembered.get(key) as Account] as const)
    const asked = keys.filter((key) => !stale.includes(key))
    const loaded = await this.#call(`load ${asked.join(' ')}`, () =>
      truth.storeOf(this.#life.node).load(asked),
    )
    for (const [key, account] of loaded) this.#remembered.set(key, account)
    return new Map([...loaded, ...old])
  }

  async commit(changes: readonly TokenChange[], audit: readonly AuditEntry[]) {
    const { truth, checker } = this.#world
    const life = this.#life
    const what = `commit ${audit.map(({ action, outcome, user }) => `${action} ${outcome} ${user}`).join(', ')}`
    const losers = await this.#call(what, async () => {
      const losers = await truth.storeOf(life.node).commit(changes, audit)
      if (losers.size === 0) checker.committed(life, changes, audit)
      return losers
    }).catch((error: unknown) => {
      checker.answered(life, audit, 'failed')
      throw error
    })
    if (losers.size === 0) checker.answered(life, audit, 'acknowledged')
    for (const key of losers) this.#remembered.delete(key)
    if (losers.size === 0) for (const change of changes) this.#remember(change)
    return losers
  }

  #remember({ key, before, after }: TokenChange): void {
    const account = this.#remembered.get(key)
    const staysWithOwner = before !== null && after !== null && keyOf(after) === key
    if (account === undefined || !staysWithOwner) {
      this.#remembered.delete(key)
      if (after !== null) this.#remembered.delete(keyOf(after))
      return
    }
    const tokens = account.tokens.map((token) => (token.serial === after.serial ? after : token))
    this.#remembered.set(key, { key, tokens })
  }

  async locate(serial: string) {
    return await this.#call(`locate ${serial}`, () =>
      this.#world.truth.storeOf(this.#life.node).locate(serial),
    )
  }

  async ping() {
    await this.#call('ping', async () => {})
  }

  #call<T>(what: string, effect: () => Promise<T>): Promise<T> {
    const { scheduler, random, faults, outageUntil, checker } = this.#world
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
        const result = await effect()
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
