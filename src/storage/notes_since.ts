/**
 * Since when rows of logins in the trail carry notes: a row without one says "nothing out of the ordinary" only from then
 * on. Kept in the database, once, by the first version of ours that writes them.
 */
import type { Knex } from 'knex'

const NAME = 'login_notes_since'

/** The first to come decides. */
export async function beginNotes(knex: Knex, now: number): Promise<void> {
  if ((await readNotesSince(knex)) !== Number.POSITIVE_INFINITY) return
  await knex('settings')
    .insert({ name: NAME, value: String(now) })
    .onConflict('name')
    .ignore()
}

/** Infinity: not yet. */
export async function readNotesSince(knex: Knex): Promise<number> {
  const row = await knex('settings').where({ name: NAME }).first('value')
  return row === undefined ? Number.POSITIVE_INFINITY : Number(row.value)
}
