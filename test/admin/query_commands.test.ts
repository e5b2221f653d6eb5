import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { commands } from '../../src/admin/commands.ts'
import type { SessionUpdate } from '../../src/storage/session.ts'
import { NOW } from '../auth/make_token.ts'
import { type Admin, makeAdmin, OTPS, refusal, SECRET_HEX } from './make_admin.ts'

let admin: Admin
let now = NOW

beforeAll(async () => {
  admin = await makeAdmin(() => now++)
  for (const [serial, user, description] of [
    ['H1', 'Alice', 'blue'],
    ['H2', 'alice', null],
    ['H3', 'bob@example.org', '100% red'],
    ['H4', undefined, null],
  ] as const) {
    const given = { serial, user, secretHex: SECRET_HEX, ...(description === null ? {} : { description }) }
    await admin.run('token enroll', { type: 'hotp', ...given })
  }
  await admin.run('token enroll', { type: 'totp', serial: 'T1', user: 'eve', maxFail: 1 })
  await admin.run('token disable', { serial: 'H2' })
  await admin.run('login check', { user: 'eve', password: '000000' })
  await admin.run('login check', { user: 'bob@example.org', password: OTPS[3] })
})
afterAll(async () => await admin.close())

interface Listed {
  readonly tokens: readonly { serial: string }[]
  readonly nextCursor: string | null
  readonly total: number
}

test.each([
  ['everything, by serial', {}, 'H1 H2 H3 H4 T1'],
  ['one user, in any case', { user: 'ALICE' }, 'H1 H2'],
  ['one serial', { serial: 'H3' }, 'H3'],
  ['a type', { type: 'totp' }, 'T1'],
  ['disabled ones', { active: false }, 'H2'],
  ['locked ones', { locked: true }, 'T1'],
  ['unassigned ones', { assigned: false }, 'H4'],
  ['part of a description', { search: 'BLUE' }, 'H1'],
  ['a % that means itself', { search: '%' }, 'H3'],
  ['both of two conditions', { user: 'alice', active: true }, 'H1'],
  ['last used first', { sort: '-used', limit: 1 }, 'H3'],
  ['newest first', { sort: '-created' }, 'T1 H4 H3 H2 H1'],
  ['nothing', { serial: 'X' }, ''],
])('token list: %s', async (_, query, expected) => {
  const { tokens } = (await admin.run('token list', query)) as Listed
  expect(tokens.map(({ serial }) => serial).join(' ')).toBe(expected)
})

test('token list pages through all of them, and knows how many there are', async () => {
  const serials: string[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page: Listed = await admin.run('token list', {
      limit: 2,
      ...(cursor === undefined ? {} : { cursor }),
    })
    expect(page.total).toBe(5)
    serials.push(...page.tokens.map(({ serial }) => serial))
    cursor = page.nextCursor
  }
  expect(serials).toEqual(['H1', 'H2', 'H3', 'H4', 'T1'])
})

test.each(['token list', 'user list', 'session list', 'audit list'])(
  '%s refuses a cursor that is none',
  async (name) => {
    expect(await refusal(admin.run(name, { cursor: 'bm9uZQ' }))).toEqual([
      'invalid',
      'cursor is not one that this list has given',
      'start again without cursor',
    ])
  },
)

test('user list counts tokens and locked ones', async () => {
  expect(await admin.run('user list')).toEqual({
    users: [
      { user: 'Alice', tokens: 2, locked: 0, groups: [] },
      { user: 'bob@example.org', tokens: 1, locked: 0, groups: [] },
      { user: 'eve', tokens: 1, locked: 1, groups: [] },
    ],
    nextCursor: null,
  })
  expect(await admin.run('user list', { search: 'EXAMPLE' })).toMatchObject({
    users: [{ user: 'bob@example.org' }],
  })
})

test('user show has the tokens and what happened last, newest first', async () => {
  const { user, tokens, recent } = (await admin.run('user show', { user: 'EVE' })) as Record<string, never>
  expect(user).toBe('eve')
  expect(tokens).toMatchObject([{ serial: 'T1', failCount: 1, locked: true }])
  expect(recent).toMatchObject([
    {
      action: 'login',
      outcome: 'reject',
      reason: 'wrong-otp',
      actor: 'admin:carol',
      source: 'socket',
      node: 'a',
    },
    { action: 'token enroll', outcome: 'done', reason: null, detail: 'totp, no PIN' },
  ])
})

test('a user without tokens is nobody', async () => {
  const nobody = ['not-found', 'no token belongs to mallory', 'see `sallyport user list`']
  for (const name of ['user show', 'user reset-fail-count']) {
    expect(await refusal(admin.run(name, { user: 'mallory' }))).toEqual(nobody)
  }
})

test('audit list filters by outcome, action and time', async () => {
  const ids = async (query: object) =>
    (
      (await admin.run('audit list', query)) as { entries: { reason: string | null; action: string }[] }
    ).entries.map(({ action, reason }) => `${action} ${reason}`)
  expect(await ids({ outcome: 'reject' })).toEqual(['login wrong-otp'])
  expect(await ids({ action: 'token disable' })).toEqual(['token disable null'])
  expect(await ids({ user: 'BOB@example.org', action: 'login' })).toEqual(['login otp-accepted'])
  expect(await ids({ to: '2026-11-23' })).toEqual([])
  expect(await ids({ from: '2026-11-24', to: '2026-11-24', serial: 'H2' })).toEqual([
    'token disable null',
    'token enroll null',
  ])
})

