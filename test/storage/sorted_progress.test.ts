import { expect, test } from '@jest/globals'
import { NUMBERS } from '../../src/storage/progress_octets.ts'
import { SortedProgress } from '../../src/storage/sorted_progress.ts'

const ROWS = 100

/** Rows with these ids, each with its place as its counter; 0: a free row. */
function partOf(ids: readonly number[]) {
  const part = new Float64Array(new SharedArrayBuffer(ROWS * NUMBERS * Float64Array.BYTES_PER_ELEMENT))
  for (const [row, id] of ids.entries()) {
    part[row * NUMBERS] = id
    part[row * NUMBERS + 2] = row
  }
  return part
}

const read = (sorted: SortedProgress) =>
  Array.from({ length: sorted.length }, (_, i) => sorted.at(i)).map(({ token_id, counter }) => [
    token_id,
    counter,
  ])

test('goes through the rows of all parts by rising id, and leaves out the free ones', () => {
  const first = partOf([70, 0, 3, 99])
  const second = partOf([5, 1, 0, 0, 42])
  const sorted = new SortedProgress([first, second])
  expect(read(sorted)).toEqual([
    [1, 1],
    [3, 2],
    [5, 0],
    [42, 4],
    [70, 0],
    [99, 3],
  ])
})

test('has each row once, whatever its id', () => {
  const ids = [2 ** 53 - 1, 1, 2 ** 53 - 2, 2 ** 47, 2 ** 31, 2 ** 32 + 1, 2 ** 46]
  const sorted = new SortedProgress([partOf([]), partOf(ids)])
  expect(read(sorted).sort(([, one], [, other]) => one! - other!)).toEqual(ids.map((id, row) => [id, row]))
  expect(sorted.at(0).token_id).toBe(1)
})

test.each(['spread', 'close together but for one'])(
  'many ids in any order, %s, come by rising id',
  (kind) => {
    const rows = 5000
    const parts = Array.from({ length: 3 }, (_, part) => {
      const numbers = new Float64Array(new SharedArrayBuffer(rows * NUMBERS * Float64Array.BYTES_PER_ELEMENT))
      // 7919 and 15000 have no common factor: each id once, in no order.
      for (let row = 0; row < rows; row++)
        numbers[row * NUMBERS] = 1 + (((part * rows + row) * 7919) % (3 * rows))
      return numbers
    })
    if (kind !== 'spread') parts[1]![17 * NUMBERS] = 10_000_000
    const ids = parts.flatMap((part) => Array.from({ length: rows }, (_, row) => part[row * NUMBERS]!))
    const sorted = new SortedProgress(parts)
    expect(read(sorted).map(([id]) => id)).toEqual(ids.sort((a, b) => a - b))
  },
)

test('a row that is deleted while it is read has id 0; there may be none at all', () => {
  const part = partOf([7, 8])
  const sorted = new SortedProgress([part])
  part[NUMBERS] = 0
  expect(read(sorted).map(([id]) => id)).toEqual([7, 0])
  expect(new SortedProgress([]).length).toBe(0)
})
