/** Pages of users: the owners of tokens. What is set about them beside those is read later (reads.ts). */
import { setImmediate as othersFirst } from 'node:timers/promises'
import type { Knex } from 'knex'
import { foldCase } from '../auth/fold_case.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { LOCKED_IN_SQL } from './facet.ts'
import { answer, contains, isPostgres, likePattern, whereIdIn } from './knex_answer.ts'
import type { Page } from './page.ts'
import { candidates } from './search_index.ts'
import type { UserQuery, UserSummary } from './store.ts'
import { storableTexts } from './stored_text.ts'

export type TokenOwner = Omit<UserSummary, 'groups'>

export interface UserBounds {
  /** Up to so many tokens are gathered and sorted. */
  readonly few: number
  /** A search looks at so many tokens at a time. */
  readonly look: number
}

const BOUNDS: UserBounds = { few: 5000, look: 10_000 }

export class UserList {
  readonly #knex: Knex
  readonly #bounds: UserBounds

  constructor(knex: Knex, bounds: UserBounds = BOUNDS) {
    this.#knex = knex
    this.#bounds = bounds
  }

  async page(query: UserQuery): Promise<Page<TokenOwner>> {
    const { search, limit, cursor } = storableTexts(query)
    // Never blank: the first comes after the empty text.
    const after = cursor === null ? '' : (readCursor(cursor, 'users', ['string'])[0] as string)
    const keys =
      search === undefined
        ? await keysFrom(this.#knex('tokens').where('user_key', '>', after), limit + 1)
        : await this.#find(foldCase(search), after, limit + 1)
    const shown = keys.slice(0, limit)
    return {
      rows: await this.#read(shown),
      nextCursor: keys.length > limit ? writeCursor(['users', shown.at(-1) as string]) : null,
    }
  }

  /** Many have the text: it is found on the way. Few have it: by its index, after a first look. */
  async #find(search: string, after: string, limit: number): Promise<string[]> {
    const found: string[] = []
    for (let from: string | undefined = after, isFirst = true; from !== undefined; isFirst = false) {
      // PostgreSQL is another process, which need not stop for others.
      const until: string | undefined =
        isFirst || !isPostgres(this.#knex) ? await this.#farther(from) : undefined
      const part = this.#knex('tokens').where('user_key', '>', from)
      if (until !== undefined) part.where('user_key', '<=', until)
      part.whereRaw(contains('user_key'), likePattern(search))
      found.push(...(await keysFrom(part, limit - found.length)))
      if (found.length >= limit) return found
      if (isFirst && until !== undefined) {
        const ids = await candidates(this.#knex, search, this.#bounds.few)
        if (ids !== null) return await this.#among(ids, search, after, limit)
      }
      from = until
      await othersFirst()
    }
    return found
  }

  /** The user that stands `look` tokens after another; undefined near the end. */
  async #farther(from: string): Promise<string | undefined> {
    const tokens = this.#knex('tokens').where('user_key', '>', from).orderBy('user_key')
    const [row] = await answer(tokens.offset(this.#bounds.look).limit(1).select('user_key'))
    return row?.user_key
  }

  async #among(ids: readonly number[], search: string, after: string, limit: number): Promise<string[]> {
    const select = this.#knex('tokens').whereRaw(contains('user_key'), likePattern(search))
    whereIdIn(this.#knex, select, 'id', ids)
    // Apart, or SQLite goes through all users to have them in order.
    const found = select.select('user_key').limit(ids.length).as('found')
    return await keysFrom(this.#knex.from(found).where('user_key', '>', after), limit)
  }

  async #read(keys: readonly string[]): Promise<TokenOwner[]> {
    if (keys.length === 0) return []
    const select: Knex.QueryBuilder = this.#knex('tokens')
      .whereIn('user_key', keys)
      .groupBy('user_key')
      .orderBy('user_key')
      .min({ user: 'user_name' })
      .count({ tokens: '*' })
      .select(this.#knex.raw(`sum(${LOCKED_IN_SQL}) AS locked`))
    const rows: { user: string; tokens: string | number; locked: string | number }[] = await answer(select)
    return rows.map(({ user, tokens, locked }) => ({ user, tokens: Number(tokens), locked: Number(locked) }))
  }
}

async function keysFrom(select: Knex.QueryBuilder, limit: number): Promise<string[]> {
  const users = select.groupBy('user_key').orderBy('user_key').limit(limit).select('user_key')
  return (await answer(users)).map(({ user_key }: { user_key: string }) => user_key)
}
