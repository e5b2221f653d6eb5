import { createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type pg from 'pg'
import { verifyAudit } from '../../src/storage/audit_chain.ts'
import { openDatabase } from '../../src/storage/open_store.ts'
import { type Store, StoreUnavailable } from '../../src/storage/store.ts'
import { makeToken } from '../auth/make_token.ts'
import {
  askPostgres,
  connectPostgres,
  KEYS,
  POSTGRES,
  postgresServer,
  type TestDatabase,
} from '../support/databases.ts'
import { until } from '../support/until.ts'
import { changed, entry, inserts, loadOne, put } from './stored.ts'

describe('a connection that is cut', () => {
  let database: TestDatabase
  let store: Store
  let prompt: pg.Client
  beforeEach(async () => {
    database = await POSTGRES.create()
    store = await database.open()
    prompt = await connectPostgres(database.url)
    await put(store, inserts(makeToken({ serial: 'A' }), makeToken({ serial: 'B', user: 'bob' })), [entry()])
  })
  afterEach(async () => {
    await prompt.end()
    await database.drop()
  })

  const TERMINATE = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'sallyport'`

  test('while idle is not noticed by anybody', async () => {
    await loadOne(store, 'user:alice')
    await prompt.query(TERMINATE)
    await until('the connections to end', async () => (await ourConnections()) === 0)
    const token = await retried(() => loadOne(store, 'user:alice'))
    await retried(() => put(store, [changed(token, { counter: 1 })], [entry()]))
    await retried(() => store.ping())
    await retried(() => store.listTokens({ order: 'serial', descending: false, limit: 9, cursor: null }))
    await expectWhole(2)
  })

  test('in the middle of a commit: StoreUnavailable, nothing happened, and the next one goes through', async () => {
    const token = await loadOne(store, 'user:alice')
    await prompt.query('BEGIN')
    await prompt.query('SELECT 1 FROM token_progress FOR UPDATE')
    const commit = store.commit([changed(token, { counter: 1 })], [entry()])
    const failed = expect(commit).rejects.toThrow(StoreUnavailable)
    await until('a commit that waits', async () => (await waiting()) === 1)
    await prompt.query(TERMINATE)
    await failed
    await prompt.query('ROLLBACK')

    const again = await retried(() => loadOne(store, 'user:alice'))
    expect(again).toMatchObject({ counter: 0, version: 1 })
    await put(store, [changed(again, { counter: 1 })], [entry()])
    await expectWhole(2)
  })

  test('in the middle of a commit with details too', async () => {
    const token = await loadOne(store, 'user:alice')
    await prompt.query('BEGIN')
    await prompt.query("SELECT 1 FROM tokens WHERE serial = 'A' FOR UPDATE")
    const commit = store.commit([changed(token, { description: 'x' })], [entry()])
    const failed = expect(commit).rejects.toThrow(StoreUnavailable)
    await until('a commit that waits', async () => (await waiting()) === 1)
    await prompt.query(TERMINATE)
    await failed
    await prompt.query('ROLLBACK')

    const again = await retried(() => loadOne(store, 'user:alice'))
    expect(again).toMatchObject({ description: null, version: 1 })
    await put(store, [changed(again, { description: 'y' })], [entry()])
    await expectWhole(2)
  })

  test('one commit that is held up does not hold up another, and a third is our own mistake', async () => {
    const [alice, bob] = [await loadOne(store, 'user:alice'), await loadOne(store, 'user:bob')]
    await prompt.query('BEGIN')
    await prompt.query(
      'SELECT 1 FROM token_progress p JOIN tokens t ON t.id = p.token_id WHERE t.serial = $1 FOR UPDATE',
      ['A'],
    )
    const held = put(store, [changed(alice, { counter: 1 })], [entry()])
    await until('a commit that waits', async () => (await waiting()) === 1)
    await put(store, [changed(bob, { counter: 1 })], [entry()])
    expect(store.commitsInFlight).toBe(2)
    await prompt.query('ROLLBACK')
    await held
    await expectWhole(3)
  })

  // The statement may still go through when the lock is released: the caller was told that nobody knows.
  test('a commit that takes too long is given up; whether it happened or not, nothing is decided twice', async () => {
    const token = await loadOne(store, 'user:alice')
    await prompt.query('BEGIN')
    await prompt.query('SELECT 1 FROM token_progress FOR UPDATE')
    const started = performance.now()
    await expect(store.commit([changed(token, { counter: 1 })], [entry()])).rejects.toThrow(StoreUnavailable)
    expect(performance.now() - started).toBeLessThan(8000)
    await prompt.query('ROLLBACK')
    await until('no commit to wait', async () => (await waiting()) === 0)

    const again = await loadOne(store, 'user:alice')
    expect([0, 1]).toContain(again.counter)
    await put(store, [changed(again, { counter: again.counter + 1 })], [entry()])
    expect((await verifyAudit(store, KEYS.audit)).firstBad).toBeNull()
  })

  async function expectWhole(entries: number): Promise<void> {
    expect(await retried(() => verifyAudit(store, KEYS.audit))).toEqual({ entries, firstBad: null })
  }

  async function ourConnections(): Promise<number> {
    const { rows } = await prompt.query(
      "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sallyport'",
    )
    return rows[0].n
  }

  async function waiting(): Promise<number> {
    const { rows } = await prompt.query(
      "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    )
    return rows[0].n
  }
})

describe('what is remembered', () => {
  test('is good for an hour, and for a minute once another node has moved a token', async () => {
    const database = await POSTGRES.create()
    const clock = jest.spyOn(performance, 'now')
    try {
      const [here, there] = [await database.open(), await database.open()]
      await put(here, inserts(makeToken({ serial: 'A' }), makeToken({ serial: 'B', user: 'bob' })), [entry()])
      const remembers = (minutes: number) => {
        const now = REAL_NOW() + minutes * 60_000
        clock.mockImplementation(() => now)
        const isKnown = here.recall('user:bob') !== undefined
        clock.mockImplementation(REAL_NOW)
        return isKnown
      }
      await loadOne(here, 'user:bob')
      expect([0, 59, 61].map(remembers)).toEqual([true, true, false])

      const overtaken = await loadOne(here, 'user:alice')
      await put(there, [changed(await loadOne(there, 'user:alice'), { counter: 1 })], [entry()])
      expect(await here.commit([changed(overtaken, { counter: 1 })], [entry()])).toEqual(
        new Set(['user:alice']),
      )
      expect([0, 0.9, 1.1].map(remembers)).toEqual([true, true, false])
      // An hour later nobody has been seen for an hour; what was loaded then is good for one again.
      const later = REAL_NOW() + 61 * 60_000
      clock.mockImplementation(() => later)
      await loadOne(here, 'user:bob')
      expect([61, 61 + 59, 61 + 61].map(remembers)).toEqual([true, true, false])
    } finally {
      clock.mockRestore()
      await database.drop()
    }
  })
})

const REAL_NOW = performance.now.bind(performance)

test('nothing of before a connection was lost is remembered: another server may answer, without the last commits', async () => {
  const database = await POSTGRES.create()
  const prompt = await connectPostgres(database.url)
  try {
    const store = await database.open()
    await put(store, inserts(makeToken({ serial: 'A' })), [entry()])
    await loadOne(store, 'user:alice')
    expect(store.recall('user:alice')).toBeDefined()
    await prompt.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'sallyport'`)
    await until('the memory to be lost', async () => store.recall('user:alice') === undefined)
    await retried(() => loadOne(store, 'user:alice'))
    expect(store.recall('user:alice')).toBeDefined()
  } finally {
    await prompt.end()
    await database.drop()
  }
})

