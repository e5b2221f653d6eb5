/**
 * The audit trail as it is stored: one row per commit, a block, whose entries stand in one text. A login then costs the
 * trail some two hundred octets appended, no index and no page of its own. An entry's id is its block's id plus its place.
 * Entries about one token are a linked list: an entry names, for each of its tokens that the commit changed, the block of
 * the entry before (`previous`), and the token's own row names the newest. Whatever moves no token's row, and every
 * operation, is found by `subjects` in an index. audit_search.ts follows both.
 */
import type { AuditEntry, Token } from '../auth/account.ts'
import type { TokenChange } from '../auth/action.ts'
import { foldCase } from '../auth/fold_case.ts'
import type { AuditBlock } from './columns.ts'
import { isStorable, storableText } from './stored_text.ts'

/** More entries than a commit makes; ids of blocks are this far apart, so that those of their entries lie between. */
export const BLOCK_ENTRIES = 1024

export interface StoredEntry extends AuditEntry {
  /** For each serial: the block with the entry before, 0 for none; null where the index leads to this entry. */
  readonly previous: readonly (number | null)[]
}

/** What a commit adds to the trail, before its place there is known. */
export interface NewBlock extends Pick<AuditBlock, 'size' | 'first_at' | 'last_at' | 'entries'> {
  /** The tokens whose newest block this will be; some of them more than once. */
  readonly about: readonly Token[]
  /** What the index shall find this block by; each once. */
  readonly subjects: readonly string[]
}

export const subjectOf = {
  user: (userKey: string) => `user:${userKey}`,
  token: (serial: string) => `token:${serial}`,
  action: (action: string) => `action:${action}`,
}

/** `audit`: the entries of one commit. `changes`: what the same commit does to tokens. */
export function newBlock(changes: readonly TokenChange[], audit: readonly AuditEntry[]): NewBlock {
  if (audit.length > BLOCK_ENTRIES) throw new RangeError(`a commit has at most ${BLOCK_ENTRIES} entries`)
  const changed = new ChangedTokens(changes)
  const subjects = new Set<string>()
  const about: Token[] = []
  const texts: string[] = []
  let firstAt = audit[0]?.at ?? 0
  let lastAt = firstAt
  for (const entry of audit) {
    texts.push(textOf(entry, previousOf(entry, changed, subjects, about)))
    if (entry.at < firstAt) firstAt = entry.at
    if (entry.at > lastAt) lastAt = entry.at
  }
  return {
    size: audit.length,
    first_at: firstAt,
    last_at: lastAt,
    entries: `[${texts.join(',\n')}]`,
    about,
    subjects: [...subjects],
  }
}

type Changed = Pick<TokenChange, 'before' | 'after'>

/** By serial. Entries and changes of logins come in one order, so that the next is mostly the one that is asked for. */
class ChangedTokens {
  readonly #changes: readonly TokenChange[]
  #next = 0
  #bySerial: Map<string, Changed> | null = null

  constructor(changes: readonly TokenChange[]) {
    this.#changes = changes
    // A serial that was deleted may be enrolled again in the same commit: its list goes on.
    if (changes.some(({ before, after }) => before === null || after === null)) this.#index()
  }

  get(serial: string): Changed | undefined {
    if (this.#bySerial === null) {
      const change = this.#changes[this.#next]
      if (change?.after?.serial === serial) {
        this.#next++
        return change
      }
    }
    return (this.#bySerial ?? this.#index()).get(serial)
  }

  #index(): Map<string, Changed> {
    const bySerial = new Map<string, Changed>()
    for (const { before, after } of this.#changes) {
      const serial = (after ?? before)!.serial
      const known = bySerial.get(serial)
      bySerial.set(serial, { before: known?.before ?? before, after: after ?? known?.after ?? null })
    }
    this.#bySerial = bySerial
    return bySerial
  }
}

function previousOf(
  entry: AuditEntry,
  changes: ChangedTokens,
  subjects: Set<string>,
  about: Token[],
): (number | null)[] {
  const { serials, user, action } = entry
  const isLogin = action === 'login'
  let reachable = false
  const previous: (number | null)[] = []
  for (const serial of serials) {
    const change = changes.get(serial)
    previous.push(change === undefined ? null : (change.before?.auditHead ?? 0))
    const after = change?.after ?? null
    if (after !== null) {
      about.push(after)
      reachable = true
    }
    if (after === null || !isLogin) subjects.add(subjectOf.token(serial))
  }
  if (!isLogin) subjects.add(subjectOf.action(action))
  if (user !== null && (!isLogin || !reachable)) subjects.add(subjectOf.user(foldCase(storableText(user))))
  return previous
}

/** JSON of an array, put together by hand: tens of thousands a second of them, most with the same beginning and end. */
function textOf(entry: AuditEntry, previous: readonly (number | null)[]): string {
  const { at, user, serials } = entry
  const ofTokens =
    serials.length === 1
      ? `[${quoted(serials[0]!)}],[${previous[0]}]`
      : `[${serials.map(quoted).join()}],[${previous.map(String).join()}]`
  return `[${at}${originOf(entry)}${quotedOrNull(user)},${ofTokens}${resultOf(entry)}`
}

/** The last ones: a gateway's logins come from one address, and most end alike. */
const last = { actor: '', source: '', origin: ',"","",', action: '', outcome: '', reason: '', result: '' }

function originOf({ actor, source }: AuditEntry): string {
  if (actor !== last.actor || source !== last.source) {
    last.actor = actor
    last.source = source
    last.origin = `,${quoted(actor)},${quoted(source)},`
  }
  return last.origin
}

function resultOf({ action, outcome, reason, detail }: AuditEntry): string {
  if (detail !== null || reason === null) return resultText(action, outcome, reason, detail)
  if (action !== last.action || outcome !== last.outcome || reason !== last.reason) {
    last.action = action
    last.outcome = outcome
    last.reason = reason
    last.result = resultText(action, outcome, reason, null)
  }
  return last.result
}

function resultText(action: string, outcome: string, reason: string | null, detail: string | null): string {
  return `,${quoted(action)},${quoted(outcome)},${quotedOrNull(reason)},${quotedOrNull(detail)}]`
}

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(isStorable(text) ? text : storableText(text))
}

function quotedOrNull(text: string | null): string {
  return text === null ? 'null' : quoted(text)
}

/** Throws SyntaxError for what no version of ours has written: whoever can write the database may put anything there. */
export function readEntries({ entries }: Pick<AuditBlock, 'entries'>): StoredEntry[] {
  const read: unknown = JSON.parse(entries)
  if (!Array.isArray(read)) throw new SyntaxError('the entries of a block are an array')
  return read.map(readEntry)
}

function readEntry(fields: unknown): StoredEntry {
  if (!Array.isArray(fields) || fields.length !== SHAPE.length || !SHAPE.every((is, i) => is(fields[i]))) {
    throw new SyntaxError('not an entry of the audit trail')
  }
  const [at, actor, source, user, serials, previous, action, outcome, reason, detail] = fields
  return { at, actor, source, user, serials, action, outcome, reason, detail, previous }
}

const isText = (value: unknown) => typeof value === 'string'
const isTextOrNull = (value: unknown) => value === null || isText(value)
const isNumberOrNull = (value: unknown) => value === null || Number.isSafeInteger(value)
const listOf = (is: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(is)

/** In the order of `textOf`. */
const SHAPE = [
  Number.isSafeInteger,
  isText,
  isText,
  isTextOrNull,
  listOf(isText),
  listOf(isNumberOrNull),
  isText,
  isText,
  isTextOrNull,
  isTextOrNull,
]
