/**
 * The one road of change: pure actions on accounts, run in batches. An action may run again after a lost race, so
 * entropy comes in when it is built and time only as `now`.
 */
import type { Instant } from '../tokens/token_type.ts'
import {
  type Account,
  type AccountKey,
  type AccountRecord,
  type AuditEntry,
  keyOf,
  type Token,
} from './account.ts'

export type Action<R> = (account: Account, now: Instant) => Outcome<R>

export interface Outcome<R> {
  readonly result: R
  /** The account's tokens after it: the same objects where nothing changed. */
  readonly tokens: readonly Token[]
  /** The account's record, where the action changes it: of whatever version, it is stored as the next. */
  readonly record?: AccountRecord
  readonly audit: readonly AuditEntry[]
  /** It rests on nothing but tokens that it changes: if they are still as they were taken to be, it is right. */
  readonly isProvenByCommit?: boolean
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

/** `before` undefined: the first one. */
export interface RecordChange {
  readonly key: AccountKey
  readonly before: AccountRecord | undefined
  readonly after: AccountRecord
}

export interface BatchResult {
  /** In the order of `works`; an action that threw has its error here and changed nothing. */
  readonly outcomes: readonly (Outcome<unknown> | Failed)[]
  /** Those that changed, as they are after it. */
  readonly accounts: ReadonlyMap<AccountKey, Account>
  readonly changes: readonly TokenChange[]
  readonly records: readonly RecordChange[]
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
  const current = new Map<AccountKey, Account>()
  /** What was given away or taken back; rare. */
  const departed = new Map<AccountKey, Token[]>()
  const outcomes: (Outcome<unknown> | Failed)[] = []
  const audit: AuditEntry[] = []
  for (const { key, action } of works) {
    const account = current.get(key) ?? (accounts.get(key) as Account)
    const outcome = attempt(action, account, now)
    outcomes.push(outcome)
    if (outcome instanceof Failed) continue
    for (const entry of outcome.audit) audit.push(entry)
    const { tokens, record = account.record } = outcome
    if (tokens === account.tokens && record === account.record) continue
    if (tokens.every((token) => isOf(token, account))) {
      current.set(key, { key, tokens, record })
      continue
    }
    // A token that was given away or taken back is no longer this account's: later works must not see it.
    const [staying, leaving] = partition(tokens, (token) => isOf(token, account))
    current.set(key, { key, tokens: staying, record })
    departed.set(key, [...(departed.get(key) ?? []), ...leaving])
  }
  const changes: TokenChange[] = []
  const records: RecordChange[] = []
  for (const [key, before] of accounts) {
    const after = current.get(key)
    if (after === undefined) continue
    const record = after.record === before.record ? before.record : withNextRecord(before, after, records)
    // Who has decided by the old record finds another version of the tokens, and decides again.
    const staying = record === before.record ? after.tokens : after.tokens.map((token) => ({ ...token }))
    const tokens = withNewVersions(before, staying, departed.get(key) ?? NONE, changes)
    current.set(key, { key, tokens, record })
  }
  return { outcomes, accounts: current, changes, records, audit }
}

function withNextRecord({ key, record: before }: Account, { record }: Account, records: RecordChange[]) {
  const after = { ...(record as AccountRecord), version: (before?.version ?? 0) + 1 }
  records.push({ key, before, after })
  return after
}

const NONE: readonly Token[] = []

function isOf(token: Token, { key, tokens }: Account): boolean {
  // Folding a name costs more than the rest of a small batch; a login leaves the owner as he is.
  return token.user === tokens[0]?.user || keyOf(token) === key
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}

function attempt(action: Action<unknown>, account: Account, now: Instant): Outcome<unknown> | Failed {
  try {
    return action(account, now)
  } catch (error) {
    return new Failed(error)
  }
}

/** The tokens that stay, each changed one a version later than before; all differences are added to `changes`. */
function withNewVersions(
  { key, tokens }: Account,
  staying: readonly Token[],
  departed: readonly Token[],
  changes: TokenChange[],
): readonly Token[] {
  const versionAfter = (before: Token | null, token: Token): Token => {
    if (token === before) return token
    const after = { ...token, version: (before?.version ?? 0) + 1 }
    changes.push({ key, before, after })
    return after
  }
  // As every login leaves them: the same ones in their places.
  if (departed.length === 0 && haveSameSerials(tokens, staying)) {
    return staying.map((token, i) => versionAfter(tokens[i]!, token))
  }
  const remaining = tokens.slice()
  const versioned = (token: Token): Token => {
    const at = remaining.findIndex(({ serial }) => serial === token.serial)
    const before = at < 0 ? null : remaining[at]!
    if (at >= 0) remaining.splice(at, 1)
    return versionAfter(before, token)
  }
  const stay = staying.map(versioned)
  departed.forEach(versioned)
  for (const deleted of remaining) changes.push({ key, before: deleted, after: null })
  return stay
}

function haveSameSerials(one: readonly Token[], other: readonly Token[]): boolean {
  return one.length === other.length && one.every(({ serial }, i) => serial === other[i]!.serial)
}
