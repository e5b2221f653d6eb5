/**
 * The Store contract in memory, small enough to be seen to be right: a list of tokens, a list of audit entries, and a
 * commit that does all or nothing. `stores.test.ts` holds it against the databases.
 */
import {
  type Account,
  type AccountKey,
  type AccountRecord,
  type AuditEntry,
  keyOf,
  type Token,
} from '../../src/auth/account.ts'
import type { RecordChange, TokenChange } from '../../src/auth/action.ts'
import { touchOthers } from './touch_others.ts'
import type { Truth } from './truth.ts'

export class ModelStore implements Truth {
  protected tokens: readonly Token[] = []
  protected audit: readonly AuditEntry[] = []
  protected records = new Map<AccountKey, AccountRecord>()
  #lastId = 0
  readonly touchesOthers: boolean

  constructor({ touchesOthers = false } = {}) {
    this.touchesOthers = touchesOthers
  }

  storeOf(): this {
    return this
  }

  memoryOf(): null {
    return null
  }

  async load(keys: readonly AccountKey[]): Promise<Map<AccountKey, Account>> {
    const accounts = keys.map((key) => ({
      key,
      tokens: this.tokens.filter((token) => keyOf(token) === key),
      record: this.records.get(key),
    }))
    return new Map(accounts.map((account) => [account.key, account]))
  }

  async commit(
    changes: readonly TokenChange[],
    audit: readonly AuditEntry[],
    records: readonly RecordChange[] = [],
  ): Promise<ReadonlySet<AccountKey>> {
    const overtaken = records.filter(({ key, before }) => this.records.get(key)?.version !== before?.version)
    const lost = [...changes.filter((change) => !this.mayApply(change)), ...overtaken]
    const losers = new Set(lost.map(({ key }) => key))
    if (losers.size > 0) return losers
    for (const change of changes) this.apply(change)
    if (this.touchesOthers) this.tokens = touchOthers(this.tokens, changes)
    for (const { key, after } of records) this.records.set(key, after)
    this.audit = [...this.audit, ...audit]
    return losers
  }

  async locate(serial: string): Promise<AccountKey | null> {
    const token = this.tokens.find((candidate) => candidate.serial === serial)
    return token === undefined ? null : keyOf(token)
  }

  protected mayApply({ before, after }: TokenChange): boolean {
    if (before === null) return !this.tokens.some(({ serial }) => serial === after?.serial)
    const current = this.tokens.find(({ id }) => id === before.id)
    if (current === undefined || current.version !== before.version) return false
    return after === null || after.counter >= current.counter
  }

  protected apply({ before, after }: TokenChange): void {
    if (before === null) this.tokens = [...this.tokens, { ...(after as Token), id: ++this.#lastId }]
    else this.tokens = this.tokens.flatMap((token) => (token.id === before.id ? (after ?? []) : token))
  }

  async everything() {
    return { tokens: this.tokens, audit: this.audit }
  }

  async forgetMemory(): Promise<void> {}

  async close(): Promise<void> {}
}