describe('a server that cannot be used', () => {
  const { hostname, port, username, password } = new URL(postgresServer())
  const at = (credentials: string, address: string, name = 'postgres') =>
    `postgres://${credentials}@${address}/${name}`
  const rows: { name: string; given: string; expect: { name: string; message: RegExp; hint?: RegExp } }[] = [
    {
      name: 'nobody listens',
      given: at('radius:hunter2', '127.0.0.1:1'),
      expect: {
        name: 'StoreUnavailable',
        message: /^postgres:\/\/127\.0\.0\.1:1\/postgres does not answer: .*ECONNREFUSED/,
      },
    },
    {
      name: 'no such host',
      given: at('radius:hunter2', 'db.invalid'),
      expect: { name: 'StoreUnavailable', message: /^postgres:\/\/db\.invalid\/postgres does not answer: / },
    },
    {
      name: 'a wrong password',
      given: at(`${username}:hunter2`, `${hostname}:${port}`),
      expect: { name: 'StoreRefused', message: /password authentication failed/, hint: /database\.url/ },
    },
    {
      name: 'no such database',
      given: at(`${username}:${password}`, `${hostname}:${port}`, 'nosuch'),
      expect: { name: 'StoreRefused', message: /database "nosuch" does not exist/, hint: /createdb/ },
    },
  ]
  test.each(rows)(
    '$name: says where, and no password',
    async ({ given, expect: { name, message, hint } }) => {
      const error = await openDatabase(given).then(
        () => null,
        (refused: Error & { hint?: string }) => refused,
      )
      expect(error).toMatchObject({ name, message: expect.stringMatching(message) })
      if (hint !== undefined) expect(error?.hint).toMatch(hint)
      expect(`${error?.message} ${error?.hint}`).not.toMatch(`hunter2|${password}`)
    },
  )

  test('a user who may not create tables is told so', async () => {
    const database = await POSTGRES.create()
    try {
      await database.query('DROP ROLE IF EXISTS sallyport_guest')
      await database.query("CREATE ROLE sallyport_guest LOGIN PASSWORD 'hunter2'")
      const url = new URL(database.url)
      url.username = 'sallyport_guest'
      url.password = 'hunter2'
      await expect(openDatabase(url.href)).rejects.toMatchObject({
        name: 'StoreRefused',
        message: expect.stringContaining('permission denied'),
        hint: expect.stringContaining('CREATE on its schema'),
      })
    } finally {
      await database.drop()
      await askPostgres(`${postgresServer()}/postgres`, 'DROP ROLE sallyport_guest')
    }
  })

  test('one that takes connections and says nothing is given up', async () => {
    const sockets: Socket[] = []
    const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
    try {
      await new Promise((resolve) => silent.once('listening', resolve))
      const { port: silentPort } = silent.address() as { port: number }
      const started = performance.now()
      await expect(openDatabase(at('radius:hunter2', `127.0.0.1:${silentPort}`))).rejects.toThrow(
        StoreUnavailable,
      )
      expect(performance.now() - started).toBeLessThan(8000)
    } finally {
      for (const socket of sockets) socket.destroy()
      silent.close()
    }
  })
})

describe('synchronous_commit', () => {
  const rows = [
    { given: 'off', expect: 'on' },
    { given: 'local', expect: 'local' },
    { given: 'remote_apply', expect: 'remote_apply' },
  ]
  test.each(rows)('$given by default becomes $expect', async ({ given, expect: expected }) => {
    const database = await POSTGRES.create()
    try {
      const name = new URL(database.url).pathname.slice(1)
      await database.query(`ALTER DATABASE ${name} SET synchronous_commit = ${given}`)
      const store = await database.open()
      await database.query(
        "ALTER TABLE audit ADD COLUMN seen text DEFAULT current_setting('synchronous_commit')",
      )
      await put(store, [], [entry()])
      await Promise.all([put(store, [], [entry()]), put(store, inserts(makeToken({})), [entry()])])
      expect(await database.query('SELECT seen FROM audit')).toEqual(Array(3).fill({ seen: expected }))
    } finally {
      await database.drop()
    }
  })
})

/** The first call after a cut may find out that the connection is gone. */
async function retried<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    return await call()
  }
}
