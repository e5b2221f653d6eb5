/**
 * `audit list` over blocks. What concerns one user or token is a linked list from each of his tokens' newest entry, merged
 * with what the index holds; everything else is a walk from the newest block. Knows no SQL: it asks for blocks by AuditPages.
 */
import type { AuditEntry } from '../auth/account.ts'
import { foldCase } from '../auth/fold_case.ts'
import { readEntries, type StoredEntry, subjectOf } from './audit_block.ts'
import type { AuditBlock } from './columns.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { Page } from './page.ts'
import type { AuditQuery, AuditRow } from './store.ts'

/** What the search reads of a database. Ids fall. */
export interface AuditPages {
  /** Blocks with an id of at most `atMost` (null = any) that may hold entries from `from` to `to`, or behind `after`. */
  newest(
    atMost: number | null,
    limit: number,
    among: Pick<AuditQuery, 'from' | 'to' | 'after'>,
  ): Promise<AuditBlock[]>
  block(id: number): Promise<AuditBlock | undefined>
  indexed(subject: string, atMost: number | null, limit: number): Promise<number[]>
  /** The newest block about each token that the user has, or about the token. */
  heads(of: { readonly userKey: string } | { readonly serial: string }): Promise<number[]>
}

const BLOCKS_AT_ONCE = 32
/** A block may be large, and who asks for the newest entries each second often needs no more. */
const FIRST_BLOCKS = 2
const LIST = 'audit'

export async function searchAudit(pages: AuditPages, query: AuditQuery): Promise<Page<AuditRow>> {
  const { limit, after = 0, look = Number.POSITIVE_INFINITY } = query
  const rows: AuditRow[] = []
  let rest: readonly number[] = []
  let looked = 0
  for await (const { block, frontier } of visits(pages, query)) {
    // Ids fall from here on.
    if (block.id + block.size - 1 <= after || looked >= look) break
    looked += block.size
    for (const row of rowsOf(block, query)) {
      if (rows.length === limit) {
        // The block is visited again: what is shown of it by now is passed over.
        return { rows, nextCursor: writeCursor([LIST, rows.at(-1)!.id, ...rest]) }
      }
      rows.push(row)
      rest = [block.id, ...frontier]
    }
  }
  return { rows, nextCursor: null }
}

/** The entry with this id; null if there is none, or its block cannot be read. */
export async function findEntry(pages: AuditPages, id: number): Promise<AuditRow | null> {
  const [block] = await pages.newest(id, 1, {})
  if (block === undefined) return null
  const entry = entriesOf(block)[id - block.id]
  if (entry === undefined) return null
  const { previous: _, ...shown } = entry
  return { id, node: block.node, chain: block.chain, ...shown }
}

interface Visit {
  readonly block: AuditBlock
  /** Blocks that are still to be followed, of a linked list. */
  readonly frontier: readonly number[]
}

function visits(pages: AuditPages, query: AuditQuery): AsyncGenerator<Visit> {
  const { user, serial, action } = query
  if (user !== undefined) {
    const userKey = foldCase(user)
    return follow(pages, query, subjectOf.user(userKey), { userKey })
  }
  if (serial !== undefined) return follow(pages, query, subjectOf.token(serial), { serial })
  if (action !== undefined && action !== 'login') return follow(pages, query, subjectOf.action(action), null)
  return walkBack(pages, query)
}

async function* walkBack(pages: AuditPages, query: AuditQuery): AsyncGenerator<Visit> {
  const [shown] = shownOf(query)
  let atMost = shown === undefined ? null : shown - 1
  for (let count = FIRST_BLOCKS; ; count = BLOCKS_AT_ONCE) {
    const blocks = await pages.newest(atMost, count, query)
    for (const block of blocks) yield { block, frontier: [] }
    const last = blocks.at(-1)
    if (last === undefined || blocks.length < count) return
    atMost = last.id - 1
  }
}

/** Merges the linked lists of tokens with the rows of the index, each block once, the newest first. */
async function* follow(
  pages: AuditPages,
  query: AuditQuery,
  subject: string,
  of: Parameters<AuditPages['heads']>[0] | null,
): AsyncGenerator<Visit> {
  const [shown, ...rest] = shownOf(query)
  const lists = new Set(shown === undefined ? (of === null ? [] : await pages.heads(of)) : rest)
  lists.delete(0)
  // Of a user's lists all are followed, whatever serial is asked for: an entry that names two tokens may be in one list only.
  const concerns = concerning(of !== null && 'userKey' in of ? { user: query.user } : query)
  let atMost = shown ?? null
  let indexed: number[] = []
  let indexEnds = false
  for (;;) {
    if (indexed.length === 0 && !indexEnds) {
      indexed = await pages.indexed(subject, atMost, BLOCKS_AT_ONCE)
      indexEnds = indexed.length < BLOCKS_AT_ONCE
    }
    const id = Math.max(indexed[0] ?? 0, ...lists)
    if (id === 0) return
    lists.delete(id)
    if (indexed[0] === id) indexed.shift()
    atMost = id - 1
    const block = await pages.block(id)
    if (block === undefined) continue
    for (const entry of entriesOf(block)) {
      if (of === null || !concerns(entry)) continue
      for (const [i, previous] of entry.previous.entries()) {
        const isOurs = 'userKey' in of || entry.serials[i] === of.serial
        // A list only leads back: one that somebody has bent would lead round for ever.
        if (isOurs && previous !== null && previous > 0 && previous < id) lists.add(previous)
      }
    }
    yield { block, frontier: [...lists] }
  }
}

/** The id of the last entry that was shown, and the blocks to go on with. */
function shownOf({ cursor }: AuditQuery): number[] {
  return cursor === null ? [] : (readCursor(cursor, LIST, ['number'], 'number') as number[])
}

/** The rows of a block that were asked for and not shown yet, the newest first. */
function rowsOf(block: AuditBlock, query: AuditQuery): AuditRow[] {
  const { action, outcome, reason, actor, after, from, to } = query
  const [shown = Number.POSITIVE_INFINITY] = shownOf(query)
  const concerns = concerning(query)
  const { id, node, chain } = block
  return entriesOf(block)
    .map(({ previous: _, ...entry }, index): AuditRow => ({ id: id + index, node, chain, ...entry }))
    .filter((row) => {
      return (
        row.id < shown &&
        concerns(row) &&
        (action === undefined || row.action === action) &&
        (after === undefined || row.id > after) &&
        (outcome === undefined || row.outcome === outcome) &&
        (reason === undefined || row.reason === reason) &&
        (actor === undefined || row.actor === actor) &&
        (from === undefined || row.at >= from) &&
        (to === undefined || row.at <= to)
      )
    })
    .reverse()
}

function concerning({ user, serial }: Pick<AuditQuery, 'user' | 'serial'>): (entry: AuditEntry) => boolean {
  const userKey = user === undefined ? undefined : foldCase(user)
  return (entry) =>
    (userKey === undefined || (entry.user !== null && foldCase(entry.user) === userKey)) &&
    (serial === undefined || entry.serials.includes(serial))
}

/** What was altered past reading is passed over here; `audit verify` names it. */
function entriesOf(block: AuditBlock): StoredEntry[] {
  try {
    return readEntries(block)
  } catch {
    return []
  }
}
