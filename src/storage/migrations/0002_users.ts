/** What operators set about users beside their tokens: groups, attributes of replies, and whatever comes later. */
import type { Knex } from 'knex'

export const name = '0002_users'

export async function up(knex: Knex): Promise<void> {
  const postgres = knex.client.config.client === 'pg'
  await knex.schema.createTable('users', (table) => {
    // As in `tokens`: compared by its octets on both databases.
    if (postgres) table.specificType('user_key', 'text COLLATE "C"').primary()
    else table.text('user_key').primary()
    table.bigint('version').notNullable()
    // All of it, so that another field needs no column. See storage/user_rows.ts.
    table.binary('sealed').notNullable()
  })
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('users')
}
