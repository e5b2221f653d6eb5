import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { LatestUses, type UsedRange } from '../../src/storage/latest_uses.ts'
import { makeToken } from '../auth/make_token.ts'
import { changed, inserts } from './stored.ts'

const IDS = 12
const RANGE = 3
const token = (id: number, lastUsedAt: number | null) => ({
  ...makeToken({ serial: `S${id}` }),
  id,
  lastUsedAt,
})
const rangeOf = (ranges: readonly UsedRange[], id: number) =>
  ranges.find(({ after }) => id > after && id <= after + RANGE)!

test('no token was used later than its range says, whatever is written while it is learnt and after', async () => {
  const use = fc.record({ id: fc.integer({ min: 1, max: IDS }), at: fc.integer({ min: 1, max: 99 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(use), fc.array(use), fc.array(use), async (before, meanwhile, after) => {
      const uses = new LatestUses(RANGE)
      const used = new Map<number, number>()
      const write = ({ id, at }: { id: number; at: number }) => {
        uses.willWrite(changed(token(id, null), { lastUsedAt: at }))
        used.set(id, Math.max(at, used.get(id) ?? 0))
      }
      before.forEach(write)
      // Ranges are read one after the other, and what is written between is in none that was read before.
      const read = async function* () {
        for (let from = 0; from < IDS; from += RANGE) {
          const ids = Array.from({ length: RANGE }, (_, i) => from + i + 1)
          yield [{ after: from, latest: Math.max(...ids.map((id) => used.get(id) ?? 0)) }]
          meanwhile.splice(0, 2).forEach(write)
        }
      }
      for (const writes of [[], after]) {
        writes.forEach(write)
        const ranges = await uses.ranges(IDS, read)
        for (const [id, at] of used) expect(rangeOf(ranges, id).latest).toBeGreaterThanOrEqual(at)
        expect(ranges.map(({ latest }) => latest)).toEqual(
          ranges.map(({ latest }) => latest).toSorted((a, b) => b - a),
        )
        expect(ranges.map((range) => range.after).toSorted((a, b) => a - b)).toEqual([0, 3, 6, 9])
      }
    }),
  )
})

test('is learnt once; and again after a new token that was used elsewhere, whose id is not known', async () => {
  const uses = new LatestUses(RANGE)
  let reads = 0
  const read = async function* () {
    reads++
    yield [{ after: 3, latest: 7 }]
  }
  expect(await uses.ranges(6, read)).toEqual([
    { after: 3, latest: 7 },
    { after: 0, latest: 0 },
  ])
  uses.willWrite(inserts(makeToken({ serial: 'NEW' }))[0]!)
  await uses.ranges(6, read)
  expect(reads).toBe(1)
  uses.willWrite(inserts({ ...makeToken({ serial: 'USED' }), lastUsedAt: 5 })[0]!)
  await uses.ranges(6, read)
  expect(reads).toBe(2)
})

test('what cannot be read is not taken for learnt', async () => {
  const uses = new LatestUses(RANGE)
  const broken = () => {
    throw new RangeError('no database')
  }
  await expect(uses.ranges(3, broken)).rejects.toThrow('no database')
  const read = async function* () {
    yield [{ after: 0, latest: 9 }]
  }
  expect(await uses.ranges(3, read)).toEqual([{ after: 0, latest: 9 }])
})
