import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Context } from '../../src/admin/command.ts'
import { changeToken } from '../../src/admin/token_change.ts'
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

interface Answer {
  readonly token: TokenView
  readonly password: string
  readonly secret: string
  readonly otpauthUri: string
}

const run = (name: string, body?: object): Promise<Answer> => admin.run(name, body)
const enroll = (fields: object = {}) =>
  run('token enroll', { type: 'hotp', serial: 'H1', user: 'alice', secretHex: SECRET_HEX, ...fields })
const show = async (serial = 'H1') => (await run('token show', { serial })).token
const login = async (password: string, user = 'alice') => {
  const { verdict, reason } = (await admin.run('login check', { user, password })) as Record<string, unknown>
  return `${verdict} ${reason}`
}
const lastAudit = async () => {
  const { rows } = await admin.store.listAudit({ limit: 1, cursor: null })
  const { actor, source, user, serials, action, outcome, reason, detail } = rows[0]!
  return { actor, source, user, serials, action, outcome, reason, detail }
}
const operation = (action: string, rest: object = {}) => ({
  ...{ actor: 'admin:carol', source: 'socket', user: 'alice', serials: ['H1'], action },
  ...{ outcome: 'done', reason: null, detail: null },
  ...rest,
})

/** alice's token as `enroll()` makes it. */
const FRESH: TokenView = {
  serial: 'H1',
  type: 'hotp',
  user: 'alice',
  active: true,
  pending: false,
  locked: false,
  description: null,
  digits: 6,
  algorithm: 'sha1',
  period: null,
  counter: 0,
  window: 10,
  syncWindow: 1000,
  drift: 0,
  failCount: 0,
  maxFail: 10,
  attemptCount: 0,
  maxAttempts: null,
  successCount: 0,
  maxSuccesses: null,
  validFrom: null,
  validUntil: null,
  pinSet: false,
  changePin: false,
  createdAt: '2026-11-24T12:00:00.000Z',
  lastUsedAt: null,
}

