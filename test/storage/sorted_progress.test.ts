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

test('a row that is deleted while it is read has id 0; there may be none at all', () => {
  const part = partOf([7, 8])
  const sorted = new SortedProgress([part])
  part[NUMBERS] = 0
  expect(read(sorted).map(([id]) => id)).toEqual([7, 0])
  expect(new SortedProgress([]).length).toBe(0)
})
