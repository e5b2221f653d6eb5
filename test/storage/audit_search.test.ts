import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { enroll, newToken } from '../../src/admin/enroll.ts'
import { type Edit, editToken } from '../../src/admin/token_change.ts'
import { assign, setActive, unassign } from '../../src/admin/token_commands.ts'
import { resetFailCounts } from '../../src/admin/user_commands.ts'
import type { AccountKey, Token } from '../../src/auth/account.ts'
import type { Action } from '../../src/auth/action.ts'
import { authenticate } from '../../src/auth/authenticate.ts'
import { foldCase } from '../../src/auth/fold_case.ts'
import { Committer } from '../../src/server/committer.ts'
import { verifyAudit } from '../../src/storage/audit_chain.ts'
import type { AuditQuery, AuditRow, Store } from '../../src/storage/store.ts'
import { makeLogin, makeToken, NOW, otpAt, POLICY } from '../auth/make_token.ts'
import { watched } from '../server/gated_store.ts'
import { DATABASES, KEYS, type TestDatabase } from '../support/databases.ts'
import { changed, deleted, entry, inserts, loadOne, put } from './stored.ts'

type Filter = Omit<AuditQuery, 'limit' | 'cursor'>
const BY = { actor: 'admin:carol', source: 'socket' }

// The plainest search there is, over every entry of every block, is what any list must agree with.
async function everything(database: TestDatabase): Promise<AuditRow[]> {
  const blocks = await database.query('SELECT id, node, chain, entries FROM audit ORDER BY id')
  return blocks
    .flatMap(({ id, node, chain, entries }) =>
      (JSON.parse(entries as string) as unknown[][]).map((fields, place) => {
        const [at, actor, source, user, serials, , action, outcome, reason, detail] = fields
        const shown = { at, actor, source, user, serials, action, outcome, reason, detail }
        return { id: (id as number) + place, node, chain, ...shown } as AuditRow
      }),
    )
    .toReversed()
}

function matching(rows: readonly AuditRow[], filter: Filter): AuditRow[] {
  const { user, serial, action, outcome, from = -Infinity, to = Infinity } = filter
  return rows.filter(
    (row) =>
      (user === undefined || (row.user !== null && foldCase(row.user) === foldCase(user))) &&
      (serial === undefined || row.serials.includes(serial)) &&
      (action === undefined || row.action === action) &&
      (outcome === undefined || row.outcome === outcome) &&
      row.at >= from &&
      row.at <= to,
  )
}

async function paged(
  store: Store,
  filter: Filter,
  limit: number,
  between: () => Promise<unknown> = async () => {},
): Promise<AuditRow[]> {
  const rows: AuditRow[] = []
  for (let cursor: string | null = null; ; ) {
    const page = await store.listAudit({ ...filter, limit, cursor })
    rows.push(...page.rows)
    expect(page.rows.length).toBeLessThanOrEqual(limit)
    if (page.nextCursor === null) return rows
    // Only the last page may be short.
    expect(page.rows.length).toBe(limit)
    cursor = page.nextCursor
    await between()
  }
}

const SERIALS = ['S0', 'S1', 'S2', 'S3']
const USERS = ['alice', 'Bob', 'zoë']
const SPELLINGS = ['alice', 'ALICE', 'bob', 'Bob', 'ZOE\u0308', 'nobody']
/** Beside those who come and go: so many log in at once that their rows go by SQLite's journal. */
const CROWD = Array.from({ length: 24 }, (_, i) => makeToken({ serial: `C${i}`, user: `crowd ${i % 20}` }))
const DRAFTS = new Map(
  SERIALS.map((serial) => [serial, makeToken({ serial, pin: '1', maxFail: 2, window: 20, version: 0 })]),
)
const OTPS = new Map(
  [...DRAFTS.values(), ...CROWD].map((token) => [
    token.serial,
    Array.from({ length: 40 }, (_, counter) => otpAt(token, counter)),
  ]),
)

type Step =
  | { readonly kind: 'login'; readonly user: string; readonly serial: string; readonly how: How }
  | { readonly kind: 'enroll'; readonly serial: string; readonly user: string | null }
  | { readonly kind: 'assign'; readonly serial: string; readonly user: string }
  | { readonly kind: 'unassign' | 'delete' | 'disable' | 'enable' | 'noop'; readonly serial: string }
  | { readonly kind: 'reset'; readonly user: string }
  | { readonly kind: 'crowd' }
type How = 'right' | 'right' | 'old' | 'wrong' | 'wrong PIN'

