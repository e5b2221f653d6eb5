/**
 * Asks the index of `search_text` (migrations/0001_core.ts) which tokens may hold a text: those that have every three
 * characters of it, in whatever order. Whoever asks looks at the rows themselves then.
 */
import type { Knex } from 'knex'
import { answer, idsFrom, isPostgres } from './knex_answer.ts'

/** The last code point: behind everything that begins with the same. */
const LAST = '\u{10ffff}'
/** More different beginnings than this, and one or two characters are too common for the index. */
const MAX_TERMS = 500

/** Ids above the first and up to the last. */
export type Range = readonly [above: number, upTo: number]

/** The ids of all tokens that may hold `text`, or null if there are more than `limit`. */
export async function candidates(knex: Knex, text: string, limit: number): Promise<number[] | null> {
  const match = await matchFor(knex, text)
  if (match === null) return null
  const found = isPostgres(knex)
    ? knex('tokens').whereRaw(POSTGRES_MATCH('search_text'), [match]).select('id')
    : knex('token_search').whereRaw(SQLITE_MATCH, [match]).select({ id: 'rowid' })
  const ids = await idsFrom(found.limit(limit + 1))
  return ids.length > limit ? null : ids
}

/** Narrows a query of `tokens AS t`, of which SQLite looks at a range of ids at a time, to those that may hold `text`. */
export async function whereMayHold(
  knex: Knex,
  text: string,
): Promise<(select: Knex.QueryBuilder, range: Range | null) => void> {
  const match = await matchFor(knex, text)
  return (select, range) => {
    if (range === null) select.whereRaw(POSTGRES_MATCH('t.search_text'), [match ?? ''])
    else if (match === null) select.where('t.id', '>', range[0]).where('t.id', '<=', range[1])
    else {
      const found = knex('token_search').whereRaw(SQLITE_MATCH, [match]).select('rowid')
      select.whereIn('t.id', found.where('rowid', '>', range[0]).where('rowid', '<=', range[1]))
    }
  }
}

const SQLITE_MATCH = 'token_search MATCH ?'
const POSTGRES_MATCH = (column: string) => `sallyport_trigrams(${column}) @@ ?::tsquery`

/** What the database's index is asked; null where the text is too common for it. */
async function matchFor(knex: Knex, text: string): Promise<string | null> {
  const grams = trigrams(text)
  if (isPostgres(knex)) {
    const quoted = (term: string) => `'${term.replace(/['\\]/g, '$&$&')}'`
    return grams.length > 0 ? grams.map(quoted).join(' & ') : `${quoted(text)}:*`
  }
  const quoted = (term: string) => `"${term.replaceAll('"', '""')}"`
  if (grams.length > 0) return grams.map(quoted).join(' AND ')
  const terms = await termsFrom(knex, text)
  if (terms.length > MAX_TERMS) return null
  // Where nothing begins so, it is asked for noncharacters, which nobody writes.
  return (terms.length > 0 ? terms : [LAST.repeat(3)]).map(quoted).join(' OR ')
}

/** Every three characters that are in the index and begin with one or two. */
async function termsFrom(knex: Knex, beginning: string): Promise<string[]> {
  const terms = knex('token_search_terms')
    .where('term', '>=', beginning)
    .where('term', '<', `${beginning}${LAST}`)
  return (await answer(terms.limit(MAX_TERMS + 1).select('term'))).map(({ term }) => term)
}

function trigrams(text: string): string[] {
  const characters = Array.from(text)
  return [...new Set(characters.slice(2).map((_, i) => characters.slice(i, i + 3).join('')))]
}
