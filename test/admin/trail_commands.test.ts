/** What the trail says in plain words: a token's history and its clock, the newest logins, and what mends a user's. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Explained } from '../../src/admin/explained.ts'
import type { Fix } from '../../src/admin/fix.ts'
import { tokenType } from '../../src/tokens/registry.ts'
import { NOW } from '../auth/make_token.ts'
import { type Admin, makeAdmin, OTPS, refusal, SECRET_HEX } from './make_admin.ts'

/** After the database was made: rows before that carry no notes. */
const LATER = NOW + 3650 * 86_400_000

let admin: Admin
let now: number

beforeEach(async () => {
  now = LATER
  admin = await makeAdmin(() => now)
})
afterEach(async () => await admin.close())

const enroll = (fields: object = {}) =>
  admin.run('token enroll', { type: 'hotp', serial: 'H1', user: 'alice', secretHex: SECRET_HEX, ...fields })
const login = async (password: string, user = 'alice') =>
  ((await admin.run('login check', { user, password })) as { verdict: string }).verdict

interface History {
  readonly entries: readonly Explained[]
  readonly drift: readonly { at: string; seconds: number; steps: number | null }[]
  readonly nextCursor: string | null
}
const history = (body: object): Promise<History> => admin.run('token history', body)

const PERIOD_MS = 30_000
const totp = tokenType('totp')
const state = totp.enroll({ secret: Buffer.from(SECRET_HEX, 'hex') }, new Uint8Array(64))
/** The code of a phone whose clock is `steps` ahead of ours. */
const codeOf = (steps: number) => totp.codeAt(state, Math.floor(now / PERIOD_MS) + steps)

test("a TOTP token's clock is told from its codes, resyncs and pages", async () => {
  await enroll({ type: 'totp', serial: 'T1' })
  const expected: { at: string; seconds: number; steps: number | null }[] = []
  const walk = [0, 1, 1, 2, 3, 2]
  for (const [i, steps] of walk.entries()) {
    now = LATER + (i + 1) * 10 * PERIOD_MS
    expect([i, await login(codeOf(steps))]).toEqual([i, 'accept'])
    expected.unshift({
      at: new Date(now).toISOString(),
      seconds: steps * 30,
      steps: steps - (walk[i - 1] ?? 0),
    })
  }
  now += 10 * PERIOD_MS
  await admin.run('token resync', { serial: 'T1', otp1: codeOf(20), otp2: codeOf(21) })
  expected.unshift({ at: new Date(now).toISOString(), seconds: 21 * 30, steps: null })
  now += 10 * PERIOD_MS
  expect(await login(codeOf(20))).toBe('accept')
  expected.unshift({ at: new Date(now).toISOString(), seconds: 600, steps: -1 })

  const whole = await history({ serial: 'T1' })
  expect(whole.drift).toEqual(expected)
  expect(whole.entries).toHaveLength(expected.length + 1)
  expect(whole.nextCursor).toBeNull()
  const paged: unknown[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = await history({ serial: 'T1', limit: 2, ...(cursor === undefined ? {} : { cursor }) })
    paged.push(...page.drift)
    cursor = page.nextCursor
  }
  expect(paged).toEqual(expected)
  expect((await refusal(history({ serial: 'T1', cursor: 'x' })))[1]).toMatch(/^cursor is not one/)
})

test('the history of an HOTP token tells how far its codes were, and outlives it', async () => {
  await enroll()
  await login(OTPS[0]!)
  await login(OTPS[4]!)
  await login(OTPS[4]!)
  const { entries, drift } = await history({ serial: 'H1' })
  expect(drift.map(({ seconds, steps }) => [seconds, steps])).toEqual([
    [0, 3],
    [0, 0],
  ])
  expect(entries.map(({ explanation }) => explanation)).toEqual([
    'rejected: the OTP was a code that had been used or passed over before (1 code back, failure 1 of 10)',
    'accepted: PIN and OTP were right (3 codes ahead)',
    'accepted: PIN and OTP were right',
    'carol ran `token enroll`: done (hotp, no PIN)',
  ])
  await admin.run('token delete', { serial: 'H1' })
  expect(await history({ serial: 'H1', limit: 1 })).toMatchObject({
    entries: [{ explanation: 'carol ran `token delete`: done (hotp)' }],
    drift: [],
  })
  expect((await refusal(history({ serial: 'X' })))[0]).toBe('not-found')
})

