/** The reads that are not on a login's road, by knex and alike for both databases. */
import type { Knex } from 'knex'
import { type AccountKey, foldCase, type Token } from '../auth/account.ts'
import { type AuditPages, searchAudit } from './audit_search.ts'
import { type AuditBlock, BLOCK_COLUMNS, type ProgressRow, type TokenRow } from './columns.ts'
import { readCursor, writeCursor } from './cursor.ts'
import {
  type AuditQuery,
  type AuditRow,
  type ChainHead,
  type Page,
  type TokenFilter,
  type TokenOrder,
  type TokenQuery,
  type UserQuery,
  type UserSummary,
  unavailable,
} from './store.ts'
import { storableText } from './stored_text.ts'
import type { TokenRows } from './token_rows.ts'

const ignore = () => {}
/** knex prints to standard output what it also throws. */
export const SILENT: Knex.Logger = { warn: ignore, error: ignore, deprecate: ignore, debug: ignore }

export class Reads {
  readonly #knex: Knex
  readonly #rows: TokenRows

  constructor(knex: Knex, rows: TokenRows) {
    this.#knex = knex
    this.#rows = rows
  }

  async locate(serial: string): Promise<AccountKey | null> {
    const row = await answer(this.#knex('tokens').where({ serial }).first('user_key'))
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
    const list = `tokens ${order}`
    const kinds = [TEXT_ORDERS.has(order) ? 'string' : 'number', 'number'] as const
    if (cursor !== null)
      select.whereRaw(`(${by}, t.id) ${descending ? '<' : '>'} (?, ?)`, readCursor(cursor, list, kinds))
    const rows: (TokenRow & { sort_value: string | number })[] = await answer(select)
    return page(
      rows,
      limit,
      (row) => [list, row.sort_value, row.id],
      (row) => this.#rows.toToken(this.current(row)),
    )
  }

  async countTokens(filter: TokenFilter): Promise<number> {
    const [row] = await answer(this.#tokens(filter).count({ total: '*' }))
    return Number(row?.total)
  }

  #tokens(filter: TokenFilter): Knex.QueryBuilder {
    const { user, serial, type, active, locked, assigned, search } = cleaned(filter)
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

  async listUsers(query: UserQuery): Promise<Page<UserSummary>> {
    const { search, limit, cursor } = cleaned(query)
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
    if (cursor !== null) select.where('t.user_key', '>', readCursor(cursor, 'users', ['string'])[0] as string)
    const rows: UserRow[] = await answer(select)
    return page(
      rows,
      limit,
      (row) => ['users', row.user_key],
      (row) => ({ user: row.user_name, tokens: Number(row.tokens), locked: Number(row.locked) }),
    )
  }

  async listAudit(query: AuditQuery): Promise<Page<AuditRow>> {
    return await searchAudit(this.#auditPages(), cleaned(query))
  }

  #auditPages(): AuditPages {
    const knex = this.#knex
    const blocks = () => knex('audit').select(BLOCK_COLUMNS)
    return {
      newest: async (atMost, limit, { from, to }) => {
        const select = blocks().orderBy('id', 'desc').limit(limit)
        if (atMost !== null) select.where('id', '<=', atMost)
        if (from !== undefined) select.where('last_at', '>=', from)
        if (to !== undefined) select.where('first_at', '<=', to)
        return await answer(select)
      },
      block: async (id) => await answer(blocks().where({ id }).first()),
      indexed: async (subject, atMost, limit) => {
        const select = knex('audit_index').where({ subject }).orderBy('block', 'desc').limit(limit)
        if (atMost !== null) select.where('block', '<=', atMost)
        return await answer(select.pluck('block'))
      },
      heads: async (of) => {
        const tokens = knex('tokens AS t').join('token_progress AS p', 'p.token_id', 't.id')
        if ('userKey' in of) tokens.where('t.user_key', of.userKey)
        else tokens.where('t.serial', of.serial)
        const heads: { id: number; audit_head: number }[] = await answer(
          tokens.select('t.id', 'p.audit_head'),
        )
        return heads.map(({ id, audit_head }) => this.progressOf(id)?.audit_head ?? audit_head)
      },
    }
  }

  /** Where a store's rows may be behind what is committed: what a login has made of this token since. */
  protected progressOf(_id: number): ProgressRow | undefined {
    return undefined
  }

  protected current(row: TokenRow): TokenRow {
    const progress = this.progressOf(row.id)
    return progress === undefined || progress.version <= row.version ? row : { ...row, ...progress }
  }

  async readAudit(afterId: number | null, limit: number): Promise<AuditBlock[]> {
    const select = this.#knex('audit').select(BLOCK_COLUMNS).orderBy('id').limit(limit)
    if (afterId !== null) select.where('id', '>', afterId)
    return await answer(select)
  }

  async readChains(): Promise<ChainHead[]> {
    return await answer(this.#knex('audit_chains').orderBy('id').select('id', 'node', 'seq', 'hash', 'mac'))
  }

  async latchedClients(): Promise<string[]> {
    return await answer(this.#knex('latched_clients').pluck('address'))
  }

  async latchClient(address: string, at: number): Promise<void> {
    const row = { address, latched_at: at }
    await answer(this.#knex('latched_clients').insert(row).onConflict('address').ignore())
  }
}

/** Asked for a text that no database holds, PostgreSQL would fail; what was stored in its place is found. */
function cleaned<Q extends object>(query: Q): Q {
  const clean = ([name, value]: [string, unknown]) => [
    name,
    typeof value === 'string' ? storableText(value) : value,
  ]
  return Object.fromEntries(Object.entries(query).map(clean)) as Q
}

async function answer<T>(query: PromiseLike<T>): Promise<T> {
  try {
    return await query
  } catch (error) {
    throw unavailable(error)
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

const TEXT_ORDERS: ReadonlySet<TokenOrder> = new Set(['serial', 'user'])

const CONTAINS = (column: string) => `${column} LIKE ? ESCAPE '\\'`

function likePattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}

interface UserRow {
  readonly user_key: string
  readonly user_name: string
  readonly tokens: string | number
  readonly locked: string | number
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
