import { describe, expect, test } from '@jest/globals'
import type { Account, AccountKey, AuditEntry, Token } from '../../src/auth/account.ts'
import { type Action, Failed, runBatch, type Work } from '../../src/auth/action.ts'
import { authenticate } from '../../src/auth/authenticate.ts'
import { accepted, rejected } from './login_rows.ts'
import { makeAccount, makeLogin, makeToken, NOW, otpAt, POLICY } from './make_token.ts'

const ALICE = 'user:alice'
const BOB = 'user:bob'
const A = makeToken({ serial: 'A', version: 7 })
const B = makeToken({ serial: 'B', version: 3 })
const BOBS = { ...B, user: 'bob' }

function accounts(alice: readonly Token[], bob: readonly Token[] = []): Map<AccountKey, Account> {
  return new Map([
    [ALICE, makeAccount(alice, ALICE)],
    [BOB, makeAccount(bob, BOB)],
  ])
}

function entry(action: string): AuditEntry {
  return {
    at: NOW,
    actor: 'admin:root',
    source: 'socket',
    user: null,
    serials: [],
    action,
    outcome: 'done',
    reason: null,
    detail: null,
  }
}

/** Changes the tokens of an account, and answers how many it saw. */
function edit(
  name: string,
  change: (tokens: readonly Token[]) => readonly Token[],
  key: AccountKey = ALICE,
): Work {
  const action: Action<number> = ({ tokens }) => ({
    result: tokens.length,
    tokens: change(tokens),
    audit: [entry(name)],
  })
  return { key, action }
}

const count = edit('count', (tokens) => tokens.map((token) => ({ ...token, failCount: token.failCount + 1 })))
const unowned = (token: Token): Token => ({ ...token, user: null, pin: null })
const fail: Work = {
  key: ALICE,
  action: () => {
    throw new RangeError('broken')
  },
}

function run(works: readonly Work[], before: ReadonlyMap<AccountKey, Account>) {
  const { outcomes, accounts, changes, audit } = runBatch(works, before, NOW)
  return {
    results: outcomes.map((outcome) => (outcome instanceof Failed ? outcome.error : outcome.result)),
    tokens: Object.fromEntries([...before, ...accounts].map(([key, account]) => [key, account.tokens])),
    changes,
    audit: audit.map(({ action }) => action),
  }
}

