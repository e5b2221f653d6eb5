import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Knex } from 'knex'
import { keyOf, type Token } from '../../src/auth/account.ts'
import { foldCase } from '../../src/auth/fold_case.ts'
import { isLocked } from '../../src/auth/limits.ts'
import { LatestUses } from '../../src/storage/latest_uses.ts'
import { type Store, TOKEN_ORDERS, type TokenFilter, type TokenOrder } from '../../src/storage/store.ts'
import { TokenList } from '../../src/storage/token_list.ts'
import { TokenRows } from '../../src/storage/token_rows.ts'
import { UserList } from '../../src/storage/user_list.ts'
import { makeToken, NOW } from '../auth/make_token.ts'
import { DATABASES, KEYS, type TestDatabase } from '../support/databases.ts'
import { openKnex } from '../support/open_knex.ts'
import { inserts, put } from './stored.ts'

// Every list must be the same however it is made: with bounds this low a handful of tokens is a large population, which
// is walked, looked up in the index of texts, and counted up to a bound.
const BOUNDS = [
  { name: 'gathered', bounds: undefined },
  { name: 'walked and looked up', bounds: { few: 3, look: 4, step: 3, count: 4 } },
  { name: 'walked', bounds: { few: 0, look: 3, step: 3, count: 4 } },
]

const TEXTS = ['ab', 'Zoë', 'abba', "o'x", 'x\\y', '100%', 'a_b', '日本', 'A"B', '\u{1f511}key', 'ba']
const text = fc.constantFrom(...TEXTS)
const fields = fc.record({
  user: fc.option(text),
  description: fc.option(text),
  kind: fc.constantFrom('hotp', 'totp'),
  active: fc.boolean(),
  maxFail: fc.constantFrom(0, 1, 3),
  failCount: fc.nat(3),
  createdAt: fc.nat(2).map((n) => NOW + n),
  lastUsedAt: fc.option(fc.nat(3).map((n) => NOW + n)),
  validUntil: fc.option(fc.nat(3).map((n) => NOW + n)),
})
/** Null: the token is deleted. */
const change = fc.option(fields, { freq: 3 })
const population = fc.record({
  tokens: fc.array(fields, { minLength: 1, maxLength: 16 }),
  changes: fc.array(fc.record({ which: fc.nat(), to: change }), { maxLength: 8 }),
})
const search = fc.oneof(
  text,
  fc.constantFrom(
    'a',
    'b',
    'bb',
    'ë',
    '本',
    '%',
    '_',
    '\\',
    'z',
    'zo',
    "o'x\n",
    '-',
    'h-0',
    't-1',
    'key',
    '\n',
    'bba',
  ),
)
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 })
const query = fc.record({
  filter: fc.record({
    user: fc.option(text, { nil: undefined, freq: 1 }),
    serial: fc.option(fc.constantFrom('H-0', 'T-1', 'H-1'), { nil: undefined, freq: 1 }),
    type: optional(fc.constantFrom('hotp', 'totp', 'sms')),
    active: optional(fc.boolean()),
    locked: optional(fc.boolean()),
    assigned: optional(fc.boolean()),
    expiresBefore: optional(fc.nat(4).map((n) => NOW + n)),
    unusedSince: optional(fc.nat(4).map((n) => NOW + n)),
    search: optional(search),
  }),
  order: fc.constantFrom(...TOKEN_ORDERS),
  descending: fc.boolean(),
  limit: fc.integer({ min: 1, max: 5 }),
})

describe.each(DATABASES)('$name', ({ name, create }) => {
  let database: TestDatabase
  let store: Store
  let knex: Knex
  beforeAll(async () => {
    database = await create()
    store = await database.open()
    knex = openKnex(database)
  })
  afterAll(async () => {
    await knex.destroy()
    await database.drop()
  })

  test('every filter in every order, page by page, is what a plain search of all tokens finds', async () => {
    const property = fc.asyncProperty(
      population,
      fc.array(query, { minLength: 25, maxLength: 25 }),
      async (given, queries) => {
        const tokens = await repopulate(store, given)
        for (const { bounds } of BOUNDS) {
          const uses = name === 'SQLite' ? new LatestUses(2) : null
          const list = new TokenList(knex, new TokenRows(KEYS, () => {}), bounds, uses)
          for (const asked of queries) await compare(list, tokens, asked, bounds === undefined)
        }
      },
    )
    await fc.assert(property, { numRuns: 6 })
  }, 120_000)

  test('users with a text in their name, page by page, however they are found', async () => {
    const property = fc.asyncProperty(
      population,
      fc.array(optional(search), { minLength: 10, maxLength: 10 }),
      async (given, searches) => {
        const tokens = await repopulate(store, given)
        for (const bounds of [undefined, { few: 3, look: 2 }, { few: 0, look: 1 }]) {
          const list = new UserList(knex, bounds)
          for (const text of searches) {
            const expected = usersOf(tokens).filter(({ key }) => key.includes(foldCase(text ?? '')))
            const found = await allPages(({ cursor }) => list.page({ search: text, limit: 2, cursor }), 2)
            expect(found).toEqual(expected.map(({ key: _, ...counts }) => counts))
          }
        }
      },
    )
    await fc.assert(property, { numRuns: 12 })
  }, 120_000)

  test('a page opens the rows that it shows, and no other', async () => {
    await repopulate(store, { tokens: [], changes: [] })
    await put(
      store,
      inserts(...Array.from({ length: 20 }, (_, i) => makeToken({ serial: `S${i}`, user: `u${i}` }))),
    )
    await database.query("UPDATE tokens SET sealed = ''")
    for (const bounds of [undefined, { few: 3, look: 4, step: 3, count: 4 }]) {
      for (const order of TOKEN_ORDERS) {
        const opened: string[] = []
        const list = new TokenList(knex, new TokenRows(KEYS, (message) => opened.push(message)), bounds)
        await list.page({ order, descending: true, limit: 3, cursor: null, search: 'u' })
        await list.count({ search: 'u' })
        expect(opened).toHaveLength(3)
      }
    }
    await database.query('DELETE FROM token_progress')
    await database.query('DELETE FROM tokens')
  })
})

