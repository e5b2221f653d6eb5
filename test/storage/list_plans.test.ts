import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Knex } from 'knex'
import { type Store, TOKEN_ORDERS, type TokenFilter } from '../../src/storage/store.ts'
import { TokenList } from '../../src/storage/token_list.ts'
import { TokenRows } from '../../src/storage/token_rows.ts'
import { UserList } from '../../src/storage/user_list.ts'
import { KEYS, POSTGRES, SQLITE, type TestDatabase } from '../support/databases.ts'
import { openKnex } from '../support/open_knex.ts'
import { populate } from '../support/population.ts'
import { changed, entry, put } from './stored.ts'

// What makes a list quick at a million tokens is its plan, which shows at a few hundred: with bounds below these, each
// way of making a list is taken.
const TOKENS = 600
const WALKED = { few: 0, look: 50, step: 200, count: 100 }
const READ_THROUGH = { few: 0, look: 1, step: 200, count: 100 }
const LOOKED_UP = { few: 100, look: 50, step: 200, count: 100 }

interface Asked {
  readonly sql: string
  readonly bindings: readonly unknown[]
}

const FILTERS: readonly TokenFilter[] = [
  {},
  { type: 'totp' },
  { active: false },
  { locked: true },
  { locked: false },
  { assigned: false },
  { type: 'hotp', active: true, locked: false, assigned: true },
]
const NARROW: readonly TokenFilter[] = [
  { user: 'anna.adler0@example.com' },
  { serial: 'HOTP1' },
  { search: 'noah.klein' },
  { search: '77@' },
  { search: 'q7' },
  { search: 'noah.klein', type: 'totp', active: true },
  { expiresBefore: 5 },
  { expiresBefore: 5, active: true, search: 'a' },
]

describe.each([SQLITE, POSTGRES])('$name', ({ name, create }) => {
  let database: TestDatabase
  let store: Store
  let knex: Knex
  const asked: Asked[] = []
  beforeAll(async () => {
    database = await create()
    store = await database.open()
    await populate(store, 0, TOKENS)
    knex = openKnex(database)
    knex.on('query', (query: Asked) => asked.push(query))
  }, 60_000)
  afterAll(async () => {
    await knex.destroy()
    await database.drop()
  })

  const orders = TOKEN_ORDERS.filter((order) => order !== 'used')
  const walks = FILTERS.flatMap((filter) =>
    orders.flatMap((order) => [
      { filter, order, descending: false },
      { filter, order, descending: true },
    ]),
  )
  test.each(walks)(
    'walks an index in its order: $filter by $order, descending: $descending',
    async ({ filter, order, descending }) => {
      const list = new TokenList(knex, new TokenRows(KEYS, () => {}), WALKED)
      const queries = await record(async () => {
        const { nextCursor } = await list.page({ ...filter, order, descending, limit: 2, cursor: null })
        await list.page({ ...filter, order, descending, limit: 2, cursor: nextCursor })
        await list.count(filter)
      })
      for (const query of queries) {
        const plan = await explain(query)
        expect({ query, plan, ...problems(plan) }).toEqual({ query, plan, readsAll: false, sortsAll: false })
      }
    },
  )

  const lookups = NARROW.flatMap((filter) => TOKEN_ORDERS.map((order) => ({ filter, order })))
  test.each(lookups)('finds what is narrow by an index: $filter by $order', async ({ filter, order }) => {
    const list = new TokenList(knex, new TokenRows(KEYS, () => {}), LOOKED_UP)
    const queries = await record(async () => {
      await list.page({ ...filter, order, descending: true, limit: 2, cursor: null })
      await list.count(filter)
    })
    for (const query of queries) {
      const plan = await explain(query)
      expect({ query, plan, ...problems(plan) }).toEqual(expect.objectContaining({ readsAll: false }))
    }
  })

  const common = ['huber', 'noah.klein', 'ü'].flatMap((search) => orders.map((order) => ({ search, order })))
  test.each(common)(
    'reads what is common, but not here, by an index: $search by $order',
    async ({ search, order }) => {
      const list = new TokenList(knex, new TokenRows(KEYS, () => {}), READ_THROUGH)
      const queries = await record(async () => {
        await list.page({ search, active: true, order, descending: true, limit: 1, cursor: null })
      })
      for (const query of queries) {
        const plan = await explain(query)
        expect({ query, plan, ...problems(plan) }).toEqual(expect.objectContaining({ readsAll: false }))
      }
    },
  )

  test.each([{}, { search: 'huber' }, { search: 'noah.klein' }, { search: 'q7' }, { search: 'a' }])(
    'users: %j',
    async (filter) => {
      const queries = await record(async () => {
        const list = new UserList(knex, { few: 100, look: 50 })
        const { nextCursor } = await list.page({ ...filter, limit: 2, cursor: null })
        if (nextCursor !== null) await list.page({ ...filter, limit: 2, cursor: nextCursor })
      })
      for (const query of queries) {
        const plan = await explain(query)
        expect({ query, plan, ...problems(plan) }).toEqual(expect.objectContaining({ readsAll: false }))
      }
    },
  )

  test('an accepted login of a token without failures writes to no index', async () => {
    const { rows } = await store.listTokens({
      locked: false,
      order: 'failures',
      descending: false,
      limit: 1,
      cursor: null,
    })
    const [listed] = rows
    const key =
      listed?.user === null ? (`token:${listed.serial}` as const) : (`user:${listed?.user}` as const)
    const token = (await store.load([key])).get(key)?.tokens.find(({ id }) => id === listed?.id)
    if (token === undefined) throw new Error('there is no such token')
    expect(token.failCount).toBe(0)
    const written = name === 'SQLite' ? pagesWritten(database) : heapOnlyUpdates(database)
    const before = await written()
    const fields = { counter: token.counter + 1, lastUsedAt: 1, successCount: 1, attemptCount: 1 }
    await put(store, [{ ...changed(token, fields), key }], [entry()])
    expect(await before()).toBe(true)
  })

  async function record(work: () => Promise<void>): Promise<Asked[]> {
    asked.length = 0
    await work()
    return asked.splice(0)
  }

  /** One line for each step, deeper ones further in. */
  async function explain({ sql, bindings }: Asked): Promise<string[]> {
    if (name === 'SQLite') {
      const steps: { id: number; parent: number; detail: string }[] = await knex.raw(
        `EXPLAIN QUERY PLAN ${sql}`,
        bindings as never,
      )
      const depths = new Map([[0, -1]])
      return steps.map(({ id, parent, detail }) => {
        const depth = (depths.get(parent) ?? -1) + 1
        depths.set(id, depth)
        return `${' '.repeat(depth)}${detail}`
      })
    }
    return await knex.transaction(async (transaction) => {
      // A few hundred rows are read through quicker than looked up; we ask for the plan of a million.
      await transaction.raw('SET LOCAL enable_seqscan = off')
      await transaction.raw('SET LOCAL enable_sort = off')
      await transaction.raw('SET LOCAL jit = off')
      const { rows } = await transaction.raw(
        `EXPLAIN (COSTS OFF) ${sql.replace(/\$\d+/g, '?')}`,
        bindings as never,
      )
      return rows.map((row: { 'QUERY PLAN': string }) => row['QUERY PLAN'])
    })
  }

  /** A table read whole; or sorted, where its index has the order. */
  function problems(plan: readonly string[]): { readsAll: boolean; sortsAll: boolean } {
    const table = '(tokens|token_progress|t|p)'
    if (name === 'SQLite') {
      const isRead = (line: string) => new RegExp(`^ *(SCAN|SEARCH) ${table}( |$)`).test(line)
      return {
        readsAll: plan.some((line) => new RegExp(`^ *SCAN ${table}( |$)`).test(line)),
        sortsAll: plan.some((line, i) => {
          const depth = line.search(/\S/)
          return (
            line.includes('USE TEMP B-TREE FOR ORDER BY') &&
            plan.slice(0, i).findLast((other) => other.search(/\S/) <= depth && isRead(other)) ===
              plan.slice(0, i).findLast((other) => other.search(/\S/) === depth)
          )
        }),
      }
    }
    const depth = (line: string) => line.search(/[^ >-]/)
    return {
      readsAll: plan.some((line) => new RegExp(`Seq Scan on ${table}`).test(line)),
      // No sort between an index and the limit above it.
      sortsAll: plan.some((line, i) => {
        if (!new RegExp(`Scan (Backward )?using .* on ${table}`).test(line)) return false
        let at = depth(line)
        for (const above of plan.slice(0, i).toReversed()) {
          if (depth(above) >= at) continue
          at = depth(above)
          if (/Limit/.test(above)) return false
          if (/Sort/.test(above)) return true
        }
        return false
      }),
    }
  }
})

