/** Sessions of the console, and by what administrators are found without opening every user's record. */
import type { Knex } from 'knex'

export const name = '0005_console'

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('console_sessions', (table) => {
    // The hash of what the browser holds: whoever reads the database cannot come in by it.
    table.text('name').primary()
    // What people call it by.
    table.text('id').notNullable().unique()
    table.text('user_key').notNullable().index()
    table.bigint('expires_at').notNullable().index()
    table.bigint('seen_at').notNullable()
    table.binary('sealed').notNullable()
  })
  await knex.schema.alterTable('users', (table) => {
    table.smallint('administrator').notNullable().defaultTo(0)
  })
  await knex.raw('CREATE INDEX users_administrators ON users (user_key) WHERE administrator = 1')
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX users_administrators')
  await knex.schema.alterTable('users', (table) => table.dropColumn('administrator'))
  await knex.schema.dropTable('console_sessions')
}
