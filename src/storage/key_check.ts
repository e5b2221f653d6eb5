/** Ties a database to the master key that its secrets are sealed under, by a fingerprint that tells nothing of the key. */
import type { Knex } from 'knex'
import type { Keys } from '../seal.ts'
import { authenticateHead, rollOf } from './audit_chain.ts'
import { beginNotes } from './notes_since.ts'
import { StoreRefused } from './store.ts'

const NAME = 'master_key_fingerprint'

export async function readFingerprint(knex: Knex): Promise<string | null> {
  const row = await knex('settings').where({ name: NAME }).first('value')
  return row?.value ?? null
}

/** The first to come decides, also when two nodes start on an empty database at the same moment. */
export async function claim(knex: Knex, keys: Keys): Promise<void> {
  if ((await readFingerprint(knex)) === null) await begin(knex, keys)
  if ((await readFingerprint(knex)) === keys.fingerprint) return await beginNotes(knex, Date.now())
  throw new StoreRefused(
    'the master key is not the one that this database was begun with',
    'put the right key where server.master_key_file points (every node on one database shares it); without it the tokens cannot be opened',
  )
}

/** With the roll of the audit chains, which is never made again: a database without one has been tampered with. */
async function begin(knex: Knex, keys: Keys): Promise<void> {
  const roll = rollOf(0)
  const mac = Buffer.from(authenticateHead(keys.audit, roll))
  await knex.transaction(async (transaction) => {
    await transaction('settings').insert({ name: NAME, value: keys.fingerprint }).onConflict('name').ignore()
    await transaction('audit_chains')
      .insert({ ...roll, mac })
      .onConflict('id')
      .ignore()
  })
}
