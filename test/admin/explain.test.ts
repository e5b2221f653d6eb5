import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { explain } from '../../src/admin/explain.ts'
import { LOGIN_REASONS } from '../../src/admin/login_reasons.ts'
import { shortWords } from '../../src/admin/note_words.ts'
import { FAULTS } from '../../src/server/fault_words.ts'
import type { AuditRow } from '../../src/storage/store.ts'

const ROW: AuditRow = {
  ...{ id: 7, node: 'a', chain: 1, at: 1000, actor: 'client:vpn', source: '10.0.0.7', user: 'alice' },
  ...{ serials: ['A', 'B'], action: 'login', outcome: 'reject', reason: 'wrong-otp', detail: null },
}
const NOTED = 0

function found(row: Partial<AuditRow>, since = NOTED): Record<string, string> {
  const { checks } = explain({ ...ROW, ...row }, since)
  return Object.fromEntries(checks.map(({ check, outcome, found }) => [check, `${outcome}: ${found}`]))
}

describe('every reason', () => {
  const source = (file: string) => readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8')
  const union = (file: string, name: string) => {
    const [, body = ''] = new RegExp(`export type ${name} =((?:\\s*\\| '[^\\n]*)+)`).exec(source(file)) ?? []
    return [...body.matchAll(/\| '([\w-]+)'/g)].map(([, word]) => word!)
  }
  const accepts = [.../readonly reason: ('[^\n]*')/.exec(source('auth/verdict.ts'))![1]!.matchAll(/[\w-]+/g)]
  const rejects = union('auth/verdict.ts', 'RejectReason')
  const reasons = [
    ...accepts.map(([reason]) => [reason, 'accept'] as const),
    ...rejects.map((reason) => [reason, 'reject'] as const),
    ...union('auth/verdict.ts', 'ChallengeReason').map((reason) => [reason, 'challenge'] as const),
  ]

  test('is found in the sources', () => {
    expect(rejects.length).toBeGreaterThan(15)
    expect(reasons.map(([reason]) => reason).sort()).toEqual(Object.keys(LOGIN_REASONS).sort())
  })

  test.each(reasons)('%s has an explanation that ends where it was decided', (reason, outcome) => {
    const { summary, checks, remedies } = explain({ ...ROW, reason, outcome }, NOTED)
    expect(summary).toContain(LOGIN_REASONS[reason as keyof typeof LOGIN_REASONS].means)
    expect(checks.every(({ found }) => found !== '' && !found.includes('undefined'))).toBe(true)
    const [answer, ...before] = checks.toReversed()
    expect(answer?.check).toBe('answer')
    // What was rejected failed at some check, and nothing else did.
    const failed = before.filter(({ outcome }) => outcome === 'failed')
    if (outcome === 'reject') expect([failed.length > 0, remedies.length > 0]).toEqual([true, true])
    if (outcome === 'accept') expect(failed).toEqual([])
    for (const { command } of remedies) expect(command ?? '').not.toMatch(/SERIAL|USER/)
  })

  test('of a request that was dropped or refused has a cause and a remedy', () => {
    const all = [
      ...union('radius/malformed_packet.ts', 'MalformedReason'),
      ...union('radius/admission.ts', 'DiscardReason'),
      ...union('radius/access.ts', 'RequestRejectReason'),
    ]
    expect(all.length).toBeGreaterThan(25)
    for (const reason of all) expect([reason, reason in FAULTS]).toEqual([reason, true])
    for (const { cause, remedy } of Object.values(FAULTS)) expect([cause, remedy]).not.toContain('')
  })
})

