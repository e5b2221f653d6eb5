import { expect, test } from '@jest/globals'
import { commands, findCommand } from '../../src/admin/commands.ts'
import { validate } from '../../src/admin/validate.ts'
import { refusal } from './make_admin.ts'

const USER = 'user must be a visible name without control characters, of at most 253 octets in UTF-8'
const PIN = 'pin must be at most 64 characters (118 octets in UTF-8) without control characters'
const SERIAL = 'serial must be 1 to 64 of the characters A-Z a-z 0-9 . _ -'
const TIME = 'validUntil must be a date such as 2030-12-31 or a time such as 2030-12-31T18:00:00Z'

const check = async (name: string, body: unknown) => {
  const [noun = '', verb = ''] = name.split(' ')
  return validate(findCommand(commands, noun, verb), body)
}

test.each([
  ['a body that is no object', 'token show', ['x'], 'the input must be a JSON object'],
  ['null', 'token show', null, 'the input must be a JSON object'],
  ['a missing field', 'token show', {}, 'serial is required'],
  ['an unknown field', 'token show', { serial: 'A', tokne: 1 }, 'unknown field "tokne"'],
  ['a wrong type', 'token show', { serial: 1 }, 'serial must be a text'],
  ['a number as text', 'token list', { limit: '5' }, 'limit must be a number'],
  ['a fraction', 'token list', { limit: 1.5 }, 'limit must be a whole number'],
  ['too many rows', 'token list', { limit: 1001 }, 'limit must be at most 1000'],
  ['no rows', 'token list', { limit: 0 }, 'limit must be at least 1'],
  ['a text for a yes or no', 'token list', { active: 'yes' }, 'active must be true or false'],
  ['another choice', 'token list', { type: 'motp' }, 'type must be hotp, totp or password'],
  ['another number', 'token enroll', { type: 'hotp', digits: 7 }, 'digits must be 6 or 8'],
  ['null where there is no null', 'token enroll', { type: 'hotp', pin: null }, 'pin must be a text'],
  ['two wrong fields', 'token assign', { serial: '', user: '' }, `${SERIAL}; ${USER}`],
  ['a serial with a slash', 'token show', { serial: 'a/b' }, SERIAL],
  ['a serial of 65', 'token show', { serial: 'a'.repeat(65) }, SERIAL],
  ['an invisible user', 'user show', { user: ' \u200b\t' }, USER],
  ['a user with a line break', 'user show', { user: 'a\nb' }, USER],
  ['a user with half a character', 'user show', { user: 'a\ud800' }, USER],
  ['a user of 254 octets', 'user show', { user: 'ä'.repeat(127) }, USER],
  ['a PIN of 65', 'token set-pin', { serial: 'A', pin: 'x'.repeat(65) }, PIN],
  ['a PIN with a control character', 'token set-pin', { serial: 'A', pin: 'a\tb' }, PIN],
  ['a PIN that no User-Password has room for', 'token set-pin', { serial: 'A', pin: '€'.repeat(40) }, PIN],
  ['a day that there is not', 'token set-limits', { serial: 'A', validUntil: '2030-02-30' }, TIME],
  ['a time without an offset', 'token set-limits', { serial: 'A', validUntil: '2030-01-01T00:00:00' }, TIME],
  ['a time before 1970', 'token set-limits', { serial: 'A', validUntil: '1969-12-31' }, TIME],
  [
    'an hour that there is not',
    'token set-limits',
    { serial: 'A', validUntil: '2030-01-01T25:00:00Z' },
    TIME,
  ],
  [
    'an OTP with letters',
    'token resync',
    { serial: 'A', otp1: '12345x', otp2: '123456' },
    'otp1 must be a one-time password: digits only, without the PIN',
  ],
])('refuses %s', async (_, name, body, message) => {
  expect((await refusal(check(name, body))).slice(0, 2)).toEqual(['invalid', message])
})

test.each([
  ['the nearest field', 'token show', { serial: 'A', sreial: 1 }, 'did you mean serial?'],
  ['all fields when none is near', 'token show', { serial: 'A', xyzzyx: 1 }, 'fields: serial'],
  ['that there are none', 'server status', { verbose: true }, 'this command takes no fields'],
])('hints at %s', async (_, name, body, hint) => {
  expect((await refusal(check(name, body)))[2]).toBe(hint)
})

test('never repeats what was typed', async () => {
  const secret = 'hunter2'.repeat(100)
  for (const body of [
    { pin: secret },
    { secret },
    { type: secret },
    { digits: secret },
    { user: `${secret}` },
  ]) {
    expect(JSON.stringify(await refusal(check('token enroll', body)))).not.toContain('hunter2')
  }
})

test.each([
  ['user show', { user: 'ä'.repeat(126) }],
  ['user show', { user: 'DOMAIN\\ alice@example.org' }],
  ['token set-pin', { serial: 'a', pin: 'x'.repeat(64) }],
  ['token set-pin', { serial: '._-', pin: '' }],
])('%s takes %j', async (name, body) => {
  expect(await check(name, body)).toEqual(body)
})

test('a command that there is not names the nearest', async () => {
  const unknown = (noun: string, verb: string) => refusal((async () => findCommand(commands, noun, verb))())
  expect(await unknown('token', 'enrol')).toEqual([
    'not-found',
    'there is no such command',
    'did you mean token enroll?',
  ])
  expect(await unknown('user', 'frobnicate')).toEqual([
    'not-found',
    'there is no such command',
    'user: show, list, set, reset-fail-count, set-password',
  ])
})
