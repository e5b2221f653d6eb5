/** What an administrator does by the CLI, and what a user's logins then become, on the real server over UDP. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { DATABASES } from '../support/databases.ts'
import { base32, hexOf, hotp, secretOf, totp } from './otp.ts'
import type { RadiusClient } from './radius_client.ts'
import { TestServer } from './server.ts'

describe.each(DATABASES)('on $name', (kind) => {
  let server: TestServer
  let nas: RadiusClient

  beforeAll(async () => {
    server = await TestServer.start({ kind })
    nas = await server.client()
  })
  afterAll(() => server?.close())

  const enroll = (serial: string, fields: Readonly<Record<string, unknown>> = {}) =>
    server.command('token', 'enroll', {
      ...{ type: 'hotp', serial, user: `user-${serial}`, secretHex: secretOf(serial), pin: '1234' },
      ...fields,
    })
  const login = (serial: string, counter: number, pin = '1234') =>
    nas.login(`user-${serial}`, pin + hotp({ secretHex: secretOf(serial) }, counter))

  /** The CLI, of which is expected that it does it. */
  async function done(args: readonly string[], stdin = ''): Promise<string> {
    const { status, stdout, stderr } = await server.sallyport(args, stdin)
    expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: '' })
    return stdout
  }

  test('a token made by the CLI logs its user in, once for each OTP, and the trail says so', async () => {
    const enrolled = await done(
      ['token', 'enroll', 'hotp', 'alice', '--serial', 'ALICE1', '--pin-stdin'],
      '1234\n',
    )
    const [, secret = ''] = /^secret +([A-Z2-7]{32})$/m.exec(enrolled) ?? []
    expect(enrolled).toContain(`otpauth://hotp/Sallyport:alice?secret=${secret}`)
    const otp = (counter: number) => hotp({ secretHex: hexOf(secret) }, counter)

    expect(await nas.login('alice', `1234${otp(0)}`)).toBe('accept')
    expect(await nas.login('alice', `1234${otp(0)}`)).toBe('reject')
    expect(await nas.login('alice', `4321${otp(1)}`)).toBe('reject')
    expect(await nas.login('Alice', `1234${otp(1)}`)).toBe('accept')

    expect(await done(['token', 'show', 'ALICE1'])).toMatch(
      /^user +alice\nstate +ok\nPIN +set\ncounter +2\n/m,
    )
    expect(await done(['token', 'list', '--user', 'alice'])).toMatch(/^ALICE1 +hotp +alice +ok +0\/10 /m)
    const trail = JSON.parse(await done(['audit', 'list', '--user', 'alice', '--json'])).entries
    const said = trail.map(({ action, actor, source, outcome, reason }: Record<string, unknown>) =>
      [action, actor, source, outcome, reason].join(' '),
    )
    expect(said).toEqual([
      'login client:vpn 127.0.0.1 accept otp-accepted',
      'login client:vpn 127.0.0.1 reject wrong-pin',
      'login client:vpn 127.0.0.1 reject otp-already-used',
      'login client:vpn 127.0.0.1 accept otp-accepted',
      'token enroll admin:carol socket done ',
    ])
    expect(await done(['audit', 'verify'])).toMatch(/^ok +yes\n/)
  })

  const GENERATORS = (['sha1', 'sha256', 'sha512'] as const).flatMap((algorithm) =>
    ([6, 8] as const).map((digits) => ({ algorithm, digits, secretHex: secretOf(`${algorithm} ${digits}`) })),
  )

  test.each(GENERATORS)('HOTP with $algorithm and $digits digits is accepted once', async (generator) => {
    const { secretHex, algorithm, digits } = generator
    const serial = `HOTP-${algorithm}-${digits}`
    await enroll(serial, { secretHex, algorithm, digits })
    const answers = await inTurn([0, 0, 9, 8], (counter) =>
      nas.login(`user-${serial}`, `1234${hotp(generator, counter)}`),
    )
    expect(answers).toEqual(['accept', 'reject', 'accept', 'reject'])
  })

  test.each(GENERATORS)('TOTP with $algorithm and $digits digits is accepted once', async (generator) => {
    const { secretHex, algorithm, digits } = generator
    const serial = `TOTP-${algorithm}-${digits}`
    await enroll(serial, { type: 'totp', secretHex, algorithm, digits })
    const now = totp(generator)
    // The next step is in the window also when this one ends in between.
    const answers = await inTurn([now, now, totp(generator, 1)], (otp) =>
      nas.login(`user-${serial}`, `1234${otp}`),
    )
    expect(answers).toEqual(['accept', 'reject', 'accept'])
  })

  test('two OTPs in a row from far ahead bring a token back into step', async () => {
    await enroll('AUTOSYNC')
    expect(await inTurn([500, 501, 501, 502], (counter) => login('AUTOSYNC', counter))).toEqual([
      ...['reject', 'accept', 'reject', 'accept'],
    ])
  })

  test('a resync by the CLI moves the token to behind the second OTP, and forwards only', async () => {
    await enroll('RESYNC')
    const otp = (counter: number) => hotp({ secretHex: secretOf('RESYNC') }, counter)
    await done(['token', 'resync', 'RESYNC', otp(700), otp(701)])
    expect(await inTurn([701, 702], (counter) => login('RESYNC', counter))).toEqual(['reject', 'accept'])
    const backwards = await server.sallyport(['token', 'resync', 'RESYNC', otp(100), otp(101)])
    expect(backwards).toMatchObject({ status: 1, stdout: '' })
    expect((await server.token('RESYNC')).counter).toBe(703)
  })

  test('max_fail wrong logins lock a token, and reset-fail-count opens it', async () => {
    await enroll('LOCK', { maxFail: 3 })
    const wrong = () => nas.login('user-LOCK', '1234000000')
    expect(await inTurn([1, 2, 3], wrong)).toEqual(['reject', 'reject', 'reject'])
    expect(await login('LOCK', 0)).toBe('reject')
    expect(await done(['token', 'list', '--locked', '--user', 'user-LOCK'])).toMatch(
      /^LOCK .* locked +3\/3 /m,
    )
    await done(['token', 'reset-fail-count', 'LOCK'])
    expect(await login('LOCK', 0)).toBe('accept')
  })

  test('user reset-fail-count opens all tokens of a user', async () => {
    await enroll('LOCK-A', { user: 'ursula', maxFail: 1 })
    await enroll('LOCK-B', { user: 'ursula', maxFail: 1, secretHex: secretOf('LOCK-B') })
    expect(await nas.login('ursula', '0000000000')).toBe('reject')
    expect(await nas.login('ursula', `1234${hotp({ secretHex: secretOf('LOCK-B') }, 0)}`)).toBe('reject')
    await done(['user', 'reset-fail-count', 'ursula'])
    expect(await nas.login('ursula', `1234${hotp({ secretHex: secretOf('LOCK-B') }, 0)}`)).toBe('accept')
  })

  test('a disabled token is as if it were not there; enabled again it goes on where it was', async () => {
    await enroll('SWITCH')
    expect(await login('SWITCH', 0)).toBe('accept')
    await done(['token', 'disable', 'SWITCH'])
    expect(await login('SWITCH', 1)).toBe('reject')
    await done(['token', 'enable', 'SWITCH'])
    expect((await server.token('SWITCH')).failCount).toBe(0)
    expect(await inTurn([0, 1], (counter) => login('SWITCH', counter))).toEqual(['reject', 'accept'])
  })

  test.each([
    { limit: '--max-attempts', value: '1', reason: 'attempts-used-up' },
    { limit: '--max-successes', value: '1', reason: 'successes-used-up' },
    { limit: '--valid-until', value: '2020-01-01', reason: 'token-expired' },
    { limit: '--valid-from', value: '2120-01-01', reason: 'token-not-yet-valid' },
  ])('$limit that is exceeded blocks a token until it is lifted', async ({ limit, value, reason }) => {
    const serial = `LIMIT${limit.toUpperCase()}`
    await enroll(serial)
    expect(await login(serial, 0)).toBe('accept')
    await done(['token', 'set-limits', serial, limit, value])
    expect(await login(serial, 1)).toBe('reject')
    const { entries } = await server.command('audit', 'list', { serial, action: 'login', limit: 1 })
    expect(entries).toMatchObject([{ outcome: 'reject', reason, serials: [serial] }])
    await done(['token', 'set-limits', serial, limit, 'none'])
    expect(await login(serial, 1)).toBe('accept')
  })

  test('a lost token is replaced by a password of the same PIN, and works no more', async () => {
    await enroll('LOST')
    const { password, token } = JSON.parse(await done(['token', 'lost', 'LOST', '--json']))
    const attempts = [`1234${password}`, `9999${password}`, `1234${hotp({ secretHex: secretOf('LOST') }, 0)}`]
    const answers = await inTurn(attempts, (attempt) => nas.login('user-LOST', attempt))
    expect({ answers, length: password.length }).toEqual({
      answers: ['accept', 'reject', 'reject'],
      length: 10,
    })
    expect(Date.parse(token.validUntil) - Date.parse(token.createdAt)).toBe(10 * 86_400_000)
  })

  test('an unassigned token logs nobody in; assigned again it belongs to the other user with the new PIN', async () => {
    await enroll('PASSED-ON')
    expect(await login('PASSED-ON', 0)).toBe('accept')
    await done(['token', 'unassign', 'PASSED-ON'])
    expect(await login('PASSED-ON', 1)).toBe('reject')
    await done(['token', 'assign', 'PASSED-ON', 'successor', '--pin-stdin'], '9876\n')
    expect(await login('PASSED-ON', 1)).toBe('reject')
    const otp = (counter: number) => hotp({ secretHex: secretOf('PASSED-ON') }, counter)
    expect(await nas.login('successor', `9876${otp(0)}`)).toBe('reject')
    expect(await nas.login('successor', `9876${otp(1)}`)).toBe('accept')
  })

  test('a deleted token is gone, and the trail keeps what it did', async () => {
    await enroll('GONE')
    expect(await login('GONE', 0)).toBe('accept')
    await done(['token', 'delete', 'GONE'])
    expect(await login('GONE', 1)).toBe('reject')
    expect(await server.sallyport(['token', 'show', 'GONE'])).toMatchObject({ status: 1, stdout: '' })
    const { entries } = await server.command('audit', 'list', { serial: 'GONE' })
    expect((entries as { action: string }[]).map(({ action }) => action)).toEqual([
      ...['token delete', 'login', 'token enroll'],
    ])
  })

  test('sallyport test is a RADIUS client: 0 accepted, 1 rejected', async () => {
    await enroll('TESTED', { secret: base32(secretOf('TESTED')), secretHex: undefined })
    const { host, port } = server.listening[0]!
    const password = `1234${hotp({ secretHex: secretOf('TESTED') }, 0)}\n`
    const args = ['test', 'user-TESTED', '--server', `${host}:${port}`, '--password-stdin']
    const first = await server.sallyport(args, password)
    const second = await server.sallyport(args, password)
    expect([first.status, second.status]).toEqual([0, 1])
    expect(first.stdout).toContain('Access-Accept')
    expect(second.stdout).toContain('Access-Reject')
  })

  test('everything above left a trail that verifies', async () => {
    const verified = await server.command('audit', 'verify')
    expect(verified).toEqual({ ok: true, entries: expect.any(Number), firstBad: null })
  })
})

async function inTurn<T, R>(values: readonly T[], act: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const value of values) results.push(await act(value))
  return results
}
