import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ClientCheck, ServerStatus } from '../../src/admin/command.ts'
import { commands, findCommand } from '../../src/admin/commands.ts'
import { runCommand } from '../../src/admin/run_command.ts'
import { adminContext } from '../../src/server/admin_context.ts'
import { buildClientTable } from '../../src/server/clients.ts'
import { Committer } from '../../src/server/committer.ts'
import type { Settings } from '../../src/server/settings.ts'
import { TokenBuckets } from '../../src/server/token_buckets.ts'
import { type Store, StoreUnavailable } from '../../src/storage/store.ts'
import { plain } from '../../src/tokens/credential.ts'
import { makeToken, NOW, otpAt, POLICY } from '../auth/make_token.ts'
import { inserts, loadOne, put } from '../storage/stored.ts'
import { KEYS, SQLITE, type TestDatabase } from '../support/databases.ts'
import { hold } from './gated_store.ts'
import { configured } from './nas.ts'

const TOKEN = makeToken({ serial: 'A', pin: '1234' })
const CALLER = { actor: 'admin:carol', source: 'socket', role: 'admin' } as const

let database: TestDatabase
let store: Store
beforeEach(async () => {
  database = await SQLITE.create()
  store = await database.open()
  await put(store, inserts(TOKEN))
})
afterEach(() => database.drop())

function contextWith(committer: Committer) {
  const settings = {
    clients: buildClientTable([configured('vpn', '10.0.0.1', true)]),
    policy: POLICY,
    tokenDefaults: { digits: 6, maxFail: 10, windows: {} },
  } as unknown as Settings
  return adminContext(
    {
      store,
      committer,
      keys: KEYS,
      otpTries: new TokenBuckets(),
      settings: () => settings,
      status: async () => ({}) as ServerStatus,
      activity: async () => ({ from: 0, minutes: [], reasons: [] }),
      checkClient: async () => ({}) as ClientCheck,
      reload: async () => ({ clients: 1, warnings: [] }),
    },
    CALLER,
  )
}

describe('login check', () => {
  test('takes the very path of a login, counts like one, and is audited under its caller', async () => {
    const { checkLogin } = contextWith(new Committer({ store, now: () => NOW }))
    const verdicts = [
      await checkLogin('ALICE', plain(`1234${otpAt(TOKEN, 0)}`), 'vpn'),
      await checkLogin('alice', plain(`1234${otpAt(TOKEN, 0)}`), null),
    ]
    expect(verdicts.map(({ kind }) => kind)).toEqual(['accept', 'reject'])
    expect(await loadOne(store, 'user:alice')).toMatchObject({ counter: 1, failCount: 1, attemptCount: 2 })
    const { rows } = await store.listAudit({ limit: 9, cursor: null })
    expect(rows.map(({ actor, source, action, reason }) => [actor, source, action, reason])).toEqual([
      ['admin:carol', 'socket', 'login', 'otp-already-used'],
      ['admin:carol', 'socket', 'login', 'otp-accepted'],
    ])
  })

  test('for a client that is not configured: refused, and nothing counts', async () => {
    const { checkLogin } = contextWith(new Committer({ store, now: () => NOW }))
    const asked = async () => await checkLogin('alice', plain('1234000000'), 'wlan')
    await expect(asked()).rejects.toMatchObject({ code: 'not-found', message: 'there is no client wlan' })
    expect(await loadOne(store, 'user:alice')).toMatchObject({ attemptCount: 0 })
  })
})

test('a full queue is "unavailable" to an operator', async () => {
  const gated = hold(store, 'load')
  const committer = new Committer({ store: gated, now: () => NOW, maxQueue: 1 })
  const { checkLogin } = contextWith(committer)
  const logins = [checkLogin('alice', plain('x'), null)]
  await gated.reached(1)
  logins.push(checkLogin('alice', plain('y'), null))
  await expect(checkLogin('alice', plain('z'), null)).rejects.toMatchObject({
    name: 'CommandError',
    code: 'unavailable',
    hint: 'try again in a moment',
  })
  gated.release()
  await Promise.all(logins)
})

test('a database that does not answer is "unavailable" to an operator, whatever the command', async () => {
  const gated = hold(store, 'load')
  gated.fail(new StoreUnavailable('gone'))
  const context = contextWith(new Committer({ store: gated, now: () => NOW }))
  await database.close(store)
  const calls: [string, string, object][] = [
    ['login', 'check', { user: 'alice', password: 'x' }],
    ['token', 'list', {}],
    ['token', 'show', { serial: 'A' }],
    ['token', 'disable', { serial: 'A' }],
    ['user', 'list', {}],
    ['user', 'show', { user: 'alice' }],
    ['audit', 'list', {}],
    ['audit', 'verify', {}],
  ]
  for (const [noun, verb, input] of calls) {
    await expect(runCommand(findCommand(commands, noun, verb), input, context)).rejects.toMatchObject({
      code: 'unavailable',
    })
  }
})

test('audit verify reads the whole trail under the server’s key', async () => {
  const context = contextWith(new Committer({ store, now: () => NOW }))
  await context.checkLogin('alice', plain('1234000000'), null)
  expect(await context.verifyAudit()).toEqual({ entries: 1, firstBad: null })
  await database.query("UPDATE audit SET entries = replace(entries, 'reject', 'accept')")
  expect((await context.verifyAudit()).firstBad).toMatchObject({ problem: 'the row was changed' })
})
