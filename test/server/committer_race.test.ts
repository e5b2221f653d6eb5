import { describe, expect, test } from '@jest/globals'
import { authenticate } from '../../src/auth/authenticate.ts'
import type { Verdict } from '../../src/auth/verdict.ts'
import { Committer } from '../../src/server/committer.ts'
import { verifyAudit } from '../../src/storage/audit_chain.ts'
import { makeLogin, makeToken, NOW, otpAt, POLICY } from '../auth/make_token.ts'
import { inserts, loadOne, put } from '../storage/stored.ts'
import { DATABASES, KEYS, POSTGRES, type TestDatabase } from '../support/databases.ts'

// An OTP is accepted at most once, ever: for any number of requests at the same moment, on any node.
const ways = [
  ...DATABASES.map((kind) => ({ name: `one node on ${kind.name}`, kind, nodes: 1 })),
  { name: 'two nodes on one PostgreSQL', kind: POSTGRES, nodes: 2 },
  { name: 'five nodes on one PostgreSQL', kind: POSTGRES, nodes: 5 },
]

describe.each(ways)('$name', ({ kind, nodes }) => {
  const token = makeToken({ serial: 'A', pin: '1234', maxFail: 0 })

  test('the same OTP fifty times at once is accepted exactly once', async () => {
    await onNodes(
      async (committers, database) => {
        const verdicts = await Promise.all(
          Array.from({ length: 50 }, (_, i) => login(committers[i % nodes], `1234${otpAt(token, 3)}`)),
        )
        expect(reasons(verdicts)).toEqual({ 'otp-accepted': 1, 'otp-already-used': 49 })
        const stored = await loadOne(await database.open('look'), 'user:alice')
        expect(stored).toMatchObject({ counter: 4, successCount: 1, attemptCount: 50, failCount: 49 })
      },
      [token],
    )
  })

  test('two hundred OTPs of two hundred users, each four times at once: each is accepted exactly once', async () => {
    const tokens = Array.from({ length: 200 }, (_, i) =>
      makeToken({ serial: `T${i}`, user: `user ${i}`, maxFail: 0 }),
    )
    await onNodes(async (committers) => {
      const requests = Array.from({ length: 800 }, (_, i) => ({ user: (i * 7) % 200, copy: i }))
      const verdicts = await Promise.all(
        requests.map(({ user, copy }) =>
          login(
            committers[(copy + Math.floor(copy / 200)) % nodes],
            otpAt(tokens[user]!, user % 10),
            `user ${user}`,
          ),
        ),
      )
      const accepted = verdicts.flatMap(({ kind: said, serials }) => (said === 'accept' ? serials : []))
      expect(accepted.toSorted()).toEqual(tokens.map(({ serial }) => serial).toSorted())
      expect(reasons(verdicts)).toEqual({ 'otp-accepted': 200, 'otp-already-used': 600 })
    }, tokens)
  })

  test('the OTPs of one token one after the other, each from everywhere at once', async () => {
    await onNodes(
      async (committers) => {
        for (let counter = 0; counter < 100 / nodes; counter++) {
          const copies = await Promise.all(
            committers
              .flatMap((node) => [node, node])
              .map((node) => login(node, `1234${otpAt(token, counter)}`)),
          )
          expect(copies.filter(({ kind: said }) => said === 'accept').length).toBe(1)
        }
      },
      [token],
    )
  })

  /** Every race ends with whole chains that hold one row for each decision. */
  async function onNodes(
    race: (committers: readonly Committer[], database: TestDatabase) => Promise<void>,
    tokens: readonly ReturnType<typeof makeToken>[],
  ): Promise<void> {
    const database = await kind.create()
    try {
      const names = Array.from({ length: nodes }, (_, i) => `node ${i}`)
      const stores = await Promise.all(names.map((name) => database.open(name)))
      await put(stores[0]!, inserts(...tokens))
      const committers = stores.map((store) => new Committer({ store, now: () => NOW }))
      const look = { ...database, open: async () => stores[0]! }
      await race(committers, look)
      await Promise.all(committers.map((committer) => committer.close()))
      const decided = committers.reduce((sum, { counters }) => sum + counters.committed, 0)
      expect(await verifyAudit(stores[0]!, KEYS.audit)).toEqual({ entries: decided, firstBad: null })
    } finally {
      await database.drop()
    }
  }

  function login(committer: Committer | undefined, password: string, user = 'alice'): Promise<Verdict> {
    return committer!.transact(`user:${user}`, authenticate(makeLogin(password, user), POLICY))
  }
})

function reasons(verdicts: readonly Verdict[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const verdict of verdicts) {
    const reason = verdict.kind === 'challenge' ? 'challenge' : verdict.reason
    counts[reason] = (counts[reason] ?? 0) + 1
  }
  return counts
}
