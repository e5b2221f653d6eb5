import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { authenticate } from '../../src/auth/authenticate.ts'
import type { Verdict } from '../../src/auth/verdict.ts'
import { Committer } from '../../src/server/committer.ts'
import { openDatabase } from '../../src/storage/open_store.ts'
import type { Store } from '../../src/storage/store.ts'
import { makeLogin, makeToken, NOW, otpAt, POLICY } from '../auth/make_token.ts'
import { DATABASES, KEYS, type TestDatabase } from '../support/databases.ts'
import { inserts, load, put } from './stored.ts'

// Whoever can write the database, but has no master key, must not get in by it, nor keep others out by one bad row.
const ALICE = makeToken({ serial: 'A', user: 'alice', pin: '1234' })
const ALICE2 = makeToken({ serial: 'A2', user: 'alice', pin: '5678' })
const MALLORY = makeToken({ serial: 'M', user: 'mallory', pin: '' })
const DISABLED = makeToken({ serial: 'D', user: 'dave', active: false })
const EXPIRED = makeToken({ serial: 'E', user: 'erin', validUntil: NOW - 1 })
const FREE = makeToken({ serial: 'F', user: null })
const TOKENS = [ALICE, ALICE2, MALLORY, DISABLED, EXPIRED, FREE]

