import { describe, expect, test } from '@jest/globals'
import { MAX_TOKENS } from '../../src/auth/ticket.ts'
import { makeToken, NOW, otpAt, otpOn, strayOtp } from './make_token.ts'
import { Dialogue } from './play_dialogue.ts'

// spec/authentication.md, "Challenge-response".
const A = makeToken({ serial: 'A', pin: '1234' })
const B = makeToken({ serial: 'B', pin: '1234' })
const C = makeToken({ serial: 'C', pin: '5678' })
const STRAY = strayOtp(A)

describe('the PIN alone', () => {
  test('is answered by a challenge, and counts nothing', () => {
    const dialogue = new Dialogue([A, C])
    expect(dialogue.say('1234')).toBe('challenge otp-asked A')
    expect(dialogue.account.tokens).toEqual([A, C])
    expect(dialogue.outcome.tokens[0]).toBe(A)
    expect(dialogue.outcome.isProvenByCommit).toBe(false)
    expect(dialogue.outcome.audit).toEqual([
      {
        ...{ at: NOW, actor: 'client:vpn', source: '192.0.2.1', user: 'alice', serials: ['A'] },
        ...{ action: 'login', outcome: 'challenge', reason: 'otp-asked', detail: null },
      },
    ])
  })

  test('does not clear the failures before it', () => {
    const dialogue = new Dialogue([{ ...A, failCount: 9 }])
    dialogue.say('1234')
    expect(dialogue.token().failCount).toBe(9)
  })

  test.each([
    { name: 'a wrong one is a wrong PIN', password: '4321', expect: 'reject wrong-pin A C', failCount: 1 },
    { name: 'in other letters it is another', password: 'PIN', expect: 'reject wrong-pin A C', failCount: 1 },
    { name: 'with something behind it too', password: '1234 ', expect: 'reject wrong-pin A C', failCount: 1 },
    { name: 'empty it is nobody’s', password: '', expect: 'reject wrong-pin A C', failCount: 1 },
  ])('$name', ({ password, expect: expected, failCount }) => {
    const dialogue = new Dialogue([A, C])
    expect(dialogue.say(password)).toBe(expected)
    expect(dialogue.account.tokens.map((token) => token.failCount)).toEqual([failCount, failCount])
  })

  test('empty, for a token without PIN, is no challenge either: it would tell which names have tokens', () => {
    const dialogue = new Dialogue([makeToken({ serial: 'A' })])
    expect(dialogue.say('')).toBe('reject wrong-pin A')
    expect(new Dialogue([]).say('')).toBe('reject unknown-user')
  })

  test.each([
    { fields: { failCount: 10, lockedAt: NOW }, expect: 'reject token-locked A' },
    { fields: { validUntil: NOW - 1 }, expect: 'reject token-expired A' },
    { fields: { maxSuccesses: 0 }, expect: 'reject successes-used-up A' },
    { fields: { active: false }, expect: 'reject token-disabled A' },
  ])('of a token that cannot be used it is a Reject that counts nothing: $expect', (row) => {
    const token = { ...A, ...row.fields }
    const dialogue = new Dialogue([token])
    expect(dialogue.say('1234')).toBe(row.expect)
    expect(dialogue.token()).toBe(token)
  })

  test('asks for the usable tokens only', () => {
    const dialogue = new Dialogue([{ ...A, failCount: 10, lockedAt: NOW }, B])
    expect(dialogue.say('1234')).toBe('challenge otp-asked B')
  })

  test('as long as an OTP, it is a PIN still, and no wrong OTP of a token without', () => {
    const none = makeToken({ serial: 'N' })
    const dialogue = new Dialogue([none, makeToken({ serial: 'L', pin: strayOtp(none) })])
    expect(dialogue.say(strayOtp(none))).toBe('challenge otp-asked L')
    expect(dialogue.token('N')).toBe(none)
    expect(dialogue.say(otpAt(none, 0))).toBe('accept otp-accepted N')
  })
})

