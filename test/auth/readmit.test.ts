/** Who may come in again without an OTP, on a session that he has kept. */
import { expect, test } from '@jest/globals'
import { readmit } from '../../src/auth/readmit.ts'
import { makeToken, NOW, POLICY } from './make_token.ts'

const ASKED = {
  user: 'alice',
  serials: ['A', 'B'],
  actor: 'client:wifi',
  source: '10.0.0.1',
  method: 'eap-ttls',
}

const [a, b, c] = ['A', 'B', 'C'].map((serial) => makeToken({ serial }))

test.each([
  ['both tokens are as they were', [a!, b!, c!], 'accept', 'session-resumed', ['A', 'B']],
  ['one of them is left', [b!, c!], 'accept', 'session-resumed', ['B']],
  ['one is disabled', [{ ...a!, active: false }, b!], 'accept', 'session-resumed', ['B']],
  [
    'all its uses are spent',
    [{ ...a!, maxSuccesses: 1, successCount: 1 }],
    'accept',
    'session-resumed',
    ['A'],
  ],
  ['there is another token only', [c!], 'reject', 'unknown-user', []],
  ['there is none', [], 'reject', 'unknown-user', []],
  ['it is disabled', [{ ...a!, active: false }, c!], 'reject', 'token-disabled', ['A']],
  ['it is locked', [{ ...a!, failCount: 10, maxFail: 10 }], 'reject', 'token-locked', ['A']],
  ['it has expired', [{ ...a!, validUntil: NOW - 1 }], 'reject', 'token-expired', ['A']],
  ['it is not valid yet', [{ ...a!, validFrom: NOW + 1 }], 'reject', 'token-not-yet-valid', ['A']],
] as const)('%s', (_name, tokens, kind, reason, serials) => {
  const account = { key: 'user:alice', tokens } as const
  const outcome = readmit(ASKED, POLICY)(account, NOW)
  expect(outcome.result).toEqual({ kind, reason, serials })
  // Nothing is spent, nothing counted, and it rests on what nobody has written: it is not proven by a commit.
  expect([outcome.tokens, outcome.isProvenByCommit]).toEqual([tokens, undefined])
  expect(outcome.audit).toMatchObject([
    {
      at: NOW,
      actor: 'client:wifi',
      user: 'alice',
      action: 'login',
      outcome: kind,
      reason,
      detail: 'method=eap-ttls',
    },
  ])
})