const serials = fc.constantFrom(...SERIALS)
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('login' as const),
      user: fc.constantFrom(...SPELLINGS, 'alice', 'alice'),
      serial: serials,
      how: fc.constantFrom<How>('right', 'right', 'right', 'old', 'wrong', 'wrong PIN'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('enroll' as const),
      serial: serials,
      user: fc.constantFrom(...USERS, ...USERS, null),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('assign' as const),
      serial: serials,
      user: fc.constantFrom(...USERS),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('unassign', 'unassign', 'delete', 'disable', 'enable', 'noop'),
      serial: serials,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('reset' as const), user: fc.constantFrom(...USERS) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'crowd' as const }) },
)
const filters: fc.Arbitrary<Filter & { limit: number; goOn: boolean }> = fc
  .record({
    user: fc.option(fc.constantFrom(...SPELLINGS, 'crowd 1'), { nil: undefined }),
    serial: fc.option(fc.constantFrom(...SERIALS, 'C1', 'C21', 'NONE'), { nil: undefined }),
    action: fc.option(
      fc.constantFrom('login', 'login', 'token enroll', 'token unassign', 'token delete', 'token lost'),
      { nil: undefined },
    ),
    outcome: fc.option(fc.constantFrom('accept', 'reject', 'done', 'refused'), { nil: undefined }),
    from: fc.option(fc.nat(30), { nil: undefined }),
    to: fc.option(fc.nat(30), { nil: undefined }),
    limit: fc.integer({ min: 1, max: 12 }),
    goOn: fc.boolean(),
  })
  .map(({ from, to, ...filter }) => ({
    ...filter,
    from: from === undefined ? undefined : NOW + from * 1000,
    to: to === undefined ? undefined : NOW + to * 1000,
  }))

