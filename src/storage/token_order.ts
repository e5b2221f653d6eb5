/**
 * The orders of the list of tokens, and how a list goes on in one of them. Each but `used` walks an index for each facet.
 * No index holds the last use, for every login would have to write it: that order reads all of the narrow table of
 * progress for a page, unless it is known where the latest are (latest_uses.ts).
 */
import { setImmediate as othersFirst } from 'node:timers/promises'
import type { Knex } from 'knex'
import { answer, isPostgres, whereFacetIn } from './knex_answer.ts'
import type { LatestUses, UsedRange } from './latest_uses.ts'
import type { Range } from './search_index.ts'
import type { TokenOrder } from './store.ts'

/** Where a token stands: by `value`, and by id among equals. */
export interface Place {
  readonly value: string | number
  readonly id: number
}

export interface Walk {
  readonly order: TokenOrder
  readonly descending: boolean
  /** Null: from the beginning. */
  readonly after: Place | null
  readonly limit: number
  /** What has no index is read through by so many ids at a time. */
  readonly step: number
  /** Where the latest uses are; null: nobody knows. */
  readonly uses: LatestUses | null
}

/** The facets of the tokens that are asked for. */
export interface Choice {
  readonly facets: readonly string[]
  /** No token has another. */
  readonly isEvery: boolean
}

/** What each order sorts by; never null, so that a cursor can be compared with it. */
const VALUES: Record<TokenOrder, string> = {
  serial: 'serial',
  user: "coalesce(user_key, '')",
  created: 'created_at',
  used: 'coalesce(last_used_at, 0)',
  failures: 'fail_count',
}

export const TEXT_ORDERS: ReadonlySet<TokenOrder> = new Set(['serial', 'user'])

export async function nextPlaces(knex: Knex, choice: Choice, walk: Walk): Promise<Place[]> {
  const { order, descending, uses } = walk
  if (order === 'used' && descending && uses !== null) return await latestFirst(knex, choice, walk, uses)
  if (order === 'used') return await nextByUse(knex, choice, walk)
  const [first, ...others] = choice.facets.map((facet) => {
    const isProgress = walk.order === 'failures'
    const all = knex(isProgress ? 'token_progress' : 'tokens').where({ facet })
    const ofFacet = inOrder(knex, all, isProgress ? 'token_id' : 'id', walk)
    return knex.select('id', 'value').from(ofFacet.as('one'))
  })
  if (first === undefined) return []
  const merged = knex.select('id', 'value').from(first.unionAll(others).as('merged'))
  const direction = walk.descending ? 'desc' : 'asc'
  return await answer(
    merged
      .orderBy([
        { column: 'value', order: direction },
        { column: 'id', order: direction },
      ])
      .limit(walk.limit),
  )
}

/** The same of the few tokens that `select` finds in `tokens` and `token_progress`. */
export async function placesAmong(knex: Knex, select: Knex.QueryBuilder, walk: Walk): Promise<Place[]> {
  return await answer(inOrder(knex, select, 'id', walk))
}

function inOrder(
  knex: Knex,
  select: Knex.QueryBuilder,
  id: string,
  { order, descending, after, limit }: Walk,
): Knex.QueryBuilder {
  const by = VALUES[order]
  const direction = descending ? 'DESC' : 'ASC'
  if (after !== null)
    select.whereRaw(`(${by}, ${id}) ${descending ? '<' : '>'} (?, ?)`, [after.value, after.id])
  return select
    .select({ id })
    .select(knex.raw(`${by} AS value`))
    .orderByRaw(`${by} ${direction}, ${id} ${direction}`)
    .limit(limit)
}

/**
 * The first places among all that `select` finds, in the ids of a range at a time; PostgreSQL, which is another process,
 * is asked once, without a range.
 */
