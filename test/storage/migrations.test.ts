import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { deriveKeys } from '../../src/seal.ts'
import { verifyAudit } from '../../src/storage/audit_chain.ts'
import { openDatabase } from '../../src/storage/open_store.ts'
import { StoreRefused } from '../../src/storage/store.ts'
import { makeToken } from '../auth/make_token.ts'
import { DATABASES, KEYS, POSTGRES, type TestDatabase } from '../support/databases.ts'
import { entry, inserts, loadOne, put } from './stored.ts'

const SCHEMAS = [
  { name: '0001_core' },
  { name: '0002_users' },
  { name: '0003_sessions' },
  { name: '0004_eap_sessions' },
  { name: '0005_console' },
  { name: '0006_valid_until' },
]

describe.each(DATABASES)('$name', ({ create }) => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await create()
  })
  afterEach(() => database.drop())

  const applied = () => database.query('SELECT name FROM sallyport_migrations ORDER BY id')

  test('an empty database is made ready, once', async () => {
    await database.close(await database.open())
    await database.close(await database.open())
    expect(await applied()).toEqual(SCHEMAS)
  })

  test('a restart finds everything that was committed', async () => {
    const before = await database.open()
    await put(before, inserts(makeToken({ serial: 'A', counter: 7 })), [entry()])
    await database.close(before)
    const after = await database.open()
    expect(await loadOne(after, 'user:alice')).toMatchObject({ serial: 'A', counter: 7 })
    expect(await verifyAudit(after, KEYS.audit)).toEqual({ entries: 1, firstBad: null })
  })

  test('a lock that a crash in the middle of a migration left behind does not stop the start', async () => {
    await database.close(await database.open())
    await database.query('UPDATE sallyport_migrations_lock SET is_locked = 1')
    await (await database.open()).ping()
  })

  test('a crash before the first migration was through: it runs again', async () => {
    await database.close(await database.open())
    for (const table of [
      'console_sessions',
      'eap_sessions',
      'sessions',
      'users',
      'latched_clients',
      'settings',
      'audit_chains',
      'progress_journal',
      'audit_index',
      'audit',
      'token_progress',
      'tokens',
    ]) {
      await database.query(`DROP TABLE IF EXISTS ${table}`)
    }
    if (database.directory === null) await database.query('DROP SEQUENCE audit_id')
    await database.query('DELETE FROM sallyport_migrations')
    await database.query('UPDATE sallyport_migrations_lock SET is_locked = 1')
    await put(await database.open(), inserts(makeToken({})))
    expect(await applied()).toEqual(SCHEMAS)
  })

  test('a newer schema is refused, named, and not touched', async () => {
    await database.close(await database.open())
    await database.query(
      "INSERT INTO sallyport_migrations (name, batch, migration_time) VALUES ('0099_groups', 2, CURRENT_TIMESTAMP)",
    )
    await expect(database.open()).rejects.toMatchObject({
      name: 'StoreRefused',
      message:
        'the database was written by a newer Sallyport: it has the schema 0099_groups, this version knows up to 0006_valid_until',
      hint: expect.stringContaining('start the newer version'),
    })
    expect(await applied()).toEqual([...SCHEMAS, { name: '0099_groups' }])
    await database.query("DELETE FROM sallyport_migrations WHERE name = '0099_groups'")
    await (await database.open()).ping()
  })

  test('another master key is refused, before anything is written', async () => {
    await database.close(await database.open())
    const opened = await openDatabase(database.url)
    try {
      expect(await opened.keyFingerprint()).toBe(KEYS.fingerprint)
      const other = deriveKeys(new Uint8Array(32).fill(2))
      await expect(opened.store(other, 'a')).rejects.toThrow(StoreRefused)
      await expect(opened.store(other, 'a')).rejects.toThrow('the master key is not the one')
    } finally {
      await opened.close()
    }
    expect(await verifyAudit(await database.open(), KEYS.audit)).toEqual({ entries: 0, firstBad: null })
  })

  test('a database tells before it belongs to a key that it is new', async () => {
    const opened = await openDatabase(database.url)
    expect(await opened.keyFingerprint()).toBeNull()
    await opened.close()
  })
})

describe('PostgreSQL: nodes that start together on an empty database', () => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await POSTGRES.create()
  })
  afterEach(() => database.drop())

  test('one migrates, the others wait, and all serve', async () => {
    const nodes = await Promise.all(['a', 'b', 'c', 'd'].map((node) => database.open(node)))
    await Promise.all(nodes.map((node) => put(node, [], [entry()])))
    expect(await verifyAudit(nodes[0]!, KEYS.audit)).toEqual({ entries: 4, firstBad: null })
  })

  test('with different master keys, exactly one is taken', async () => {
    const keys = [KEYS, deriveKeys(new Uint8Array(32).fill(2))]
    const opened = await Promise.allSettled(keys.map((key, i) => database.open(`node ${i}`, key)))
    expect(opened.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const winner = opened.findIndex(({ status }) => status === 'fulfilled')
    const store = await database.open('again', keys[winner])
    expect((await verifyAudit(store, keys[winner]!.audit)).firstBad).toBeNull()
  })
})

test.each(['mysql://localhost/x', 'sallyport.db', '', 'SQLITE:x'])('refuses the URL %j', async (url) => {
  await expect(openDatabase(url)).rejects.toThrow(StoreRefused)
})
