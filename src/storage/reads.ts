/** The reads that are not on a login's road, by knex and alike for both databases. */
import type { Knex } from 'knex'
import { type AccountKey, foldCase, type Token } from '../auth/account.ts'
import {
  type AuditQuery,
  type AuditRow,
  BadCursor,
  type ChainHead,
  type Page,
  type TokenFilter,
  type TokenOrder,
  type TokenQuery,
  type UserQuery,
  type UserSummary,
} from './store.ts'
import type { TokenRow, TokenRows } from './token_rows.ts'

export class Reads {
  readonly #knex: Knex
  readonly #rows: TokenRows

  constructor(knex: Knex, rows: TokenRows) {
    this.#knex = knex
    this.#rows = rows
  }

  async locate(serial: string): Promise<AccountKey | null> {
    const row = await this.#knex('tokens').where({ serial }).first('user_key')
    if (row === undefined) return null
    return row.user_key === null ? `token:${serial}` : `user:${row.user_key}`
  }

  async listTokens(query: TokenQuery): Promise<Page<Token>> {
    const { order, descending, limit, cursor } = query
    const by = ORDERS[order]
    const select = this.#tokens(query)
      .select('t.*', 'p.*', this.#knex.raw(`${by} AS sort_value`))
      .orderByRaw(`${by} ${descending ? 'DESC' : 'ASC'}, t.id ${descending ? 'DESC' : 'ASC'}`)
      .limit(limit + 1)
    if (cursor !== null)
      select.whereRaw(`(${by}, t.id) ${descending ? '<' : '>'} (?, ?)`, readCursor(cursor, 2))
    const rows: (TokenRow & { sort_value: string | number })[] = await select
    return page(
      rows,
      limit,
      (row) => [row.sort_value, row.id],
      (row) => this.#rows.toToken(row),
    )
  }

  async countTokens(filter: TokenFilter): Promise<number> {
    const [row] = await this.#tokens(filter).count({ total: '*' })
    return Number(row?.total)
  }

  #tokens(filter: TokenFilter): Knex.QueryBuilder {
    const { user, serial, type, active, locked, assigned, search } = filter
    const select = this.#knex('tokens AS t').join('token_progress AS p', 'p.token_id', 't.id')
    if (user !== undefined) select.where('t.user_key', foldCase(user))
    if (serial !== undefined) select.where('t.serial', serial)
    if (type !== undefined) select.where('t.kind', type)
    if (active !== undefined) select.where('t.active', active ? 1 : 0)
    if (locked !== undefined) select.whereRaw(locked ? LOCKED : `NOT (${LOCKED})`)
    if (assigned === true) select.whereNotNull('t.user_key')
    if (assigned === false) select.whereNull('t.user_key')
    if (search !== undefined) select.whereRaw(CONTAINS('t.search_text'), [likePattern(foldCase(search))])
    return select
  }

  async listUsers({ search, limit, cursor }: UserQuery): Promise<Page<UserSummary>> {
    const select: Knex.QueryBuilder = this.#knex('tokens AS t')
      .join('token_progress AS p', 'p.token_id', 't.id')
      .whereNotNull('t.user_key')
      .groupBy('t.user_key')
      .orderBy('t.user_key')
      .limit(limit + 1)
      .select('t.user_key')
      .min({ user_name: 't.user_name' })
      .count({ tokens: '*' })
      .select(this.#knex.raw(`sum(CASE WHEN ${LOCKED} THEN 1 ELSE 0 END) AS locked`))
    if (search !== undefined) select.whereRaw(CONTAINS('t.user_key'), [likePattern(foldCase(search))])
    if (cursor !== null) select.where('t.user_key', '>', String(readCursor(cursor, 1)[0]))
    const rows: UserRow[] = await select
    return page(
      rows,
      limit,
      (row) => [row.user_key],
      (row) => ({ user: row.user_name, tokens: Number(row.tokens), locked: Number(row.locked) }),
    )
  }

  async listAudit(query: AuditQuery): Promise<Page<AuditRow>> {
    const { user, serial, action, outcome, from, to, limit, cursor } = query
    const select = this.#knex('audit')
      .orderBy('id', 'desc')
      .limit(limit + 1)
    if (user !== undefined) select.where('user_key', foldCase(user))
    if (serial !== undefined) select.where((either) => aboutSerial(either, serial))
    if (action !== undefined) select.where({ action })
    if (outcome !== undefined) select.where({ outcome })
    if (from !== undefined) select.where('at', '>=', from)
    if (to !== undefined) select.where('at', '<=', to)
    if (cursor !== null) select.where('id', '<', Number(readCursor(cursor, 1)[0]))
    return page(await select, limit, (row) => [row.id], toAuditRow)
  }

  async readAudit(afterId: number, limit: number): Promise<AuditRow[]> {
    const rows = await this.#knex('audit').where('id', '>', afterId).orderBy('id').limit(limit)
    return rows.map(toAuditRow)
  }

  async readChains(): Promise<ChainHead[]> {
    return await this.#knex('audit_chains').orderBy('id').select('id', 'node', 'seq', 'hash', 'mac')
  }

  async latchedClients(): Promise<string[]> {
    return await this.#knex('latched_clients').pluck('address')
  }

  async latchClient(address: string, at: number): Promise<void> {
    await this.#knex('latched_clients').insert({ address, latched_at: at }).onConflict('address').ignore()
  }
}

const LOCKED = 'p.fail_count >= t.max_fail AND t.max_fail > 0'

/** What each order sorts by; never null, so that a cursor can be compared with it. */
const ORDERS: Record<TokenOrder, string> = {
  serial: 't.serial',
  user: "coalesce(t.user_key, '')",
  created: 't.created_at',
  used: 'coalesce(p.last_used_at, 0)',
  failures: 'p.fail_count',
}

const CONTAINS = (column: string) => `${column} LIKE ? ESCAPE '\\'`

function likePattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}

function aboutSerial(either: Knex.QueryBuilder, serial: string): void {
  const quoted = likePattern(JSON.stringify(serial))
  either.where({ serial }).orWhere((several) => {
    several.whereNotNull('serials').whereRaw(CONTAINS('serials'), [quoted])
  })
}

interface UserRow {
  readonly user_key: string
  readonly user_name: string
  readonly tokens: string | number
  readonly locked: string | number
}

interface StoredAudit extends Omit<AuditRow, 'user' | 'serials'> {
  readonly user_name: string | null
  readonly serial: string | null
  readonly serials: string | null
}

function toAuditRow(row: StoredAudit): AuditRow {
  const { id, node, chain, seq, hash, at, actor, source, action, outcome, reason, detail } = row
  const one = row.serial === null ? [] : [row.serial]
  const serials: string[] = row.serials === null ? one : JSON.parse(row.serials)
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
    serials,
    action,
    outcome,
    reason,
    detail,
  }
}

/** One row more than `limit` was asked for: if it came, there is a next page. */
function page<Row, T>(
  rows: readonly Row[],
  limit: number,
  position: (row: Row) => readonly (string | number)[],
  convert: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const more = rows.length > limit && last !== undefined
  return { rows: shown.map(convert), nextCursor: more ? writeCursor(position(last)) : null }
}

function writeCursor(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}

/** `length` values, strings or numbers. Throws BadCursor for anything that writeCursor did not make. */
function readCursor(cursor: string, length: number): (string | number)[] {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    const plain = (value: unknown) => typeof value === 'string' || typeof value === 'number'
    if (Array.isArray(values) && values.length === length && values.every(plain)) return values
  } catch {}
  throw new BadCursor('the cursor is not one that a list has given')
}
