import { describe, expect, test } from '@jest/globals'
import { authenticate } from '../../src/auth/authenticate.ts'
import { authenticateByOtp } from '../../src/auth/otp_only.ts'
import { pinMatches } from '../../src/auth/pin.ts'
import { makeAccount, makeLogin, makeToken, NOW, otpAt, PIN_KEY, POLICY, strayOtp } from './make_token.ts'
import { Dialogue } from './play_dialogue.ts'

// `token set-pin --change-at-next-login`
const A = makeToken({ serial: 'A', pin: '1234', changePin: true })
const B = makeToken({ serial: 'B', pin: '1234' })

const asked = (dialogue: Dialogue) => dialogue.ticketAfter(`1234${otpAt(A, 0)}`)
const hasPin = (dialogue: Dialogue, pin: string) => pinMatches(PIN_KEY, dialogue.token().pin, pin)

describe('a PIN that must be changed', () => {
  test('is asked for twice when PIN and OTP were right; the OTP is spent before', () => {
    const dialogue = new Dialogue([A])
    const first = asked(dialogue)
    expect(dialogue.outcome.result).toMatchObject({ reason: 'new-pin-asked', serials: ['A'] })
    expect(dialogue.token()).toMatchObject({ counter: 1, successCount: 1, attemptCount: 1, changePin: true })
    const second = dialogue.ticketAfter('tulip', first)
    expect(dialogue.outcome.result).toMatchObject({ reason: 'new-pin-repeat-asked' })
    expect(hasPin(dialogue, '1234')).toBe(true)
    expect(dialogue.answer(second, 'tulip')).toBe('accept pin-changed A')
    expect(dialogue.outcome.isProvenByCommit).toBe(true)
    expect([hasPin(dialogue, 'tulip'), hasPin(dialogue, '1234')]).toEqual([true, false])
    expect(dialogue.token()).toMatchObject({ changePin: false, counter: 1, successCount: 1, attemptCount: 1 })
    expect(dialogue.say(`tulip${otpAt(A, 1)}`)).toBe('accept otp-accepted A')
    expect(dialogue.say('1234')).toBe('reject wrong-pin A')
  })

  test('after a challenge for the OTP, and after one for the next OTP', () => {
    const dialogue = new Dialogue([A])
    const out = dialogue.ticketAfter(otpAt(A, 300), dialogue.ticketAfter('1234'))
    const first = dialogue.ticketAfter(otpAt(A, 301), out)
    expect(dialogue.outcome.result).toMatchObject({ reason: 'new-pin-asked' })
    expect(dialogue.answer(dialogue.ticketAfter('tulip', first), 'tulip')).toBe('accept pin-changed A')
  })

  test('of a token that had none', () => {
    const none = makeToken({ serial: 'A', changePin: true })
    const dialogue = new Dialogue([none])
    const first = dialogue.ticketAfter(otpAt(none, 0))
    expect(dialogue.answer(dialogue.ticketAfter('tulip', first), 'tulip')).toBe('accept pin-changed A')
    expect(hasPin(dialogue, 'tulip')).toBe(true)
  })

  test.each([
    { name: 'the old one', pin: '1234' },
    { name: 'none', pin: '' },
    { name: 'one with a control character', pin: 'tu\x07lip' },
    { name: 'one of 65 characters', pin: 'x'.repeat(65) },
    { name: 'one of 120 octets', pin: 'ü'.repeat(60) },
  ])('may not be $name, and is asked for again', ({ pin }) => {
    const dialogue = new Dialogue([A])
    const again = dialogue.ticketAfter(pin, asked(dialogue))
    expect(dialogue.outcome.result).toMatchObject({ reason: 'new-pin-refused' })
    expect(dialogue.answer(dialogue.ticketAfter('tulip', again), 'tulip')).toBe('accept pin-changed A')
  })

  test('typed differently is asked for from the start', () => {
    const dialogue = new Dialogue([A])
    const again = dialogue.ticketAfter('rose', dialogue.ticketAfter('tulip', asked(dialogue)))
    expect(dialogue.outcome.result).toMatchObject({ reason: 'new-pins-differ' })
    expect(hasPin(dialogue, '1234')).toBe(true)
    expect(dialogue.answer(dialogue.ticketAfter('rose', again), 'rose')).toBe('accept pin-changed A')
  })

  test('is in no ticket in the clear, and costs a failure at no step', () => {
    const dialogue = new Dialogue([A])
    const second = dialogue.ticketAfter('tulip', asked(dialogue))
    expect(JSON.stringify(second)).not.toContain('tulip')
    expect(dialogue.token().failCount).toBe(0)
  })

  test('is changed once: each ticket of the dialogue is used then', () => {
    const dialogue = new Dialogue([A])
    const otp = dialogue.ticketAfter('1234')
    const first = dialogue.ticketAfter(otpAt(A, 0), otp)
    const second = dialogue.ticketAfter('tulip', first)
    dialogue.answer(second, 'tulip')
    expect([
      dialogue.answer(second, 'tulip'),
      dialogue.answer(first, 'rose'),
      dialogue.answer(otp, otpAt(A, 1)),
    ]).toEqual(Array(3).fill('reject state-used A'))
    expect(hasPin(dialogue, 'tulip')).toBe(true)
  })

  test('is not changed by a ticket that was asked before the OTP', () => {
    const dialogue = new Dialogue([A])
    const otp = dialogue.ticketAfter('1234')
    expect(dialogue.answer(otp, 'tulip')).toBe('reject wrong-otp A')
    expect(dialogue.answer({ ...otp, stage: 'new-pin' }, 'tulip')).toMatch(/^challenge/)
    // That ticket nobody can make: a State is sealed. What the sealed ones say of the token holds all the same:
    asked(dialogue)
    expect(dialogue.answer({ ...otp, stage: 'new-pin' }, 'tulip')).toBe('reject state-used A')
  })

  test('another login meanwhile ends the dialogue', () => {
    const dialogue = new Dialogue([A])
    const first = asked(dialogue)
    dialogue.ticketAfter(`1234${otpAt(A, 1)}`)
    expect(dialogue.answer(first, 'tulip')).toBe('reject state-used A')
  })

  test('the dialogue ends 240 seconds after its OTP, however often a PIN was refused', () => {
    const dialogue = new Dialogue([A])
    let ticket = asked(dialogue)
    for (let i = 0; i < 4; i++) {
      dialogue.now += 60_000
      ticket = dialogue.ticketAfter('', ticket)
    }
    dialogue.now += 1
    expect(dialogue.answer(ticket, 'tulip')).toBe('reject state-expired')
    expect(dialogue.token().changePin).toBe(true)
  })

  test.each([
    { name: 'disabled', fields: { active: false }, expect: 'reject token-disabled A' },
    { name: 'locked', fields: { failCount: 10, lockedAt: NOW }, expect: 'reject token-locked A' },
    { name: 'released from it', fields: { changePin: false }, expect: 'reject state-used A' },
    {
      name: 'given another PIN',
      fields: { pin: makeToken({ pin: '7' }).pin },
      expect: 'reject state-used A',
    },
  ])('a token that is $name meanwhile keeps its PIN', ({ fields, expect: expected }) => {
    const dialogue = new Dialogue([A])
    const second = dialogue.ticketAfter('tulip', asked(dialogue))
    dialogue.change('A', fields)
    const before = dialogue.token()
    expect(dialogue.answer(second, 'tulip')).toBe(expected)
    expect(dialogue.token()).toBe(before)
  })

  test('the last success that was allowed is enough for the dialogue', () => {
    const last = { ...A, maxSuccesses: 1, maxAttempts: 1 }
    const dialogue = new Dialogue([last])
    expect(dialogue.answer(dialogue.ticketAfter('tulip', asked(dialogue)), 'tulip')).toBe(
      'accept pin-changed A',
    )
  })

  test('another token of the user with the same PIN keeps it', () => {
    const dialogue = new Dialogue([A, B])
    dialogue.answer(dialogue.ticketAfter('tulip', asked(dialogue)), 'tulip')
    expect(dialogue.token('B')).toBe(B)
  })

  test('a wrong PIN or OTP is what it was', () => {
    const dialogue = new Dialogue([A])
    expect(dialogue.say(`1234${strayOtp(A)}`)).toBe('reject wrong-otp A')
    expect(dialogue.say(`4321${otpAt(A, 0)}`)).toBe('reject wrong-pin A')
    expect(dialogue.token()).toMatchObject({ failCount: 2, counter: 0 })
  })
})

describe('at a client that cannot ask', () => {
  const login = (password: string, tokens = [A]) =>
    authenticate(makeLogin(password), POLICY)(makeAccount(tokens), NOW)

  test('such a token is rejected, its OTP not looked at, and nothing counted', () => {
    for (const password of [`1234${otpAt(A, 0)}`, `1234${strayOtp(A)}`]) {
      const { result, tokens } = login(password)
      expect(result).toEqual({ kind: 'reject', reason: 'pin-change-required', serials: ['A'] })
      expect(tokens[0]).toBe(A)
    }
    expect(login('4321000000').tokens[0]).toMatchObject({ failCount: 1 })
  })

  test('the user’s other tokens are accepted', () => {
    expect(login(`1234${otpAt(B, 0)}`, [A, B]).result).toMatchObject({ kind: 'accept', serials: ['B'] })
  })

  test('that does not look at PINs, it is accepted, and the PIN is still to be changed', () => {
    const { result, tokens } = authenticateByOtp(makeLogin(otpAt(A, 0)), POLICY)(makeAccount([A]), NOW)
    expect(result).toEqual({ kind: 'accept', reason: 'otp-accepted', serials: ['A'] })
    expect(tokens[0]).toMatchObject({ counter: 1, changePin: true })
  })
})
