/**
 * Pages of tokens in bounded work, however many there are: few tokens, found by an index, are gathered and sorted; else
 * the list is walked in its order until the page is full, and what is rare on the way is read through at last. When a token
 * was last used stands in no index, since each login would have to write it: that filter is tried on the way. How many there
 * are is counted up to a bound. Only the rows that a page shows are opened.
 */
import { setImmediate as othersFirst } from 'node:timers/promises'
import type { Knex } from 'knex'
import type { Token } from '../auth/account.ts'
import { foldCase } from '../auth/fold_case.ts'
import { PROGRESS_COLUMNS, TOKEN_COLUMNS, type TokenRow } from './columns.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { hasFacet } from './facet.ts'
import { answer, contains, idsFrom, likePattern, rawRows, whereFacetIn, whereIdIn } from './knex_answer.ts'
import type { LatestUses } from './latest_uses.ts'
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
  /** SQLite reads so many ids at a time: no login waits for more. */
  readonly step: number
  /** Counting ends after so many. */
  readonly count: number
}

const BOUNDS: Bounds = { few: 5000, look: 4000, step: 100_000, count: 10_000 }
/** How many tokens tell whether a text is common. */
const SAMPLE = 1000
/** A text that is in a smaller share of the tokens is found by its index, one in a larger share on the way. */
const COMMON = 1 / 50
/** So many times as wide as a row of progress is one of a token with it: fewer at a time, for the same time. */
const WIDER = 5

export class TokenList {
  readonly #knex: Knex
  readonly #rows: Pick<TokenRows, 'toToken'>
  readonly #bounds: Bounds
  readonly #walks: Pick<Walk, 'step' | 'uses'>

  constructor(knex: Knex, rows: Pick<TokenRows, 'toToken'>, bounds = BOUNDS, uses: LatestUses | null = null) {
    this.#knex = knex
    this.#rows = rows
    this.#bounds = bounds
    this.#walks = { step: bounds.step, uses }
  }