describe('PIN and OTP together', () => {
  test('go on as before', () => {
    const dialogue = new Dialogue([A])
    expect(dialogue.say(`1234${otpAt(A, 0)}`)).toBe('accept otp-accepted A')
    expect(dialogue.say(`1234${otpAt(A, 0)}`)).toBe('reject otp-already-used A')
    expect(dialogue.say(`1234${STRAY}`)).toBe('reject wrong-otp A')
    expect(dialogue.say(`9${otpAt(A, 1)}`)).toBe('reject wrong-pin A')
    expect(dialogue.token()).toMatchObject({ counter: 1, failCount: 3, successCount: 1 })
  })
})

describe('the answer', () => {
  test('is the OTP, and is accepted once', () => {
    const dialogue = new Dialogue([A, C])
    const ticket = dialogue.ticketAfter('1234')
    expect(dialogue.answer(ticket, otpAt(A, 3))).toBe('accept otp-accepted A')
    expect(dialogue.outcome.isProvenByCommit).toBe(true)
    expect(dialogue.token()).toMatchObject({ counter: 4, successCount: 1, attemptCount: 1, failCount: 0 })
    expect(dialogue.account.tokens[1]).toBe(C)
    expect(dialogue.answer(ticket, otpAt(A, 3))).toBe('reject state-used A')
    expect(dialogue.answer(ticket, otpAt(A, 4))).toBe('reject state-used A')
    expect(dialogue.token()).toMatchObject({ counter: 4, failCount: 0, attemptCount: 1 })
  })

  test('may be given again when it was wrong, and each time counts', () => {
    const dialogue = new Dialogue([A])
    const ticket = dialogue.ticketAfter('1234')
    for (let failCount = 1; failCount <= 3; failCount++) {
      expect(dialogue.answer(ticket, STRAY)).toBe('reject wrong-otp A')
      expect(dialogue.token()).toMatchObject({ failCount, attemptCount: failCount })
    }
    expect(dialogue.answer(ticket, otpAt(A, 0))).toBe('accept otp-accepted A')
  })

  test.each(['', '12345', '1234567', `1234${otpAt(A, 0)}`])('is wrong as %j, and that counts', (password) => {
    const dialogue = new Dialogue([A])
    expect(dialogue.answer(dialogue.ticketAfter('1234'), password)).toBe('reject wrong-otp A')
    expect(dialogue.token().failCount).toBe(1)
  })

  test('counts up to the lock', () => {
    const dialogue = new Dialogue([{ ...A, maxFail: 2 }])
    const ticket = dialogue.ticketAfter('1234')
    dialogue.answer(ticket, STRAY)
    dialogue.answer(ticket, STRAY)
    expect(dialogue.answer(ticket, otpAt(A, 0))).toBe('reject token-locked A')
  })

  test('may be of any token whose PIN matched, and of no other', () => {
    const dialogue = new Dialogue([A, B, C])
    const ticket = dialogue.ticketAfter('1234')
    expect(dialogue.answer(ticket, otpAt(C, 0))).toBe('reject wrong-otp A B')
    expect(dialogue.answer(ticket, otpAt(B, 0))).toBe('accept otp-accepted B')
    expect(dialogue.token('C')).toBe(C)
  })

  test('ends the ticket for the other tokens too, and writes them, so that another node cannot miss it', () => {
    const dialogue = new Dialogue([A, B])
    const ticket = dialogue.ticketAfter('1234')
    expect(dialogue.answer(ticket, otpAt(B, 0))).toBe('accept otp-accepted B')
    expect(dialogue.token('A')).not.toBe(A)
    expect(dialogue.token('A')).toEqual(A)
    expect(dialogue.answer(ticket, otpAt(A, 0))).toBe('reject state-used A B')
  })

  test('fits tokens with as many digits as it has, if there are any', () => {
    const eight = makeToken({ serial: 'E', pin: '1234', digits: 8 })
    const dialogue = new Dialogue([A, eight])
    const ticket = dialogue.ticketAfter('1234')
    expect(dialogue.answer(ticket, STRAY)).toBe('reject wrong-otp A')
    expect(dialogue.token('E').failCount).toBe(0)
    expect(dialogue.answer(ticket, otpAt(eight, 0))).toBe('accept otp-accepted E')
  })

  test('after 120 seconds is too late, whether right or wrong, and counts nothing', () => {
    const dialogue = new Dialogue([A])
    const ticket = dialogue.ticketAfter('1234')
    dialogue.now = NOW + 120_001
    expect(dialogue.answer(ticket, otpAt(A, 0))).toBe('reject state-expired')
    expect(dialogue.answer(ticket, STRAY)).toBe('reject state-expired')
    expect(dialogue.token()).toBe(A)
    dialogue.now = NOW + 120_000
    expect(dialogue.answer(ticket, otpAt(A, 0))).toBe('accept otp-accepted A')
  })

  test('to a question from the future is refused: a clock that was set back does not make a State good for hours', () => {
    const dialogue = new Dialogue([A])
    const ticket = dialogue.ticketAfter('1234')
    dialogue.now = NOW - 120_001
    expect(dialogue.answer(ticket, otpAt(A, 0))).toBe('reject state-expired')
    dialogue.now = NOW - 10_000
    expect(dialogue.answer(ticket, otpAt(A, 0))).toBe('accept otp-accepted A')
  })

  test('with a State that is not ours counts nothing, whether there is such a user or not', () => {
    const dialogue = new Dialogue([A])
    expect(dialogue.answer(null, otpAt(A, 0))).toBe('reject unknown-state')
    expect(dialogue.answer(null, '1234')).toBe('reject unknown-state')
    expect(dialogue.answer(null, `1234${otpAt(A, 0)}`)).toBe('reject unknown-state')
    expect(dialogue.token()).toBe(A)
    expect(new Dialogue([]).answer(null, '')).toBe('reject unknown-state')
  })

  test.each([
    { name: 'another PIN', fields: { pin: C.pin }, expect: 'reject state-used A' },
    { name: 'a resync', fields: { counter: 7 }, expect: 'reject state-used A' },
    { name: 'another token of that serial', fields: { createdAt: NOW + 1 }, expect: 'reject state-used A' },
    { name: 'being disabled', fields: { active: false }, expect: 'reject token-disabled A' },
    { name: 'a lock', fields: { failCount: 10, lockedAt: NOW }, expect: 'reject token-locked A' },
    { name: 'its end', fields: { validUntil: NOW - 1 }, expect: 'reject token-expired A' },
  ])('is worth nothing after $name', ({ fields, expect: expected }) => {
    const dialogue = new Dialogue([A])
    const ticket = dialogue.ticketAfter('1234')
    dialogue.change('A', fields)
    const before = dialogue.token()
    expect(dialogue.answer(ticket, otpAt(A, 7))).toBe(expected)
    expect(dialogue.token()).toBe(before)
  })

  test('is worth nothing when the token was taken away', () => {
    const dialogue = new Dialogue([A])
    const ticket = dialogue.ticketAfter('1234')
    dialogue.account = { ...dialogue.account, tokens: [C] }
    expect(dialogue.answer(ticket, otpAt(A, 0))).toBe('reject state-used')
    dialogue.account = { ...dialogue.account, tokens: [] }
    expect(dialogue.answer(ticket, otpAt(A, 0))).toBe('reject unknown-user')
  })

  test('of more tokens with one PIN than a State holds is that of the first of them', () => {
    const tokens = Array.from({ length: MAX_TOKENS + 1 }, (_, i) => makeToken({ serial: `M${i}`, pin: '1' }))
    const dialogue = new Dialogue(tokens)
    const ticket = dialogue.ticketAfter('1')
    expect(dialogue.answer(ticket, otpAt(tokens[MAX_TOKENS]!, 0))).toMatch(/^reject wrong-otp M0 /)
    expect(dialogue.answer(ticket, otpAt(tokens[MAX_TOKENS - 1]!, 0))).toBe('accept otp-accepted M7')
  })

  test('may be a temporary password', () => {
    const lost = makeToken({ serial: 'LOST', kind: 'password', pin: '1234' })
    const { password } = lost.state as { password: string }
    const dialogue = new Dialogue([lost])
    const ticket = dialogue.ticketAfter('1234')
    expect(dialogue.answer(ticket, password)).toBe('accept otp-accepted LOST')
    expect(dialogue.answer(ticket, password)).toBe('reject state-used LOST')
  })
})

