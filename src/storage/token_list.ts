/**
 * Pages of tokens in bounded work, however many there are: few tokens, found by an index, are gathered and sorted; else
 * the list is walked in its order until the page is full. How many there are is counted up to a bound. Only the rows that
 * a page shows are opened.
 */
import { setImmediate as othersFirst } from 'node:timers/promises'
import type { Knex } from 'knex'
import { foldCase, type Token } from '../auth/account.ts'
import { PROGRESS_COLUMNS, TOKEN_COLUMNS, type TokenRow } from './columns.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { hasFacet } from './facet.ts'
import { answer, contains, idsFrom, likePattern, rawRows, whereFacetIn, whereIdIn } from './knex_answer.ts'
import type { Page } from './page.ts'
import { candidates, whereMayHold } from './search_index.ts'
import type { Count, TokenFilter, TokenQuery } from './store.ts'
import { storableTexts } from './stored_text.ts'
import {
  type Choice,
  lastId,
  nextPlaces,
  type Place,
  placesAmong,
  readThrough,
  TEXT_ORDERS,
  type Walk,
} from './token_order.ts'
import type { TokenRows } from './token_rows.ts'

export interface Bounds {
  /** Up to so many tokens are gathered and sorted. */
  readonly few: number
  /** A walk in search of a text gives up after about so many tokens. */
  readonly look: number
  /** SQLite reads so many ids at a time: on our thread, so that no login waits for more. */
  readonly step: number
  /** Counting ends after so many. */
  readonly count: number
}

const BOUNDS: Bounds = { few: 5000, look: 4000, step: 100_000, count: 10_000 }
/** How many tokens tell whether a text is common. */
const SAMPLE = 1000
/** A text that is in a smaller share of the tokens is found by its index, one in a larger share on the way. */
const COMMON = 1 / 50

export class TokenList {
  readonly #knex: Knex
  readonly #rows: Pick<TokenRows, 'toToken'>
  readonly #bounds: Bounds

  constructor(knex: Knex, rows: Pick<TokenRows, 'toToken'>, bounds: Bounds = BOUNDS) {
    this.#knex = knex
    this.#rows = rows
    this.#bounds = bounds
  }

