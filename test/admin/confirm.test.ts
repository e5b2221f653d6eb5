/** Pending tokens, and OTPs that are only looked at. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { TokenView } from '../../src/admin/token_view.ts'
import { NOW } from '../auth/make_token.ts'
import { type Admin, makeAdmin, OTPS, refusal, SECRET_HEX } from './make_admin.ts'

let admin: Admin
let now: number

beforeEach(async () => {
  now = NOW
  admin = await makeAdmin(() => now)
})
afterEach(async () => await admin.close())

const run = (name: string, body: object): Promise<{ token: TokenView }> => admin.run(name, body)
const enroll = (fields: object = {}) =>
  run('token enroll', { type: 'hotp', serial: 'H1', user: 'alice', secretHex: SECRET_HEX, ...fields })
const show = async (serial = 'H1') => (await run('token show', { serial })).token
const confirm = (otp: string, serial = 'H1') => run('token confirm', { serial, otp })
const login = async (password: string) => {
  const { verdict, reason } = (await admin.run('login check', { user: 'alice', password })) as Record<
    string,
    unknown
  >
  return `${verdict} ${reason}`
}
const lastAudit = async () => {
  const { rows } = await admin.store.listAudit({ limit: 1, cursor: null })
  const { action, outcome, reason, detail } = rows[0]!
  return [action, outcome, reason, detail]
}

describe('a pending token', () => {
  beforeEach(async () => {
    await enroll({ pending: true, maxFail: 3 })
  })

  test('takes no part in logins until its first OTP, which is spent then', async () => {
    expect(await show()).toMatchObject({ pending: true, active: false })
    expect(await login(OTPS[0]!)).toBe('reject token-disabled')
    const { token } = await confirm(OTPS[1]!)
    expect(token).toMatchObject({ pending: false, active: true, counter: 2, failCount: 0 })
    expect(await lastAudit()).toEqual(['token confirm', 'done', null, 'in the window: 1 code ahead'])
    expect(await login(OTPS[1]!)).toBe('reject otp-already-used')
    expect(await login(OTPS[2]!)).toBe('accept otp-accepted')
    expect(await refusal(confirm(OTPS[3]!))).toEqual([
      'conflict',
      'token H1 does not wait for its first OTP',
      'it takes part in logins',
    ])
  })

  test('is locked by wrong first OTPs, and then by right ones not activated', async () => {
    for (const failCount of [1, 2, 3]) {
      expect(await refusal(confirm('000000'))).toEqual([
        'invalid',
        'the OTP is no code of this token',
        'type the code that this very entry shows now; if it goes on, delete the token and enroll it again',
      ])
      expect(await show()).toMatchObject({ failCount, pending: true, attemptCount: 0 })
      expect(await lastAudit()).toEqual([
        'token confirm',
        'refused',
        'wrong-otp',
        'found nowhere, near or far',
      ])
    }
    expect((await refusal(confirm(OTPS[0]!))).slice(0, 2)).toEqual([
      'conflict',
      'token H1 is locked: 3 wrong OTPs were tried',
    ])
    await run('token reset-fail-count', { serial: 'H1' })
    expect((await confirm(OTPS[0]!)).token.active).toBe(true)
  })

  test('that was disabled by hand is not let in by a confirmation', async () => {
    expect((await run('token disable', { serial: 'H1' })).token).toMatchObject({
      pending: false,
      active: false,
    })
    expect((await refusal(confirm(OTPS[0]!)))[0]).toBe('conflict')
    expect(await login(OTPS[0]!)).toBe('reject token-disabled')
  })

  test('is activated by enabling it', async () => {
    expect((await run('token enable', { serial: 'H1' })).token).toMatchObject({
      pending: false,
      active: true,
    })
    expect(await lastAudit()).toEqual(['token enable', 'done', null, 'waited for its first OTP'])
    expect(await login(OTPS[0]!)).toBe('accept otp-accepted')
  })

  test('is found by the list', async () => {
    await enroll({ serial: 'H2' })
    const serials = async (pending: boolean) =>
      ((await admin.run('token list', { pending })) as { tokens: TokenView[] }).tokens.map(
        ({ serial }) => serial,
      )
    expect([await serials(true), await serials(false)]).toEqual([['H1'], ['H2']])
  })

  test('that is reported lost waits no more', async () => {
    await run('token lost', { serial: 'H1' })
    expect(await show()).toMatchObject({ pending: false, active: false })
  })
})

test('a TOTP token learns its clock error from the first OTP', async () => {
  await enroll({ serial: 'T1', type: 'totp', pending: true })
  now = 59_000 // RFC 6238's first time: step 1
  const { token } = await confirm(OTPS[2]!, 'T1')
  expect(token).toMatchObject({ active: true, counter: 3, drift: 30 })
  expect(await lastAudit()).toEqual(['token confirm', 'done', null, 'drift 0 -> 30'])
})

describe('token test', () => {
  const test_ = (otp: string, serial = 'H1') => admin.run('token test', { serial, otp })
  beforeEach(async () => {
    await enroll({ window: 2, syncWindow: 8 })
    await login(OTPS[0]!)
    await login(OTPS[1]!)
  })

  test.each([
    [2, { found: 'window', distance: 0, words: 'in the window: the expected code' }],
    [3, { found: 'window', distance: 1, words: 'in the window: 1 code ahead' }],
    [
      4,
      {
        found: 'sync-window',
        distance: 2,
        words: 'outside of the window, where resync looks: 2 codes ahead',
      },
    ],
    [1, { found: 'used', distance: -1, words: 'used or passed over before: 1 code back' }],
    [0, { found: 'used', distance: -2, words: 'used or passed over before: 2 codes back' }],
    [null, { found: 'nowhere', distance: null, words: 'found nowhere, near or far' }],
  ])('of the code %s says where it lies, and changes nothing', async (index, expected) => {
    const before = await show()
    expect(await test_(index === null ? '000000' : OTPS[index]!)).toEqual(expected)
    expect(await lastAudit()).toEqual(['token test', 'done', null, expected.words])
    expect(await show()).toEqual(before)
    expect(await login(OTPS[2]!)).toBe('accept otp-accepted')
  })

  test('is bounded for each account, whichever token is tried', async () => {
    await enroll({ serial: 'H2' })
    await enroll({ serial: 'H3', user: 'bob' })
    const tried: unknown[] = []
    for (let i = 0; i < 12; i++) tried.push((await refusal(test_('000000', i % 2 === 0 ? 'H1' : 'H2')))[0])
    expect(tried).toEqual([...Array(10).fill('nothing'), 'unavailable', 'unavailable'])
    expect((await refusal(confirm('000000')))[0]).toBe('unavailable')
    expect((await refusal(test_('000000', 'H3')))[0]).toBe('nothing')
  })
})