describe('runBatch', () => {
  const rows = [
    {
      name: 'of nothing changes nothing',
      given: { works: [], tokens: [A] },
      expect: { results: [], tokens: { [ALICE]: [A], [BOB]: [] }, changes: [], audit: [] },
    },
    {
      name: 'an action that changes nothing leaves its audit alone',
      given: { works: [edit('show', (tokens) => tokens)], tokens: [A] },
      expect: { results: [1], tokens: { [ALICE]: [A], [BOB]: [] }, changes: [], audit: ['show'] },
    },
    {
      name: 'an action that gives the same tokens in another list changes nothing',
      given: { works: [edit('show', (tokens) => [...tokens])], tokens: [A] },
      expect: { results: [1], tokens: { [ALICE]: [A], [BOB]: [] }, changes: [], audit: ['show'] },
    },
    {
      name: 'a changed token is one version later',
      given: { works: [count], tokens: [A] },
      expect: {
        results: [1],
        tokens: { [ALICE]: [{ ...A, failCount: 1, version: 8 }], [BOB]: [] },
        changes: [{ key: ALICE, before: A, after: { ...A, failCount: 1, version: 8 } }],
        audit: ['count'],
      },
    },
    {
      name: 'later works see what earlier ones did, and the version rises by one for all of them',
      given: { works: [count, count, count], tokens: [A] },
      expect: {
        results: [1, 1, 1],
        tokens: { [ALICE]: [{ ...A, failCount: 3, version: 8 }], [BOB]: [] },
        changes: [{ key: ALICE, before: A, after: { ...A, failCount: 3, version: 8 } }],
        audit: ['count', 'count', 'count'],
      },
    },
    {
      name: 'a token that did not change is not among the changes, and keeps its version',
      given: {
        works: [edit('one', ([a, b]) => [{ ...a!, failCount: 1 }, b!])],
        tokens: [A, B],
      },
      expect: {
        results: [2],
        tokens: { [ALICE]: [{ ...A, failCount: 1, version: 8 }, B], [BOB]: [] },
        changes: [{ key: ALICE, before: A, after: { ...A, failCount: 1, version: 8 } }],
        audit: ['one'],
      },
    },
    {
      name: 'a new token has version 1 and nothing before it',
      given: { works: [edit('enroll', (tokens) => [...tokens, { ...B, version: 0 }])], tokens: [A] },
      expect: {
        results: [1],
        tokens: { [ALICE]: [A, { ...B, version: 1 }], [BOB]: [] },
        changes: [{ key: ALICE, before: null, after: { ...B, version: 1 } }],
        audit: ['enroll'],
      },
    },
    {
      name: 'a deleted token has nothing after it',
      given: { works: [edit('delete', ([a]) => [a!])], tokens: [A, B] },
      expect: {
        results: [2],
        tokens: { [ALICE]: [A], [BOB]: [] },
        changes: [{ key: ALICE, before: B, after: null }],
        audit: ['delete'],
      },
    },
    {
      name: 'a token that is made and deleted in one batch leaves its audit alone',
      given: {
        works: [edit('enroll', (tokens) => [...tokens, B]), edit('delete', ([a]) => [a!])],
        tokens: [A],
      },
      expect: {
        results: [1, 2],
        tokens: { [ALICE]: [A], [BOB]: [] },
        changes: [],
        audit: ['enroll', 'delete'],
      },
    },
    {
      name: 'an action that throws leaves its account and no audit; the others go on',
      given: { works: [count, fail, count], tokens: [A] },
      expect: {
        results: [1, new RangeError('broken'), 1],
        tokens: { [ALICE]: [{ ...A, failCount: 2, version: 8 }], [BOB]: [] },
        changes: [{ key: ALICE, before: A, after: { ...A, failCount: 2, version: 8 } }],
        audit: ['count', 'count'],
      },
    },
    {
      name: 'accounts do not touch each other',
      given: { works: [edit('new', () => [BOBS], BOB), count], tokens: [A] },
      expect: {
        results: [0, 1],
        tokens: { [ALICE]: [{ ...A, failCount: 1, version: 8 }], [BOB]: [{ ...BOBS, version: 1 }] },
        changes: [
          { key: ALICE, before: A, after: { ...A, failCount: 1, version: 8 } },
          { key: BOB, before: null, after: { ...BOBS, version: 1 } },
        ],
        audit: ['new', 'count'],
      },
    },
    {
      name: 'a token that leaves its account is gone for later works, and one of the changes',
      given: { works: [edit('unassign', ([token]) => [unowned(token as Token)]), count], tokens: [A] },
      expect: {
        results: [1, 0],
        tokens: { [ALICE]: [], [BOB]: [] },
        changes: [{ key: ALICE, before: A, after: { ...unowned(A), version: 8 } }],
        audit: ['unassign', 'count'],
      },
    },
  ]
  test.each(rows)('$name', ({ given: { works, tokens }, expect: expected }) => {
    const before = accounts(tokens)
    expect(run(works, before)).toEqual(expected)
    expect(before).toEqual(accounts(tokens))
  })

  test('a token unassigned in a batch accepts no login behind it, though its PIN is cleared', () => {
    const unassign = edit('unassign', ([token]) => [unowned(token as Token)])
    const login: Work = { key: ALICE, action: authenticate(makeLogin(otpAt(A, 0)), POLICY) }
    const { results } = run([unassign, login], accounts([A]))
    expect(results[1]).toEqual({ kind: 'reject', reason: 'unknown-user', serials: [] })
  })

  test('an OTP is accepted once, even when two requests with it share a batch', () => {
    const login: Work = { key: ALICE, action: authenticate(makeLogin(otpAt(A, 0)), POLICY) }
    const { results, tokens } = run([login, login], accounts([A]))
    expect(results).toEqual([accepted('A'), rejected('otp-already-used', 'A')])
    expect(tokens[ALICE]).toEqual([
      {
        ...A,
        version: 8,
        counter: 1,
        attemptCount: 2,
        successCount: 1,
        failCount: 1,
        lastUsedAt: NOW,
      },
    ])
  })
})