describe('an explanation', () => {
  test('goes through the checks in order', () => {
    expect(found({ detail: 'enabled=3 failures=10/10,1/10' })).toEqual({
      client: 'passed: vpn, from 10.0.0.7',
      'Message-Authenticator': 'passed: verified',
      'request read': 'passed: PAP',
      user: 'passed: alice had tokens',
      'enabled tokens': 'passed: 3, of which the PIN named 2',
      PIN: 'passed: right, or none is set',
      'token A': 'passed: could be used',
      'token B': 'passed: could be used',
      OTP: 'failed: found nowhere, near or far',
      policy: 'open: failures in a row by then: A 10 of 10, B 1 of 10; a token is locked by it',
      'reply attributes': 'open: none: only an Access-Accept carries any',
      answer: 'failed: Access-Reject (wrong-otp)',
    })
  })

  test('of a row of before makes nothing up', () => {
    expect(found({ outcome: 'accept', reason: 'otp-accepted', serials: ['A'] }, 2000)).toMatchObject({
      'Message-Authenticator': 'open: not recorded',
      'request read': 'passed: protocol not recorded',
      PIN: 'open: not recorded',
      OTP: 'passed: right; distance not recorded',
    })
  })

  const pieces = [
    { detail: 'protocol=chap', check: 'request read', says: 'passed: CHAP' },
    {
      detail: 'unsigned',
      check: 'Message-Authenticator',
      says: 'open: not sent: the request could be forged',
    },
    { detail: 'otp-only', check: 'PIN', says: 'open: not looked at: this client sends the OTP alone' },
    { detail: 'answers=otp', check: 'PIN', says: 'open: was checked before the challenge' },
    { detail: 'answers=otp', check: 'challenge answered', says: 'passed: in time, which asked for an OTP' },
  ]
  test.each(pieces)('says of $detail: $says', ({ detail, check, says }) => {
    expect(found({ detail })[check]).toBe(says)
  })

  const otps = [
    {
      reason: 'otp-accepted',
      outcome: 'accept',
      detail: 'distance=3,0',
      says: 'passed: right: A: 3 codes ahead; B: the expected code',
    },
    {
      reason: 'otp-out-of-sync',
      outcome: 'reject',
      detail: 'sync=412,-',
      says: 'failed: outside of the window: A: 412 codes ahead; B: not found',
    },
    {
      reason: 'otp-already-used',
      outcome: 'reject',
      detail: 'used=-,1',
      says: 'failed: used or passed over before: A: not found; B: 1 code back',
    },
    { reason: 'wrong-pin', outcome: 'reject', detail: null, says: 'open: not reached' },
  ] as const
  test.each(otps)('of $reason says where the OTP was', ({ says, ...row }) => {
    expect(found(row).OTP).toBe(says)
  })

  test('of what each token lacks', () => {
    const row = { reason: 'token-locked', detail: 'obstacles=token-locked,token-expired' }
    expect(found(row)).toMatchObject({
      'token A': 'failed: too many wrong logins in a row had locked the token',
      'token B': 'failed: the validity of the token was over',
    })
  })

  test('gives commands that a shell takes as they are', () => {
    const { remedies } = explain(
      { ...ROW, reason: 'unknown-user', user: "x'; rm -rf $HOME", serials: [] },
      NOTED,
    )
    expect(remedies[0]?.command).toBe(`sallyport user list --search 'x'\\''; rm -rf $HOME'`)
  })

  test('of a reason from another version says so', () => {
    expect(explain({ ...ROW, reason: 'constructor' }, NOTED).summary).toContain('not known to this version')
  })

  test('of an operation says who and what', () => {
    const operation: Partial<AuditRow> = {
      ...{ actor: 'admin:carol', source: 'socket', action: 'token set', outcome: 'done', reason: null },
      detail: 'maxFail 10 -> 5',
    }
    expect(found(operation)).toEqual({
      who: 'passed: carol, by the admin socket',
      what: 'passed: token set',
      user: 'passed: alice',
      tokens: 'passed: A, B',
      changed: 'passed: maxFail 10 -> 5',
      outcome: 'passed: done',
    })
  })
})

test('a note is short in a list', () => {
  expect([
    shortWords(null),
    shortWords('distance=-1'),
    shortWords('protocol=mschapv2 unsigned sync=412 failures=3/10'),
    shortWords('answers=otp used=2'),
  ]).toEqual([
    null,
    '1 code behind',
    '412 codes ahead, failure 3 of 10, MS-CHAPv2, not signed',
    '2 codes back, answer to a challenge',
  ])
})