describe('token enroll', () => {
  test('answers the token, and its secret as base32 and as a URI', async () => {
    expect(await enroll({ pin: '1234' })).toEqual({
      token: { ...FRESH, pinSet: true },
      otpauthUri:
        'otpauth://hotp/Sallyport:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Sallyport&counter=0',
      secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    })
    expect(await lastAudit()).toEqual(operation('token enroll', { detail: 'hotp, PIN set' }))
    expect(await login(`1234${OTPS[0]}`)).toBe('accept otp-accepted')
  })

  test('generates what is not given: a serial, and a secret as long as the hash', async () => {
    const { token, secret } = await run('token enroll', {
      type: 'totp',
      algorithm: 'sha512',
      period: 60,
      digits: 8,
    })
    expect(token.serial).toMatch(/^TOTP[0-9A-F]{8}$/)
    expect(token).toEqual({
      ...FRESH,
      ...{ serial: token.serial, type: 'totp', user: null, digits: 8, algorithm: 'sha512', period: 60 },
      ...{ window: 2, syncWindow: 100 },
    })
    expect(secret).toMatch(/^[A-Z2-7]{103}$/)
  })

  test.each([
    [
      'base32 with spaces, small letters and padding',
      { secret: 'gezd gnbv gy3t qojq gezd gnbv gy3t qojq====' },
    ],
    ['hexadecimal with colons', { secretHex: SECRET_HEX.match(/../g)!.join(':').toUpperCase() }],
  ])('reads a secret in %s', async (_, secret) => {
    const { secret: shown } = await run('token enroll', { type: 'hotp', ...secret })
    expect(shown).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
  })

  test('starts at a given counter, and keeps every other choice', async () => {
    const chosen = { counter: 5, window: 3, syncWindow: 50, maxFail: 0, description: 'blue' }
    expect((await enroll(chosen)).token).toEqual({ ...FRESH, ...chosen })
    expect(await login(OTPS[4]!)).toBe('reject otp-already-used')
    expect(await login(OTPS[5]!)).toBe('accept otp-accepted')
  })

  test('keeps the spelling of a user who has a token already', async () => {
    await enroll({ user: 'Alice' })
    expect((await enroll({ serial: 'H2', user: 'ALICE' })).token.user).toBe('Alice')
  })

  test.each([
    ['a period for hotp', { period: 30 }, 'period is for totp only', 'leave it out for hotp'],
    ['a counter for totp', { type: 'totp', counter: 1 }, 'counter is for hotp only', 'leave it out for totp'],
    [
      'both kinds of secret',
      { secret: 'A' },
      'secret and secretHex are two ways to say the same',
      'give one of them',
    ],
    [
      'a secret that is not base32',
      { secretHex: undefined, secret: 'hunter1!' },
      'secret is not base32: only the letters A-Z and the digits 2-7 occur in it',
      'hexadecimal goes into secretHex',
    ],
    [
      'a secret that is not hexadecimal',
      { secretHex: '123' },
      'secretHex is not hexadecimal: an even number of the digits 0-9 and A-F',
      'base32 goes into secret',
    ],
    [
      'a secret that is too short',
      { secretHex: '00'.repeat(9) },
      'the secret has 9 octets; allowed are 10 to 128',
      'leave it out, and one of the right length is generated',
    ],
    [
      'a secret that is too long',
      { secretHex: '00'.repeat(129) },
      'the secret has 129 octets; allowed are 10 to 128',
      'leave it out, and one of the right length is generated',
    ],
    ['no window', { window: 0 }, 'window must be at least 1 for hotp: with 0 no code is ever accepted', ''],
    [
      'a sync window below the window',
      { window: 9, syncWindow: 8 },
      'syncWindow must be at least window, which is 9',
      '',
    ],
    ['a type that cannot be enrolled', { type: 'password' }, 'type must be hotp or totp', ''],
  ])('refuses %s', async (_, fields, message, hint) => {
    expect(await refusal(enroll(fields))).toEqual(['invalid', message, hint])
    expect(await admin.store.countTokens({})).toEqual({ total: 0, isExact: true })
  })

  test('refuses a serial that there is, whoever owns it', async () => {
    await enroll()
    const taken = ['conflict', 'there is a token H1 already', 'see `sallyport token show H1`']
    for (const user of ['alice', 'bob', undefined]) expect(await refusal(enroll({ user }))).toEqual(taken)
  })

  test('gives one serial to one of many who ask for it at once', async () => {
    const users = Array.from({ length: 8 }, (_, i) => `user${i}`)
    const results = await Promise.all(users.map((user) => refusal(enroll({ user }))))
    expect(results.filter((result) => result[0] === 'nothing')).toHaveLength(1)
    expect(results.filter((result) => result[0] === 'conflict')).toHaveLength(7)
    expect(await admin.store.countTokens({})).toEqual({ total: 1, isExact: true })
  })
})