  async page({ order, descending, limit, cursor, ...filter }: TokenQuery): Promise<Page<Token>> {
    const list = `tokens ${order}`
    const kinds = [TEXT_ORDERS.has(order) ? 'string' : 'number', 'number'] as const
    const after = cursor === null ? null : placeOf(readCursor(cursor, list, kinds))
    const walk = { ...this.#walks, order, descending, after, limit: limit + 1 }
    const asked = await this.#ask(filter)
    const few = await this.#few(asked, order === 'used')
    const found = few ? placesAmong(this.#knex, this.#matching(asked, few), walk) : this.#walk(asked, walk)
    const places = await found
    const shown = places.slice(0, limit)
    const last = shown.at(-1)
    const rows = await this.#read(shown)
    return {
      // What the columns do not know yet: a use of the last second, an expiry that an older version has set.
      rows: asked.isPlain ? rows : rows.filter((token) => isFitting(token, asked)),
      nextCursor: places.length > limit && last ? writeCursor([list, last.value, last.id]) : null,
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
    if (asked.isPlain) {
      const total = await this.#countFacets(asked, count + 1)
      return { total: Math.min(total, count), isExact: total <= count }
    }
    const { search, expiresBefore, unusedSince } = asked
    if (expiresBefore !== undefined && search === undefined && unusedSince === undefined) {
      return await this.#countExpiring(asked, expiresBefore, count)
    }
    const { looked, found } = await this.#lookThrough(asked, count)
    return { total: found, isExact: looked < count }
  }

  async #ask(filter: TokenFilter): Promise<Asked> {
    const { user, serial, search, expiresBefore, unusedSince } = storableTexts(filter)
    const every = (await rawRows<{ facet: string }>(this.#knex, FACETS)).map(({ facet }) => facet)
    const facets = every.filter((facet) => hasFacet(facet, filter))
    return {
      userKey: user === undefined ? undefined : foldCase(user),
      serial,
      search: search === undefined ? undefined : foldCase(search),
      expiresBefore,
      unusedSince,
      isPlain: search === undefined && expiresBefore === undefined && unusedSince === undefined,
      facets,
      isEvery: facets.length === every.length,
    }
  }

  /** By which index there are only few tokens to look at; null if by none. */
  async #few(asked: Asked, insteadOfAll: boolean): Promise<Few | null> {
    const { userKey, serial, search, expiresBefore, facets } = asked
    const { few } = this.#bounds
    if (userKey !== undefined || serial !== undefined || facets.length === 0) return () => {}
    if (asked.isPlain && !insteadOfAll) return null
    if ((await this.#countFacets(asked, few + 1)) <= few) return (select) => select.whereIn('t.facet', facets)
    if (expiresBefore !== undefined) {
      // Their ids first: left to itself, SQLite would rather look for them in the order of the list.
      const expiring = await idsFrom(this.#expiring(expiresBefore, few + 1).select('id'))
      if (expiring.length <= few) return (select) => whereIdIn(this.#knex, select, 't.id', expiring)
    }
    if (search === undefined || (await this.#isCommon(search))) return null
    const ids = await candidates(this.#knex, search, few)
    return ids && ((select) => whereIdIn(this.#knex, select, 't.id', ids))
  }

  #matching(asked: Asked, few: Few): Knex.QueryBuilder {
    const { userKey, serial, facets } = asked
    const select = this.#knex('tokens AS t').join('token_progress AS p', 'p.token_id', 't.id')
    few(select)
    if (userKey !== undefined) select.where('t.user_key', userKey)
    if (serial !== undefined) select.where('t.serial', serial)
    whereFitting(select, asked)
    whereFacetIn(select, 't.facet', facets)
    return select
  }

  async #walk(asked: Asked, walk: Walk): Promise<Place[]> {
    if (asked.isPlain) return await nextPlaces(this.#knex, asked, walk)
    const most = Math.max(this.#bounds.look, 4 * walk.limit)
    const found: Place[] = []
    let { after } = walk
    // The order of use reads everything for each part of a walk: one part, then.
    let limit = walk.order === 'used' ? most : 2 * walk.limit
    for (let left = most; left > 0; limit = Math.min(2 * limit, left)) {
      const places = await nextPlaces(this.#knex, asked, { ...walk, after, limit })
      found.push(...(await this.#fitting(asked, places)))
      if (found.length >= walk.limit || places.length < limit) return found.slice(0, walk.limit)
      left -= limit
      after = places.at(-1) as Place
      await othersFirst()
    }
    // Common, but not here: those named Maria, in the order of their names.
    return await this.#readThrough(asked, walk)
  }

  async #readThrough(asked: Asked, walk: Walk): Promise<Place[]> {
    if (asked.search === undefined) {
      const step = Math.ceil(walk.step / WIDER)
      return await readThrough(this.#knex, 'id', { ...walk, step }, (range) =>
        this.#matching(asked, (select) => {
          if (range !== null) select.where('t.id', '>', range[0]).where('t.id', '<=', range[1])
        }),
      )
    }
    const mayHold = await whereMayHold(this.#knex, asked.search)
    return await readThrough(this.#knex, 'id', walk, (range) =>
      this.#matching(asked, (select) => mayHold(select, range)),
    )
  }

  async #fitting(asked: Fitting, places: readonly Place[]): Promise<Place[]> {
    const select = this.#knex('tokens AS t')
    // The text alone needs no row of progress.
    if (asked.unusedSince !== undefined) select.join('token_progress AS p', 'p.token_id', 't.id')
    whereIdIn(
      this.#knex,
      select,
      't.id',
      places.map(({ id }) => id),
    )
    whereFitting(select, asked)
    const ids = new Set(await idsFrom(select.select('t.id')))
    return places.filter(({ id }) => ids.has(id))
  }

  /** By tokens that lie evenly among all. */
  async #isCommon(search: string): Promise<boolean> {
    const last = await lastId(this.#knex)
    const sample = Array.from({ length: SAMPLE }, (_, i) => ({
      value: 0,
      id: Math.ceil(((i + 1) * last) / SAMPLE),
    }))
    return (await this.#fitting({ search }, sample)).length > COMMON * SAMPLE
  }

  /** Of the first `limit` tokens. */
  async #lookThrough(asked: Asked, limit: number): Promise<{ looked: number; found: number }> {
    const first = this.#knex('tokens').where('id', '>', 0).orderBy('id').limit(limit).select('id')
    const looked = await idsFrom(first)
    const within = [looked[0] ?? 0, looked.at(-1) ?? 0] as const
    const found = this.#matching(asked, (select) => select.whereBetween('t.id', within))
    const [row] = await answer(found.count({ found: '*' }))
    return { looked: looked.length, found: Number(row?.found) }
  }

  #expiring(before: number, limit: number): Knex.QueryBuilder {
    return this.#knex('tokens').where('valid_until', '<', before).limit(limit)
  }

  async #countExpiring({ facets }: Choice, before: number, limit: number): Promise<Count> {
    const some = this.#expiring(before, limit + 1).select('facet')
    const counted: { facet: string; total: number | string }[] = await answer(
      this.#knex.from(some.as('some')).groupBy('facet').select('facet').count({ total: '*' }),
    )
    const sum = (rows: typeof counted) => rows.reduce((total, row) => total + Number(row.total), 0)
    const total = sum(counted.filter(({ facet }) => facets.includes(facet)))
    return { total: Math.min(total, limit), isExact: sum(counted) <= limit }
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

/** What is looked for in the rows themselves. */
interface Fitting {
  readonly search?: string | undefined
  readonly expiresBefore?: number | undefined
  readonly unusedSince?: number | undefined
}

interface Asked extends Choice, Fitting {
  readonly userKey: string | undefined
  readonly serial: string | undefined
  /** Nothing of Fitting is asked. */
  readonly isPlain: boolean
}

/** Of `tokens AS t`, and for the use also `token_progress AS p`. */
function whereFitting(select: Knex.QueryBuilder, { search, expiresBefore, unusedSince }: Fitting): void {
  if (search !== undefined) select.whereRaw(contains('t.search_text'), likePattern(search))
  if (expiresBefore !== undefined) select.where('t.valid_until', '<', expiresBefore)
  if (unusedSince !== undefined) select.whereRaw('coalesce(p.last_used_at, t.created_at) < ?', [unusedSince])
}

function isFitting(
  { validUntil, lastUsedAt, createdAt }: Token,
  { expiresBefore, unusedSince }: Fitting,
): boolean {
  return (
    (expiresBefore === undefined || (validUntil !== null && validUntil < expiresBefore)) &&
    (unusedSince === undefined || (lastUsedAt ?? createdAt) < unusedSince)
  )
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
