/** Real stores that are watched, held up or made to fail at a chosen point: a real database fails when it likes. */
import type { AccountKey, AuditEntry } from '../../src/auth/account.ts'
import type { TokenChange } from '../../src/auth/action.ts'
import type { Store } from '../../src/storage/store.ts'

type Loggable = Pick<Store, 'recall' | 'isAlone' | 'load' | 'commit' | 'commitsInFlight'>

export interface WatchedStore extends Loggable {
  readonly commits: { readonly changes: readonly TokenChange[]; readonly audit: readonly AuditEntry[] }[]
  /** Accounts that were loaded while they were in another batch. */
  readonly overlaps: AccountKey[]
  mostInFlight: number
}

/** `beforeCommit` comes between a decision and its commit. */
export function watched(
  store: Loggable,
  { beforeCommit }: { beforeCommit?: (changes: readonly TokenChange[]) => Promise<void> | undefined } = {},
): WatchedStore {
  const inFlight = new Map<AccountKey, number>()
  let commitsUnderWay = 0
  const seen: WatchedStore = {
    commits: [],
    overlaps: [],
    mostInFlight: 0,
    commitsInFlight: store.commitsInFlight,
    isAlone: store.isAlone,
    recall: (key) => store.recall(key),
    load: (keys) => store.load(keys),
    commit: async (changes, audit, records) => {
      seen.commits.push({ changes, audit })
      const keys = new Set(changes.map(({ key }) => key))
      for (const key of keys) {
        if (inFlight.has(key)) seen.overlaps.push(key)
        inFlight.set(key, 1)
      }
      commitsUnderWay++
      seen.mostInFlight = Math.max(seen.mostInFlight, commitsUnderWay)
      try {
        await beforeCommit?.(changes)
        return await store.commit(changes, audit, records)
      } finally {
        commitsUnderWay--
        for (const key of keys) inFlight.delete(key)
      }
    },
  }
  return seen
}

export interface HeldStore extends Pick<WatchedStore, 'commits'>, Loggable {
  /** Resolves when so many calls stand at the gate, or have passed it. */
  reached(calls: number): Promise<void>
  /** Lets through what stands at the gate and all that comes. */
  release(): void
  /** What stands at the gate is refused, without the database having seen it; so is all that comes until `release`. */
  fail(error: Error): void
}

/** Every `load` or every `commit` waits at a gate until it is released. */
export function hold(store: Loggable, step: 'load' | 'commit'): HeldStore {
  const seen = watched(store)
  let arrived = 0
  let waiters: { calls: number; resolve: () => void }[] = []
  let open: { error: Error | null } | null = null
  const standing: (() => void)[] = []
  const gate = async () => {
    arrived++
    for (const { resolve } of waiters.filter(({ calls }) => calls <= arrived)) resolve()
    waiters = waiters.filter(({ calls }) => calls > arrived)
    if (open === null) await new Promise<void>((resolve) => standing.push(resolve))
    if (open?.error) throw open.error
  }
  const decide = (error: Error | null) => {
    open = { error }
    for (const pass of standing.splice(0)) pass()
  }
  return {
    commits: seen.commits,
    commitsInFlight: seen.commitsInFlight,
    isAlone: seen.isAlone,
    recall: (key) => (step === 'load' ? undefined : seen.recall(key)),
    load: async (keys) => {
      if (step === 'load') await gate()
      return await seen.load(keys)
    },
    commit: async (changes, audit, records) => {
      if (step === 'commit') await gate()
      return await seen.commit(changes, audit, records)
    },
    reached: (calls) =>
      arrived >= calls ? Promise.resolve() : new Promise((resolve) => waiters.push({ calls, resolve })),
    release: () => decide(null),
    fail: (error) => decide(error),
  }
}
