/** What is durable, whatever happens to the nodes: the model, or a real database. */
import type { Account, AccountKey, AuditEntry, Token } from '../../src/auth/account.ts'
import { readEntries } from '../../src/storage/audit_block.ts'
import { verifyAudit } from '../../src/storage/audit_chain.ts'
import type { Store } from '../../src/storage/store.ts'
import { type DatabaseKind, KEYS } from '../support/databases.ts'

export type TruthStore = Pick<Store, 'load' | 'commit' | 'locate'>

export interface Truth {
  /** See touch_others.ts. */
  readonly touchesOthers: boolean
  storeOf(node: number): TruthStore
  /** What the real store of a node has in memory; null: the simulation remembers in its place. */
  memoryOf(node: number): Memory | null
  /** The node's process has ended, and with it what its store remembered. */
  forgetMemory(node: number): Promise<void>
  /** Tokens by age; audit entries in the order of their commits, for each node. */
  everything(): Promise<{ readonly tokens: readonly Token[]; readonly audit: readonly AuditEntry[] }>
  close(): Promise<void>
}

export interface Memory {
  readonly isAlone: boolean
  remembered(key: AccountKey): Account | undefined
}

/** A database of `kind`. SQLite belongs to one process, so there all nodes share one store. */
export async function databaseTruth(
  kind: DatabaseKind,
  { withItsMemory }: { withItsMemory: boolean },
): Promise<Truth> {
  const database = await kind.create()
  const isShared = kind.name === 'SQLite'
  const stores = new Map<number, Store>()
  const open = async (node: number) => stores.set(node, await database.open(`node${node}`))
  for (const node of isShared ? [0] : NODES) await open(node)
  const storeOf = (node: number) => stores.get(isShared ? 0 : node) as Store
  return {
    touchesOthers: !isShared,
    storeOf,
    memoryOf: (node) => {
      if (!withItsMemory) return null
      const store = storeOf(node)
      return { isAlone: store.isAlone, remembered: (key) => store.recall(key) }
    },
    forgetMemory: async (node) => {
      await database.close(storeOf(node))
      await open(isShared ? 0 : node)
    },
    everything: async () => {
      const store = storeOf(0)
      const verified = await verifyAudit(store, KEYS.audit)
      if (verified.firstBad !== null) throw new Error(`the audit trail: ${verified.firstBad.problem}`)
      const { rows: tokens } = await store.listTokens({
        order: 'serial',
        descending: false,
        limit: 100,
        cursor: null,
      })
      const audit: AuditEntry[] = []
      for (let last: number | null = null; ; ) {
        const rows = await store.readAudit(last, 1000)
        if (rows.length === 0) return { tokens, audit }
        audit.push(...rows.flatMap(readEntries))
        last = rows.at(-1)?.id ?? null
      }
    },
    close: () => database.drop(),
  }
}

/** As many as a schedule may have. */
const NODES = [0, 1, 2]