  async page({ order, descending, limit, cursor, ...filter }: TokenQuery): Promise<Page<Token>> {
    const list = `tokens ${order}`
    const kinds = [TEXT_ORDERS.has(order) ? 'string' : 'number', 'number'] as const
    const after = cursor === null ? null : placeOf(readCursor(cursor, list, kinds))
    const walk = { order, descending, after, limit: limit + 1, step: this.#bounds.step }
    const asked = await this.#ask(filter)
    const few = await this.#few(asked, order === 'used')
    const places =
      few === null
        ? await this.#walk(asked, walk)
        : await placesAmong(this.#knex, this.#matching(asked, few), walk)
    const shown = places.slice(0, limit)
    const last = shown.at(-1)
    const more = places.length > limit && last !== undefined
    return {
      rows: await this.#read(shown),
      nextCursor: more ? writeCursor([list, last.value, last.id]) : null,
    }
  }

  async count(filter: TokenFilter): Promise<Count> {
    const asked = await this.#ask(filter)
    const few = await this.#few(asked, false)
    const { count } = this.#bounds
    if (few !== null) {
      const [row]: { total: number | string }[] = await answer(
        this.#matching(asked, few).count({ total: '*' }),
      )
      return { total: Number(row?.total), isExact: true }
    }
    if (asked.search === undefined) {
      const total = await this.#countFacets(asked, count + 1)
      return { total: Math.min(total, count), isExact: total <= count }
    }
    const { looked, found } = await this.#lookThrough(asked, count)
    return { total: found, isExact: looked < count }
  }

  async #ask(filter: TokenFilter): Promise<Asked> {
    const { user, serial, search } = storableTexts(filter)
    const every = (await rawRows<{ facet: string }>(this.#knex, FACETS)).map(({ facet }) => facet)
    const facets = every.filter((facet) => hasFacet(facet, filter))
    return {
      userKey: user === undefined ? undefined : foldCase(user),
      serial,
      search: search === undefined ? undefined : foldCase(search),
      facets,
      isEvery: facets.length === every.length,
    }
  }

  /** By which index there are only few tokens to look at; null if by none. */
  async #few(asked: Asked, insteadOfAll: boolean): Promise<Few | null> {
    const { userKey, serial, search, facets } = asked
    const { few } = this.#bounds
    if (userKey !== undefined || serial !== undefined || facets.length === 0) return () => {}
    if (search === undefined && !insteadOfAll) return null
    if ((await this.#countFacets(asked, few + 1)) <= few) return (select) => select.whereIn('t.facet', facets)
    if (search === undefined || (await this.#isCommon(search))) return null
    const ids = await candidates(this.#knex, search, few)
    return ids && ((select) => whereIdIn(this.#knex, select, 't.id', ids))
  }

  #matching({ userKey, serial, search, facets }: Asked, few: Few): Knex.QueryBuilder {
    const select = this.#knex('tokens AS t').join('token_progress AS p', 'p.token_id', 't.id')
    few(select)
    if (userKey !== undefined) select.where('t.user_key', userKey)
    if (serial !== undefined) select.where('t.serial', serial)
    if (search !== undefined) select.whereRaw(contains('t.search_text'), likePattern(search))
    whereFacetIn(select, 't.facet', facets)
    return select
  }

  async #walk(asked: Asked, walk: Walk): Promise<Place[]> {
    const { search } = asked
    if (search === undefined) return await nextPlaces(this.#knex, asked, walk)
    const most = Math.max(this.#bounds.look, 4 * walk.limit)
    const found: Place[] = []
    let { after } = walk
    // The order of use reads everything for each part of a walk: one part, then.
    let limit = walk.order === 'used' ? most : 2 * walk.limit
    for (let left = most; left > 0; limit = Math.min(2 * limit, left)) {
      const places = await nextPlaces(this.#knex, asked, { ...walk, after, limit })
      found.push(...(await this.#containing(search, places)))
      if (found.length >= walk.limit || places.length < limit) return found.slice(0, walk.limit)
      left -= limit
      after = places.at(-1) as Place
      await othersFirst()
    }
    // Common, but not here: those named Maria, in the order of their names.
    return await this.#readThrough(asked, search, walk)
  }

  async #readThrough(asked: Asked, search: string, walk: Walk): Promise<Place[]> {
    const mayHold = await whereMayHold(this.#knex, search)
    return await readThrough(this.#knex, 'id', walk, (range) =>
      this.#matching(asked, (select) => mayHold(select, range)),
    )
  }

  async #containing(search: string, places: readonly Place[]): Promise<Place[]> {
    const select = this.#knex('tokens').whereRaw(contains('search_text'), likePattern(search))
    whereIdIn(
      this.#knex,
      select,
      'id',
      places.map(({ id }) => id),
    )
    const ids = new Set(await idsFrom(select.select('id')))
    return places.filter(({ id }) => ids.has(id))
  }

  /** By tokens that lie evenly among all. */
  async #isCommon(search: string): Promise<boolean> {
    const last = await lastId(this.#knex)
    const sample = Array.from({ length: SAMPLE }, (_, i) => ({
      value: 0,
      id: Math.ceil(((i + 1) * last) / SAMPLE),
    }))
    return (await this.#containing(search, sample)).length > COMMON * SAMPLE
  }

  /** Of the first `limit` tokens. */
  async #lookThrough(
    { search = '', facets }: Asked,
    limit: number,
  ): Promise<{ looked: number; found: number }> {
    const first = this.#knex('tokens').where('id', '>', 0).orderBy('id').limit(limit).select('id')
    const looked = await idsFrom(first)
    const found = this.#knex('tokens').whereRaw(contains('search_text'), likePattern(search))
    found.whereBetween('id', [looked[0] ?? 0, looked.at(-1) ?? 0])
    whereFacetIn(found, 'facet', facets)
    const [row] = await answer(found.count({ found: '*' }))
    return { looked: looked.length, found: Number(row?.found) }
  }

  async #countFacets({ facets }: Asked, limit: number): Promise<number> {
    const some = this.#knex('token_progress').whereIn('facet', facets).limit(limit).select('facet')
    const [row] = await answer(this.#knex.from(some.as('some')).count({ total: '*' }))
    return Number(row?.total)
  }

  async #read(places: readonly Place[]): Promise<Token[]> {
    const ids = places.map(({ id }) => id)
    const select = this.#knex('tokens AS t').join('token_progress AS p', 'p.token_id', 't.id')
    whereIdIn(this.#knex, select, 't.id', ids)
    const rows: TokenRow[] = await answer(select.select(...ROW))
    const byId = new Map(rows.map((row) => [row.id, row]))
    // One that was deleted meanwhile is not there any more.
    return ids.flatMap((id) => byId.get(id) ?? []).map((row) => this.#rows.toToken(row))
  }
}

/** Narrows a query by an index. */
type Few = (select: Knex.QueryBuilder) => void

interface Asked extends Choice {
  readonly userKey: string | undefined
  readonly serial: string | undefined
  readonly search: string | undefined
}

/** From each facet to the next along the index: as many steps as there are different ones, not as there are tokens. */
const FACETS = `
WITH RECURSIVE facets (facet) AS (
  SELECT min(facet) FROM token_progress
  UNION ALL
  SELECT (SELECT min(facet) FROM token_progress WHERE facet > facets.facet) FROM facets WHERE facet IS NOT NULL
)
SELECT facet FROM facets WHERE facet IS NOT NULL`

const ROW = [
  ...TOKEN_COLUMNS.map((column) => `t.${column}`),
  ...PROGRESS_COLUMNS.map((column) => `p.${column}`),
]

function placeOf([value, id]: (string | number)[]): Place {
  return { value: value as string | number, id: id as number }
}
