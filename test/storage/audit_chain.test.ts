import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { deriveKeys } from '../../src/seal.ts'
import { authenticateHead, extend, startOfChain, verifyAudit } from '../../src/storage/audit_chain.ts'
import type { AuditBlock } from '../../src/storage/columns.ts'
import type { Store } from '../../src/storage/store.ts'
import { makeToken, NOW } from '../auth/make_token.ts'
import { DATABASES, KEYS, POSTGRES, type Row, type TestDatabase } from '../support/databases.ts'
import { changed, entry, inserts, loadOne, put } from './stored.ts'

/** Named by its id, or by which block it is. */
type Problem = readonly [
  id: number | { readonly block: number } | null,
  chain: number,
  problem: string | RegExp,
]

/** What stands in an entry, in its order there, and another value for each. */
const FIELDS = [
  'at',
  'actor',
  'source',
  'user',
  'serials',
  'previous',
  'action',
  'outcome',
  'reason',
  'detail',
] as const
const ALTERED: Record<(typeof FIELDS)[number], unknown> = {
  at: 1,
  actor: 'client:lan',
  source: '192.0.2.2',
  user: 'Alice',
  serials: ['C'],
  previous: [0],
  action: 'token lost',
  outcome: 'reject',
  reason: null,
  detail: null,
}

const CHANGED = 'the row was changed'
const ONE_OF_3 = 'one of 3 rows from here on was changed'
const MISSING = /^rows were removed or moved: row \d+ of the chain was expected$/
const HEAD = 'the head of the chain was changed'
const OUTSIDE = 'the row was added from outside'
const REMOVED = 'the chain was removed'
const ROLL = 'the number of chains was changed'

/** Entries of each commit, of three chains as three starts of the server leave them. Commits are numbered from 0. */
const CHAINS = [
  [2, 3, 1, 1],
  [3, 1, 1],
  [1, 1],
]
const ENTRIES = 14