interface Recent {
  readonly logins: readonly (Explained & { readonly client: string | null })[]
  readonly newest: number
  readonly leftOut: boolean
}
const recent = (body: object = {}): Promise<Recent> => admin.run('login recent', body)

test('login recent is polled for what is new, each login once', async () => {
  await enroll()
  const first = await recent()
  expect(first).toEqual({ logins: [], newest: expect.any(Number), leftOut: false })
  await login(OTPS[0]!)
  await login('000000')
  const second = await recent({ after: first.newest })
  expect(second.logins.map(({ reason, client }) => [reason, client])).toEqual([
    ['wrong-otp', null],
    ['otp-accepted', null],
  ])
  expect(await recent({ after: second.newest })).toEqual({
    logins: [],
    newest: second.newest,
    leftOut: false,
  })
  for (let i = 1; i <= 3; i++) await login(OTPS[i]!)
  expect(await recent({ after: second.newest, limit: 2 })).toMatchObject({
    logins: [{ outcome: 'accept' }, { outcome: 'accept' }],
    leftOut: true,
  })
  expect((await recent({ outcome: 'reject' })).logins.map(({ id }) => id)).toEqual([second.logins[0]!.id])
  expect((await recent({ reason: 'otp-accepted', limit: 1 })).logins).toHaveLength(1)
  expect((await recent({ user: 'ALICE' })).logins).toHaveLength(5)
  expect((await recent({ client: 'vpn' })).logins).toEqual([])
  // Operations take part of the ids, and are no logins.
  await admin.run('token disable', { serial: 'H1' })
  const { newest } = await recent()
  expect(await recent({ after: newest - 1 })).toEqual({ logins: [], newest, leftOut: false })
})

test('user show says what would mend a login, as long as it would', async () => {
  const last = async () => {
    const { recent } = (await admin.run('user show', { user: 'alice' })) as {
      recent: (Explained & { fix: Fix | null })[]
    }
    return recent.find(({ action }) => action === 'login')!
  }
  const mend = async ({ command, input }: Fix) => admin.run(command, input)
  await enroll({ maxFail: 1 })
  await login('000000')
  const locking = await last()
  expect(locking).toMatchObject({
    explanation:
      'rejected: the OTP was no code of the token, near or far (failure 1 of 1); that locked the token',
    fix: { command: 'token reset-fail-count', input: { serial: 'H1' }, words: 'unlock token H1' },
  })
  await mend(locking.fix!)
  expect((await last()).fix).toBeNull()

  const obstacles: [string, object, Fix['command'], object][] = [
    ['token disable', {}, 'token enable', {}],
    ['token set-limits', { validUntil: '2026-01-01' }, 'token set-limits', { validUntil: null }],
    ['token set-limits', { validFrom: '2040-01-01' }, 'token set-limits', { validFrom: null }],
    ['token set-limits', { maxAttempts: 0 }, 'token set-limits', { maxAttempts: null }],
    ['token set-limits', { maxSuccesses: 0 }, 'token set-limits', { maxSuccesses: null }],
  ]
  for (const [command, body, fixCommand, fixInput] of obstacles) {
    await admin.run(command, { serial: 'H1', ...body })
    expect(await login(OTPS[1]!)).toBe('reject')
    const { fix } = await last()
    expect(fix).toMatchObject({ command: fixCommand, input: { serial: 'H1', ...fixInput } })
    await mend(fix!)
    expect((await last()).fix).toBeNull()
  }
  expect(await login(OTPS[1]!)).toBe('accept')
})
