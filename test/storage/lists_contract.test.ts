import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Token } from '../../src/auth/account.ts'
import { foldCase } from '../../src/auth/fold_case.ts'
import {
  type AuditQuery,
  BadCursor,
  type Store,
  TOKEN_ORDERS,
  type TokenFilter,
  type TokenOrder,
} from '../../src/storage/store.ts'
import { makeToken, NOW } from '../auth/make_token.ts'
import { DATABASES, type TestDatabase } from '../support/databases.ts'
import { changed, deleted, entry, inserts, loadOne, put } from './stored.ts'

const FIRST = { limit: 1000, cursor: null }

// Ties in every order but the serial's, so that pages end within them.
const TOKENS: readonly Token[] = Array.from({ length: 24 }, (_, i) =>
  makeToken({
    serial: `${i % 2 === 0 ? 'H' : 'h'}-${String((i * 7) % 24).padStart(2, '0')}`,
    user: [null, 'alice', 'ALICE', 'bob', 'Zoë', 'ärzte@Klinik'][i % 6] as string | null,
    createdAt: NOW + (i % 3) * 2 ** 32,
    lastUsedAt: i % 4 === 0 ? null : NOW + (i % 4),
    failCount: i % 5,
    maxFail: [0, 3, 10][i % 3] as number,
    active: i % 7 !== 0,
    pending: i % 14 === 0,
    kind: i % 8 === 0 ? 'totp' : 'hotp',
  }),
)
const SPECIAL: readonly Token[] = [
  makeToken({ serial: 'P1', user: 'o_neil', description: '100% sure' }),
  makeToken({ serial: 'P2', user: 'oxneil', description: '100 sure' }),
  makeToken({ serial: 'P3', user: 'back\\slash', description: `it's "quoted"` }),
  makeToken({ serial: 'P4', user: null, description: 'Straße Ü\nnext line' }),
]
const ALL = [...TOKENS, ...SPECIAL]

