/**
 * When a token expires, beside its sealed row, for the list of those that will. No login writes it. A row of before has -1
 * until storage/expiry.ts has opened it: a database adds a constant without writing each row.
 */
import type { Knex } from 'knex'

export const name = '0006_valid_until'

export async function up(knex: Knex): Promise<void> {
  const postgres = knex.client.config.client === 'pg'
  await knex.raw('ALTER TABLE tokens ADD COLUMN valid_until bigint DEFAULT -1')
  await knex.raw(
    `CREATE INDEX tokens_by_valid_until ON tokens (valid_until${postgres ? ', id' : ''}) WHERE valid_until IS NOT NULL`,
  )
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX tokens_by_valid_until')
  await knex.schema.alterTable('tokens', (table) => table.dropColumn('valid_until'))
}