test('audit verify says that the trail is whole', async () => {
  expect(await admin.run('audit verify')).toMatchObject({ ok: true, firstBad: null })
})

test('login check is refused for a client that there is not', async () => {
  const check = admin.run('login check', { user: 'eve', password: '000000', client: 'vpn' })
  expect((await refusal(check)).slice(0, 2)).toEqual(['not-found', 'there is no client vpn'])
})

test('every command answers what the table promises', async () => {
  const bodies: Record<string, object> = {
    'token enroll': { type: 'totp', user: 'zoe', serial: 'Z1' },
    'token show': { serial: 'Z1' },
    'token assign': { serial: 'H4', user: 'zoe' },
    'token set-pin': { serial: 'Z1', pin: '1' },
    'token set': { serial: 'Z1', maxFail: 3 },
    'token set-limits': { serial: 'Z1', maxSuccesses: 3 },
    'token resync': { serial: 'H4', otp1: OTPS[1], otp2: OTPS[2] },
    'token test': { serial: 'H4', otp: OTPS[3] },
    'token delete': { serial: 'Z1' },
    'token lost': { serial: 'H1' },
    'user show': { user: 'alice' },
    'user set': { user: 'alice', reply: ['Filter-Id = staff'] },
    'user reset-fail-count': { user: 'alice' },
    'login check': { user: 'zoe', password: 'x' },
    'session show': { id: 1 },
    'login explain': { id: 1 },
    'client check': { address: '127.0.0.1' },
    'user set-password': { user: 'zoe', password: 'correct horse' },
    'admin add': { user: 'carol', role: 'admin', password: 'correct horse' },
    'admin set-role': { user: 'carol', role: 'helpdesk' },
    'admin set-password': { user: 'carol', password: 'battery staple' },
    'admin remove': { user: 'carol' },
    'admin revoke': { user: 'carol' },
    'registration create': { user: 'carol' },
    'registration revoke': { user: 'carol' },
  }
  await admin.store.writeSessions([SESSION])
  // test/e2e/accounting.test.ts has a NAS that takes it; test/admin/confirm.test.ts a token that waits for it.
  const withoutNas = commands.filter(({ verb }) => verb !== 'disconnect' && verb !== 'confirm')
  for (const { noun, verb, output } of withoutNas) {
    const name = `${noun} ${verb}`
    const takesSerial = noun === 'token' && verb !== 'list'
    const answer = await admin.run(name, bodies[name] ?? (takesSerial ? { serial: 'H4' } : {}))
    expect(output.safeParse(answer).error).toBeUndefined()
  }
})

const SESSION: SessionUpdate = {
  kind: 'interim',
  at: NOW + 60_000,
  client: 'localhost',
  nasAddress: '10.0.0.7',
  nasIdentifier: null,
  sessionId: 'A1',
  source: '127.0.0.1',
  user: 'Alice',
  seconds: 60,
  inputOctets: 1,
  outputOctets: 2,
  framedAddress: '192.168.0.5',
  callingStation: null,
  class: null,
  cause: null,
}

test('a session is shown with what was told of it, and listed by its user in any case', async () => {
  const session = {
    id: 1,
    user: 'Alice',
    client: 'localhost',
    active: true,
    startedAt: new Date(NOW).toISOString(),
    updatedAt: new Date(NOW + 60_000).toISOString(),
    stoppedAt: null,
    durationSeconds: 60,
    inputOctets: 1,
    outputOctets: 2,
    framedIpAddress: '192.168.0.5',
    callingStationId: null,
    terminateCause: null,
    class: null,
    acctSessionId: 'A1',
    nasIpAddress: '10.0.0.7',
    nasIdentifier: null,
    source: '127.0.0.1',
    records: 1,
  }
  expect(await admin.run('session show', { id: 1 })).toEqual({ session })
  expect(await admin.run('session list', { user: 'ALICE', client: 'localhost', active: true })).toEqual({
    sessions: [session],
    nextCursor: null,
  })
  expect(await admin.run('session list', { active: false })).toEqual({ sessions: [], nextCursor: null })
})

test('a session is not disconnected where the client is not set to allow it, and the trail says who tried', async () => {
  expect((await refusal(admin.run('session disconnect', { id: 1 }))).slice(0, 2)).toEqual([
    'denied',
    'localhost is not set to take Disconnect-Requests',
  ])
  expect(await admin.run('audit list', { limit: 1 })).toMatchObject({
    entries: [
      {
        action: 'session disconnect',
        actor: 'admin:carol',
        user: 'Alice',
        outcome: 'refused',
        reason: 'not-allowed',
        detail: 'session 1 at localhost',
      },
    ],
  })
  const none = await refusal(admin.run('session disconnect', { id: 99 }))
  expect(none).toEqual(['not-found', 'there is no session 99', 'see `sallyport session list`'])
  await admin.store.writeSessions([{ ...SESSION, kind: 'stop', at: NOW + 70_000 }])
  expect((await refusal(admin.run('session disconnect', { id: 1 }))).slice(0, 2)).toEqual([
    'conflict',
    'session 1 has ended',
  ])
})
