import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { deriveKeys } from '../../src/seal.ts'
import { authenticateHead, extend, startOfChain, verifyAudit } from '../../src/storage/audit_chain.ts'
import type { Store } from '../../src/storage/store.ts'
import { makeToken } from '../auth/make_token.ts'
import { DATABASES, KEYS, POSTGRES, type TestDatabase } from '../support/databases.ts'
import { changed, entry, inserts, loadOne, put } from './stored.ts'

type Problem = readonly [id: number | null, chain: number, problem: string | RegExp]

const CHANGED = 'the row was changed'
const MISSING = /^a row was removed or moved/
const HEAD = 'the head of the chain was changed'
const OUTSIDE = 'the row was added from outside'
const REMOVED = 'the chain was removed'
const ROLL = 'the number of chains was changed'

describe.each(DATABASES)('$name', ({ create }) => {
  let database: TestDatabase
  let store: Store

  // Three chains, as three starts of the server leave them: rows 1 to 5, 6 to 8, and 9 to 10.
  async function writeChains(): Promise<void> {
    database = await create()
    for (const commits of [[2, 3], [3], [1, 1]]) {
      const started = await database.open('a')
      for (const rows of commits) {
        const serials = (i: number) => ['A', 'B'].slice(i % 2)
        const row = (i: number) => entry({ serials: serials(i), detail: `row ${i}`, reason: 'wrong-otp' })
        await put(
          started,
          [],
          Array.from({ length: rows }, (_, i) => row(i)),
        )
      }
      await database.close(started)
    }
    store = await database.open('a')
  }

  const verify = () => verifyAudit(store, KEYS.audit)

  const set = (column: string, value: unknown) => (db: TestDatabase) =>
    db.query(`UPDATE audit SET ${column} = ? WHERE id = 4`, value)
  const run =
    (sql: string, ...values: unknown[]) =>
    (db: TestDatabase) =>
      db.query(sql, ...values)
  const all =
    (...steps: ((db: TestDatabase) => Promise<unknown>)[]) =>
    async (db: TestDatabase) => {
      for (const step of steps) await step(db)
    }
  const copyOfRow =
    (id: number, from: number, changes: Record<string, unknown> = {}) =>
    async (db: TestDatabase) => {
      const [row] = await db.query('SELECT * FROM audit WHERE id = ?', from)
      const copy = { ...row, id, ...changes }
      const columns = Object.keys(copy)
      await db.query(
        `INSERT INTO audit (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
        ...Object.values(copy),
      )
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
      expect(await verify()).toEqual({ entries: 10, firstBad: null })
      const heads = await store.readChains()
      expect(heads.map(({ id, seq }) => [id, seq])).toEqual([
        [0, 3],
        [1, 5],
        [2, 3],
        [3, 2],
      ])
      await database.close(store)
      store = await database.open('b')
      expect(await verify()).toEqual({ entries: 10, firstBad: null })
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
      expect(told).toEqual([10])
    })

    const tamperings: { name: string; given: (db: TestDatabase) => Promise<unknown>; expect: Problem }[] = [
      { name: 'id of a row', given: run('UPDATE audit SET id = 99 WHERE id = 4'), expect: [5, 1, MISSING] },
      { name: 'chain', given: set('chain', 2), expect: [5, 1, MISSING] },
      { name: 'chain, to one that is not', given: set('chain', 77), expect: [5, 1, MISSING] },
      {
        name: 'chain, to the roll',
        given: all(run('DELETE FROM audit WHERE id = 10'), copyOfRow(11, 9, { chain: 0, seq: 1 })),
        expect: [null, 3, /removed/],
      },
      { name: 'seq', given: set('seq', 5), expect: [4, 1, MISSING] },
      { name: 'node', given: set('node', 'b'), expect: [4, 1, CHANGED] },
      { name: 'at', given: set('at', 1), expect: [4, 1, CHANGED] },
      { name: 'actor', given: set('actor', 'client:lan'), expect: [4, 1, CHANGED] },
      { name: 'source', given: set('source', '192.0.2.2'), expect: [4, 1, CHANGED] },
      { name: 'user_key', given: set('user_key', 'bob'), expect: [4, 1, CHANGED] },
      { name: 'user_key, taken away', given: set('user_key', null), expect: [4, 1, CHANGED] },
      { name: 'user_name', given: set('user_name', 'Alice'), expect: [4, 1, CHANGED] },
      { name: 'serial', given: set('serial', 'C'), expect: [4, 1, CHANGED] },
      {
        name: 'serial of several',
        given: run("UPDATE audit SET serial = 'C' WHERE id = 3"),
        expect: [3, 1, CHANGED],
      },
      { name: 'serials of one', given: set('serials', '["B","C"]'), expect: [4, 1, CHANGED] },
      {
        name: 'serials of several',
        given: run(`UPDATE audit SET serials = '["A","C"]' WHERE id = 3`),
        expect: [3, 1, CHANGED],
      },
      { name: 'serials, to what is no JSON', given: set('serials', '[B'), expect: [4, 1, CHANGED] },
      { name: 'serials, to another JSON', given: set('serials', 'null'), expect: [4, 1, CHANGED] },
      { name: 'action', given: set('action', 'token lost'), expect: [4, 1, CHANGED] },
      { name: 'outcome', given: set('outcome', 'reject'), expect: [4, 1, CHANGED] },
      { name: 'reason', given: set('reason', null), expect: [4, 1, CHANGED] },
      { name: 'detail', given: set('detail', null), expect: [4, 1, CHANGED] },
      { name: 'hash', given: set('hash', Buffer.alloc(32)), expect: [4, 1, CHANGED] },
      { name: 'hash, to nothing', given: set('hash', Buffer.alloc(0)), expect: [4, 1, CHANGED] },
      {
        name: 'the last row of a chain',
        given: run("UPDATE audit SET detail = 'x' WHERE id = 5"),
        expect: [5, 1, CHANGED],
      },
      {
        name: 'the first row removed',
        given: run('DELETE FROM audit WHERE id = 1'),
        expect: [2, 1, MISSING],
      },
      {
        name: 'a row in the middle removed',
        given: run('DELETE FROM audit WHERE id = 3'),
        expect: [4, 1, MISSING],
      },
      {
        name: 'the last row of a chain removed',
        given: run('DELETE FROM audit WHERE id = 5'),
        expect: [null, 1, 'rows after number 4 were removed'],
      },
      {
        name: 'the last row of all removed',
        given: run('DELETE FROM audit WHERE id = 10'),
        expect: [null, 3, 'rows after number 1 were removed'],
      },
      {
        name: 'every row removed',
        given: run('DELETE FROM audit'),
        expect: [null, 1, 'rows after number 0 were removed'],
      },
      {
        name: 'two rows swapped',
        given: all(
          run('UPDATE audit SET id = 99 WHERE id = 2'),
          run('UPDATE audit SET id = 2 WHERE id = 3'),
          run('UPDATE audit SET id = 3 WHERE id = 99'),
        ),
        expect: [2, 1, MISSING],
      },
      {
        name: 'two rows swapped with their places in the chain',
        given: all(
          run('UPDATE audit SET id = 99, seq = 3 WHERE id = 2'),
          run('UPDATE audit SET id = 2, seq = 2 WHERE id = 3'),
          run('UPDATE audit SET id = 3 WHERE id = 99'),
        ),
        expect: [2, 1, CHANGED],
      },
      {
        name: 'the content of one row in two places',
        given: run(
          'UPDATE audit SET detail = (SELECT detail FROM audit WHERE id = 5), hash = (SELECT hash FROM audit WHERE id = 5) WHERE id = 2',
        ),
        expect: [2, 1, CHANGED],
      },
      { name: 'a row inserted between', given: copyOfRow(11, 4), expect: [11, 1, MISSING] },
      { name: 'a row inserted before all', given: copyOfRow(0, 4), expect: [0, 1, MISSING] },
      {
        name: 'a row inserted before all, of no chain',
        given: copyOfRow(-5, 4, { chain: 9 }),
        expect: [-5, 9, OUTSIDE],
      },
      {
        name: 'a row inserted, with all after it moved',
        given: all(
          run('UPDATE audit SET id = id + 100, seq = seq + 1 WHERE chain = 1 AND seq >= 3'),
          copyOfRow(3, 2, { seq: 3 }),
        ),
        expect: [3, 1, CHANGED],
      },
      { name: 'a row added past the head', given: copyOfRow(11, 10, { seq: 3 }), expect: [11, 3, OUTSIDE] },
      {
        name: 'a row added far past the head',
        given: copyOfRow(11, 5, { seq: 900 }),
        expect: [11, 1, OUTSIDE],
      },
      {
        name: 'a row added in a chain that is not',
        given: copyOfRow(11, 10, { chain: 4, seq: 1 }),
        expect: [11, 4, OUTSIDE],
      },
      {
        name: 'a row added in the roll',
        given: copyOfRow(11, 10, { chain: 0, seq: 1 }),
        expect: [11, 0, OUTSIDE],
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
        name: 'the end cut off and the head moved back to the row before',
        given: all(
          run('DELETE FROM audit WHERE id = 8'),
          run('UPDATE audit_chains SET seq = 2, hash = (SELECT hash FROM audit WHERE id = 7) WHERE id = 2'),
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
    ]
    test.each(tamperings)('finds: $name', async ({ given, expect: [id, chain, problem] }) => {
      await given(database)
      const { firstBad } = await verify()
      expect(firstBad).toEqual({ id, chain, problem: expect.stringMatching(problem) })
    })

    test('a chain computed anew by someone with the key would pass: nothing else protects it', async () => {
      await forgeChain(database, KEYS.audit)
      expect(await verify()).toEqual({ entries: 10, firstBad: null })
    })
  })

  describe('going on', () => {
    beforeEach(writeChains)
    afterEach(() => database.drop())

    // Going on must not make good what was done while the server stood still.
    const laundering: { name: string; given: (db: TestDatabase) => Promise<unknown>; expect: Problem }[] = [
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
        given: run('DELETE FROM audit WHERE id = 10'),
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
        expect((await verify()).firstBad).toEqual({ id, chain, problem })
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
        expect(seen.at(-1)).toBeGreaterThan(10)
      } finally {
        done = true
        await writing
      }
      expect((await verify()).firstBad).toBeNull()
    })

    test('a row that is forged while the server runs is found, though its number is then given', async () => {
      await copyOfRow(11, 10, { seq: 3 })(database)
      // PostgreSQL's next number is that of the forged row once: such a commit fails, and the next one goes through.
      await store.commit([], [entry()]).catch(() => {})
      await put(store, [], [entry()])
      expect((await verify()).firstBad).not.toBeNull()
    })
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

/** Chain 2 with another detail in its first row, and every hash and the head's MAC made again under `key`. */
async function forgeChain(database: TestDatabase, key: Uint8Array): Promise<void> {
  const rows = await database.query('SELECT * FROM audit WHERE chain = 2 ORDER BY id')
  let position = startOfChain(2, 'a')
  for (const [index, row] of rows.entries()) {
    const detail = index === 0 ? 'never happened' : (row.detail as string)
    const serials = row.serials === null ? [row.serial as string] : JSON.parse(row.serials as string)
    position = extend(position, entry({ serials, detail, reason: row.reason as string }))
    const hash = Buffer.from(position.hash)
    await database.query('UPDATE audit SET detail = ?, hash = ? WHERE id = ?', detail, hash, row.id)
  }
  await database.query(
    'UPDATE audit_chains SET hash = ?, mac = ? WHERE id = 2',
    Buffer.from(position.hash),
    Buffer.from(authenticateHead(key, position)),
  )
}