describe.each(DATABASES)('$name', ({ create }) => {
  test('any list, in pages of any size, shows what a plain search of everything finds', async () => {
    const until = performance.now() + 6_000
    let scenarios = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(steps, { minLength: 1, maxLength: 8 }), { minLength: 3, maxLength: 25 }),
        fc.array(filters, { minLength: 25, maxLength: 40 }),
        async (sequence, asked) => {
          if (performance.now() > until) return
          scenarios++
          const database = await create()
          try {
            const scenario = new Scenario(await database.open())
            await scenario.begin()
            for (const together of sequence) await scenario.run(together)
            const rows = await everything(database)
            // Nothing is in the trail that was not decided, and nothing that was decided is missing.
            expect(rows.length).toBe(scenario.decided)
            const each: (Filter & { limit: number; goOn: boolean })[] = [
              ...USERS.flatMap((user) => [{ user }, ...SERIALS.map((serial) => ({ user, serial }))]),
              ...SERIALS.map((serial) => ({ serial })),
              {},
            ].map((filter) => ({ ...filter, limit: 7, goOn: false }))
            let now = rows
            for (const { limit, goOn, ...filter } of [...each, ...asked]) {
              const between = async () => {
                if (goOn) await scenario.run(sequence[scenario.steps % sequence.length]!)
              }
              expect(await paged(scenario.store, filter, limit, between)).toEqual(matching(now, filter))
              if (goOn) now = await everything(database)
            }
            expect((await verifyAudit(scenario.store, KEYS.audit)).firstBad).toBeNull()
          } finally {
            await database.drop()
          }
        },
      ),
      { numRuns: 40 },
    )
    expect(scenarios).toBeGreaterThan(0)
  }, 60_000)

  describe('made by hand', () => {
    let database: TestDatabase
    let store: Store
    beforeEach(async () => {
      database = await create()
      store = await database.open()
    })
    afterEach(() => database.drop())

    const all = (filter: Filter) => paged(store, filter, 3)
    const details = async (filter: Filter) => (await all(filter)).map(({ detail }) => detail)

    test('a serial that is deleted and enrolled again in one commit keeps its whole past', async () => {
      await put(store, inserts(makeToken({ serial: 'A' })), [
        entry({ action: 'token enroll', detail: 'one' }),
      ])
      let token = await loadOne(store, 'user:alice')
      await put(store, [changed(token, { counter: 1 })], [entry({ detail: 'two' })])
      token = await loadOne(store, 'user:alice')
      const both = [deleted(token), ...inserts(makeToken({ serial: 'A', user: 'bob' }))]
      const audit = [
        entry({ action: 'token delete', detail: 'three' }),
        entry({ action: 'token enroll', user: 'bob', detail: 'four' }),
      ]
      // SQLite: the serial is taken until the deletion is committed.
      const losers = await store.commit(both, audit)
      if (losers.size > 0) for (const [i, change] of both.entries()) await put(store, [change], [audit[i]!])
      token = await loadOne(store, 'user:bob')
      await put(store, [changed(token, { counter: 1 })], [entry({ user: 'bob', detail: 'five' })])
      expect(await details({ serial: 'A' })).toEqual(['five', 'four', 'three', 'two', 'one'])
      expect(await details({ user: 'alice' })).toEqual(['three', 'two', 'one'])
      expect(await details({ user: 'bob' })).toEqual(['five', 'four'])
    })

    test('an entry that names two tokens and moved one is found by the other one too', async () => {
      await put(store, inserts(makeToken({ serial: 'A' }), makeToken({ serial: 'B' })), [
        entry({ action: 'token enroll', serials: ['A', 'B'], detail: 'one' }),
      ])
      const { tokens } = (await store.load(['user:alice'])).get('user:alice')!
      const b = tokens.find(({ serial }) => serial === 'B')!
      await put(store, [changed(b, { failCount: 1 })], [entry({ serials: ['A', 'B'], detail: 'two' })])
      const token = (await store.load(['user:alice'])).get('user:alice')!.tokens.find((t) => t.id === b.id)!
      await put(
        store,
        [changed(token, { user: null })],
        [entry({ action: 'token unassign', serials: ['B'], detail: 'three' })],
      )
      expect(await details({ user: 'alice', serial: 'A' })).toEqual(['two', 'one'])
      expect(await details({ serial: 'A' })).toEqual(['two', 'one'])
      expect(await details({ user: 'alice' })).toEqual(['three', 'two', 'one'])
    })

    describe('altered in the database', () => {
      /** Blocks by rising id: the enrolment, then four logins, each of which leads to the one before. */
      let ids: number[]
      beforeEach(async () => {
        await put(store, inserts(makeToken({ serial: 'A' })), [
          entry({ action: 'token enroll', detail: '0' }),
        ])
        for (let counter = 1; counter < 5; counter++) {
          const token = await loadOne(store, 'user:alice')
          await put(store, [changed(token, { counter })], [entry({ detail: `${counter}` })])
        }
        const rows = await database.query('SELECT id FROM audit ORDER BY id')
        ids = rows.map(({ id }) => id as number)
        expect(await details({ serial: 'A' })).toEqual(['4', '3', '2', '1', '0'])
      })

      const lead = async (from: number, to: (id: number) => number) => {
        const [row] = await database.query('SELECT entries FROM audit WHERE id = ?', ids[from])
        const entries = JSON.parse(row!.entries as string)
        entries[0][5] = [to(ids[from]!)]
        await database.query('UPDATE audit SET entries = ? WHERE id = ?', JSON.stringify(entries), ids[from])
      }
      const bends: { name: string; to: (id: number, ids: readonly number[]) => number }[] = [
        { name: 'to itself', to: (id) => id },
        { name: 'forward', to: (_, ids) => ids[4]! },
        { name: 'forward, past the end', to: (id) => id * 1000 },
        { name: 'to what is not', to: () => 987_654_321 },
        { name: 'below zero', to: () => -1 },
        { name: 'between two blocks', to: (id) => id - 0.5 },
      ]
      test.each(bends)('a linked list that leads $name ends, and shows nothing twice', async ({ to }) => {
        await lead(2, (id) => to(id, ids))
        for (const filter of [{ serial: 'A' }, { user: 'alice' }, { user: 'alice', serial: 'A' }]) {
          const shown = (await details(filter)).map(Number)
          expect(shown.slice(0, 2)).toEqual([4, 3])
          expect(shown).toEqual([...new Set(shown)].toSorted((a, b) => b - a))
          // The index still knows the operation.
          expect(shown.at(-1)).toBe(0)
        }
        expect(await details({})).toEqual(expect.arrayContaining(['4', '3', '1', '0']))
        expect((await verifyAudit(store, KEYS.audit)).firstBad).toMatchObject({ id: ids[2] })
      })

      test.each([0, -7, 999_999_999])(
        'a token that leads to block %i still has its operations',
        async (head) => {
          await database.query('UPDATE token_progress SET audit_head = ?', head)
          expect(await details({ serial: 'A' })).toEqual(['0'])
          expect(await details({})).toEqual(['4', '3', '2', '1', '0'])
        },
      )

      const spoilt = ['', '[[', 'null', '{}', '[1]', '[null]', '["abcdefghij"]', '[[1,2,3]]', '[]']
      test.each(spoilt)(
        'a block of %j is passed over by every list, and named by verify',
        async (entries) => {
          await database.query('UPDATE audit SET entries = ? WHERE id = ?', entries, ids[3])
          expect(await details({})).toEqual(['4', '2', '1', '0'])
          expect(await details({ action: 'login' })).toEqual(['4', '2', '1'])
          for (const filter of [{ serial: 'A' }, { user: 'alice' }, { user: 'alice', outcome: 'accept' }]) {
            const shown = await details(filter)
            expect([shown[0], shown.at(-1)]).toEqual(['4', '0'])
          }
          const { firstBad } = await verifyAudit(store, KEYS.audit)
          expect(firstBad).toEqual({ id: ids[3], chain: 1, problem: 'the row was changed' })
        },
      )
    })
  })
})

