/**
 * The one road of change: pure actions on accounts, run in batches. An action may run again after a lost race, so
 * entropy comes in when it is built and time only as `now`.
 */
import type { Instant } from '../tokens/token_type.ts'
import type { Account, AccountKey, AuditEntry, Token } from './account.ts'

export type Action<R> = (account: Account, now: Instant) => Outcome<R>

export interface Outcome<R> {
  readonly result: R
  /** The account's tokens after it: the same objects where nothing changed. */
  readonly tokens: readonly Token[]
  readonly audit: readonly AuditEntry[]
}

export interface Work<R = unknown> {
  readonly key: AccountKey
  readonly action: Action<R>
}

/** `before` null: a new token. `after` null: a deleted one. */
export interface TokenChange {
  readonly key: AccountKey
  readonly before: Token | null
  readonly after: Token | null
}

export interface BatchResult {
  /** In the order of `works`; an action that threw has its error here and changed nothing. */
  readonly outcomes: readonly (Outcome<unknown> | Failed)[]
  readonly accounts: ReadonlyMap<AccountKey, Account>
  readonly changes: readonly TokenChange[]
  readonly audit: readonly AuditEntry[]
}

export class Failed {
  readonly error: unknown

  constructor(error: unknown) {
    this.error = error
  }
}

/** Runs `works` in order; later ones see what earlier ones did to their account. `accounts` must hold every key. */
export function runBatch(
  works: readonly Work[],
  accounts: ReadonlyMap<AccountKey, Account>,
  now: Instant,
): BatchResult {
  const current = new Map(accounts)
  const outcomes: (Outcome<unknown> | Failed)[] = []
  const audit: AuditEntry[] = []
  for (const { key, action } of works) {
    const account = current.get(key) as Account
    const outcome = attempt(action, account, now)
    outcomes.push(outcome)
    if (outcome instanceof Failed) continue
    audit.push(...outcome.audit)
    if (outcome.tokens !== account.tokens) current.set(key, { key, tokens: outcome.tokens })
  }
  const changes: TokenChange[] = []
  for (const [key, before] of accounts) {
    const after = current.get(key) as Account
    if (after === before) continue
    current.set(key, { key, tokens: withNewVersions(before, after, changes) })
  }
  return { outcomes, accounts: current, changes, audit }
}

function attempt(action: Action<unknown>, account: Account, now: Instant): Outcome<unknown> | Failed {
  try {
    return action(account, now)
  } catch (error) {
    return new Failed(error)
  }
}

/** The tokens of `after`, each changed one a version later than before; the differences are added to `changes`. */
function withNewVersions(before: Account, after: Account, changes: TokenChange[]): Token[] {
  const { key } = before
  const remaining = new Map(before.tokens.map((token) => [token.serial, token]))
  const tokens = after.tokens.map((token) => {
    const old = remaining.get(token.serial) ?? null
    remaining.delete(token.serial)
    if (token === old) return token
    const stored = { ...token, version: (old?.version ?? 0) + 1 }
    changes.push({ key, before: old, after: stored })
    return stored
  })
  for (const deleted of remaining.values()) changes.push({ key, before: deleted, after: null })
  return tokens
}
