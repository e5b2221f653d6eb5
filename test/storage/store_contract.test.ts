import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type AccountKey, type Token, userKey } from '../../src/auth/account.ts'
import type { TokenChange } from '../../src/auth/action.ts'
import { type Store, StoreUnavailable } from '../../src/storage/store.ts'
import { makeToken, NOW } from '../auth/make_token.ts'
import { DATABASES, POSTGRES, type TestDatabase } from '../support/databases.ts'
import { changed, deleted, entry, inserts, load, loadOne, plainToken, put } from './stored.ts'

describe.each(DATABASES)('$name', ({ create }) => {
  let database: TestDatabase
  let store: Store
  beforeEach(async () => {
    database = await create()
    store = await database.open()
  })
  afterEach(() => database.drop())

  describe('load', () => {
    test('answers every key, with an empty account for who is not known', async () => {
      await put(store, inserts(makeToken({ serial: 'A' })))
      const keys: AccountKey[] = ['user:nobody', 'token:NONE', 'user:alice', 'user:', 'token:']
      const accounts = await store.load(keys)
      expect([...accounts].map(([key, { key: own, tokens }]) => [key, own, tokens.length])).toEqual([
        ['user:nobody', 'user:nobody', 0],
        ['token:NONE', 'token:NONE', 0],
        ['user:alice', 'user:alice', 1],
        ['user:', 'user:', 0],
        ['token:', 'token:', 0],
      ])
    })

    const names: { name: string; given: string; asked: string }[] = [
      { name: 'another case', given: 'Alice', asked: 'aLICE' },
      { name: 'another case past ASCII', given: 'Ærøskøbing', asked: 'ÆRØSKØBING' },
      { name: 'decomposed letters', given: 'Zoë', asked: 'ZOE\u0308' },
      { name: 'composed letters', given: 'ZOE\u0308', asked: 'zoë' },
      { name: 'a realm', given: 'alice@Example.ORG', asked: 'ALICE@example.org' },
      { name: 'quotes and wildcards', given: `o'neil"%_\\`, asked: `O'NEIL"%_\\` },
      { name: 'what looks like a key', given: 'token:A', asked: 'TOKEN:A' },
      { name: 'what looks like SQL arrays', given: '{a,"b",NULL}', asked: '{A,"B",null}' },
      { name: 'letters beyond 16 bits', given: '𐐀lice😀', asked: '𐐨LICE😀' },
      { name: '253 octets', given: 'x'.repeat(253), asked: 'X'.repeat(253) },
    ]
    test.each(names)('finds a user by $name', async ({ given, asked }) => {
      await put(store, inserts(makeToken({ user: given })))
      await store.load([userKey('somebody else')])
      expect((await loadOne(store, userKey(asked))).user).toBe(given)
      expect(await load(store, userKey(`${asked}x`))).toEqual([])
    })

    test('gives all tokens of a user, whatever spelling they were assigned under, oldest first', async () => {
      const spellings = ['alice', 'ALICE', 'Alice', 'bob', null]
      await put(store, inserts(...spellings.map((user, i) => makeToken({ serial: `S${9 - i}`, user }))))
      expect((await load(store, 'user:alice')).map(({ serial, user }) => [serial, user])).toEqual([
        ['S9', 'alice'],
        ['S8', 'ALICE'],
        ['S7', 'Alice'],
      ])
    })

    test('gives a token by its serial only while nobody owns it', async () => {
      await put(store, inserts(makeToken({ serial: 'FREE', user: null }), makeToken({ serial: 'TAKEN' })))
      expect((await loadOne(store, 'token:FREE')).user).toBeNull()
      expect(await load(store, 'token:TAKEN')).toEqual([])
      expect(await load(store, 'token:free')).toEqual([])
    })

    // Anybody can send such a User-Name, and it must not spoil the batch that it is in.
    test('takes a name that no database can hold, beside the others', async () => {
      await put(store, inserts(makeToken({ serial: 'A' })))
      const keys: AccountKey[] = ['user:al\0ice', 'user:alice', 'token:\0', 'user:\ud800']
      const accounts = await store.load(keys)
      expect([...accounts.values()].map(({ tokens }) => tokens.length)).toEqual([0, 1, 0, 0])
    })

    test('takes a whole batch of keys', async () => {
      const users = Array.from({ length: 300 }, (_, i) => `user${i}`)
      await put(
        store,
        inserts(...users.slice(0, 30).map((user) => makeToken({ serial: user.toUpperCase(), user }))),
      )
      const accounts = await store.load(users.map(userKey))
      const found = [...accounts.values()].filter(({ tokens }) => tokens.length === 1)
      expect([accounts.size, found.length]).toEqual([300, 30])
    })
  })

  describe('a token comes back as it was committed', () => {
    const rows: { name: string; given: Token }[] = [
      { name: 'new, with nothing set', given: makeToken({ user: null }) },
      {
        name: 'with everything set',
        given: makeToken({
          serial: 'SN-01_b.~',
          user: 'Zoë.李😀',
          active: false,
          description: 'Schlüssel\nfür "Zoë" %_\\ 😀',
          pin: 'p€n ',
          secret: new Uint8Array(64).fill(0xff),
          digits: 8,
          algorithm: 'sha512',
          window: 1,
          syncWindow: 10_000,
          maxFail: 1000,
          maxAttempts: 2 ** 31 - 1,
          maxSuccesses: 0,
          validFrom: -62135596800000,
          validUntil: 253402300799999,
          createdAt: NOW + 1,
          version: 77,
          counter: 2 ** 48,
          drift: -3600,
          failCount: 999,
          attemptCount: 2 ** 31,
          successCount: 2 ** 33,
          lastUsedAt: NOW + 2,
          lockedAt: NOW + 3,
          pendingResync: { movingFactor: 2 ** 48 + 5, error: -7, at: NOW + 4 },
        }),
      },
      {
        name: 'TOTP at its last step',
        given: makeToken({ kind: 'totp', period: 60, algorithm: 'sha256', counter: Number.MAX_SAFE_INTEGER }),
      },
      {
        name: 'a temporary password',
        given: makeToken({ kind: 'password', pin: '1234', validUntil: NOW + 864_000_000 }),
      },
      {
        name: 'with zeros that are not null',
        given: makeToken({
          description: '',
          maxFail: 0,
          maxAttempts: 0,
          maxSuccesses: 0,
          validFrom: 0,
          validUntil: 0,
          lastUsedAt: 0,
          lockedAt: 0,
          pendingResync: { movingFactor: 0, error: 0, at: 0 },
        }),
      },
    ]
    const old = makeToken({ serial: 'OLD', user: 'somebody', version: 0 })

    test.each(rows)('$name: when inserted', async ({ given }) => {
      await put(store, inserts(given))
      await expectStored(given)
    })

    test.each(rows)('$name: when it was another before', async ({ given }) => {
      await put(store, inserts({ ...old, kind: given.kind, state: given.state }))
      const before = await loadOne(store, 'user:somebody')
      const after = { ...given, serial: 'OLD', version: 1, counter: Math.max(given.counter, 1) }
      await put(store, [changed(before, { ...after, id: before.id })])
      await expectStored(after)
      expect(await load(store, 'user:somebody')).toEqual([])
    })

    /** Read by each of the ways, and by a store that has not seen it before. */
    async function expectStored(token: Token): Promise<void> {
      const key: AccountKey = token.user === null ? `token:${token.serial}` : userKey(token.user)
      const list = await store.listTokens({ order: 'serial', descending: false, limit: 9, cursor: null })
      const found = [await loadOne(store, key), list.rows[0] as Token]
      await database.close(store)
      store = await database.open()
      found.push(await loadOne(store, key))
      expect(found.map(plainToken)).toEqual([token, token, token].map(plainToken))
    }
  })

  describe('commit', () => {
    const tokens = ['A', 'B', 'C', 'D'].map((serial) =>
      makeToken({ serial, user: `user ${serial}`, counter: 5, version: 1 }),
    )
    let a: Token
    let b: Token
    let c: Token
    let d: Token
    beforeEach(async () => {
      await put(store, inserts(...tokens))
      const loaded = await Promise.all(tokens.map(({ user }) => loadOne(store, userKey(user as string))))
      ;[a, b, c, d] = loaded as [Token, Token, Token, Token]
    })

    const kinds: { name: string; given: Partial<Token> }[] = [
      { name: 'a login', given: { counter: 6, attemptCount: 1, successCount: 1, lastUsedAt: NOW } },
      { name: 'a failure', given: { failCount: 1, attemptCount: 1 } },
      { name: 'a detail', given: { description: 'mobile' } },
      { name: 'the PIN', given: { pin: Buffer.alloc(48, 3).toString('base64') } },
      { name: 'both', given: { active: false, counter: 9 } },
      { name: 'the version alone', given: {} },
    ]
    test.each(kinds)('stores $name, and touches nobody else', async ({ given }) => {
      await put(store, [changed(a, given)])
      expect(await stored()).toEqual([{ ...a, ...given, version: 2 }, b, c, d].map(plainToken))
    })

    test('deletes', async () => {
      await put(store, [deleted(b)])
      expect(await stored()).toEqual([a, c, d].map(plainToken))
      expect(await load(store, 'user:user b')).toEqual([])
      expect(await store.locate('B')).toBeNull()
    })

    test('a serial that was deleted can be enrolled again, with a counter of its own', async () => {
      await put(store, [deleted(b)])
      await put(store, inserts(makeToken({ serial: 'B', user: 'new', counter: 0 })))
      expect([(await loadOne(store, 'user:new')).counter, await store.locate('B')]).toEqual([0, 'user:new'])
    })

    test('moves a token from one account to another', async () => {
      expect(await load(store, 'user:new')).toEqual([])
      await put(store, [changed(a, { user: null, pin: null })])
      expect([await load(store, 'user:user a'), await store.locate('A')]).toEqual([[], 'token:A'])
      const free = await loadOne(store, 'token:A')
      await put(store, [changed(free, { user: 'New' })])
      expect([await load(store, 'token:A'), await store.locate('A')]).toEqual([[], 'user:new'])
      expect(await loadOne(store, 'user:new')).toMatchObject({
        user: 'New',
        id: a.id,
        counter: 5,
        version: 3,
      })
    })

    test('a token that joins an account is seen by whoever has loaded the account before', async () => {
      const free = makeToken({ serial: 'FREE', user: null })
      await put(store, inserts(free))
      const [loaded] = await Promise.all([loadOne(store, 'token:FREE'), load(store, 'user:user b')])
      await put(store, [changed(loaded, { user: 'USER B' }), changed(b, { counter: 6 })])
      expect((await load(store, 'user:user b')).map(({ serial, counter }) => [serial, counter])).toEqual([
        ['B', 6],
        ['FREE', 0],
      ])
    })

    test('stores everything of one batch', async () => {
      await put(
        store,
        [
          changed(a, { counter: 6 }),
          ...inserts(makeToken({ serial: 'NEW', user: 'user A' })),
          deleted(b),
          changed(c, { user: null }),
          changed(d, { failCount: 3 }),
        ],
        [entry({ detail: 'one' }), entry({ detail: 'two' })],
      )
      expect((await load(store, 'user:user a')).map(({ serial }) => serial)).toEqual(['A', 'NEW'])
      expect((await allTokens()).map(({ serial, version }) => [serial, version])).toEqual([
        ['A', 2],
        ['C', 2],
        ['D', 2],
        ['NEW', 1],
      ])
      expect(await details()).toEqual(['two', 'one'])
    })

    test('nothing but audit rows, and nothing at all', async () => {
      await put(store, [], [entry({ detail: 'only' })])
      await put(store, [])
      expect(await details()).toEqual(['only'])
    })

    // Each loses because of its first change of `before`; the other changes of the commit must not happen either.
    const losing: { name: string; given: () => TokenChange[]; expect: AccountKey[] }[] = [
      { name: 'an older version', given: () => [changed(a, { failCount: 2 })], expect: ['user:user a'] },
      {
        name: 'an older version, with a detail',
        given: () => [changed(a, { active: false })],
        expect: ['user:user a'],
      },
      { name: 'an older version, to delete', given: () => [deleted(a)], expect: ['user:user a'] },
      {
        name: 'a lower counter, though the version is right',
        given: () => [changed(b, { counter: 4 })],
        expect: ['user:user b'],
      },
      {
        name: 'a lower counter, with a detail',
        given: () => [changed(b, { counter: 4, description: 'x' })],
        expect: ['user:user b'],
      },
      { name: 'a deleted token', given: () => [changed(d, { counter: 6 })], expect: ['user:user d'] },
      { name: 'a deleted token, to delete', given: () => [deleted(d)], expect: ['user:user d'] },
      {
        name: 'a serial that is taken',
        given: () => inserts(makeToken({ serial: 'C', user: 'new' })),
        expect: ['user:new'],
      },
      {
        name: 'a serial that is taken, by the same account',
        given: () => inserts(makeToken({ serial: 'C', user: 'user C' })),
        expect: ['user:user c'],
      },
      {
        name: 'one serial for two accounts in one commit',
        given: () =>
          inserts(makeToken({ serial: 'X', user: 'first' }), makeToken({ serial: 'X', user: 'second' })),
        expect: ['user:second'],
      },
      {
        name: 'several of them',
        given: () => [
          changed(a, { failCount: 2 }),
          changed(b, { counter: 4 }),
          changed(d, { counter: 6 }),
          ...inserts(makeToken({ serial: 'C', user: 'new' })),
        ],
        expect: ['user:user a', 'user:user b', 'user:user d', 'user:new'],
      },
    ]
    test.each(losing)('names the losers and stores nothing: $name', async ({ given, expect: losers }) => {
      await put(store, [changed(a, { counter: 6 }), deleted(d)])
      const before = await stored()
      const others = [changed(c, { counter: 8 }), ...inserts(makeToken({ serial: 'OTHER' }))]
      const [first, last] = others as [TokenChange, TokenChange]
      const lost = await store.commit([first, ...given(), last], [entry({ detail: 'lost' })])
      expect([...lost].toSorted()).toEqual(losers.toSorted())
      expect([await stored(), await details()]).toEqual([before, []])

      await put(store, others, [entry({ detail: 'without the losers' })])
      expect([(await loadOne(store, 'user:user c')).counter, await details()]).toEqual([
        8,
        ['without the losers'],
      ])
    })

    test('who lost loads what is there now, and wins with it', async () => {
      await put(store, [changed(a, { counter: 6 })])
      expect([...(await store.commit([changed(a, { counter: 7 })], []))]).toEqual(['user:user a'])
      const again = await loadOne(store, 'user:user a')
      expect(again).toMatchObject({ counter: 6, version: 2 })
      await put(store, [changed(again, { counter: 7 })])
      expect(await loadOne(store, 'user:user a')).toMatchObject({ counter: 7, version: 3 })
    })

    test('a counter may stay and rise, to more than 32 bits', async () => {
      let token = a
      for (const counter of [5, 6, 2 ** 31, 2 ** 32, 2 ** 48, 2 ** 48]) {
        await put(store, [changed(token, { counter })])
        token = await loadOne(store, 'user:user a')
        expect(token.counter).toBe(counter)
      }
      expect([...(await store.commit([changed(token, { counter: 2 ** 32 })], []))]).toEqual(['user:user a'])
    })

    test('an audit row is found by its id, in a block of several too; another id is nobody', async () => {
      await put(store, [], [entry({ reason: 'r1' }), entry({ reason: 'r2' }), entry({ reason: 'r3' })])
      await put(store, [], [entry({ reason: 'r4' })])
      const { rows } = await store.listAudit({ limit: 9, cursor: null })
      expect(rows).toHaveLength(4)
      for (const row of rows) expect(await store.auditEntry(row.id)).toEqual(row)
      const ids = rows.map(({ id }) => id)
      for (const id of [Math.min(...ids) - 1, Math.max(...ids) + 1, Number.MAX_SAFE_INTEGER]) {
        expect(await store.auditEntry(id)).toBeNull()
      }
    })

    test('since when rows have notes is when the database was first opened by a version that writes them', async () => {
      const since = await store.notesSince()
      expect(Math.abs(Date.now() - since)).toBeLessThan(600_000)
      await database.close(store)
      store = await database.open()
      expect(await store.notesSince()).toBe(since)
    })

    test('audit rows keep every field, also names that no database can hold', async () => {
      const rows = [
        entry({ serials: [], user: null, reason: null, detail: null }),
        entry({ serials: ['A'], user: 'Zoë 李 😀', source: '2001:db8::1', detail: '"\\\n%' }),
        entry({ serials: ['A', 'B"\\', 'C,D', '{}'], action: 'token lost', outcome: 'done', at: 0 }),
        entry({ user: 'x'.repeat(253), outcome: 'refused', reason: 'r', at: NOW + 0x1_0000_0000 }),
      ]
      await put(store, [], rows)
      await put(store, [], [entry({ user: 'a\0b\ud800c', actor: 'client:\0', detail: '\udc00' })])
      const { rows: found } = await store.listAudit({ limit: 9, cursor: null })
      expect(found.map(({ id: _, ...row }) => row)).toEqual(
        [...rows, entry({ user: 'a\ufffdb\ufffdc', actor: 'client:\ufffd', detail: '\ufffd' })]
          .map((row) => ({ ...row, node: 'a', chain: 1 }))
          .toReversed(),
      )
    })

    async function allTokens(): Promise<readonly Token[]> {
      return (await store.listTokens({ order: 'serial', descending: false, limit: 99, cursor: null })).rows
    }

    async function stored() {
      return (await allTokens()).map(plainToken)
    }

    async function details() {
      return (await store.listAudit({ limit: 99, cursor: null })).rows.map(({ detail }) => detail)
    }
  })

  const facets: { name: string; given: Partial<Token>; expect: string }[] = [
    { name: 'a failure', given: { failCount: 1 }, expect: 'hotp3' },
    { name: 'a lock that begins', given: { failCount: 10, lockedAt: NOW }, expect: 'hotp7' },
    { name: 'a login that follows', given: { counter: 1, attemptCount: 1 }, expect: 'hotp7' },
    { name: 'a lock that ends', given: { failCount: 0, lockedAt: null, counter: 2 }, expect: 'hotp3' },
    { name: 'a wait for the first OTP', given: { active: false, pending: true }, expect: 'hotpa' },
    { name: 'a lock meanwhile', given: { failCount: 10, lockedAt: NOW }, expect: 'hotpe' },
    { name: 'its end', given: { failCount: 0, lockedAt: null }, expect: 'hotpa' },
    { name: 'the first OTP', given: { active: true, pending: false }, expect: 'hotp3' },
    { name: 'disabling', given: { active: false }, expect: 'hotp2' },
    { name: 'a bound that its failures have reached', given: { failCount: 4, maxFail: 4 }, expect: 'hotp6' },
  ]
  test.each([1, 20])('both rows of a token have the same facet, %d tokens in a commit', async (size) => {
    const users = Array.from({ length: size }, (_, i) => `user ${i}`)
    await put(store, inserts(...users.map((user, i) => makeToken({ serial: `T${i}`, user, maxFail: 10 }))))
    for (const { name, given, expect: facet } of facets) {
      const tokens = await Promise.all(users.map((user) => loadOne(store, userKey(user))))
      await put(
        store,
        tokens.map((token) => changed(token, given)),
      )
      const sql =
        'SELECT t.facet AS own, p.facet AS other FROM tokens t JOIN token_progress p ON p.token_id = t.id'
      const rows = (await database.query(sql)).map((row) => ({ name, ...row }))
      expect(rows).toEqual(Array(size).fill({ name, own: facet, other: facet }))
    }
  })

  test('locate tells the account that holds a token', async () => {
    await put(store, inserts(makeToken({ serial: 'A', user: 'Zoë' }), makeToken({ serial: 'B', user: null })))
    const located = await Promise.all(['A', 'B', 'a', 'C', '', `'`].map((serial) => store.locate(serial)))
    expect(located).toEqual([userKey('zoë'), 'token:B', null, null, null, null])
  })

  test('latches are kept, each once, also for the next start', async () => {
    await store.latchClient('192.0.2.1', NOW)
    await store.latchClient('2001:db8::1', NOW)
    await store.latchClient('192.0.2.1', NOW + 1)
    await database.close(store)
    store = await database.open()
    expect((await store.latchedClients()).toSorted()).toEqual(['192.0.2.1', '2001:db8::1'])
  })

  test('EAP sessions are kept until they run out, also for the next start; a later one takes the place of its name', async () => {
    const session = (name: string, octet: number, expiresAt: number) => ({
      ...{ name, sealed: Buffer.of(octet), expiresAt },
    })
    await store.keepEapSessions([session('ticket:2', 2, NOW + 20), session('ticket:1', 1, NOW + 10)])
    await store.keepEapSessions([session('ticket:1', 3, NOW + 30)])
    await database.close(store)
    store = await database.open()
    const found = async (name: string, now: number) => [...((await store.findEapSession(name, now)) ?? [])]
    expect([await found('ticket:1', NOW + 29), await found('ticket:1', NOW + 30)]).toEqual([[3], []])
    expect([await found('ticket:2', NOW), await found('ticket:3', NOW)]).toEqual([[2], []])
    await store.forgetEapSessions(NOW + 20)
    const left = await database.query('SELECT name FROM eap_sessions')
    expect(left).toEqual([{ name: 'ticket:1' }])
  })

  test('ping answers while it is open; closed, everything is StoreUnavailable', async () => {
    await store.ping()
    await put(store, inserts(makeToken({})))
    await database.close(store)
    for (const call of [
      () => store.ping(),
      () => store.load(['user:bob']),
      () => store.commit([], [entry()]),
      () => store.locate('A'),
      () => store.countTokens({}),
      () => store.latchedClients(),
    ]) {
      await expect(call()).rejects.toThrow(StoreUnavailable)
    }
  })

  test('describes itself without a password', () => {
    const { pathname } = new URL(database.url)
    expect(store.description).toContain(pathname)
    expect(store.description).not.toMatch(/:[0-9a-f]+@/)
  })
})

