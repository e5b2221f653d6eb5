/** The reads that are not on a login's road, by knex and alike for both databases. */
import type { Knex } from 'knex'
import type { AccountKey, AccountRecord, Token } from '../auth/account.ts'
import { foldCase } from '../auth/fold_case.ts'
import { BLOCK_ENTRIES } from './audit_block.ts'
import { type AuditPages, findEntry, searchAudit } from './audit_search.ts'
import { type AuditBlock, BLOCK_COLUMNS, type ProgressRow, type TokenRow, type UserRow } from './columns.ts'
import { ConsoleRows } from './console_rows.ts'
import { answer } from './knex_answer.ts'
import type { LatestUses } from './latest_uses.ts'
import { readNotesSince } from './notes_since.ts'
import type { Page } from './page.ts'
import type { Session, SessionQuery, SilentSessions } from './session.ts'
import { SessionList } from './session_list.ts'
import type {
  AuditQuery,
  AuditRow,
  ChainHead,
  Count,
  TokenFilter,
  TokenQuery,
  UserQuery,
  UserSummary,
} from './store.ts'
import { storableTexts } from './stored_text.ts'
import { TokenList } from './token_list.ts'
import type { TokenRows } from './token_rows.ts'
import { UserList } from './user_list.ts'
import type { UserRows } from './user_rows.ts'

const ignore = () => {}
/** knex prints to standard output what it also throws. */
export const SILENT: Knex.Logger = { warn: ignore, error: ignore, deprecate: ignore, debug: ignore }

const MAX_ADMINISTRATORS = 1000

export class Reads {
  readonly #knex: Knex
  readonly #tokens: TokenList
  readonly #users: UserList
  readonly #records: UserRows
  readonly #sessions: SessionList
  readonly console: ConsoleRows

  constructor(knex: Knex, rows: TokenRows, records: UserRows, uses: LatestUses | null = null) {
    this.#knex = knex
    const toToken = (row: TokenRow) => rows.toToken(this.current(row))
    this.#tokens = new TokenList(knex, { toToken }, undefined, uses)
    this.#users = new UserList(knex)
    this.#records = records
    this.#sessions = new SessionList(knex)
    this.console = new ConsoleRows(knex)
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
    const page = await this.#users.page(query)
    const keys = page.rows.map(({ user }) => foldCase(user))
    const select = this.#knex('users').whereIn('user_key', keys).select('user_key', 'version', 'sealed')
    const stored: UserRow[] = keys.length === 0 ? [] : await answer(select)
    const groups = new Map(stored.map((row) => [row.user_key, this.#records.toRecord(row).groups]))
    return { ...page, rows: page.rows.map((row, i) => ({ ...row, groups: groups.get(keys[i]!) ?? [] })) }
  }

  async listAdministrators(): Promise<AccountRecord[]> {
    const rows = await this.console.administrators(MAX_ADMINISTRATORS)
    return rows
      .map((row) => this.#records.toRecord(row))
      .filter(({ access }) => (access?.role ?? null) !== null)
  }

  async listSessions(query: SessionQuery): Promise<Page<Session>> {
    return await this.#sessions.page(query)
  }

  async findSession(id: number): Promise<Session | null> {
    return await this.#sessions.find(id)
  }

  async silentSessions(before: number, after: number, limit: number): Promise<SilentSessions> {
    return await this.#sessions.silent(before, after, limit)
  }

  async listAudit(query: AuditQuery): Promise<Page<AuditRow>> {
    return await searchAudit(this.#auditPages(), storableTexts(query))
  }

  async auditEntry(id: number): Promise<AuditRow | null> {
    return await findEntry(this.#auditPages(), id)
  }

  async notesSince(): Promise<number> {
    return await answer(readNotesSince(this.#knex))
  }

  #auditPages(): AuditPages {
    const knex = this.#knex
    const blocks = () => knex('audit').select(BLOCK_COLUMNS)
    return {
      newest: async (atMost, limit, { from, to, after }) => {
        const select = blocks().orderBy('id', 'desc').limit(limit)
        if (atMost !== null) select.where('id', '<=', atMost)
        if (after !== undefined) select.where('id', '>', after - BLOCK_ENTRIES)
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

  async forgetEapSessions(now: number): Promise<void> {
    await answer(this.#knex('eap_sessions').where('expires_at', '<=', now).delete())
  }
}
