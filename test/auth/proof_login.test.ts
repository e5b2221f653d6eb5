/** Logins by CHAP and MS-CHAPv2: the decision where PIN and OTP cannot be told apart. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Token } from '../../src/auth/account.ts'
import { authenticate, type Policy } from '../../src/auth/authenticate.ts'
import type { Verdict } from '../../src/auth/verdict.ts'
import { challengeHash, ntResponse } from '../../src/radius/mschap.ts'
import { msChapCredential } from '../../src/radius/mschap_request.ts'
import { ntHash, ntHashHash } from '../../src/radius/nt_hash.ts'
import { type ProofCredential, plain } from '../../src/tokens/credential.ts'
import type { Instant } from '../../src/tokens/token_type.ts'
import { chapOf } from '../support/proofs.ts'
import { accepted, failed, rejected, resynced, spentAt } from './login_rows.ts'
import { makeAccount, makeLogin, makeToken, NOW, otpAt, otpOn, POLICY, strayOtp, T } from './make_token.ts'

const PROTOCOLS = [
  { protocol: 'CHAP', made: chapOf },
  { protocol: 'MS-CHAPv2', made: msChapOf },
]

function msChapOf(password: string): ProofCredential {
  const challenge = challengeHash(
    new Uint8Array(16).fill(1),
    new Uint8Array(16).fill(2),
    Buffer.from('alice'),
  )
  const response = ntResponse(challenge, password)
  return msChapCredential({ version: 2, identifier: 1, challenge, ntResponse: response })
}

interface Attempt {
  readonly password: string
  readonly at?: Instant
}

describe.each(PROTOCOLS)('a login by $protocol', ({ protocol, made }) => {
  const A = makeToken({ serial: 'A', pin: '1234', pinStorage: 'sealed' })
  const noPin = makeToken({ serial: 'N' })
  const mac = makeToken({ serial: 'M', pin: '1234' })

  /** Verdicts of one after the other, and the tokens in the end; what a reply would be made of is looked at apart. */
  function decide(tokens: readonly Token[], attempts: readonly Attempt[], policy: Partial<Policy> = {}) {
    let current = tokens
    const verdicts = attempts.map(({ password, at = NOW }) => {
      const login = { ...makeLogin(''), credential: made(password) }
      const outcome = authenticate(login, { ...POLICY, ...policy })(makeAccount(current), at)
      current = outcome.tokens
      expect(JSON.stringify(outcome.audit)).not.toMatch(/\b\d{6}\b|1234\d{6}/)
      expect(outcome.isProvenByCommit).toBe(outcome.result.kind === 'accept')
      return outcome.result
    })
    return { verdicts: verdicts.map(withoutKey), tokens: current, last: verdicts.at(-1)! }
  }
  const changed = (tokens: readonly Token[], changes: Readonly<Record<string, Partial<Token>>>) =>
    tokens.map((token) => ({ ...token, ...changes[token.serial] }))

  test.each([
    { name: 'PIN and OTP', token: A, password: `1234${otpAt(A, 0)}`, at: 0 },
    { name: 'the OTP of a token without PIN', token: noPin, password: otpAt(noPin, 3), at: 3 },
    { name: 'the last OTP of the window', token: A, password: `1234${otpAt(A, 9)}`, at: 9 },
  ])('is accepted by $name, once', ({ token, password, at }) => {
    const { verdicts, tokens } = decide([token], [{ password }, { password }])
    const { serial } = token
    expect(verdicts).toEqual([accepted(serial), rejected('otp-already-used', serial)])
    const spent = { ...spentAt(at), failCount: 1, attemptCount: 2 }
    expect(tokens).toEqual(changed([token], { [serial]: spent }))
  })

  test.each([
    { name: 'a wrong PIN', password: `4321${otpAt(A, 0)}` },
    { name: 'a wrong OTP', password: `1234${strayOtp(A)}` },
    { name: 'the OTP alone', password: otpAt(A, 0) },
    { name: 'the PIN alone', password: '1234' },
    { name: 'nothing', password: '' },
  ])('is rejected for $name, all alike, and counts one failure', ({ password }) => {
    const { verdicts, tokens } = decide([A], [{ password }])
    expect(verdicts).toEqual([rejected('wrong-pin-or-otp', 'A')])
    expect(tokens).toEqual(changed([A], { A: failed(1) }))
  })

  test('of a token whose PIN is kept as a MAC is rejected with that reason, and nothing moves', () => {
    const { verdicts, tokens } = decide([mac], [{ password: `1234${otpAt(mac, 0)}` }, { password: 'x' }])
    expect(verdicts).toEqual([rejected('pin-not-recoverable', 'M'), rejected('pin-not-recoverable', 'M')])
    expect(tokens[0]).toBe(mac)
  })

  test('such a token takes no part beside one that can be tried', () => {
    const tokens = [mac, A]
    const wrong = decide(tokens, [{ password: 'wrong' }])
    expect(wrong.verdicts).toEqual([rejected('wrong-pin-or-otp', 'A')])
    expect(wrong.tokens).toEqual(changed(tokens, { A: failed(1) }))
    expect(decide(tokens, [{ password: `1234${otpAt(A, 0)}` }]).verdicts).toEqual([accepted('A')])
    expect(decide(tokens, [{ password: `1234${otpAt(mac, 0)}` }]).verdicts).toEqual([
      rejected('wrong-pin-or-otp', 'A'),
    ])
  })

  test('each usable token counts the failure, the others none', () => {
    const locked = makeToken({ serial: 'L', failCount: 10 })
    const expired = makeToken({ serial: 'E', validUntil: NOW - 1 })
    const off = makeToken({ serial: 'O', active: false })
    const tokens = [A, noPin, locked, expired, off]
    const { verdicts, tokens: after } = decide(tokens, [{ password: 'wrong' }])
    expect(verdicts).toEqual([rejected('wrong-pin-or-otp', 'A', 'N')])
    expect(after).toEqual(changed(tokens, { A: failed(1), N: failed(1) }))
  })

  test.each([
    { reason: 'token-locked', state: { failCount: 10 } },
    { reason: 'token-expired', state: { validUntil: NOW - 1 } },
    { reason: 'token-not-yet-valid', state: { validFrom: NOW + 1 } },
    { reason: 'attempts-used-up', state: { maxAttempts: 0 } },
    { reason: 'successes-used-up', state: { maxSuccesses: 0 } },
    { reason: 'token-disabled', state: { active: false } },
  ] as const)('of a token that cannot be used is rejected: $reason', ({ reason, state }) => {
    const token = { ...A, ...state }
    const { verdicts, tokens } = decide([token], [{ password: `1234${otpAt(A, 0)}` }])
    expect([verdicts, tokens]).toEqual([[rejected(reason, 'A')], [token]])
  })

  test('max_fail wrong logins lock the token', () => {
    const attempts = [...Array(3).fill({ password: 'wrong' }), { password: `1234${otpAt(A, 0)}` }]
    const { verdicts } = decide([{ ...A, maxFail: 3 }], attempts)
    expect(verdicts.at(-1)).toEqual(rejected('token-locked', 'A'))
  })

  test('of a user without tokens is rejected', () => {
    expect(decide([], [{ password: 'x' }]).verdicts).toEqual([rejected('unknown-user')])
  })

  test('HOTP: two codes in a row from the end of the sync window bring the token back', () => {
    const { verdicts, tokens } = decide(
      [A],
      [998, 999, 999].map((m) => ({ password: `1234${otpAt(A, m)}` })),
    )
    expect(verdicts).toEqual([
      rejected('otp-out-of-sync', 'A'),
      resynced('A'),
      rejected('otp-already-used', 'A'),
    ])
    expect(tokens[0]).toMatchObject({ counter: 1000, pendingResync: null })
  })

  test('TOTP: the clock error is learned, by two codes in a row from outside the window too', () => {
    const totp = makeToken({ serial: 'T', kind: 'totp', pin: '1234', pinStorage: 'sealed' })
    const drifted = decide([totp], [{ password: `1234${otpAt(totp, T + 2)}` }])
    expect([drifted.verdicts, drifted.tokens[0]?.drift]).toEqual([[accepted('T')], 60])
    const far = decide(
      [totp],
      [
        { password: `1234${otpAt(totp, T + 50)}` },
        { password: `1234${otpAt(totp, T + 51)}`, at: NOW + 30_000 },
      ],
    )
    expect([far.verdicts, far.tokens[0]?.drift]).toEqual([
      [rejected('otp-out-of-sync', 'T'), resynced('T')],
      1500,
    ])
    expect(decide([totp], [{ password: `1234${otpOn(totp, NOW)}` }]).verdicts).toEqual([accepted('T')])
  })

  test('with auto_resync = false a code outside of the window stays a failure', () => {
    const attempts = [500, 501].map((m) => ({ password: `1234${otpAt(A, m)}` }))
    const { verdicts, tokens } = decide([A], attempts, { autoResync: false })
    expect(verdicts).toEqual([rejected('otp-out-of-sync', 'A'), rejected('otp-out-of-sync', 'A')])
    expect(tokens[0]?.pendingResync).toBeNull()
  })

  test('the temporary password of a lost token is accepted behind its PIN', () => {
    const temporary = makeToken({ serial: 'P', kind: 'password', pin: '1234', pinStorage: 'sealed' })
    const { password } = temporary.state as { password: string }
    expect(decide([temporary], [{ password: `1234${password}` }]).verdicts).toEqual([accepted('P')])
  })

  test('a token that cannot be opened matches nothing', () => {
    const broken = { ...makeToken({ serial: 'B' }), kind: 'unreadable', state: null }
    expect(decide([broken], [{ password: '' }]).verdicts).toEqual([rejected('wrong-pin-or-otp', 'B')])
  })

  test('no more candidates are tried than the protocol allows, shared by the tokens, the windows first', () => {
    const tokens = ['A', 'B', 'C'].map((serial) =>
      makeToken({ serial, pin: '12', pinStorage: 'sealed', window: 100, syncWindow: 10_000 }),
    )
    const proof = made(`12${otpAt(tokens[2]!, 99)}`)
    const accepting = counting(proof)
    const decided = (credential: ProofCredential) =>
      authenticate({ ...makeLogin(''), credential }, POLICY)(makeAccount(tokens), NOW).result
    expect(withoutKey(decided(accepting))).toEqual(accepted('C'))
    expect(accepting.tried).toBe(300)
    const failing = counting(made('wrong'))
    expect(decided(failing)).toEqual(rejected('wrong-pin-or-otp', 'A', 'B', 'C'))
    expect(failing.tried).toBe(Math.floor(proof.maxTries / 3) * 3)
  })

  test(`an Accept ${protocol === 'CHAP' ? 'has no key' : 'has the hash of the NT hash'}`, () => {
    const password = `1234${otpAt(A, 4)}`
    const { last } = decide([A], [{ password }])
    const key = ntHashHash(ntHash(password))
    expect(last).toEqual(protocol === 'CHAP' ? accepted('A') : { ...accepted('A'), key })
  })

  test('is accepted exactly when PAP is, with the same effect', () => {
    const logins = fc.record({
      pin: fc.constantFrom('', '1234', '0', 'Größe 🔑'),
      typedPin: fc.constantFrom('', '1234', '0', 'Größe 🔑'),
      kind: fc.constantFrom('hotp', 'totp'),
      digits: fc.constantFrom(6 as const, 8 as const),
      ahead: fc.integer({ min: -3, max: 14 }),
      failCount: fc.constantFrom(0, 3, 10),
      shared: fc.boolean(),
    })
    fc.assert(
      fc.property(logins, ({ pin, typedPin, kind, digits, ahead, failCount, shared }) => {
        const counter = kind === 'hotp' ? 20 : T - 2
        const token = makeToken({ serial: 'A', kind, digits, pin, pinStorage: 'sealed', counter, failCount })
        // The same secret in another token: both match, and both are spent.
        const tokens = shared ? [token, { ...token, serial: 'B' }] : [token]
        const password = typedPin + otpAt(token, counter + ahead)
        const run = (credential: ProofCredential | ReturnType<typeof plain>) =>
          authenticate({ ...makeLogin(''), credential }, POLICY)(makeAccount(tokens), NOW)
        const [pap, proof] = [run(plain(password)), run(made(password))]
        expect(proof.result.kind).toBe(pap.result.kind)
        if (pap.result.kind !== 'accept') return
        expect(withoutKey(proof.result)).toEqual(pap.result)
        expect(proof.tokens).toEqual(pap.tokens)
      }),
    )
  })
})

function counting(proof: ProofCredential): ProofCredential & { tried: number } {
  const counted = {
    ...proof,
    tried: 0,
    matches: (password: string) => {
      counted.tried++
      return proof.matches(password)
    },
  }
  return counted
}

function withoutKey(verdict: Verdict): Verdict {
  if (verdict.kind !== 'accept') return verdict
  const { key: _, ...rest } = verdict
  return rest
}