describe('two stores on one PostgreSQL', () => {
  let database: TestDatabase
  let nodes: [Store, Store]
  beforeEach(async () => {
    database = await POSTGRES.create()
    nodes = [await database.open('a'), await database.open('b')]
  })
  afterEach(() => database.drop())

  test('of two that change one token, the second to commit loses', async () => {
    await put(nodes[0], inserts(makeToken({ serial: 'A' }), makeToken({ serial: 'B', user: 'bob' })))
    const [seenByA, seenByB, bob] = [
      await loadOne(nodes[0], 'user:alice'),
      await loadOne(nodes[1], 'user:alice'),
      await loadOne(nodes[1], 'user:bob'),
    ]
    await put(nodes[0], [changed(seenByA, { counter: 1 })])
    const lost = await nodes[1].commit(
      [changed(bob, { counter: 1 }), changed(seenByB, { counter: 1 })],
      [entry()],
    )
    expect([...lost]).toEqual(['user:alice'])
    expect(await loadOne(nodes[0], 'user:bob')).toMatchObject({ counter: 0 })
    expect(await loadOne(nodes[1], 'user:alice')).toMatchObject({ counter: 1, version: 2 })
  })

  test('at the same moment too, exactly one wins', async () => {
    await put(nodes[0], inserts(makeToken({ serial: 'A' })))
    for (let round = 0; round < 20; round++) {
      const seen = await Promise.all(nodes.map((node) => loadOne(node, 'user:alice')))
      const lost = await Promise.all(
        nodes.map((node, i) => node.commit([changed(seen[i] as Token, { counter: round + 1 })], [entry()])),
      )
      expect(lost.map(({ size }) => size).toSorted()).toEqual([0, 1])
    }
    expect((await nodes[0].listAudit({ limit: 99, cursor: null })).rows.length).toBe(20)
  })

  test('a serial is given once, also when both enroll it at the same moment', async () => {
    const lost = await Promise.all(
      nodes.map((node, i) => node.commit(inserts(makeToken({ serial: 'A', user: `user${i}` })), [])),
    )
    expect(lost.map(({ size }) => size).toSorted()).toEqual([0, 1])
    expect(await nodes[0].countTokens({})).toEqual({ total: 1, isExact: true })
  })

  test('accounts in batches of both, in different orders, never make a deadlock', async () => {
    const users = Array.from({ length: 40 }, (_, i) => `user${i}`)
    await put(nodes[0], inserts(...users.map((user) => makeToken({ serial: user, user }))))
    let committed = 0
    const work = async (node: Store, order: readonly string[]) => {
      for (let round = 0; round < 10; round++) {
        const accounts = await node.load(order.map(userKey))
        const changes = [...accounts.values()].map(({ tokens }) =>
          changed(tokens[0] as Token, { failCount: round }),
        )
        const losers = await node.commit(changes, [])
        if (losers.size === 0) committed++
      }
    }
    await Promise.all([work(nodes[0], users), work(nodes[1], users.toReversed()), work(nodes[1], users)])
    const versions = (
      await nodes[0].listTokens({ order: 'serial', descending: false, limit: 99, cursor: null })
    ).rows
    expect(new Set(versions.map(({ version }) => version))).toEqual(new Set([1 + committed]))
    const [{ deadlocks }] = (await database.query(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    )) as [{ deadlocks: number }]
    expect(deadlocks).toBe(0)
  })
})