describe('an OTP out of step', () => {
  test.each([
    { name: 'with the PIN', first: (otp: string, d: Dialogue) => d.ticketAfter(`1234${otp}`) },
    { name: 'as an answer', first: (otp: string, d: Dialogue) => d.ticketAfter(otp, d.ticketAfter('1234')) },
  ])('$name: asks for the next one, which brings the token back', ({ first }) => {
    const dialogue = new Dialogue([A, C])
    const ticket = first(otpAt(A, 500), dialogue)
    expect(dialogue.outcome.result).toMatchObject({ reason: 'next-otp-asked', serials: ['A'] })
    // The first counts as a failure all the same.
    expect(dialogue.token()).toMatchObject({ failCount: 1, attemptCount: 1, counter: 0 })
    dialogue.now += 60_000
    expect(dialogue.answer(ticket, otpAt(A, 501))).toBe('accept resynced A')
    expect(dialogue.token()).toMatchObject({
      counter: 502,
      failCount: 0,
      attemptCount: 2,
      pendingResync: null,
    })
    expect(dialogue.answer(ticket, otpAt(A, 502))).toBe('reject state-used A')
  })

  test('that is not the next one becomes the first', () => {
    const dialogue = new Dialogue([A])
    const ticket = dialogue.ticketAfter(`1234${otpAt(A, 500)}`)
    const second = dialogue.ticketAfter(otpAt(A, 600), ticket)
    expect(dialogue.token().failCount).toBe(2)
    expect(dialogue.answer(second, otpAt(A, 601))).toBe('accept resynced A')
  })

  test('a wrong one leaves the memory alone, and is a Reject', () => {
    const dialogue = new Dialogue([A])
    const ticket = dialogue.ticketAfter(`1234${otpAt(A, 500)}`)
    expect(dialogue.answer(ticket, STRAY)).toBe('reject wrong-otp A')
    expect(dialogue.answer(ticket, otpAt(A, 501))).toBe('accept resynced A')
  })

  test('of TOTP: both show the same error of the clock', () => {
    const clock = makeToken({ serial: 'T', pin: '1234', kind: 'totp' })
    const dialogue = new Dialogue([clock])
    const ticket = dialogue.ticketAfter(`1234${otpOn(clock, NOW + 600_000)}`)
    dialogue.now += 30_000
    expect(dialogue.answer(ticket, otpOn(clock, dialogue.now + 600_000))).toBe('accept resynced T')
    expect(dialogue.token('T').drift).toBe(600)
  })

  test('that locks the token is a Reject', () => {
    const dialogue = new Dialogue([{ ...A, failCount: 9 }])
    expect(dialogue.say(`1234${otpAt(A, 500)}`)).toBe('reject otp-out-of-sync A')
  })

  test('without autosync is a Reject', () => {
    const dialogue = new Dialogue([A], { autoResync: false })
    expect(dialogue.say(`1234${otpAt(A, 500)}`)).toBe('reject otp-out-of-sync A')
  })

  test('asks no token that the OTP is not of', () => {
    const dialogue = new Dialogue([A, B])
    expect(dialogue.say(`1234${otpAt(A, 500)}`)).toBe('challenge next-otp-asked A')
    expect(dialogue.token('B').failCount).toBe(1)
  })
})
