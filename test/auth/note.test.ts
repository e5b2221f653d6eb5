import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { authenticate } from '../../src/auth/authenticate.ts'
import { type Note, readNote, writeNote } from '../../src/auth/note.ts'
import { authenticateByOtp } from '../../src/auth/otp_only.ts'
import type { ProofCredential } from '../../src/tokens/credential.ts'
import { makeAccount, makeLogin, makeToken, NOW, otpAt, POLICY } from './make_token.ts'

const A = makeToken({ serial: 'A', pin: '1234' })
const B = makeToken({ serial: 'B', pin: '5678' })

describe('the note of a login', () => {
  const rows = [
    { name: 'is none for the expected code', tokens: [A], password: `1234${otpAt(A, 0)}`, note: null },
    { name: 'says how far ahead', tokens: [A], password: `1234${otpAt(A, 3)}`, note: 'distance=3' },
    {
      name: 'says how far out of sync, and what failed',
      ...{ tokens: [A], password: `1234${otpAt(A, 412)}`, note: 'sync=412 failures=1/10' },
    },
    {
      name: 'says how far back a used code was',
      ...{ tokens: [{ ...A, counter: 5 }], password: `1234${otpAt(A, 3)}`, note: 'used=2 failures=1/10' },
    },
    {
      name: 'says that the OTP alone came',
      tokens: [A],
      password: otpAt(A, 0),
      note: 'typed=otp-alone failures=1/10',
    },
    { name: 'says that no OTP came', tokens: [A], password: '1234', note: 'typed=too-short failures=1/10' },
    {
      name: 'says how many tokens there were besides those of this PIN',
      ...{ tokens: [A, B], password: '1234000000', note: 'enabled=2 failures=1/10' },
    },
    {
      name: 'says what hinders each, where that differs',
      tokens: [
        { ...A, failCount: 10 },
        { ...A, serial: 'C', validUntil: NOW - 1 },
      ],
      ...{ password: `1234${otpAt(A, 0)}`, note: 'obstacles=token-locked,token-expired' },
    },
    { name: 'is none for an unknown user', tokens: [], password: 'x', note: null },
  ]
  test.each(rows)('$name', ({ tokens, password, note }) => {
    const { audit } = authenticate(makeLogin(password), POLICY)(makeAccount(tokens), NOW)
    expect(audit.map(({ detail }) => detail)).toEqual([note])
  })

  test('says that autosync is off, the protocol, a missing signature, and that PINs were not looked at', () => {
    const off = { ...POLICY, autoResync: false }
    const credential: ProofCredential = {
      ...{ kind: 'proof', protocol: 'chap', maxTries: 2048 },
      matches: (password) => password === otpAt(A, 100),
    }
    const login = { ...makeLogin(''), credential, unsigned: true }
    const { audit } = authenticateByOtp(login, off)(makeAccount([A]), NOW)
    expect(audit[0]?.detail).toBe('protocol=chap unsigned otp-only sync=100 autosync-off failures=1/10')
  })
})

const places = fc.array(fc.option(fc.integer({ min: -1e9, max: 1e9 }), { nil: null }), {
  minLength: 1,
  maxLength: 9,
})
const pair = fc.tuple(fc.nat(1000), fc.nat(1000))
const notes = fc.record(
  {
    protocol: fc.constantFrom('chap', 'mschap', 'mschapv2'),
    unsigned: fc.constant(true),
    otpOnly: fc.constant(true),
    answers: fc.constantFrom('otp', 'new-pin', 'repeat-pin'),
    ageSeconds: fc.nat(),
    ...{ distance: places, outOfSync: places, passed: places },
    autosyncOff: fc.constant(true),
    enabled: fc.nat(1000),
    typed: fc.constantFrom('too-short', 'otp-alone'),
    failures: fc.array(pair, { minLength: 1, maxLength: 9 }),
    obstacles: fc.array(fc.constantFrom('token-locked', 'token-expired'), { minLength: 1, maxLength: 9 }),
  },
  { requiredKeys: [] },
) as unknown as fc.Arbitrary<Note>

test('what is written is read back', () => {
  fc.assert(fc.property(notes, (note) => expect(readNote(writeNote(note))).toEqual(note)))
})

test('whatever stands there is read without harm', () => {
  fc.assert(fc.property(fc.string(), (text) => void expect(typeof readNote(text)).toBe('object')))
  expect(readNote('hotp, PIN set')).toEqual({})
  expect(readNote('distance=x protocol=pap answers=constructor sync=,, unknown=1 unsigned')).toEqual({
    unsigned: true,
  })
})
