/** What a user's record has to do with a decision: it goes with an Accept, and without it there is none. */
import { describe, expect, test } from '@jest/globals'
import type { Account, AccountKey, AccountRecord } from '../../src/auth/account.ts'
import { type Action, runBatch, type Work } from '../../src/auth/action.ts'
import { authenticate } from '../../src/auth/authenticate.ts'
import { converse } from '../../src/auth/dialogue.ts'
import { authenticateByOtp } from '../../src/auth/otp_only.ts'
import { ticketFor } from '../../src/auth/ticket.ts'
import type { RecordProblem } from '../../src/auth/verdict.ts'
import { makeLogin, makeToken, NOW, otpAt, POLICY } from './make_token.ts'

const A = makeToken({ serial: 'A', version: 7 })
const B = makeToken({ serial: 'B', version: 3 })
const RECORD: AccountRecord = {
  name: 'alice',
  version: 4,
  groups: ['staff'],
  reply: [],
  isReadable: true,
  others: {},
}
const ALICE: Account = { key: 'user:alice', tokens: [A, B], record: RECORD }
const PASSWORD = otpAt(A, 0)

/** The ways to a decision, each with what accepts token A there. */
const WAYS = [
  { name: 'without a dialogue', action: authenticate },
  { name: 'by the OTP alone', action: authenticateByOtp },
  { name: 'that begins a dialogue', action: begun },
  { name: 'that answers a challenge', action: answered },
] as const

function begun(...[login, policy]: Parameters<typeof authenticate>) {
  return converse(login, policy, null)
}

function answered(...[login, policy]: Parameters<typeof authenticate>) {
  const ticket = ticketFor('otp', [A], NOW)
  return converse(login, policy, { ticket, entropy: new Uint8Array(16) })
}

function decided(
  account: Account,
  password: string,
  problem: RecordProblem | null = null,
  action: (typeof WAYS)[number]['action'] = authenticate,
) {
  const policy = { ...POLICY, recordProblem: () => problem }
  return action(makeLogin(password), policy)(account, NOW)
}

describe.each(WAYS)('a login $name', ({ action }) => {
  test('accepted, it has the record with it', () => {
    expect(decided(ALICE, PASSWORD, null, action).result).toMatchObject({ kind: 'accept', record: RECORD })
  })

  test('is rejected for a problem, and nothing is spent or asked', () => {
    const outcome = decided(ALICE, PASSWORD, 'unknown-group', action)
    expect(outcome.result).toEqual({ kind: 'reject', reason: 'unknown-group', serials: [] })
    expect(outcome.tokens).toBe(ALICE.tokens)
  })
})

test('the PIN alone of a user with a problem is answered by no challenge', () => {
  const account = { ...ALICE, tokens: [makeToken({ serial: 'P', pin: '1234' })] }
  expect(decided(account, '1234', null, begun).result.kind).toBe('challenge')
  expect(decided(account, '1234', 'unknown-group', begun).result).toMatchObject({ reason: 'unknown-group' })
})

describe('a login', () => {
  test('accepted, it has the record with it', () => {
    expect(decided(ALICE, PASSWORD)).toMatchObject({
      result: { kind: 'accept', reason: 'otp-accepted', record: RECORD },
      isProvenByCommit: true,
    })
  })

  test('rejected, it has not', () => {
    expect(decided(ALICE, '000000').result).not.toHaveProperty('record')
  })

  test('of a user without a record: no problem is looked for, and nothing is added', () => {
    const { result } = decided({ key: 'user:alice', tokens: [A] }, PASSWORD, 'unknown-group')
    expect(result).toEqual({ kind: 'accept', reason: 'otp-accepted', serials: ['A'] })
  })

  const problems = ['user-record-unreadable', 'unknown-group', 'bad-reply-attribute'] as const
  test.each(problems)('is rejected as %s with the right OTP, which is not spent', (problem) => {
    const outcome = decided(ALICE, PASSWORD, problem)
    expect(outcome.result).toEqual({ kind: 'reject', reason: problem, serials: [] })
    expect(outcome.tokens).toBe(ALICE.tokens)
    expect(outcome.isProvenByCommit).toBe(false)
    expect(outcome.audit).toMatchObject([{ outcome: 'reject', reason: problem, serials: [] }])
  })

  test('of nobody is of nobody, whatever is set about him', () => {
    const nobody = { key: 'user:alice', tokens: [], record: RECORD } as const
    expect(decided(nobody, PASSWORD, 'unknown-group').result).toMatchObject({ reason: 'unknown-user' })
  })
})

describe('runBatch', () => {
  const setGroups =
    (...groups: string[]): Action<number> =>
    ({ tokens, record = RECORD }) => ({
      result: record.version,
      tokens,
      record: { ...record, groups },
      audit: [],
    })
  const login: Action<unknown> = authenticate(makeLogin(PASSWORD), POLICY)

  function run(account: Account, ...actions: Action<unknown>[]) {
    const accounts = new Map<AccountKey, Account>([[account.key, account]])
    const works = actions.map((action): Work => ({ key: account.key, action }))
    const { outcomes, changes, records, accounts: after } = runBatch(works, accounts, NOW)
    return { outcomes, changes, records, after: after.get(account.key)! }
  }

  test('a change of the record moves every token of the account one version on, and nothing else of it', () => {
    const { changes, records, after } = run(ALICE, setGroups('a'))
    expect(records).toEqual([
      { key: 'user:alice', before: RECORD, after: { ...RECORD, groups: ['a'], version: 5 } },
    ])
    expect(changes).toEqual([
      { key: 'user:alice', before: A, after: { ...A, version: 8 } },
      { key: 'user:alice', before: B, after: { ...B, version: 4 } },
    ])
    expect(after).toEqual({
      key: 'user:alice',
      tokens: changes.map(({ after }) => after),
      record: records[0]!.after,
    })
  })

  test('the first one has version 1, also of a user without tokens', () => {
    const { changes, records } = run({ key: 'user:alice', tokens: [] }, setGroups('a'))
    expect([changes, records]).toEqual([
      [],
      [{ key: 'user:alice', before: undefined, after: { ...RECORD, groups: ['a'], version: 1 } }],
    ])
  })

  test('two changes in one batch are one, and what comes after sees it', () => {
    const { outcomes, records, changes } = run(ALICE, setGroups('a'), setGroups('b'), login)
    expect(records.map(({ after }) => [after.groups, after.version])).toEqual([[['b'], 5]])
    expect(outcomes.at(-1)).toMatchObject({ result: { kind: 'accept', record: { groups: ['b'] } } })
    expect(changes.map(({ after }) => [after!.version, after!.counter])).toEqual([
      [8, 1],
      [4, 0],
    ])
  })

  test('a login leaves the record as it is', () => {
    const { records, after } = run(ALICE, login)
    expect(records).toEqual([])
    expect(after.record).toBe(RECORD)
  })

  test('a token that leaves takes nothing of it along', () => {
    const away: Action<number> = ({ tokens }) => ({
      result: 0,
      tokens: tokens.map((token) => (token.serial === 'B' ? { ...token, user: null } : token)),
      audit: [],
    })
    const { records, after } = run(ALICE, away, login)
    expect(records).toEqual([])
    expect([after.tokens.map(({ serial }) => serial), after.record]).toEqual([['A'], RECORD])
  })
})
