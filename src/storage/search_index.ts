/**
 * Asks the index of `search_text` (migrations/0001_core.ts) which tokens may hold a text: those that have every three
 * characters of it, in whatever order. Whoever asks looks at the rows themselves then.
 */
import type { Knex } from 'knex'
import { idsFrom, isPostgres } from './knex_answer.ts'

/** More different beginnings than this, and one or two characters are too common for the index. */
const MAX_TERMS = 500

/** The ids of all tokens that may hold `text`, or null if there are more than `limit`. */
export async function candidates(knex: Knex, text: string, limit: number): Promise<number[] | null> {
  const ids = isPostgres(knex)
    ? await askPostgres(knex, text, limit + 1)
    : await askSqlite(knex, text, limit + 1)
  return ids === null || ids.length > limit ? null : ids
}

async function askPostgres(knex: Knex, text: string, limit: number): Promise<number[]> {
  const quoted = (term: string) => `'${term.replace(/['\\]/g, '$&$&')}'`
  const grams = trigrams(text)
  const query = grams.length > 0 ? grams.map(quoted).join(' & ') : `${quoted(text)}:*`
  const found = knex('tokens').whereRaw('sallyport_trigrams(search_text) @@ ?::tsquery', [query]).limit(limit)
  return await idsFrom(found.select('id'))
}

async function askSqlite(knex: Knex, text: string, limit: number): Promise<number[] | null> {
  const quoted = (term: string) => `"${term.replaceAll('"', '""')}"`
  const grams = trigrams(text)
  const terms = grams.length > 0 ? grams : await termsFrom(knex, text)
  if (terms.length > MAX_TERMS) return null
  if (terms.length === 0) return []
  const query = terms.map(quoted).join(grams.length > 0 ? ' AND ' : ' OR ')
  return await idsFrom(
    knex('token_search').whereRaw('token_search MATCH ?', [query]).limit(limit).select({ id: 'rowid' }),
  )
}

/** Every three characters that are in the index and begin with one or two. */
async function termsFrom(knex: Knex, beginning: string): Promise<string[]> {
  const terms = knex('token_search_terms')
    .where('term', '>=', beginning)
    .where('term', '<', `${beginning}\u{10ffff}`)
  return (await terms.limit(MAX_TERMS + 1).select('term')).map(({ term }) => term)
}

function trigrams(text: string): string[] {
  const characters = Array.from(text)
  return [...new Set(characters.slice(2).map((_, i) => characters.slice(i, i + 3).join('')))]
}