export async function readThrough(
  knex: Knex,
  id: 'id' | 'token_id',
  walk: Walk,
  select: (range: Range | null) => Knex.QueryBuilder,
): Promise<Place[]> {
  if (isPostgres(knex)) return await answer(inOrder(knex, select(null), id, walk))
  const last = await lastId(knex)
  let best: Place[] = []
  for (let from = 0; from < last; from += walk.step) {
    const step = select([from, from + walk.step])
    // Most rows are no better than those found so far.
    const worst = best.length < walk.limit ? undefined : best.at(-1)
    if (worst !== undefined)
      step.whereRaw(`${VALUES[walk.order]} ${walk.descending ? '>=' : '<='} ?`, [worst.value])
    best = merge(best, await answer(inOrder(knex, step, id, walk)), walk)
    await othersFirst()
  }
  return best
}

async function nextByUse(knex: Knex, { facets, isEvery }: Choice, walk: Walk): Promise<Place[]> {
  return await readThrough(knex, 'token_id', walk, (range) => {
    const step = knex('token_progress')
    if (range !== null) step.where('token_id', '>', range[0]).where('token_id', '<=', range[1])
    if (!isEvery) whereFacetIn(step, 'facet', facets)
    return step
  })
}

/** As `nextByUse`, but the ranges in which the latest are come first, and the others need not be read. */
async function latestFirst(
  knex: Knex,
  { facets, isEvery }: Choice,
  walk: Walk,
  uses: LatestUses,
): Promise<Place[]> {
  const last = await lastId(knex)
  const ranges = await uses.ranges(last, () => rangesOf(knex, last, walk.step, uses.rangeIds))
  const { rangeIds } = uses
  const most = Math.max(1, Math.floor(walk.step / rangeIds))
  let best: Place[] = []
  for (let at = 0, count = 1; at < ranges.length; at += count, count = Math.min(2 * count, most)) {
    const worst = best.length < walk.limit ? undefined : best.at(-1)
    if (worst !== undefined && ranges[at]!.latest < Number(worst.value)) break
    const here = JSON.stringify(ranges.slice(at, at + count).map(({ after }) => after))
    const some = knex
      .from(knex.raw('json_each(?) AS ids CROSS JOIN token_progress', [here]))
      .whereRaw('token_id > ids.value AND token_id <= ids.value + ?', [rangeIds])
    if (worst !== undefined && Number(worst.value) > 0) some.where('last_used_at', '>=', worst.value)
    if (!isEvery) whereFacetIn(some, 'facet', facets)
    best = merge(best, await answer(inOrder(knex, some, 'token_id', walk)), walk)
    await othersFirst()
  }
  return best
}

async function* rangesOf(
  knex: Knex,
  last: number,
  step: number,
  rangeIds: number,
): AsyncGenerator<UsedRange[]> {
  const ids = Math.max(1, Math.floor(step / rangeIds)) * rangeIds
  for (let from = 0; from < last; from += ids) {
    const rows: { range: number; latest: number | null }[] = await answer(
      knex('token_progress')
        .where('token_id', '>', from)
        .where('token_id', '<=', from + ids)
        .groupByRaw('(token_id - 1) / ?', [rangeIds])
        .select(knex.raw('(token_id - 1) / ? AS range', [rangeIds]))
        .max({ latest: 'last_used_at' }),
    )
    yield rows.map(({ range, latest }) => ({ after: range * rangeIds, latest: latest ?? 0 }))
    await othersFirst()
  }
}

function merge(best: readonly Place[], next: readonly Place[], { descending, limit }: Walk): Place[] {
  const compare = (a: Place, b: Place) => compareValues(a.value, b.value) || a.id - b.id
  return [...best, ...next].sort(descending ? (a, b) => compare(b, a) : compare).slice(0, limit)
}

/** As the databases do: texts by their octets. */
function compareValues(a: string | number, b: string | number): number {
  return typeof a === 'number' ? a - Number(b) : Buffer.compare(Buffer.from(a), Buffer.from(String(b)))
}

export async function lastId(knex: Knex): Promise<number> {
  const [row] = await answer(knex('tokens').max({ last: 'id' }))
  return Number(row?.last)
}
