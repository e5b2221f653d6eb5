import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { keyOf, type Token } from '../../src/auth/account.ts'
import type { TokenChange } from '../../src/auth/action.ts'
import { makeToken } from '../auth/make_token.ts'
import { entry, plainToken } from '../storage/stored.ts'
import { DATABASES, POSTGRES, SQLITE } from '../support/databases.ts'
import { ModelStore } from './model_store.ts'
import { databaseTruth, type Truth } from './truth.ts'
import { runSchedule } from './world.ts'

const seeds = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

// The model stands for the databases in thousands of schedules: here they are put in its place.
test.each(seeds(10))('a schedule takes the same course on SQLite as on the model: %d', async (seed) => {
  const model = await runSchedule(seed)
  const real = await runSchedule(seed, { truth: await databaseTruth(SQLITE, { withItsMemory: false }) })
  expect(real.trace).toEqual(model.trace)
  expect(real.violation).toBeNull()
})

// What they remember is their own affair: the course may differ, the rules hold.
test.each([
  ...seeds(10).map((seed) => ({ kind: SQLITE, seed })),
  ...seeds(4).map((seed) => ({ kind: POSTGRES, seed })),
])('no rule is broken on $kind.name with its own memory: $seed', async ({ kind, seed }) => {
  const { violation } = await runSchedule(seed, { truth: await databaseTruth(kind, { withItsMemory: true }) })
  expect(violation).toBeNull()
})

const SERIALS = ['A', 'B', 'C', 'D']
const OWNERS = ['alice', 'bob', null]

interface Edit {
  readonly serial: string
  readonly kind: 'login' | 'set back' | 'describe' | 'give' | 'delete'
  readonly owner: string | null
}

interface Step {
  /** From how many commits ago the accounts are that it rests on. */
  readonly age: number
  readonly edits: readonly Edit[]
}

const edits: fc.Arbitrary<Edit> = fc.record({
  serial: fc.constantFrom(...SERIALS),
  kind: fc.constantFrom('login', 'login', 'login', 'set back', 'describe', 'give', 'delete'),
  owner: fc.constantFrom(...OWNERS),
})
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    age: fc.constantFrom(0, 0, 0, 1, 2),
    edits: fc.uniqueArray(edits, { minLength: 1, maxLength: 4, selector: ({ serial }) => serial }),
  }),
  { minLength: 1, maxLength: 25 },
)

describe.each(DATABASES)('$name and the model', (kind) => {
  let real: Truth
  beforeEach(async () => {
    real = await databaseTruth(kind, { withItsMemory: false })
  })
  afterEach(() => real.close())

  let run = 0
  test('say the same of any commits, old accounts among them', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        // Serials and owners of its own, in place of a database of its own.
        run++
        const sides = [
          new Side(new ModelStore({ touchesOthers: kind === POSTGRES }), run),
          new Side(real, run),
        ] as const
        for (const step of sequence) {
          const [model, database] = await Promise.all(sides.map((side) => side.play(step)))
          expect(database).toEqual(model)
        }
      }),
      { numRuns: 40 },
    )
  }, 60_000)
})

class Side {
  readonly #truth: Truth
  readonly #run: number
  /** All accounts after each commit, by serial; the latest last. */
  readonly #history: Map<string, Token>[] = [new Map()]

  constructor(truth: Truth, run: number) {
    this.#truth = truth
    this.#run = run
  }

  /** Who lost, and what is there afterwards. */
  async play({ age, edits }: Step) {
    const store = this.#truth.storeOf(0)
    const known = this.#history.at(-1 - age) ?? this.#history[0]!
    const changes = edits.map((edit) => this.#changeOf(edit, known))
    const losers = await store.commit(changes, [entry()])
    const owners = OWNERS.map((owner) => this.#own(owner))
    const keys = [
      ...owners.filter((owner) => owner !== null).map((user) => keyOf({ user, serial: '' })),
      ...SERIALS.map((serial) => keyOf({ user: null, serial: this.#own(serial) })),
    ]
    const accounts = await store.load(keys)
    const tokens = [...accounts.values()].flatMap((account) => account.tokens)
    this.#history.push(new Map(tokens.map((token) => [token.serial, token])))
    const places = await Promise.all(SERIALS.map((serial) => store.locate(this.#own(serial))))
    return { losers, keys: [...accounts.keys()], tokens: tokens.map(plainToken), places }
  }

  #changeOf({ serial, kind, owner }: Edit, known: Map<string, Token>): TokenChange {
    const before = known.get(this.#own(serial)) ?? null
    if (before === null) {
      const after = makeToken({ serial: this.#own(serial), user: this.#own(owner), counter: 5 })
      return { key: keyOf(after), before, after }
    }
    const key = keyOf(before)
    if (kind === 'delete') return { key, before, after: null }
    const fields = {
      login: { counter: before.counter + 1, successCount: before.successCount + 1 },
      'set back': { counter: before.counter - 1 },
      describe: { description: `${before.version}` },
      give: { user: this.#own(owner) },
    }[kind]
    return { key, before, after: { ...before, ...fields, version: before.version + 1 } }
  }

  #own<T extends string | null>(name: T): T {
    return (name === null ? null : `${name}-${this.#run}`) as T
  }
}
