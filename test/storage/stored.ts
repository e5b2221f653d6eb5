/** Tokens and audit entries as the storage tests write and compare them. */
import {
  type Account,
  type AccountKey,
  type AuditEntry,
  keyOf,
  type Token,
  typeOf,
} from '../../src/auth/account.ts'
import type { TokenChange } from '../../src/auth/action.ts'
import type { Store } from '../../src/storage/store.ts'
import { NOW } from '../auth/make_token.ts'

export function inserts(...tokens: readonly Token[]): TokenChange[] {
  return tokens.map((after) => ({ key: keyOf(after), before: null, after }))
}

/** A change as runBatch makes it: one version later. */
export function changed(before: Token, fields: Partial<Token>): TokenChange {
  return { key: keyOf(before), before, after: { ...before, version: before.version + 1, ...fields } }
}

export function deleted(before: Token): TokenChange {
  return { key: keyOf(before), before, after: null }
}

/** Commits what nobody contests. */
export async function put(
  store: Pick<Store, 'commit'>,
  changes: readonly TokenChange[],
  audit: readonly AuditEntry[] = [],
) {
  const losers = await store.commit(changes, audit)
  if (losers.size > 0) throw new Error(`lost: ${[...losers].join(', ')}`)
}

export async function load(store: Store, key: AccountKey): Promise<readonly Token[]> {
  return ((await store.load([key])).get(key) as Account).tokens
}

export async function loadOne(store: Store, key: AccountKey): Promise<Token> {
  const [token, ...more] = await load(store, key)
  if (token === undefined || more.length > 0) throw new Error(`${key} has not one token`)
  return token
}

/** A token's every field in a form that compares: the state as it is sealed. */
export function plainToken(token: Token): Record<string, unknown> {
  const { id: _, state, ...fields } = token
  return { ...fields, state: typeOf(token).serialize(state) }
}

export function entry(fields: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at: NOW,
    actor: 'client:vpn',
    source: '192.0.2.1',
    user: 'alice',
    serials: ['A'],
    action: 'login',
    outcome: 'accept',
    reason: 'otp-accepted',
    detail: null,
    ...fields,
  }
}