/** Was no page of the index written since? Read from the log of written pages. */
function pagesWritten(database: TestDatabase) {
  return async () => {
    const pages = await database.query(
      "SELECT pageno FROM dbstat WHERE name IN ('tokens_by_failures', 'tokens_by_serial', 'tokens_by_user', 'tokens_by_created')",
    )
    const wal = `${database.url.slice('sqlite:'.length)}-wal`
    await database.query('PRAGMA wal_checkpoint(TRUNCATE)')
    return async () => {
      const size = statSync(wal).size
      const octets = Buffer.alloc(size)
      const file = openSync(wal, 'r')
      readSync(file, octets)
      closeSync(file)
      const written = new Set<number>()
      const [header, frame] = [32, 24 + 4096]
      for (let at = header; at < size; at += frame) written.add(octets.readUInt32BE(at))
      return written.size > 0 && pages.every(({ pageno }) => !written.has(Number(pageno)))
    }
  }
}

/** Did every update since stay on its page, without an index? */
function heapOnlyUpdates(database: TestDatabase) {
  const count = async () => {
    const [row] = await database.query(
      "SELECT n_tup_upd AS all, n_tup_hot_upd AS hot FROM pg_stat_user_tables WHERE relname = 'token_progress'",
    )
    return { all: Number(row?.all), hot: Number(row?.hot) }
  }
  // A connection tells what it has counted a second later, or two.
  const settled = async () => {
    for (let last = await count(); ; ) {
      await new Promise((resolve) => setTimeout(resolve, 2500))
      const next = await count()
      if (next.all === last.all) return next
      last = next
    }
  }
  return async () => {
    const before = await settled()
    return async () => {
      for (let tries = 0; tries < 50; tries++) {
        const { all, hot } = await count()
        if (all > before.all) return all - before.all === hot - before.hot
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      return false
    }
  }
}
