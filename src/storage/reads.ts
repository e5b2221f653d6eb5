/** The reads that are not on a login's road, by knex and alike for both databases. */
import type { Knex } from 'knex'
import { type AccountKey, foldCase, type Token } from '../auth/account.ts'
import { type StoredAudit, serialsOf, toAuditRow } from './audit_rows.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { answer } from './knex_answer.ts'
import type {
  AuditQuery,
  AuditRow,
  ChainHead,
  Count,
  Page,
  TokenFilter,
  TokenQuery,
  UserQuery,
  UserSummary,
} from './store.ts'
import { storableTexts } from './stored_text.ts'
import { TokenList } from './token_list.ts'
import type { TokenRows } from './token_rows.ts'
import { UserList } from './user_list.ts'

const ignore = () => {}
/** knex prints to standard output what it also throws. */
export const SILENT: Knex.Logger = { warn: ignore, error: ignore, deprecate: ignore, debug: ignore }

export class Reads {
  readonly #knex: Knex
  readonly #tokens: TokenList
  readonly #users: UserList

  constructor(knex: Knex, rows: TokenRows) {
    this.#knex = knex
    this.#tokens = new TokenList(knex, rows)
    this.#users = new UserList(knex)
  }

  async locate(serial: string): Promise<AccountKey | null> {
    const row = await answer(this.#knex('tokens').where({ serial }).first('user_key'))
    if (row === undefined) return null
    return row.user_key === null ? `token:${serial}` : `user:${row.user_key}`
  }

  async listTokens(query: TokenQuery): Promise<Page<Token>> {
    return await this.#tokens.page(query)
  }

  async countTokens(filter: TokenFilter): Promise<Count> {
    return await this.#tokens.count(filter)
  }

  async listUsers(query: UserQuery): Promise<Page<UserSummary>> {
    return await this.#users.page(query)
  }

  async listAudit(query: AuditQuery): Promise<Page<AuditRow>> {
    const { user, serial, action, outcome, from, to, limit, cursor } = storableTexts(query)
    const select = this.#knex('audit')
      .orderBy('id', 'desc')
      .limit(limit + 1)
    if (user !== undefined) select.where(aboutUser(foldCase(user), await this.#serialsOf(foldCase(user))))
    if (serial !== undefined) select.where((either) => aboutSerial(either, serial))
    if (action !== undefined) select.where({ action })
    if (outcome !== undefined) select.where({ outcome })
    if (from !== undefined) select.where('at', '>=', from)
    if (to !== undefined) select.where('at', '<=', to)
    if (cursor !== null) select.where('id', '<', readCursor(cursor, 'audit', ['number'])[0] as number)
    return page(await answer(select), limit, (row) => ['audit', row.id], toAuditRow)
  }

  /** Every token that the user has ever had: it was enrolled for or assigned to him, and that was audited. */
  async #serialsOf(userKey: string): Promise<string[]> {
    const operations = this.#knex('audit').where('user_key', userKey).whereRaw("action <> 'login'")
    const rows: Pick<StoredAudit, 'serial' | 'serials'>[] = await answer(
      operations.distinct('serial', 'serials'),
    )
    return [...new Set(rows.flatMap(serialsOf))]
  }

  async readAudit(afterId: number | null, limit: number): Promise<AuditRow[]> {
    const select = this.#knex('audit').orderBy('id').limit(limit)
    if (afterId !== null) select.where('id', '>', afterId)
    return (await answer(select)).map(toAuditRow)
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

function aboutUser(userKey: string, serials: readonly string[]) {
  return (select: Knex.QueryBuilder): void => {
    select.where('user_key', userKey).where((either) => {
      either
        .whereIn('serial', serials)
        .orWhere((tokenless) => tokenless.where('user_key', userKey).whereNull('serial'))
    })
  }
}

function aboutSerial(either: Knex.QueryBuilder, serial: string): void {
  either.where({ serial }).orWhere((several) => {
    // Not by LIKE, which takes capitals for small letters in SQLite.
    several.whereNotNull('serials').whereRaw("replace(serials, ?, '') <> serials", [JSON.stringify(serial)])
  })
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
