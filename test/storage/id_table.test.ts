import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { IdTable } from '../../src/storage/id_table.ts'

test('answers what a Map does, whatever is set and deleted', () => {
  // Few, so that they are met again; near each other and far apart, so that they share slots.
  const id = fc.oneof(
    fc.integer({ min: 1, max: 90 }),
    fc.integer({ min: 0, max: 90 }).map((n) => 4096 * 64 * n + 1),
    fc.integer({ min: 1, max: 5 }).map((n) => 2 ** 53 - n),
    fc.integer({ min: -2, max: 2 }).map((n) => 2 ** 32 + n),
  )
  const step = fc.record({ kind: fc.constantFrom('set', 'set', 'delete', 'clear'), id, value: fc.nat() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
      const [table, map] = [new IdTable(), new Map<number, number>()]
      for (const { kind, id, value } of steps) {
        if (kind === 'set') [table.set(id, value), map.set(id, value)]
        else if (kind === 'delete') [table.delete(id), map.delete(id)]
        else if (value % 20 === 0) [table.clear(), map.clear()]
      }
      const asked = [...steps.map(({ id }) => id), ...map.keys()]
      expect(asked.map((each) => table.get(each))).toEqual(asked.map((each) => map.get(each)))
      expect(table.size).toBe(map.size)
    }),
  )
})

test('holds a hundred thousand, and forgets them one by one', () => {
  const table = new IdTable()
  const ids = Array.from({ length: 100_000 }, (_, i) => 7 * i + 1)
  for (const id of ids) table.set(id, id + 1)
  expect(ids.every((id) => table.get(id) === id + 1 && table.get(id + 1) === undefined)).toBe(true)
  for (const id of ids) if (id % 2 === 0) table.delete(id)
  expect(ids.every((id) => table.get(id) === (id % 2 === 0 ? undefined : id + 1))).toBe(true)
})