describe.each(DATABASES)('$name', ({ create }) => {
  let database: TestDatabase
  let store: Store
  beforeAll(async () => {
    database = await create()
    store = await database.open()
    await put(store, inserts(...ALL))
  })
  afterAll(() => database.drop())

  describe('listTokens and countTokens', () => {
    const filters: { name: string; given: TokenFilter; expect: (token: Token) => boolean }[] = [
      { name: 'nothing', given: {}, expect: () => true },
      { name: 'user', given: { user: 'aLiCe' }, expect: ({ user }) => foldCase(user ?? '') === 'alice' },
      {
        name: 'user past ASCII',
        given: { user: 'ÄRZTE@klinik' },
        expect: ({ user }) => user === 'ärzte@Klinik',
      },
      { name: 'user, decomposed', given: { user: 'zoe\u0308' }, expect: ({ user }) => user === 'Zoë' },
      { name: 'serial', given: { serial: 'H-00' }, expect: ({ serial }) => serial === 'H-00' },
      { name: 'serial in another case', given: { serial: 'h-00' }, expect: () => false },
      { name: 'type', given: { type: 'totp' }, expect: ({ kind }) => kind === 'totp' },
      { name: 'unknown type', given: { type: 'sms' }, expect: () => false },
      { name: 'active', given: { active: true }, expect: ({ active }) => active },
      { name: 'disabled', given: { active: false }, expect: ({ active }) => !active },
      { name: 'locked', given: { locked: true }, expect: isLocked },
      { name: 'not locked', given: { locked: false }, expect: (token) => !isLocked(token) },
      { name: 'pending', given: { pending: true }, expect: ({ pending }) => pending },
      { name: 'not pending', given: { pending: false }, expect: ({ pending }) => !pending },
      { name: 'assigned', given: { assigned: true }, expect: ({ user }) => user !== null },
      { name: 'unassigned', given: { assigned: false }, expect: ({ user }) => user === null },
      {
        name: 'undefined filters',
        given: { user: undefined, active: undefined, search: undefined },
        expect: () => true,
      },
      {
        name: 'several at once',
        given: { user: 'alice', active: true, locked: false, type: 'hotp', assigned: true },
        expect: (token) =>
          foldCase(token.user ?? '') === 'alice' && token.active && !isLocked(token) && token.kind === 'hotp',
      },
      { name: 'what contradicts itself', given: { user: 'alice', assigned: false }, expect: () => false },
      { name: 'a name that no database can hold', given: { user: 'al\0ice' }, expect: () => false },
    ]
    test.each(filters)('filter by $name', async ({ given, expect: matches }) => {
      const expected = ALL.filter(matches).map(({ serial }) => serial)
      expect((await list(given)).toSorted()).toEqual(expected.toSorted())
      expect(await store.countTokens(given)).toEqual({ total: expected.length, isExact: true })
    })

    const searches: { given: string; expect: string[] }[] = [
      { given: 'o_neil', expect: ['P1'] },
      { given: 'O_NEIL', expect: ['P1'] },
      { given: 'neil', expect: ['P1', 'P2'] },
      { given: '100%', expect: ['P1'] },
      { given: '%', expect: ['P1'] },
      { given: '_', expect: ['P1'] },
      { given: '\\', expect: ['P3'] },
      { given: 'K\\S', expect: ['P3'] },
      { given: `'s "Q`, expect: ['P3'] },
      { given: 'STRASSE', expect: [] },
      { given: 'straße ü', expect: ['P4'] },
      { given: 'U\u0308', expect: ['P4'] },
      { given: 'p4', expect: ['P4'] },
      { given: 'h-0', expect: TOKENS.map(({ serial }) => serial).filter((serial) => /h-0/i.test(serial)) },
      { given: 'nothing like it', expect: [] },
      { given: '\0', expect: [] },
      { given: '\ud800', expect: [] },
    ]
    test.each(searches)('search for $given', async ({ given, expect: expected }) => {
      expect((await list({ search: given })).toSorted()).toEqual(expected.toSorted())
      expect(await store.countTokens({ search: given })).toEqual({ total: expected.length, isExact: true })
    })

    const orders = TOKEN_ORDERS.flatMap((order) => [
      { order, descending: false },
      { order, descending: true },
    ])
    test.each(orders)('order by $order, descending: $descending, in pages of any size', async (query) => {
      const whole = await store.listTokens({ ...query, ...FIRST })
      const expected = ALL.map((token, index) => ({ token, index })).toSorted((a, b) => {
        const [x, y] = [sortValue(a.token, query.order), sortValue(b.token, query.order)]
        const ascending = x < y ? -1 : x > y ? 1 : a.index - b.index
        return query.descending ? -ascending : ascending
      })
      expect(whole.nextCursor).toBeNull()
      expect(serials(whole)).toEqual(expected.map(({ token }) => token.serial))
      for (const limit of [1, 5, 27, 28]) {
        expect(await allPages({ ...query, limit })).toEqual(serials(whole))
      }
    })

    test('pages under a filter are of that filter', async () => {
      const query = { order: 'user', descending: false, assigned: true, search: 'h-' } as const
      const whole = await store.listTokens({ ...query, ...FIRST })
      expect(await allPages({ ...query, limit: 3 })).toEqual(serials(whole))
    })

    const forged: { name: string; given: string }[] = [
      { name: 'nothing', given: '' },
      { name: 'no base64', given: '%%%' },
      { name: 'no JSON', given: encode('{') },
      { name: 'an object', given: encode('{"0":"A","1":1}') },
      { name: 'null', given: encode('null') },
      { name: 'too few values', given: encode('["tokens serial","A"]') },
      { name: 'too many values', given: encode('["tokens serial","A",1,1]') },
      { name: 'a list in it', given: encode('["tokens serial",["A"],1]') },
      { name: 'a number for a text', given: encode('["tokens serial",1,1]') },
      { name: 'a text for a number', given: encode('["tokens serial","A","1"]') },
      { name: 'half a number', given: encode('["tokens serial","A",0.5]') },
      { name: 'a number without end', given: encode('["tokens serial","A",1e300]') },
      { name: 'a NUL', given: encode('["tokens serial","\\u0000",1]') },
      { name: 'half a surrogate pair', given: encode('["tokens serial","\\ud800",1]') },
      { name: 'another order', given: encode('["tokens user","A",1]') },
      { name: 'the users', given: encode('["users","A"]') },
      { name: 'SQL', given: `' OR 1=1 --` },
    ]
    test.each(forged)('refuses a cursor of $name', async ({ given }) => {
      const asked = store.listTokens({ order: 'serial', descending: false, limit: 5, cursor: given })
      await expect(asked).rejects.toThrow(BadCursor)
      await expect(
        store.listUsers({ limit: 5, cursor: given === encode('["users","A"]') ? 'x' : given }),
      ).rejects.toThrow(BadCursor)
      await expect(store.listAudit({ limit: 5, cursor: given })).rejects.toThrow(BadCursor)
    })

    test('refuses the cursor of another order, and of another list', async () => {
      const { nextCursor } = await store.listTokens({
        order: 'created',
        descending: false,
        limit: 5,
        cursor: null,
      })
      const again = { descending: false, limit: 5, cursor: nextCursor }
      await store.listTokens({ order: 'created', ...again })
      for (const order of ['serial', 'user', 'used', 'failures'] as const) {
        await expect(store.listTokens({ order, ...again })).rejects.toThrow(BadCursor)
      }
      await expect(store.listUsers(again)).rejects.toThrow(BadCursor)
      await expect(store.listAudit(again)).rejects.toThrow(BadCursor)
    })

    function serials({ rows }: { rows: readonly Token[] }): string[] {
      return rows.map(({ serial }) => serial)
    }

    async function list(filter: TokenFilter): Promise<string[]> {
      return serials(await store.listTokens({ ...filter, order: 'serial', descending: false, ...FIRST }))
    }

    async function allPages(query: TokenFilter & { order: TokenOrder; descending: boolean; limit: number }) {
      const found: string[] = []
      for (let cursor: string | null = null; ; ) {
        const page = await store.listTokens({ ...query, cursor })
        expect(page.rows.length).toBeLessThanOrEqual(query.limit)
        found.push(...serials(page))
        if (page.nextCursor === null) return found
        cursor = page.nextCursor
      }
    }
  })

  describe('listUsers', () => {
    test('counts the tokens of each and the locked ones, by name', async () => {
      const { rows, nextCursor } = await store.listUsers(FIRST)
      const owners = [...new Set(ALL.flatMap(({ user }) => (user === null ? [] : [foldCase(user)])))]
      expect(nextCursor).toBeNull()
      expect(rows.map(({ user, ...counts }) => ({ user: foldCase(user), ...counts }))).toEqual(
        owners.toSorted().map((user) => {
          const own = ALL.filter((token) => foldCase(token.user ?? '') === user)
          return { user, groups: [], tokens: own.length, locked: own.filter(isLocked).length }
        }),
      )
    })

    test('in pages', async () => {
      const whole = await store.listUsers(FIRST)
      for (const limit of [1, 2, whole.rows.length]) {
        const found: unknown[] = []
        for (let cursor: string | null = null; ; ) {
          const page = await store.listUsers({ limit, cursor })
          found.push(...page.rows)
          cursor = page.nextCursor
          if (cursor === null) break
        }
        expect(found).toEqual(whole.rows)
      }
    })

    const searches: { given: string; expect: string[] }[] = [
      { given: 'ALI', expect: ['ALICE'] },
      { given: 'o_', expect: ['o_neil'] },
      { given: '%', expect: [] },
      { given: '\\', expect: ['back\\slash'] },
      { given: 'ÄRZTE', expect: ['ärzte@Klinik'] },
      { given: 'P1', expect: [] },
    ]
    test.each(searches)('search for $given', async ({ given, expect: expected }) => {
      const { rows } = await store.listUsers({ ...FIRST, search: given })
      expect(rows.map(({ user }) => user)).toEqual(expected)
    })
  })
})