describe('what each command makes of a token', () => {
  interface Row {
    readonly name: string
    readonly given?: object
    readonly before?: () => Promise<unknown>
    readonly command: string
    readonly body?: object
    readonly changes: Partial<TokenView>
    readonly audit?: object
  }

  const fail = async (times: number) => {
    for (let i = 0; i < times; i++) await login('000000')
  }

  const rows: Row[] = [
    { name: 'disables', command: 'disable', changes: { active: false } },
    {
      name: 'disabling a disabled one does nothing, and is done',
      before: () => run('token disable', { serial: 'H1' }),
      command: 'disable',
      changes: { active: false },
      audit: { detail: 'was disabled already' },
    },
    {
      name: 'enables, and keeps the counters',
      before: async () => {
        await login(OTPS[0])
        await fail(2)
        await run('token disable', { serial: 'H1' })
      },
      command: 'enable',
      changes: {
        ...{ counter: 1, failCount: 2, attemptCount: 3, successCount: 1 },
        lastUsedAt: '2026-11-24T12:00:00.000Z',
      },
    },
    {
      name: 'unassigns: owner, PIN and failures go, counter and attempts stay',
      given: { pin: '1234' },
      before: async () => {
        await login(`1234${OTPS[0]}`)
        await login('1234000000')
      },
      command: 'unassign',
      changes: {
        user: null,
        counter: 1,
        attemptCount: 2,
        successCount: 1,
        lastUsedAt: '2026-11-24T12:00:00.000Z',
      },
      audit: { detail: "was alice's" },
    },
    {
      name: 'sets a PIN',
      command: 'set-pin',
      body: { pin: 'x' },
      changes: { pinSet: true },
      audit: { detail: 'PIN set' },
    },
    {
      name: 'sets a PIN that the user must change',
      command: 'set-pin',
      body: { pin: 'x', changeAtNextLogin: true },
      changes: { pinSet: true, changePin: true },
      audit: { detail: 'PIN set, to be changed at the next login' },
    },
    {
      name: 'lets the user choose the first PIN',
      command: 'set-pin',
      body: { pin: null, changeAtNextLogin: true },
      changes: { changePin: true },
      audit: { detail: 'PIN cleared, to be changed at the next login' },
    },
    {
      name: 'a PIN that is set otherwise stays',
      before: () => run('token set-pin', { serial: 'H1', pin: 'x', changeAtNextLogin: true }),
      command: 'set-pin',
      body: { pin: 'y' },
      changes: { pinSet: true },
      audit: { detail: 'PIN set' },
    },
    {
      name: 'has the PIN changed that there is',
      given: { pin: '1' },
      command: 'set',
      body: { changePin: true },
      changes: { pinSet: true, changePin: true },
      audit: { detail: 'changePin false -> true' },
    },
    {
      name: 'unassigned, it has no PIN to change',
      given: { pin: '1' },
      before: () => run('token set', { serial: 'H1', changePin: true }),
      command: 'unassign',
      changes: { user: null },
      audit: { detail: "was alice's" },
    },
    {
      name: 'clears a PIN by null',
      given: { pin: '1' },
      command: 'set-pin',
      body: { pin: null },
      changes: {},
      audit: { detail: 'PIN cleared' },
    },
    {
      name: 'clears a PIN by an empty one',
      given: { pin: '1' },
      command: 'set-pin',
      body: { pin: '' },
      changes: {},
      audit: { detail: 'PIN cleared' },
    },
    {
      name: 'unlocks',
      given: { maxFail: 2 },
      before: () => fail(3),
      command: 'reset-fail-count',
      changes: { maxFail: 2, attemptCount: 2 },
      audit: { detail: 'failCount 2 -> 0' },
    },
    {
      name: 'sets settings, and says which',
      command: 'set',
      body: { maxFail: 5, window: 10, description: 'a "b"', successCount: 3 },
      changes: { maxFail: 5, description: 'a "b"', successCount: 3 },
      audit: { detail: 'description none -> "a \\"b\\"", maxFail 10 -> 5, successCount 0 -> 3' },
    },
    {
      name: 'clears a description',
      given: { description: 'x' },
      command: 'set',
      body: { description: null },
      changes: {},
      audit: { detail: 'description "x" -> none' },
    },
    {
      name: 'locks at once when maxFail sinks below the failures',
      before: () => fail(3),
      command: 'set',
      body: { maxFail: 3 },
      changes: { locked: true, failCount: 3, attemptCount: 3, maxFail: 3 },
      audit: { detail: 'maxFail 10 -> 3' },
    },
    {
      name: 'limits, with bare dates to the end of their day',
      command: 'set-limits',
      body: { maxAttempts: 3, validFrom: '2026-11-24', validUntil: '2026-12-31' },
      changes: {
        maxAttempts: 3,
        validFrom: '2026-11-24T00:00:00.000Z',
        validUntil: '2026-12-31T23:59:59.999Z',
      },
      audit: {
        detail:
          'maxAttempts none -> 3, validFrom none -> 2026-11-24T00:00:00.000Z, validUntil none -> 2026-12-31T23:59:59.999Z',
      },
    },
    {
      name: 'limits, with an offset, and lifts a limit by null',
      before: () => run('token set-limits', { serial: 'H1', maxSuccesses: 1 }),
      command: 'set-limits',
      body: { maxSuccesses: null, validUntil: '2026-12-31T18:00:00+01:00' },
      changes: { validUntil: '2026-12-31T17:00:00.000Z' },
      audit: { detail: 'maxSuccesses 1 -> none, validUntil none -> 2026-12-31T17:00:00.000Z' },
    },
    {
      name: 'resyncs far ahead, and forgives the failures',
      before: () => fail(2),
      command: 'resync',
      body: { otp1: OTPS[8], otp2: OTPS[9] },
      changes: { counter: 10, attemptCount: 2 },
      audit: { detail: 'counter 0 -> 10' },
    },
    {
      name: 'never unlocks by resync',
      given: { maxFail: 2 },
      before: () => fail(2),
      command: 'resync',
      body: { otp1: OTPS[8], otp2: OTPS[9] },
      changes: { counter: 10, attemptCount: 2, maxFail: 2, failCount: 2, locked: true },
      audit: { detail: 'counter 0 -> 10' },
    },
  ]

  test.each(rows)('$name', async ({ given, before, command, body, changes, audit }) => {
    await enroll(given)
    await before?.()
    const { token } = await run(`token ${command}`, { serial: 'H1', ...body })
    expect(token).toEqual({ ...FRESH, ...changes })
    expect(await show()).toEqual(token)
    expect(await lastAudit()).toEqual(operation(`token ${command}`, audit))
  })

  test('a command without effect writes no new version of the token', async () => {
    await enroll()
    const version = async () => (await admin.store.load(['user:alice'])).get('user:alice')!.tokens[0]!.version
    const before = await version()
    for (const name of ['token enable', 'token reset-fail-count', 'user reset-fail-count']) {
      await run(name, name.startsWith('user') ? { user: 'alice' } : { serial: 'H1' })
    }
    await run('token set', { serial: 'H1', maxFail: 10 })
    await run('token set-pin', { serial: 'H1', pin: null })
    expect(await version()).toBe(before)
    expect((await admin.store.listAudit({ limit: 9, cursor: null })).rows).toHaveLength(6)
  })
})