interface Population {
  readonly tokens: readonly Partial<Token>[]
  readonly changes: readonly { readonly which: number; readonly to: Partial<Token> | null }[]
}

/** In the order of their ids, as they end up after all changes, each made in a commit of its own. */
async function repopulate(store: Store, { tokens, changes }: Population): Promise<Token[]> {
  const whole = await store.listTokens({ order: 'created', descending: false, limit: 1000, cursor: null })
  await put(
    store,
    whole.rows.map((before) => ({ key: keyOf(before), before, after: null })),
  )
  const made = tokens.map((given, i) =>
    makeToken({ ...given, serial: `${given.kind === 'hotp' ? 'H' : 'T'}-${i}` } as never),
  )
  await put(store, inserts(...made))
  for (const { which, to } of changes) {
    const all = (await store.listTokens({ order: 'serial', descending: false, limit: 1000, cursor: null }))
      .rows
    const before = all[which % Math.max(1, all.length)]
    if (before === undefined) break
    const { kind: _, createdAt: __, ...fields } = to ?? {}
    const after = to === null ? null : { ...before, ...fields, version: before.version + 1 }
    await put(store, [{ key: keyOf(before), before, after }])
  }
  const left = (await store.listTokens({ order: 'serial', descending: false, limit: 1000, cursor: null }))
    .rows
  return left.toSorted((a, b) => a.id - b.id)
}

async function compare(
  list: TokenList,
  tokens: readonly Token[],
  {
    filter,
    order,
    descending,
    limit,
  }: { filter: TokenFilter; order: TokenOrder; descending: boolean; limit: number },
  mustBeExact: boolean,
): Promise<void> {
  const expected = tokens
    .filter((token) => matches(token, filter))
    .toSorted((a, b) => {
      const [x, y] = [sortValue(a, order), sortValue(b, order)]
      const ascending = x < y ? -1 : x > y ? 1 : a.id - b.id
      return descending ? -ascending : ascending
    })
  const found = await allPages(
    ({ cursor }) => list.page({ ...filter, order, descending, limit, cursor }),
    limit,
  )
  expect(found.map(({ serial }) => serial)).toEqual(expected.map(({ serial }) => serial))
  const { total, isExact } = await list.count(filter)
  if (mustBeExact || isExact) expect({ total, isExact }).toEqual({ total: expected.length, isExact: true })
  else expect(total).toBeLessThanOrEqual(expected.length)
}

async function allPages<T>(
  ask: (at: { cursor: string | null }) => Promise<{ rows: readonly T[]; nextCursor: string | null }>,
  limit: number,
): Promise<T[]> {
  const found: T[] = []
  for (let cursor: string | null = null; ; ) {
    const page = await ask({ cursor })
    found.push(...page.rows)
    if (page.nextCursor === null) return found
    expect(page.rows).toHaveLength(limit)
    cursor = page.nextCursor
  }
}

function matches(
  token: Token,
  { user, serial, type, active, locked, assigned, search, expiresBefore, unusedSince }: TokenFilter,
): boolean {
  const text = foldCase([token.user ?? '', token.serial, token.description ?? ''].join('\n'))
  return (
    (user === undefined || (token.user !== null && foldCase(token.user) === foldCase(user))) &&
    (serial === undefined || token.serial === serial) &&
    (type === undefined || token.kind === type) &&
    (active === undefined || token.active === active) &&
    (locked === undefined || isLocked(token) === locked) &&
    (expiresBefore === undefined || (token.validUntil !== null && token.validUntil < expiresBefore)) &&
    (unusedSince === undefined || (token.lastUsedAt ?? token.createdAt) < unusedSince) &&
    (assigned === undefined || (token.user !== null) === assigned) &&
    (search === undefined || text.includes(foldCase(search)))
  )
}

/** As the databases compare: by code points, which for these texts is the order of their octets. */
function sortValue(token: Token, order: TokenOrder): string | number {
  switch (order) {
    case 'serial':
      return token.serial
    case 'user':
      return Buffer.from(foldCase(token.user ?? '')).toString('latin1')
    case 'created':
      return token.createdAt
    case 'used':
      return token.lastUsedAt ?? 0
    case 'failures':
      return token.failCount
  }
}

function usersOf(tokens: readonly Token[]) {
  const owned = tokens.filter(({ user }) => user !== null)
  const keys = [...new Set(owned.map(({ user }) => foldCase(user as string)))]
  const octets = (key: string) => Buffer.from(key).toString('latin1')
  return keys
    .toSorted((a, b) => (octets(a) < octets(b) ? -1 : 1))
    .map((key) => {
      const own = owned.filter(({ user }) => foldCase(user as string) === key)
      const names = own.map(({ user }) => user as string).toSorted()
      return { key, user: names[0] as string, tokens: own.length, locked: own.filter(isLocked).length }
    })
}