class Scenario {
  readonly store: Store
  readonly #committer: Committer
  readonly #next = new Map<string, number>()
  readonly #watched: ReturnType<typeof watched>
  #now = NOW
  steps = 0

  constructor(store: Store) {
    this.store = store
    this.#watched = watched(store)
    this.#committer = new Committer({ store: this.#watched, now: () => this.#now, maxBatch: 32 })
  }

  async begin(): Promise<void> {
    await put(this.store, inserts(...CROWD))
    const owners = { S0: 'alice', S1: 'alice', S2: 'Bob' }
    await this.run(Object.entries(owners).map(([serial, user]) => ({ kind: 'enroll', serial, user })))
  }

  /** Entries of decisions that were made known. */
  decided = 0

  /** At once; the committer makes batches of them. */
  async run(together: readonly Step[]): Promise<void> {
    this.steps++
    this.#now += 1000
    const works = await Promise.all(together.flatMap((step) => this.#worksOf(step)))
    const known = works.filter((work) => work !== null)
    const results = await Promise.allSettled(
      known.map(({ key, action }) => this.#committer.transact(key, counted(action))),
    )
    for (const result of results) if (result.status === 'fulfilled') this.decided += result.value
  }

  #worksOf(step: Step): Promise<{ key: AccountKey; action: Action<unknown> } | null>[] {
    if (step.kind === 'crowd') {
      return CROWD.slice(0, 20).map(async ({ user, serial }) => this.#login(user!, serial, 'right', ''))
    }
    return [this.#workOf(step)]
  }

  async #workOf(step: Exclude<Step, { kind: 'crowd' }>) {
    switch (step.kind) {
      case 'login':
        return this.#login(step.user, step.serial, step.how, '1')
      case 'enroll': {
        const { id: _, auditHead: _head, ...draft } = DRAFTS.get(step.serial) as Token
        this.#next.set(step.serial, 0)
        const token = newToken({ ...draft, user: step.user })
        const key: AccountKey = token.user === null ? `token:${step.serial}` : `user:${foldCase(token.user)}`
        return { key, action: enroll({ ...draft, ...token }, BY) }
      }
      case 'reset':
        return { key: `user:${foldCase(step.user)}` as const, action: resetFailCounts(step.user, BY) }
      default: {
        const key = await this.store.locate(step.serial)
        if (key === null) return null
        const edit: Edit = (token) => {
          if (step.kind === 'assign') return assign(token, step.user, token.pin)
          if (step.kind === 'unassign') return unassign(token)
          if (step.kind === 'delete') return { token: null, detail: 'hotp' }
          if (step.kind === 'noop') return { token, refused: 'otps-not-found' }
          return setActive(token, step.kind === 'enable')
        }
        return { key, action: editToken(`token ${step.kind}`, step.serial, BY, edit) }
      }
    }
  }

  #login(user: string, serial: string, how: How, pin: string) {
    const otps = OTPS.get(serial) as string[]
    const next = (this.#next.get(serial) ?? 0) % otps.length
    if (how === 'right') this.#next.set(serial, next + 1)
    const otp = how === 'old' ? otps[0] : how === 'wrong' ? '000000' : otps[next]
    const password = `${how === 'wrong PIN' ? '9' : pin}${otp}`
    return { key: `user:${foldCase(user)}` as const, action: authenticate(makeLogin(password, user), POLICY) }
  }
}

/** Answers how many entries it left. */
function counted(action: Action<unknown>): Action<number> {
  return (account, now) => {
    const outcome = action(account, now)
    return { ...outcome, result: outcome.audit.length }
  }
}