describe.each(DATABASES)('$name', ({ create }) => {
  let database: TestDatabase
  let store: Store
  beforeEach(async () => {
    database = await create()
    store = await database.open()
    await put(store, inserts(...TOKENS))
  })
  afterEach(() => database.drop())

  // `seen`: whether the server has opened the tokens before they are altered.
  const states = [{ seen: false }, { seen: true }]
  const attacks: { name: string; given: string; user: string; password: string }[] = [
    {
      name: 'his own token given to alice',
      given: "UPDATE tokens SET user_key = 'alice', user_name = 'alice' WHERE serial = 'M'",
      user: 'alice',
      password: otpAt(MALLORY, 0),
    },
    {
      name: 'his own secret under the serial of alice',
      given: "UPDATE tokens SET sealed = (SELECT sealed FROM tokens WHERE serial = 'M') WHERE serial = 'A'",
      user: 'alice',
      password: otpAt(MALLORY, 0),
    },
    {
      name: 'an unassigned token given to alice',
      given: "UPDATE tokens SET user_key = 'alice', user_name = 'alice' WHERE serial = 'F'",
      user: 'alice',
      password: otpAt(FREE, 0),
    },
    {
      name: 'a disabled token enabled',
      given: "UPDATE tokens SET facet = 'hotp3' WHERE serial = 'D'",
      user: 'dave',
      password: otpAt(DISABLED, 0),
    },
    {
      name: 'a token of alice under another user name',
      given: "UPDATE tokens SET user_key = 'eve', user_name = 'eve' WHERE serial = 'A'",
      user: 'eve',
      password: `1234${otpAt(ALICE, 0)}`,
    },
  ]
  describe.each(states)('read before: $seen', ({ seen }) => {
    test.each(attacks)('does not let anybody in: $name', async ({ given, user, password }) => {
      await alter(seen, given)
      expect((await login(user, password)).kind).toBe('reject')
      if (user === 'alice') expect((await login('alice', `5678${otpAt(ALICE2, 0)}`)).kind).toBe('accept')
    })

    const vandalism = [
      {
        name: 'one bit',
        given: 'UPDATE tokens SET sealed = ? WHERE serial = ?',
        values: [Buffer.alloc(90, 1), 'A'],
      },
      {
        name: 'nothing',
        given: 'UPDATE tokens SET sealed = ? WHERE serial = ?',
        values: [Buffer.alloc(0), 'A'],
      },
      { name: 'another serial', given: 'UPDATE tokens SET serial = ? WHERE serial = ?', values: ['Z', 'A'] },
    ]
    const spoilt = ['x', '{}', 'null', '{"movingFactor":"1","error":0,"at":0}']
    test.each(spoilt)('an autosync memory that was spoilt is none: %s', async (pending) => {
      await alter(seen, 'UPDATE token_progress SET pending = ?', pending)
      expect((await load(store, 'user:alice')).map(({ pendingResync }) => pendingResync)).toEqual([
        null,
        null,
      ])
      expect((await login('alice', `1234${otpAt(ALICE, 0)}`)).kind).toBe('accept')
    })

    test.each(vandalism)('keeps nobody else out: $name', async ({ given, values }) => {
      await alter(seen, given, ...values)
      // Of the altered token, the genuine one may go on where it is remembered: on PostgreSQL, for an hour at most.
      const isRemembered = database.directory === null && seen
      expect(await kindsOfLogins(0)).toEqual([isRemembered ? 'accept' : 'reject', 'accept', 'accept'])
      await load(store, 'user:alice')
      expect(await kindsOfLogins(1)).toEqual(['reject', 'accept', 'accept'])
      const list = await store.listTokens({ order: 'serial', descending: false, limit: 99, cursor: null })
      expect(list.rows.length).toBe(TOKENS.length)
    })
  })

  test.each(attacks)(
    'a node that remembers nothing is not misled either: $name',
    async ({ given, user, password }) => {
      if (database.directory !== null) await database.close(store)
      await database.query(given)
      store = await database.open('b')
      expect((await login(user, password)).kind).toBe('reject')
    },
  )

  // The row is read whenever a login is not proven by its commit: one wrong code, and what is remembered is replaced.
  test('what is remembered of an altered token ends with the first login that it cannot prove', async () => {
    await alter(true, "UPDATE tokens SET sealed = ? WHERE serial = 'A'", Buffer.alloc(90, 1))
    expect((await login('alice', '1234000000')).kind).toBe('reject')
    expect((await login('alice', `1234${otpAt(ALICE, 0)}`)).kind).toBe('reject')
    expect((await load(store, 'user:alice')).map(({ kind }) => kind)).toEqual(['unreadable', 'hotp'])
  })

  test('an altered row is reported by its serial, with nothing of what is in it', async () => {
    await database.close(store)
    await database.query(
      "UPDATE tokens SET sealed = (SELECT sealed FROM tokens WHERE serial = 'M') WHERE serial = 'A'",
    )
    const reported: string[] = []
    const opened = await openDatabase(database.url)
    const reporting = await opened.store(KEYS, 'a', (message) => reported.push(message))
    try {
      expect((await load(reporting, 'user:alice')).map(({ kind }) => kind)).toEqual(['unreadable', 'hotp'])
      expect(reported).toEqual([expect.stringMatching(/^token A is left out: .*cannot be opened/)])
    } finally {
      await reporting.close()
      store = await database.open()
    }
  })

  /** SQLite keeps what it has read: nobody else writes its file while it runs, so that it is altered between two starts. */
  async function alter(seen: boolean, sql: string, ...values: unknown[]): Promise<void> {
    if (seen) {
      for (const user of ['alice', 'mallory', 'dave', 'erin', 'eve']) await load(store, `user:${user}`)
      await load(store, 'token:F')
    }
    if (database.directory !== null || !seen) await database.close(store)
    await database.query(sql, ...values)
    if (database.directory !== null || !seen) store = await database.open()
  }

  /** All at once, with the OTP of this counter: alice with each of her tokens, and mallory. */
  async function kindsOfLogins(counter: number): Promise<string[]> {
    const committer = new Committer({ store, now: () => NOW })
    const verdicts = await Promise.all(
      [
        ['alice', `1234${otpAt(ALICE, counter)}`],
        ['alice', `5678${otpAt(ALICE2, counter)}`],
        ['mallory', otpAt(MALLORY, counter)],
      ].map(([user = '', password = '']) =>
        committer.transact(`user:${user}`, authenticate(makeLogin(password, user), POLICY)),
      ),
    )
    return verdicts.map(({ kind }) => kind)
  }

  function login(user: string, password: string): Promise<Verdict> {
    const committer = new Committer({ store, now: () => NOW })
    return committer.transact(`user:${user}`, authenticate(makeLogin(password, user), POLICY))
  }
})
