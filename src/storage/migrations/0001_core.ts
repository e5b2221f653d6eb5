/** The first schema: tokens and their progress apart, the audit trail and its chains. */
import type { Knex } from 'knex'

export const name = '0001_core'

export async function up(knex: Knex): Promise<void> {
  const postgres = knex.client.config.client === 'pg'
  // Both databases sort and compare text by its octets; PostgreSQL would otherwise follow its locale.
  const text = (table: Knex.CreateTableBuilder, column: string) =>
    postgres ? table.specificType(column, 'text COLLATE "C"') : table.text(column)

  await knex.schema.createTable('tokens', (table) => {
    if (postgres) table.bigIncrements('id')
    else table.increments('id')
    text(table, 'serial').notNullable().unique()
    // The token as an operator set it; what follows repeats parts of it to be searched, and decides nothing.
    table.binary('sealed').notNullable()
    table.text('kind').notNullable()
    text(table, 'user_key').nullable()
    table.text('user_name').nullable()
    table.smallint('active').notNullable()
    table.integer('max_fail').notNullable()
    table.bigint('created_at').notNullable()
    // What `search` looks through: user, serial and description in lower case, a line each.
    text(table, 'search_text').notNullable()
    table.index(['user_key', 'id'])
  })

  // Everything that a login changes, and nothing else: narrow rows dirty few pages per commit.
  await knex.schema.createTable('token_progress', (table) => {
    if (postgres) table.bigint('token_id').primary()
    else table.integer('token_id').primary()
    table.bigint('version').notNullable()
    table.bigint('counter').notNullable()
    table.integer('drift').notNullable()
    table.integer('fail_count').notNullable()
    table.bigint('attempt_count').notNullable()
    table.bigint('success_count').notNullable()
    table.bigint('last_used_at').nullable()
    table.bigint('locked_at').nullable()
    table.text('pending').nullable()
  })
  // Room on each page, so that an update stays on it and touches no index (heap-only tuples).
  if (postgres) await knex.raw('ALTER TABLE token_progress SET (fillfactor = 60)')

  await knex.schema.createTable('audit', (table) => {
    if (postgres) table.bigIncrements('id')
    else table.integer('id').primary()
    table.integer('chain').notNullable()
    table.bigint('seq').notNullable()
    table.text('node').notNullable()
    table.bigint('at').notNullable()
    table.text('actor').notNullable()
    table.text('source').notNullable()
    text(table, 'user_key').nullable()
    table.text('user_name').nullable()
    // The first serial, and a JSON array of all of them where there are several.
    text(table, 'serial').nullable()
    table.text('serials').nullable()
    table.text('action').notNullable()
    table.text('outcome').notNullable()
    table.text('reason').nullable()
    table.text('detail').nullable()
    table.binary('hash').notNullable()
  })
  // A login's row enters one index alone, by its token: each index dirties a page per login. The tokens that a user has
  // had are told by the operations, and his logins that concern no token have an index of their own.
  await knex.raw('CREATE INDEX audit_serial ON audit (serial, id)')
  await knex.raw('CREATE INDEX audit_several ON audit (id) WHERE serials IS NOT NULL')
  await knex.raw("CREATE INDEX audit_operation ON audit (user_key, id) WHERE action <> 'login'")
  await knex.raw('CREATE INDEX audit_tokenless ON audit (user_key, id) WHERE serial IS NULL')

  await knex.schema.createTable('audit_chains', (table) => {
    table.integer('id').primary()
    table.text('node').notNullable()
    table.bigint('seq').notNullable()
    table.binary('hash').notNullable()
    table.binary('mac').notNullable()
  })

  await knex.schema.createTable('settings', (table) => {
    table.text('name').primary()
    table.text('value').notNullable()
  })

  await knex.schema.createTable('latched_clients', (table) => {
    table.text('address').primary()
    table.bigint('latched_at').notNullable()
  })
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['latched_clients', 'settings', 'audit_chains', 'audit', 'token_progress', 'tokens']) {
    await knex.schema.dropTable(table)
  }
}