describe('token assign', () => {
  test('gives an unassigned token to a user, who can log in at once', async () => {
    await enroll({ user: undefined })
    expect(await login(`9${OTPS[0]}`)).toBe('reject unknown-user')
    expect((await run('token assign', { serial: 'H1', user: 'alice', pin: '9' })).token).toEqual({
      ...FRESH,
      changePin: false,
      pinSet: true,
    })
    expect(await lastAudit()).toEqual(operation('token assign', { detail: 'PIN set' }))
    expect(await login(`9${OTPS[0]}`)).toBe('accept otp-accepted')
  })

  test('keeps the PIN that the token has when none is given', async () => {
    await enroll({ user: undefined, pin: '7' })
    await run('token assign', { serial: 'H1', user: 'alice' })
    expect(await login(`7${OTPS[0]}`)).toBe('accept otp-accepted')
  })

  test('refuses a token that has an owner, even him', async () => {
    await enroll()
    const refused = ['conflict', 'token H1 belongs to alice', 'run `sallyport token unassign H1` first']
    for (const user of ['alice', 'bob'])
      expect(await refusal(run('token assign', { serial: 'H1', user }))).toEqual(refused)
  })

  test('of two who assign one token at once, one wins', async () => {
    await enroll({ user: undefined })
    const results = await Promise.all(
      ['a', 'b'].map((user) => refusal(run('token assign', { serial: 'H1', user }))),
    )
    expect(results.filter((result) => result[0] === 'nothing')).toHaveLength(1)
  })

  test('finds a token that changes hands between finding and changing it', async () => {
    await enroll()
    const { store } = admin.context
    let moved = false
    const locate = async (serial: string) => {
      const key = await store.locate(serial)
      if (!moved) await run('token unassign', { serial })
      moved = true
      return key
    }
    const racing = { ...admin.context, store: { locate } as Context['store'] }
    const change = await changeToken('token disable', 'H1', racing, (token) => ({
      token: { ...token, active: false },
    }))
    expect(change.token).toMatchObject({ active: false, user: null })
  })
})

describe('token resync', () => {
  const hint =
    'let the token show two codes one after the other, used nowhere before, and type them in that order without the PIN'

  test.each([
    ['the wrong way round', OTPS[9]!, OTPS[8]!],
    ['not neighbours', OTPS[6]!, OTPS[8]!],
    ['below the counter', OTPS[0], OTPS[1]!],
  ])('refuses two OTPs that are %s, changes nothing, and audits it', async (_, otp1, otp2) => {
    await enroll({ counter: 2 })
    const message = 'the two OTPs were not found as a consecutive pair of token H1'
    expect(await refusal(run('token resync', { serial: 'H1', otp1, otp2 }))).toEqual([
      'invalid',
      message,
      hint,
    ])
    expect(await show()).toEqual({ ...FRESH, counter: 2 })
    expect(await lastAudit()).toEqual(
      operation('token resync', { outcome: 'refused', reason: 'otps-not-found' }),
    )
  })
})