describe.each(DATABASES)('$name', ({ create }) => {
  let database: TestDatabase
  let store: Store
  /** Of the blocks, in the order of `CHAINS`: each database numbers them in its way. */
  let ids: number[]

  async function writeChains(): Promise<void> {
    database = await create()
    let row = 0
    for (const commits of CHAINS) {
      const started = await database.open('a')
      for (const rows of commits) {
        const entries = Array.from({ length: rows }, () =>
          entry({ serials: ['A', 'B'].slice(row % 2), detail: `row ${row++}`, reason: 'wrong-otp' }),
        )
        await put(started, [], entries)
      }
      await database.close(started)
    }
    store = await database.open('a')
    const rows = await database.query('SELECT id FROM audit ORDER BY id')
    ids = rows.map(({ id }) => id as number)
  }

  const verify = () => verifyAudit(store, KEYS.audit)

  type Tampering = (db: TestDatabase) => Promise<unknown>
  /** `at(n)` among the values stands for the id of block n. */
  const at = (block: number) => ({ block })
  const meant = (value: unknown) =>
    typeof value === 'object' && value !== null && 'block' in value ? ids[value.block as number] : value
  const run =
    (sql: string, ...values: unknown[]): Tampering =>
    (db) =>
      db.query(sql, ...values.map(meant))
  const set = (block: number, column: string, value: unknown) =>
    run(`UPDATE audit SET ${column} = ? WHERE id = ?`, value, at(block))
  const edit =
    (block: number, change: (entries: string) => string): Tampering =>
    async (db) => {
      const [row] = await db.query('SELECT entries FROM audit WHERE id = ?', ids[block])
      const after = change(row!.entries as string)
      if (after === row!.entries) throw new Error('nothing was altered')
      await db.query('UPDATE audit SET entries = ? WHERE id = ?', after, ids[block])
    }
  /** Another value in the one place of the one entry. */
  const editEntry = (block: number, entry: number, field: (typeof FIELDS)[number], value: unknown) =>
    edit(block, (text) => {
      const entries = JSON.parse(text)
      entries[entry][FIELDS.indexOf(field)] = value
      return JSON.stringify(entries)
    })
  const remove = (block: number) => run('DELETE FROM audit WHERE id = ?', at(block))
  const all =
    (...steps: Tampering[]): Tampering =>
    async (db) => {
      for (const step of steps) await step(db)
    }
  const copyOf =
    (id: unknown, from: number, changes: Record<string, unknown> = {}): Tampering =>
    async (db) => {
      const [row] = await db.query('SELECT * FROM audit WHERE id = ?', ids[from])
      const copy = { ...row, id: meant(id), ...changes }
      const columns = Object.keys(copy)
      await db.query(
        `INSERT INTO audit (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
        ...Object.values(copy),
      )
    }
  const swap = (columns: readonly string[], one: number, other: number): Tampering => {
    return async (db) => {
      const names = columns.join(', ')
      const [[a], [b]] = [
        await db.query(`SELECT ${names} FROM audit WHERE id = ?`, ids[one]),
        await db.query(`SELECT ${names} FROM audit WHERE id = ?`, ids[other]),
      ]
      const assign = columns.map((column) => `${column} = ?`).join(', ')
      const update = (row: Row, id: number) =>
        db.query(`UPDATE audit SET ${assign} WHERE id = ?`, ...columns.map((column) => row[column]), id)
      await update(a!, ids[other]!)
      await update(b!, ids[one]!)
    }
  }

  describe('three chains', () => {
    beforeAll(async () => {
      await writeChains()
      for (const table of ['audit', 'audit_chains']) {
        await database.query(`CREATE TABLE genuine_${table} AS SELECT * FROM ${table}`)
      }
    })
    afterEach(async () => {
      for (const table of ['audit', 'audit_chains']) {
        await database.query(`DELETE FROM ${table}`)
        await database.query(`INSERT INTO ${table} SELECT * FROM genuine_${table}`)
      }
    })
    afterAll(() => database.drop())

    test('is whole as it was written, and after a restart', async () => {
      expect(await verify()).toEqual({ entries: ENTRIES, firstBad: null })
      const heads = await store.readChains()
      expect(heads.map(({ id, seq }) => [id, seq])).toEqual([
        [0, 3],
        [1, 7],
        [2, 5],
        [3, 2],
      ])
      await database.close(store)
      store = await database.open('b')
      expect(await verify()).toEqual({ entries: ENTRIES, firstBad: null })
    })

    test('is whole when nothing was written yet', async () => {
      const empty = await create()
      try {
        expect(await verifyAudit(await empty.open(), KEYS.audit)).toEqual({ entries: 0, firstBad: null })
      } finally {
        await empty.drop()
      }
    })

    test('is nobody else’s: under another key every head is wrong', async () => {
      const { audit } = deriveKeys(new Uint8Array(32).fill(2))
      expect((await verifyAudit(store, audit)).firstBad).toEqual({ id: null, chain: 0, problem: ROLL })
    })

    test('tells how far it is', async () => {
      const told: number[] = []
      await verifyAudit(store, KEYS.audit, (entries) => told.push(entries))
      expect(told).toEqual([ENTRIES])
    })

    // `block`: the one that is named; a number past those that are is an id.
    const tamperings: { name: string; given: Tampering; expect: Problem }[] = [
      { name: 'id of a block', given: set(1, 'id', 99_999), expect: [at(2), 1, MISSING] },
      { name: 'chain', given: set(1, 'chain', 2), expect: [at(1), 2, MISSING] },
      { name: 'chain, to one that is not', given: set(1, 'chain', 77), expect: [at(2), 1, MISSING] },
      { name: 'chain, to the roll', given: set(8, 'chain', 0), expect: [null, 3, /removed/] },
      { name: 'seq', given: set(1, 'seq', 4), expect: [at(1), 1, MISSING] },
      { name: 'seq, to far past the head', given: set(1, 'seq', 900), expect: [at(2), 1, MISSING] },
      {
        name: 'size, to fewer',
        given: set(1, 'size', 2),
        expect: [at(1), 1, /rows from here on was changed/],
      },
      {
        name: 'size, to more',
        given: set(1, 'size', 4),
        expect: [at(1), 1, /rows from here on was changed/],
      },
      { name: 'size, to none', given: set(1, 'size', 0), expect: [at(1), 1, /changed/] },
      { name: 'size, to less than none', given: set(1, 'size', -1), expect: [at(1), 1, /changed/] },
      { name: 'size of the last, to past the head', given: set(3, 'size', 2), expect: [at(3), 1, /changed/] },
      {
        name: 'the border of two blocks moved',
        given: all(set(0, 'size', 3), set(1, 'size', 2), set(1, 'seq', 4)),
        expect: [at(0), 1, ONE_OF_3],
      },
      { name: 'node', given: set(1, 'node', 'b'), expect: [at(1), 1, ONE_OF_3] },
      { name: 'first_at', given: set(1, 'first_at', 1), expect: [at(1), 1, ONE_OF_3] },
      { name: 'last_at', given: set(1, 'last_at', NOW + 1), expect: [at(1), 1, ONE_OF_3] },
      { name: 'hash', given: set(1, 'hash', Buffer.alloc(32)), expect: [at(1), 1, ONE_OF_3] },
      { name: 'hash, to nothing', given: set(1, 'hash', Buffer.alloc(0)), expect: [at(1), 1, ONE_OF_3] },
      ...FIELDS.flatMap((field) =>
        [0, 1, 2].map((place) => ({
          name: `${field} of entry ${place} of three`,
          given: editEntry(1, place, field, ALTERED[field]),
          expect: [at(1), 1, ONE_OF_3] as const,
        })),
      ),
      { name: 'the only entry', given: editEntry(2, 0, 'outcome', 'reject'), expect: [at(2), 1, CHANGED] },
      {
        name: 'an entry of the last block',
        given: editEntry(3, 0, 'detail', 'x'),
        expect: [at(3), 1, CHANGED],
      },
      {
        name: 'an entry taken out of its block',
        given: edit(1, (text) => JSON.stringify(JSON.parse(text).toSpliced(1, 1))),
        expect: [at(1), 1, ONE_OF_3],
      },
      {
        name: 'an entry taken out of its block, with its size',
        given: all(
          edit(1, (text) => JSON.stringify(JSON.parse(text).toSpliced(1, 1))),
          set(1, 'size', 2),
        ),
        expect: [at(1), 1, 'one of 2 rows from here on was changed'],
      },
      {
        name: 'an entry put into a block',
        given: edit(1, (text) => text.replace('[[', '[[1,"a","b",null,[],[],"login","accept",null,null],[')),
        expect: [at(1), 1, ONE_OF_3],
      },
      {
        name: 'two entries of one block swapped',
        given: edit(1, (text) => {
          const [a, b, c] = JSON.parse(text)
          return JSON.stringify([b, a, c])
        }),
        expect: [at(1), 1, ONE_OF_3],
      },
      {
        name: 'white space among the entries',
        given: edit(1, (text) => `${text} `),
        expect: [at(1), 1, ONE_OF_3],
      },
      { name: 'entries, to what is no JSON', given: set(1, 'entries', '[['), expect: [at(1), 1, ONE_OF_3] },
      { name: 'entries, to another JSON', given: set(1, 'entries', 'null'), expect: [at(1), 1, ONE_OF_3] },
      { name: 'entries, to nothing', given: set(1, 'entries', ''), expect: [at(1), 1, ONE_OF_3] },
      { name: 'the first block removed', given: remove(0), expect: [at(1), 1, MISSING] },
      { name: 'a block in the middle removed', given: remove(1), expect: [at(2), 1, MISSING] },
      {
        name: 'the last block of a chain removed',
        given: remove(3),
        expect: [null, 1, 'rows after number 6 were removed'],
      },
      {
        name: 'the last block of all removed',
        given: remove(8),
        expect: [null, 3, 'rows after number 1 were removed'],
      },
      {
        name: 'every block removed',
        given: run('DELETE FROM audit'),
        expect: [null, 1, 'rows after number 0 were removed'],
      },
      {
        name: 'two blocks swapped',
        given: swap(['chain', 'seq', 'size', 'entries', 'hash'], 0, 1),
        expect: [at(0), 1, MISSING],
      },
      {
        name: 'two blocks swapped with their places in the chain',
        given: swap(['entries', 'hash'], 2, 3),
        expect: [at(2), 1, CHANGED],
      },
      {
        name: 'two blocks of different sizes swapped, and numbered anew',
        given: all(swap(['size', 'entries', 'hash'], 1, 2), set(2, 'seq', 4)),
        expect: [at(1), 1, CHANGED],
      },
      {
        name: 'blocks of two chains swapped',
        given: swap(['entries', 'hash'], 1, 4),
        expect: [at(1), 1, ONE_OF_3],
      },
      {
        name: 'the content of one block in two places',
        given: run(
          'UPDATE audit SET entries = (SELECT entries FROM audit WHERE id = ?), hash = (SELECT hash FROM audit WHERE id = ?) WHERE id = ?',
          at(3),
          at(3),
          at(2),
        ),
        expect: [at(2), 1, CHANGED],
      },
      { name: 'a block copied to the end', given: copyOf(99_999, 1), expect: [99_999, 1, MISSING] },
      { name: 'a block copied before all', given: copyOf(0, 1), expect: [0, 1, MISSING] },
      { name: 'the first block copied before all', given: copyOf(0, 0), expect: [at(0), 1, MISSING] },
      {
        name: 'a block copied before all, of no chain',
        given: copyOf(-5, 1, { chain: 9 }),
        expect: [-5, 9, OUTSIDE],
      },
      {
        name: 'a block inserted, with all after it moved',
        given: all(
          run('UPDATE audit SET id = id + 100000, seq = seq + 2 WHERE chain = 1 AND seq >= 3'),
          copyOf(at(1), 0, { seq: 3 }),
        ),
        expect: [at(1), 1, 'one of 2 rows from here on was changed'],
      },
      {
        name: 'a block of no entries put in the middle',
        given: copyOf(-5, 0, { seq: 1, size: 0 }),
        expect: [-5, 1, /changed/],
      },
      {
        name: 'a block of no entries put at the end, with a hash that fits',
        given: async (db) => await copyOf(99_999, 3, await emptyBlockAfter(db, ids[3]!))(db),
        expect: [99_999, 1, OUTSIDE],
      },
      {
        name: 'a block added past the head',
        given: copyOf(99_999, 8, { seq: 3 }),
        expect: [99_999, 3, OUTSIDE],
      },
      {
        name: 'a block added far past the head',
        given: copyOf(99_999, 3, { seq: 900 }),
        expect: [99_999, 1, OUTSIDE],
      },
      {
        name: 'a block added in a chain that is not',
        given: copyOf(99_999, 8, { chain: 4, seq: 1 }),
        expect: [99_999, 4, OUTSIDE],
      },
      {
        name: 'a block added in the roll',
        given: copyOf(99_999, 8, { chain: 0, seq: 1 }),
        expect: [99_999, 0, OUTSIDE],
      },
      { name: 'the first chain removed', given: withoutChain(1), expect: [null, 1, REMOVED] },
      { name: 'the middle chain removed', given: withoutChain(2), expect: [null, 2, REMOVED] },
      { name: 'the last chain removed', given: withoutChain(3), expect: [null, 3, REMOVED] },
      {
        name: 'the last chains removed',
        given: all(withoutChain(3), withoutChain(2)),
        expect: [null, 2, REMOVED],
      },
      {
        name: 'the last chain removed and the roll shortened',
        given: all(withoutChain(3), run('UPDATE audit_chains SET seq = 2 WHERE id = 0')),
        expect: [null, 0, ROLL],
      },
      {
        name: 'the roll removed',
        given: run('DELETE FROM audit_chains WHERE id = 0'),
        expect: [null, 0, ROLL],
      },
      {
        name: 'everything removed',
        given: all(run('DELETE FROM audit'), run('DELETE FROM audit_chains')),
        expect: [null, 0, ROLL],
      },
      {
        name: 'the middle chain removed, and the next renumbered',
        given: all(
          withoutChain(2),
          run('UPDATE audit SET chain = 2 WHERE chain = 3'),
          run('UPDATE audit_chains SET id = 2 WHERE id = 3'),
        ),
        expect: [null, 2, HEAD],
      },
      {
        name: 'node of a head',
        given: run("UPDATE audit_chains SET node = 'b' WHERE id = 2"),
        expect: [null, 2, HEAD],
      },
      {
        name: 'seq of a head',
        given: run('UPDATE audit_chains SET seq = 2 WHERE id = 2'),
        expect: [null, 2, HEAD],
      },
      {
        name: 'hash of a head',
        given: run('UPDATE audit_chains SET hash = ? WHERE id = 2', Buffer.alloc(32)),
        expect: [null, 2, HEAD],
      },
      {
        name: 'MAC of a head',
        given: run('UPDATE audit_chains SET mac = ? WHERE id = 2', Buffer.alloc(32)),
        expect: [null, 2, HEAD],
      },
      {
        name: 'MAC of a head taken away',
        given: run('UPDATE audit_chains SET mac = ? WHERE id = 2', Buffer.alloc(0)),
        expect: [null, 2, HEAD],
      },
      {
        name: 'the end cut off and the head moved back to the block before',
        given: all(
          remove(6),
          run(
            'UPDATE audit_chains SET seq = 4, hash = (SELECT hash FROM audit WHERE id = ?) WHERE id = 2',
            at(5),
          ),
        ),
        expect: [null, 2, HEAD],
      },
      {
        name: 'a chain emptied and its head moved back to the start',
        given: all(
          run('DELETE FROM audit WHERE chain = 2'),
          run(
            'UPDATE audit_chains SET seq = 0, hash = ? WHERE id = 2',
            Buffer.from(startOfChain(2, 'a').hash),
          ),
        ),
        expect: [null, 2, HEAD],
      },
      {
        name: 'a whole chain computed anew by someone without the key',
        given: (db) => forgeChain(db, deriveKeys(new Uint8Array(32).fill(9)).audit),
        expect: [null, 2, HEAD],
      },
      {
        name: 'a whole chain computed anew, and its head left',
        given: async (db) => {
          const genuine = await db.query('SELECT hash, mac FROM audit_chains WHERE id = 2')
          await forgeChain(db, KEYS.audit)
          await db.query(
            'UPDATE audit_chains SET hash = ?, mac = ? WHERE id = 2',
            ...Object.values(genuine[0]!),
          )
        },
        expect: [at(6), 2, 'the row does not lead to the head of its chain'],
      },
    ]
    test.each(tamperings)('finds: $name', async ({ given, expect: [id, chain, problem] }) => {
      await given(database)
      const { firstBad } = await verify()
      expect(firstBad).toEqual({ id: meant(id), chain, problem: expect.stringMatching(problem) })
    })

    test('a chain computed anew by someone with the key would pass: nothing else protects it', async () => {
      await forgeChain(database, KEYS.audit)
      expect(await verify()).toEqual({ entries: ENTRIES, firstBad: null })
    })
  })

  describe('going on', () => {
    beforeEach(writeChains)
    afterEach(() => database.drop())

    // Going on must not make good what was done while the server stood still.
    const laundering: { name: string; given: Tampering; expect: Problem }[] = [
      { name: 'the last chain removed', given: withoutChain(3), expect: [null, 3, REMOVED] },
      {
        name: 'the last chain removed and the roll shortened',
        given: all(withoutChain(3), run('UPDATE audit_chains SET seq = 2 WHERE id = 0')),
        expect: [null, 0, ROLL],
      },
      {
        name: 'the roll removed',
        given: run('DELETE FROM audit_chains WHERE id = 0'),
        expect: [null, 0, ROLL],
      },
      {
        name: 'everything removed',
        given: all(run('DELETE FROM audit'), run('DELETE FROM audit_chains')),
        expect: [null, 0, ROLL],
      },
      {
        name: 'the end cut off',
        given: remove(8),
        expect: [null, 3, 'rows after number 1 were removed'],
      },
    ]
    test.each(laundering)(
      'goes on to say it after a restart and more rows: $name',
      async ({ given, expect: bad }) => {
        await database.close(store)
        await given(database)
        store = await database.open('a')
        await put(store, [], [entry()])
        await database.close(store)
        store = await database.open('a')
        await put(store, [], [entry()])
        const [id, chain, problem] = bad
        expect((await verify()).firstBad).toEqual({ id: meant(id), chain, problem })
      },
    )

    test('is whole at every moment while rows are written', async () => {
      await put(store, inserts(makeToken({ serial: 'A' })))
      let done = false
      let commits = 0
      const writing = (async () => {
        for (; !done; commits++) {
          const token = await loadOne(store, 'user:alice')
          await put(store, [changed(token, { counter: commits })], [entry(), entry()])
          await new Promise((resolve) => setImmediate(resolve))
        }
      })()
      try {
        const seen: number[] = []
        while (seen.length < 10 || commits < 5) {
          const { entries, firstBad } = await verify()
          expect(firstBad).toBeNull()
          seen.push(entries)
        }
        expect(seen).toEqual(seen.toSorted((a, b) => a - b))
        expect(seen.at(-1)).toBeGreaterThan(ENTRIES)
      } finally {
        done = true
        await writing
      }
      expect((await verify()).firstBad).toBeNull()
    })

    test('a block that is forged while the server runs is found, though its number is then given', async () => {
      const last = ids.at(-1)!
      const [next] = await nextId(last)
      await copyOf(next, 8, { seq: 3 })(database)
      // PostgreSQL's next number is that of the forged block once: such a commit fails, and the next one goes through.
      await store.commit([], [entry()]).catch(() => {})
      await put(store, [], [entry()])
      expect((await verify()).firstBad).not.toBeNull()
    })

    /** What the database would number its next block. */
    async function nextId(last: number): Promise<[number]> {
      if (database.directory !== null) return [last + 1]
      const [row] = await database.query('SELECT last_value + 1024 AS id FROM audit_id')
      return [row!.id as number]
    }
  })
})

test('two nodes on one PostgreSQL, two commits at once on each: every chain stays whole', async () => {
  const database = await POSTGRES.create()
  try {
    const nodes = await Promise.all(['a', 'b'].map((node) => database.open(node)))
    const writers = nodes.flatMap((node) => [node, node])
    await Promise.all(
      writers.map(async (node) => {
        for (let i = 0; i < 50; i++) await put(node, [], [entry(), entry()])
      }),
    )
    const [roll, ...heads] = await nodes[0]!.readChains()
    expect([roll?.seq, heads.map(({ node }) => node).toSorted()]).toEqual([4, ['a', 'a', 'b', 'b']])
    expect(await verifyAudit(nodes[1]!, KEYS.audit)).toEqual({ entries: 400, firstBad: null })
  } finally {
    await database.drop()
  }
})

function withoutChain(id: number) {
  return async (database: TestDatabase) => {
    await database.query('DELETE FROM audit WHERE chain = ?', id)
    await database.query('DELETE FROM audit_chains WHERE id = ?', id)
  }
}

/** A block that whoever can compute SHA-256 could add behind the block `id` without moving the chain's number. */
async function emptyBlockAfter(database: TestDatabase, id: number): Promise<Row> {
  const [row] = await database.query('SELECT * FROM audit WHERE id = ?', id)
  const { chain, node, seq, size, hash } = row as unknown as AuditBlock
  const position = { id: chain, node, seq: seq + size - 1, hash }
  const block = { size: 0, first_at: 0, last_at: 0, entries: '[]' }
  return { ...block, seq: seq + size, hash: Buffer.from(extend(position, block).hash) }
}

/** Chain 2 with another detail in its first entry, and every hash and the head's MAC made again under `key`. */
async function forgeChain(database: TestDatabase, key: Uint8Array): Promise<void> {
  const rows = await database.query('SELECT * FROM audit WHERE chain = 2 ORDER BY id')
  let position = startOfChain(2, 'a')
  for (const row of rows) {
    const block = row as unknown as AuditBlock
    const entries = block.entries.replace('"row 7"', '"never happened"')
    position = extend(position, { ...block, entries })
    const hash = Buffer.from(position.hash)
    await database.query('UPDATE audit SET entries = ?, hash = ? WHERE id = ?', entries, hash, block.id)
  }
  await database.query(
    'UPDATE audit_chains SET hash = ?, mac = ? WHERE id = 2',
    Buffer.from(position.hash),
    Buffer.from(authenticateHead(key, position)),
  )
}
