/** Small forms that both databases' lists are asked in. */
import type { Knex } from 'knex'
import { unavailable } from './store.ts'

/** Throws StoreUnavailable. */
export async function answer<T>(query: PromiseLike<T>): Promise<T> {
  try {
    return await query
  } catch (error) {
    throw unavailable(error)
  }
}

export async function idsFrom(query: PromiseLike<{ id: number }[]>): Promise<number[]> {
  return (await answer(query)).map(({ id }) => id)
}

export async function rawRows<Row>(knex: Knex, sql: string): Promise<Row[]> {
  const answered = await answer(knex.raw(sql))
  return isPostgres(knex) ? answered.rows : answered
}

export function isPostgres(knex: Knex): boolean {
  return knex.client.config.client === 'pg'
}

/** As one value: thousands of parameters would take longer than the query. */
export function whereIdIn(
  knex: Knex,
  select: Knex.QueryBuilder,
  column: string,
  ids: readonly number[],
): void {
  if (isPostgres(knex)) select.whereRaw(`${column} = ANY (?::bigint[])`, [[...ids]])
  else select.whereRaw(`${column} IN (SELECT value FROM json_each(?))`, [JSON.stringify(ids)])
}

/** Not by an index: to look at rows that another condition finds. */
export function whereFacetIn(select: Knex.QueryBuilder, column: string, facets: readonly string[]): void {
  if (facets.length === 0) select.whereRaw('1 = 0')
  else {
    const values = facets.map(() => '?').join(', ')
    select.whereRaw(`CASE WHEN ${column} IN (${values}) THEN 1 ELSE 0 END = 1`, [...facets])
  }
}

export function contains(column: string): string {
  return `${column} LIKE ? ESCAPE '\\'`
}

export function likePattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}
