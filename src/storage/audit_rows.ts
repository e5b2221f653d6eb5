/** Rows of `audit`: from the entries of a commit, each chained to the one before it, and back. */
import type { AuditEntry } from '../auth/account.ts'
import { type ChainPosition, extend, userKeyOf } from './audit_chain.ts'
import type { AuditRow } from './store.ts'
import { isStorable, storableText } from './stored_text.ts'

/** In the order of the values that `chainedRows` makes. */
export const AUDIT_COLUMNS = [
  'chain',
  'node',
  'seq',
  'hash',
  'at',
  'actor',
  'source',
  'user_key',
  'user_name',
  'serial',
  'serials',
  'action',
  'outcome',
  'reason',
  'detail',
] as const

/** What follows `start` in its chain: a row of values for each entry, and where the chain stands then. */
export function chainedRows(start: ChainPosition, audit: readonly AuditEntry[]) {
  let end = start
  const rows = audit.map((given) => {
    const entry = storable(given)
    const userKey = userKeyOf(entry)
    end = extend(end, entry, userKey)
    const { at, actor, source, user, serials, action, outcome, reason, detail } = entry
    const first = serials[0] ?? null
    const several = serials.length > 1 ? JSON.stringify(serials) : null
    const { id, node, seq, hash } = end
    return [
      id,
      node,
      seq,
      hash,
      at,
      actor,
      source,
      userKey,
      user,
      first,
      several,
      action,
      outcome,
      reason,
      detail,
    ]
  })
  return { rows, end }
}

/** As every database keeps it. */
function storable(entry: AuditEntry): AuditEntry {
  const { actor, source, user, detail } = entry
  if ([actor, source, user ?? '', detail ?? ''].every(isStorable)) return entry
  return {
    ...entry,
    actor: storableText(actor),
    source: storableText(source),
    user: user === null ? null : storableText(user),
    detail: detail === null ? null : storableText(detail),
  }
}

export interface StoredAudit extends Omit<AuditRow, 'user' | 'userKey' | 'serials'> {
  readonly user_key: string | null
  readonly user_name: string | null
  readonly serial: string | null
  readonly serials: string | null
}

export function toAuditRow(row: StoredAudit): AuditRow {
  const { id, node, chain, seq, hash, at, actor, source, action, outcome, reason, detail } = row
  return {
    id,
    node,
    chain,
    seq,
    hash,
    at,
    actor,
    source,
    user: row.user_name,
    userKey: row.user_key,
    serials: serialsOf(row),
    action,
    outcome,
    reason,
    detail,
  }
}

/** The first from its own column, which `audit list` finds it by, so that the hash covers that. */
export function serialsOf({ serial, serials }: Pick<StoredAudit, 'serial' | 'serials'>): readonly string[] {
  const first = serial === null ? [] : [serial]
  if (serials === null) return first
  try {
    return [...first, ...JSON.parse(serials).slice(1)]
  } catch {
    // Not written by us: the verification of the chain will say so.
    return [...first, serials]
  }
}