describe.each(DATABASES)('$name: pages while rows change', ({ create }) => {
  test('show every token that stays where it is, once', async () => {
    const database = await create()
    try {
      const store = await database.open()
      await put(
        store,
        inserts(
          ...Array.from({ length: 40 }, (_, i) => makeToken({ serial: `T${100 + i}`, user: `u${100 + i}` })),
        ),
      )
      const found: string[] = []
      for (let cursor: string | null = null, round = 0; ; round++) {
        const page = await store.listTokens({ order: 'serial', descending: false, limit: 7, cursor })
        found.push(...page.rows.map(({ serial }) => serial))
        if (page.nextCursor === null) break
        cursor = page.nextCursor
        // Behind and before the cursor: new ones, deleted ones, and one that logs in.
        await put(
          store,
          inserts(
            makeToken({ serial: `S${round}`, user: 'new' }),
            makeToken({ serial: `U${round}`, user: 'later' }),
          ),
        )
        await put(store, [deleted(await loadOne(store, `user:u${100 + round}`))])
        await put(store, [deleted(await loadOne(store, `user:u${139 - round}`))])
        await put(store, [changed(await loadOne(store, 'user:u120'), { counter: round + 1 })])
      }
      expect(found.length).toBe(new Set(found).size)
      const staying = Array.from({ length: 28 }, (_, i) => `T${106 + i}`)
      expect(found.filter((serial) => staying.includes(serial))).toEqual(staying)
    } finally {
      await database.drop()
    }
  })
})

