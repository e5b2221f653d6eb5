import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { BoundedMap } from '../src/bounded_map.ts'

function filled(limit: number, keys: string): BoundedMap<string, number> {
  const map = new BoundedMap<string, number>(limit)
  for (const [i, key] of [...keys].entries()) map.set(key, i)
  return map
}

describe('a full map forgets its oldest entry', () => {
  const rows: { name: string; given: BoundedMap<string, number>; expect: [string, number][] }[] = [
    {
      name: 'room for all',
      given: filled(3, 'abc'),
      expect: [
        ['a', 0],
        ['b', 1],
        ['c', 2],
      ],
    },
    {
      name: 'one too many',
      given: filled(3, 'abcd'),
      expect: [
        ['b', 1],
        ['c', 2],
        ['d', 3],
      ],
    },
    {
      name: 'set again: the new value in the old place',
      given: filled(3, 'abcaad'),
      expect: [
        ['b', 1],
        ['c', 2],
        ['d', 5],
      ],
    },
    { name: 'one place', given: filled(1, 'abc'), expect: [['c', 2]] },
    { name: 'no place', given: filled(0, 'abc'), expect: [] },
  ]
  test.each(rows)('$name', ({ given, expect: expected }) => {
    expect([...given.entries()]).toEqual(expected)
    expect(given.size).toBe(expected.length)
    for (const [key, value] of expected) expect(given.get(key)).toBe(value)
  })
})

test('what was deleted is gone and leaves room; what is not there does not matter', () => {
  const map = filled(2, 'ab')
  map.delete('a')
  map.delete('nobody')
  map.set('c', 9)
  expect([...map.entries()]).toEqual([
    ['b', 1],
    ['c', 9],
  ])
  expect(map.get('a')).toBeUndefined()
})

test('an undefined value is an entry like any other', () => {
  const map = new BoundedMap<string, undefined>(1)
  map.set('a', undefined)
  map.set('b', undefined)
  expect([...map.entries()]).toEqual([['b', undefined]])
})

test('never holds more than its bound, and always the newest keys', () => {
  fc.assert(
    fc.property(fc.nat(5), fc.array(fc.tuple(fc.boolean(), fc.nat(9))), (limit, steps) => {
      const map = new BoundedMap<number, number>(limit)
      let model: number[] = []
      for (const [sets, key] of steps) {
        if (sets) {
          map.set(key, key)
          if (!model.includes(key)) model = [...model, key].slice(limit === 0 ? model.length + 1 : -limit)
        } else {
          map.delete(key)
          model = model.filter((other) => other !== key)
        }
        expect([...map.entries()]).toEqual(model.map((each) => [each, each]))
      }
    }),
  )
})
