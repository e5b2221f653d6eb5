/** Pages of sessions, and those that are to be forgotten; alike for both databases. */
import type { Knex } from 'knex'
import { foldCase } from '../auth/fold_case.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { answer, idsFrom } from './knex_answer.ts'
import type { Page } from './page.ts'
import type { Session, SessionQuery, SilentSessions } from './session.ts'
import { READ_COLUMNS, type StoredSession, sessionOf } from './session_rows.ts'
import { storableTexts } from './stored_text.ts'

const LIST = 'sessions'

export class SessionList {
  readonly #knex: Knex

  constructor(knex: Knex) {
    this.#knex = knex
  }

  async page(query: SessionQuery): Promise<Page<Session>> {
    const { user, client, active, limit, cursor } = storableTexts(query)
    const select = this.#knex('sessions')
      .orderBy('id', 'desc')
      .limit(limit + 1)
    if (cursor !== null) select.where('id', '<', readCursor(cursor, LIST, ['number'])[0] as number)
    if (user !== undefined) select.where('user_key', foldCase(user))
    if (client !== undefined) select.where({ client })
    if (active === true) select.whereNull('stopped_at')
    if (active === false) select.whereNotNull('stopped_at')
    const rows: StoredSession[] = await answer(select.select(READ_COLUMNS))
    const shown = rows.slice(0, limit)
    const last = shown.at(-1)
    const more = rows.length > limit && last !== undefined
    return { rows: shown.map(sessionOf), nextCursor: more ? writeCursor([LIST, last.id]) : null }
  }

  async find(id: number): Promise<Session | null> {
    const row: StoredSession | undefined = await answer(
      this.#knex('sessions').where({ id }).first(READ_COLUMNS),
    )
    return row === undefined ? null : sessionOf(row)
  }

  async silent(before: number, after: number, limit: number): Promise<SilentSessions> {
    const stopped = await idsFrom(
      this.#knex('sessions').where('stopped_at', '<', before).orderBy('stopped_at').limit(limit).select('id'),
    )
    // Those that go on are walked: when each was heard of stands in no index, or every Interim-Update would change it.
    const active: { id: number; updated_at: number }[] = await answer(
      this.#knex('sessions')
        .whereNull('stopped_at')
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .select('id', 'updated_at'),
    )
    const silent = active.filter(({ updated_at }) => updated_at < before).map(({ id }) => id)
    const isLast = stopped.length < limit && active.length < limit
    return { ids: [...stopped, ...silent], next: isLast ? null : (active.at(-1)?.id ?? after) }
  }
}
