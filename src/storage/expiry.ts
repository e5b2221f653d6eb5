/**
 * Fills in when tokens expire where a version before the column has written the row: once, when a database is opened with
 * its key, some twenty seconds for a million tokens. Changes nothing that decides: the sealed row does.
 */
import type { Knex } from 'knex'
import { type TokenRow, UNKNOWN_EXPIRY } from './columns.ts'
import { answer, whereIdIn } from './knex_answer.ts'
import type { TokenRows } from './token_rows.ts'

const AT_ONCE = 1000
const TELL_EVERY_MS = 5000

type Sealed = Pick<TokenRow, 'id' | 'serial' | 'user_key' | 'sealed'>

/** `progress` is told when it begins, every few seconds, and when it is done; nothing where there is nothing to do. Throws StoreUnavailable. */
export async function fillExpiries(
  knex: Knex,
  rows: Pick<TokenRows, 'expiryOf'>,
  progress: (message: string) => void = () => {},
): Promise<void> {
  const total = await countUnknown(knex)
  if (total === 0) return
  progress(
    `new in this version: when tokens expire is filled in once, of ${total} tokens; then the start goes on`,
  )
  let done = 0
  for (let toldAt = performance.now(); ; ) {
    const unknown: Sealed[] = await answer(
      knex('tokens')
        .where('valid_until', UNKNOWN_EXPIRY)
        .limit(AT_ONCE)
        .select('id', 'serial', 'user_key', 'sealed'),
    )
    if (unknown.length === 0) break
    const known = unknown.map((row) => ({ id: row.id, at: rows.expiryOf(row) }))
    await answer(fill(knex, known))
    done += unknown.length
    if (performance.now() - toldAt < TELL_EVERY_MS) continue
    progress(`when tokens expire: filled in of ${done} of ${total}`)
    toldAt = performance.now()
  }
  progress(`when tokens expire: filled in of all ${done}`)
}

async function countUnknown(knex: Knex): Promise<number> {
  const [row] = await answer(knex('tokens').where('valid_until', UNKNOWN_EXPIRY).count({ total: '*' }))
  return Number(row?.total)
}

/** An operator's change on another node meanwhile is newer. */
async function fill(knex: Knex, known: readonly { id: number; at: number | null }[]): Promise<void> {
  await knex.transaction(async (transaction) => {
    const never = known.filter(({ at }) => at === null).map(({ id }) => id)
    const update = transaction('tokens').where('valid_until', UNKNOWN_EXPIRY)
    whereIdIn(transaction, update, 'id', never)
    await update.update({ valid_until: null })
    for (const { id, at } of known) {
      if (at === null) continue
      await transaction('tokens').where({ id, valid_until: UNKNOWN_EXPIRY }).update({ valid_until: at })
    }
  })
}
