/** How long a session of the console lasts, and what the database alone can do to it. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { emptyRecord, withNewEpoch } from '../../../src/auth/console_access.ts'
import { ConsoleSessions } from '../../../src/server/console/console_sessions.ts'
import type { ConsoleSessionRow } from '../../../src/storage/console_store.ts'
import type { Store } from '../../../src/storage/store.ts'
import { NOW } from '../../auth/make_token.ts'
import { DATABASES, KEYS, type TestDatabase } from '../../support/databases.ts'

const MINUTE = 60_000
const LIMITS = { idleMs: 15 * MINUTE, sessionMs: 600 * MINUTE }

describe.each(DATABASES)('$name', ({ create }) => {
  let database: TestDatabase
  let store: Store
  let now: number
  let limits: typeof LIMITS
  let sessions: ConsoleSessions
  beforeEach(async () => {
    database = await create()
    store = await database.open()
    now = NOW
    limits = LIMITS
    sessions = new ConsoleSessions({ store, keys: KEYS, now: () => now, limits: () => limits })
  })
  afterEach(() => database.drop())

  async function setAccess(user: string, role: 'viewer' | 'admin' | null): Promise<void> {
    const key = `user:${user}` as const
    const before = (await store.load([key])).get(key)!
    const record = withNewEpoch(before, user, { role })
    const after = { ...record, version: (before.record?.version ?? 0) + 1 }
    expect(await store.commit([], [], [{ key, before: before.record, after }])).toEqual(new Set())
  }

  const begin = async (user = 'carol', epoch = 1) =>
    await sessions.begin({ kind: 'admin', user, source: '192.0.2.1', byCode: false, epoch })

  test('it goes on while it is used, and ends when it is not', async () => {
    await setAccess('carol', 'admin')
    const { secret, session } = await begin()
    expect(session).toMatchObject({ user: 'carol', role: 'admin', expiresAt: NOW + LIMITS.sessionMs })
    now += 14 * MINUTE
    expect(await sessions.find(secret, 'admin')).toMatchObject({ id: session.id })
    now += 14 * MINUTE
    expect(await sessions.find(secret, 'admin', false)).toMatchObject({ id: session.id })
    // What a page asks by itself is no sign of life.
    now += 2 * MINUTE
    expect(await sessions.find(secret, 'admin')).toBeNull()
  })

  test('it ends after its time however much it is used, also when that was made shorter', async () => {
    await setAccess('carol', 'admin')
    const { secret } = await begin()
    while (now < NOW + 590 * MINUTE) {
      now += 10 * MINUTE
      expect(await sessions.find(secret, 'admin')).not.toBeNull()
    }
    limits = { ...LIMITS, sessionMs: 300 * MINUTE }
    expect(await sessions.find(secret, 'admin')).toBeNull()
    limits = LIMITS
    now += 10 * MINUTE
    expect(await sessions.find(secret, 'admin')).toBeNull()
  })

  test('it is of one kind, and has the role that its user has now', async () => {
    await setAccess('carol', 'viewer')
    const { secret } = await begin()
    expect(await sessions.find(secret, 'self')).toBeNull()
    expect(await sessions.find(`${secret}x`, 'admin')).toBeNull()
    await setAccess('carol', null)
    expect(await sessions.find(secret, 'admin')).toBeNull()
  })

  test('who can write the database, and has no key, can make up none and prolong none', async () => {
    await setAccess('carol', 'admin')
    await setAccess('mallory', 'viewer')
    const { secret } = await begin('mallory')
    const [row] = (await store.console.listConsoleSessions('mallory', 1)) as [ConsoleSessionRow]
    await store.console.dropConsoleSessions([row.name])
    // Another's name on it, another's hash, and a longer life.
    await store.console.keepConsoleSession({
      ...row,
      user_key: 'carol',
      expires_at: NOW + 9e9,
      seen_at: NOW + 9e9,
    })
    expect(await sessions.find(secret, 'admin')).toMatchObject({ user: 'mallory', role: 'viewer' })
    now += LIMITS.sessionMs
    expect(await sessions.find(secret, 'admin')).toBeNull()
    const copy = { ...row, name: 'f'.repeat(64), id: '0'.repeat(16) }
    await store.console.keepConsoleSession(copy)
    expect(await sessions.list(null)).toEqual([])
  })

  test('a user has sixteen at most, and the oldest goes', async () => {
    await setAccess('carol', 'admin')
    const secrets: string[] = []
    for (let count = 0; count < 17; count++) {
      now += 1
      secrets.push((await begin()).secret)
    }
    expect(await sessions.list('user:carol')).toHaveLength(16)
    expect(await sessions.find(secrets[0]!, 'admin')).toBeNull()
    expect(await sessions.find(secrets[1]!, 'admin')).not.toBeNull()
    expect(await sessions.revoke({ user: 'user:carol' })).toBe(16)
  })

  test('administrators are found without a look at every user, and their records decide', async () => {
    await setAccess('carol', 'admin')
    await setAccess('dora', null)
    expect((await store.listAdministrators()).map(({ name }) => name)).toEqual(['carol'])
    await database.query('UPDATE users SET administrator = 1')
    expect((await store.listAdministrators()).map(({ name }) => name)).toEqual(['carol'])
    expect(emptyRecord({ tokens: [] }, 'eve')).not.toHaveProperty('access')
  })
})