describe.each(DATABASES)('$name: listAudit', ({ create }) => {
  const rows = Array.from({ length: 30 }, (_, i) =>
    entry({
      at: NOW + Math.floor(i / 2),
      user: [null, 'Alice', 'ALICE', 'bob', 'Zoë'][i % 5] as string | null,
      serials: [[], ['A'], ['B', 'A'], ['a', 'AB'], ['%', 'x"y']][i % 5] as string[],
      action: ['login', 'token enroll', 'token lost'][i % 3] as string,
      outcome: (['accept', 'reject', 'done'] as const)[i % 3] as 'accept',
      detail: String(i),
    }),
  )
  let database: TestDatabase
  let store: Store
  beforeAll(async () => {
    database = await create()
    store = await database.open()
    for (let i = 0; i < rows.length; i += 10) await put(store, [], rows.slice(i, i + 10))
  })
  afterAll(() => database.drop())

  const filters: {
    name: string
    given: Partial<AuditQuery>
    expect: (row: (typeof rows)[number]) => boolean
  }[] = [
    { name: 'nothing', given: {}, expect: () => true },
    { name: 'user', given: { user: 'aliCE' }, expect: ({ user }) => foldCase(user ?? '') === 'alice' },
    { name: 'user, decomposed', given: { user: 'ZOE\u0308' }, expect: ({ user }) => user === 'Zoë' },
    {
      name: 'serial, alone or among several',
      given: { serial: 'A' },
      expect: ({ serials }) => serials.includes('A'),
    },
    { name: 'serial in its case', given: { serial: 'a' }, expect: ({ serials }) => serials.includes('a') },
    {
      name: 'serial that is part of another',
      given: { serial: 'AB' },
      expect: ({ serials }) => serials.includes('AB'),
    },
    { name: 'serial %', given: { serial: '%' }, expect: ({ serials }) => serials.includes('%') },
    {
      name: 'serial with a quote',
      given: { serial: 'x"y' },
      expect: ({ serials }) => serials.includes('x"y'),
    },
    { name: 'unknown serial', given: { serial: 'b' }, expect: () => false },
    { name: 'action', given: { action: 'token lost' }, expect: ({ action }) => action === 'token lost' },
    { name: 'outcome', given: { outcome: 'reject' }, expect: ({ outcome }) => outcome === 'reject' },
    { name: 'from, inclusive', given: { from: NOW + 5 }, expect: ({ at }) => at >= NOW + 5 },
    { name: 'to, inclusive', given: { to: NOW + 5 }, expect: ({ at }) => at <= NOW + 5 },
    { name: 'from and to', given: { from: NOW + 5, to: NOW + 5 }, expect: ({ at }) => at === NOW + 5 },
    {
      name: 'everything at once',
      given: {
        user: 'alice',
        serial: 'A',
        action: 'token enroll',
        outcome: 'reject',
        from: NOW,
        to: NOW + 99,
      },
      expect: ({ user, serials, action }) =>
        foldCase(user ?? '') === 'alice' && serials.includes('A') && action === 'token enroll',
    },
    {
      name: 'a name that no database can hold',
      given: { user: '\0', action: '\ud800' },
      expect: () => false,
    },
  ]
  test.each(filters)('filter by $name, newest first, in pages', async ({ given, expect: matches }) => {
    const expected = rows.filter(matches).map(({ detail }) => detail)
    for (const limit of [1000, 4]) {
      const found: (string | null)[] = []
      for (let cursor: string | null = null; ; ) {
        const page = await store.listAudit({ ...given, limit, cursor })
        found.push(...page.rows.map(({ detail }) => detail))
        cursor = page.nextCursor
        if (cursor === null) break
      }
      expect(found).toEqual(expected.toReversed())
    }
  })

  test('pages neither repeat nor skip while rows are written', async () => {
    const first = await store.listAudit({ limit: 10, cursor: null })
    await put(store, [], [entry({ detail: 'new' })])
    const second = await store.listAudit({ limit: 10, cursor: first.nextCursor })
    expect(second.rows.map(({ detail }) => detail)).toEqual(
      rows
        .slice(10, 20)
        .map(({ detail }) => detail)
        .toReversed(),
    )
  })
})

function isLocked({ failCount, maxFail }: Token): boolean {
  return maxFail > 0 && failCount >= maxFail
}

function sortValue(token: Token, order: TokenOrder): string | number {
  switch (order) {
    case 'serial':
      return token.serial
    case 'user':
      return foldCase(token.user ?? '')
    case 'created':
      return token.createdAt
    case 'used':
      return token.lastUsedAt ?? 0
    case 'failures':
      return token.failCount
  }
}

function encode(json: string): string {
  return Buffer.from(json).toString('base64url')
}