describe('token lost', () => {
  test('disables it and gives a password for ten days behind the same PIN, in one step', async () => {
    await enroll({ pin: '1234' })
    const { token, password } = await run('token lost', { serial: 'H1' })
    expect(password).toMatch(/^[2-9A-HJ-NP-Z]{10}$/)
    expect(token).toEqual({
      ...FRESH,
      ...{
        serial: token.serial,
        type: 'password',
        digits: 10,
        algorithm: null,
        window: 1,
        syncWindow: 1,
        pinSet: true,
      },
      ...{ description: 'in place of H1', validUntil: '2026-12-04T12:00:00.000Z' },
    })
    expect(token.serial).toMatch(/^LOST[0-9A-F]{8}$/)
    expect((await show()).active).toBe(false)
    expect(await lastAudit()).toEqual(
      operation('token lost', {
        serials: ['H1', token.serial],
        detail: `H1 disabled, ${token.serial} in its place`,
      }),
    )
    expect(await login(`1234${OTPS[0]}`)).toBe('reject wrong-pin')
    expect(await login(`1234${password}`)).toBe('accept otp-accepted')
    now = Date.parse('2026-12-04T12:00:00.001Z')
    expect(await login(`1234${password}`)).toBe('reject token-expired')
  })

  test('refuses a token that belongs to nobody', async () => {
    await enroll({ user: undefined })
    expect(await refusal(run('token lost', { serial: 'H1' }))).toEqual([
      'conflict',
      'token H1 belongs to nobody who could use a password',
      'run `sallyport token disable H1` instead',
    ])
  })
})

test('token delete removes the token, and the audit trail keeps what it did', async () => {
  await enroll()
  await login(OTPS[0])
  expect(await run('token delete', { serial: 'H1' })).toEqual({ serial: 'H1' })
  expect(await lastAudit()).toEqual(operation('token delete', { detail: 'hotp' }))
  expect((await admin.store.listAudit({ serial: 'H1', limit: 9, cursor: null })).rows).toHaveLength(3)
  expect(await login(OTPS[1]!)).toBe('reject unknown-user')
})

test.each([
  ...['show', 'unassign', 'enable', 'disable', 'reset-fail-count', 'delete', 'lost'].map(
    (verb) => [verb, {}] as const,
  ),
  ['assign', { user: 'bob' }] as const,
  ['set-pin', { pin: '1' }] as const,
  ['set', { maxFail: 1 }] as const,
  ['set-limits', { maxAttempts: 1 }] as const,
  ['resync', { otp1: '000000', otp2: '000001' }] as const,
])('token %s of a serial that there is not', async (verb, body) => {
  const message = ['not-found', 'there is no token H9', 'see `sallyport token list`']
  expect(await refusal(run(`token ${verb}`, { serial: 'H9', ...body }))).toEqual(message)
})

test('set-limits refuses a validity that ends before it begins, also together with what is set already', async () => {
  await enroll()
  await run('token set-limits', { serial: 'H1', validUntil: '2026-11-30T00:00:00Z' })
  expect(await refusal(run('token set-limits', { serial: 'H1', validFrom: '2026-12-01' }))).toEqual([
    'invalid',
    'validFrom must not be later than validUntil, which is 2026-11-30T00:00:00.000Z',
    '',
  ])
})

test('no secret, PIN, OTP or password reaches the audit trail', async () => {
  const { secret } = await enroll({ pin: 'hunter2' })
  await run('token set-pin', { serial: 'H1', pin: 'swordfish' })
  await login(`swordfish${OTPS[0]}`)
  await refusal(run('token resync', { serial: 'H1', otp1: OTPS[3], otp2: OTPS[2] }))
  const { password } = await run('token lost', { serial: 'H1' })
  const { rows } = await admin.store.listAudit({ limit: 100, cursor: null })
  const written = JSON.stringify(rows)
  expect(rows).toHaveLength(5)
  for (const word of [secret, SECRET_HEX, 'hunter2', 'swordfish', OTPS[0], OTPS[3]!, OTPS[2]!, password]) {
    expect(written).not.toContain(word)
  }
})
