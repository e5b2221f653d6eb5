/** CHAP and MS-CHAP at clients with challenge-response or otp_only: a proof never says a PIN, but may be of an OTP alone. */
import { describe, expect, test } from '@jest/globals'
import type { Token } from '../../src/auth/account.ts'
import { authenticate } from '../../src/auth/authenticate.ts'
import { authenticateByOtp } from '../../src/auth/otp_only.ts'
import { chapOf } from '../support/proofs.ts'
import { makeAccount, makeLogin, makeToken, NOW, otpAt, POLICY, strayOtp } from './make_token.ts'
import { Dialogue } from './play_dialogue.ts'

const A = makeToken({ serial: 'A', pin: '1234', pinStorage: 'sealed' })
const B = makeToken({ serial: 'B', pin: '1234', pinStorage: 'sealed' })
const mac = makeToken({ serial: 'M', pin: '1234' })

describe('a proof at a client with challenge', () => {
  test('of PIN and OTP is accepted, once', () => {
    const dialogue = new Dialogue([A])
    expect(dialogue.say(chapOf(`1234${otpAt(A, 0)}`))).toBe('accept otp-accepted A')
    expect(dialogue.say(chapOf(`1234${otpAt(A, 0)}`))).toBe('reject otp-already-used A')
  })

  test.each([
    { name: 'the PIN alone', password: '1234' },
    { name: 'nothing', password: '' },
  ])('of $name is a failure like any: it is not asked for more', ({ password }) => {
    const dialogue = new Dialogue([A])
    expect(dialogue.say(chapOf(password))).toBe('reject wrong-pin-or-otp A')
    expect(dialogue.token().failCount).toBe(1)
  })

  test('cannot be tried where the PIN is kept as a MAC, and counts nothing', () => {
    const dialogue = new Dialogue([mac])
    expect(dialogue.say(chapOf(`1234${otpAt(mac, 0)}`))).toBe('reject pin-not-recoverable M')
    expect(dialogue.token('M')).toBe(mac)
  })

  test.each([
    { name: 'by a proof', typed: (otp: string) => chapOf(otp) },
    { name: 'by PAP', typed: (otp: string) => otp },
  ])('out of step it is asked for the next OTP, which comes $name and alone', ({ typed }) => {
    const dialogue = new Dialogue([A])
    const ticket = dialogue.ticketAfter(chapOf(`1234${otpAt(A, 400)}`))
    expect(dialogue.token().failCount).toBe(1)
    expect(dialogue.answer(ticket, typed(otpAt(A, 401)))).toBe('accept resynced A')
    expect(dialogue.token()).toMatchObject({ counter: 402, failCount: 0 })
  })
})

describe('a proof with a State', () => {
  test('is tried with the OTP alone, also where the PIN is kept as a MAC', () => {
    const dialogue = new Dialogue([mac])
    const ticket = dialogue.ticketAfter('1234')
    expect(dialogue.answer(ticket, chapOf(`1234${otpAt(mac, 0)}`))).toBe('reject wrong-pin-or-otp M')
    expect(dialogue.token('M').failCount).toBe(1)
    expect(dialogue.answer(ticket, chapOf(otpAt(mac, 0)))).toBe('accept otp-accepted M')
    expect(dialogue.answer(ticket, chapOf(otpAt(mac, 1)))).toBe('reject state-used M')
  })

  test('of nobody is unknown, and counts nothing', () => {
    const dialogue = new Dialogue([A])
    expect(dialogue.answer(null, chapOf(otpAt(A, 0)))).toBe('reject unknown-state')
    expect(dialogue.token()).toBe(A)
  })

  test('is tried with the tokens of the ticket only', () => {
    const other = makeToken({ serial: 'C', pin: '5678' })
    const dialogue = new Dialogue([A, other])
    const ticket = dialogue.ticketAfter('1234')
    expect(dialogue.answer(ticket, chapOf(otpAt(other, 0)))).toBe('reject wrong-pin-or-otp A')
    expect(dialogue.token('C')).toBe(other)
  })
})

describe('a token whose PIN must be changed', () => {
  const due = { ...A, changePin: true }
  const right = chapOf(`1234${otpAt(A, 0)}`)

  test.each([
    { name: 'a client without challenge', say: (tokens: readonly Token[]) => authenticated(tokens) },
    { name: 'one with challenge', say: (tokens: readonly Token[]) => new Dialogue(tokens).say(right) },
  ])('is not used by a proof at $name: no proof can give a new PIN', ({ say }) => {
    expect(say([due])).toBe('reject pin-change-required A')
  })

  test('takes no part, and the others go on', () => {
    const dialogue = new Dialogue([due, B])
    expect(dialogue.say(right)).toBe('reject wrong-pin-or-otp B')
    expect(dialogue.token()).toBe(due)
    expect(dialogue.say(chapOf(`1234${otpAt(B, 0)}`))).toBe('accept otp-accepted B')
  })

  test('spends no OTP for a proof that answers the PIN; PAP goes on to the new PIN, by itself alone', () => {
    const dialogue = new Dialogue([due])
    const asked = dialogue.ticketAfter('1234')
    expect(dialogue.answer(asked, chapOf(otpAt(A, 0)))).toBe('reject pin-change-required A')
    expect(dialogue.token()).toBe(due)
    const newPin = dialogue.ticketAfter(otpAt(A, 0), asked)
    expect(newPin.stage).toBe('new-pin')
    expect(dialogue.answer(newPin, chapOf('5678'))).toBe('reject pin-change-required A')
    const repeat = dialogue.ticketAfter('5678', newPin)
    expect(dialogue.answer(repeat, chapOf('5678'))).toBe('reject pin-change-required A')
    expect(dialogue.answer(repeat, '5678')).toBe('accept pin-changed A')
  })

  function authenticated(tokens: readonly Token[]): string {
    const { result } = authenticate({ ...makeLogin(''), credential: right }, POLICY)(makeAccount(tokens), NOW)
    return [result.kind, result.reason, ...result.serials].join(' ')
  }
})

describe('a proof at a client with otp_only', () => {
  const login = (password: string, tokens: readonly Token[]) =>
    authenticateByOtp({ ...makeLogin(''), credential: chapOf(password) }, POLICY)(makeAccount(tokens), NOW)

  test.each([
    { name: 'the OTP alone', password: otpAt(mac, 2), expect: ['accept', 'otp-accepted', 'M'] },
    {
      name: 'PIN and OTP',
      password: `1234${otpAt(mac, 0)}`,
      expect: ['reject', 'wrong-pin-or-otp', 'M', 'A'],
    },
    { name: 'another OTP', password: strayOtp(mac), expect: ['reject', 'wrong-pin-or-otp', 'M', 'A'] },
  ])('$name: PINs are not looked at', ({ password, expect: expected }) => {
    const { result } = login(password, [mac, { ...A, changePin: true }])
    expect([result.kind, result.reason, ...result.serials]).toEqual(expected)
  })
})
