/** The first schema: tokens and their progress apart, the audit trail and its chains. */
import type { Knex } from 'knex'
import { BLOCK_ENTRIES } from '../audit_block.ts'

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
    // The newest block of `audit` about the token.
    table.bigint('audit_head').notNullable()
  })
  // Room on each page, so that an update stays on it and touches no index (heap-only tuples).
  if (postgres) await knex.raw('ALTER TABLE token_progress SET (fillfactor = 60)')

  // A row for each commit, with the entries of all its decisions and operations (audit_block.ts).
  await knex.schema.createTable('audit', (table) => {
    table.bigint('id').primary()
    table.integer('chain').notNullable()
    table.bigint('seq').notNullable()
    table.text('node').notNullable()
    table.integer('size').notNullable()
    table.bigint('first_at').notNullable()
    table.bigint('last_at').notNullable()
    table.binary('hash').notNullable()
    table.text('entries').notNullable()
  })
  // Ids of blocks are as far apart as a block may have entries.
  if (postgres) await knex.raw(`CREATE SEQUENCE audit_id INCREMENT BY ${BLOCK_ENTRIES} CACHE 1`)

  // Where the entries are that no token's row leads to: operations, and logins that changed no token.
  await knex.schema.createTable('audit_index', (table) => {
    text(table, 'subject').notNullable()
    table.bigint('block').notNullable()
    table.primary(['subject', 'block'])
  })

  // SQLite: what logins have made of tokens, until it has reached `token_progress` (sqlite_writer.ts).
  if (!postgres) {
    await knex.schema.createTable('progress_journal', (table) => {
      table.integer('id').primary()
      table.binary('progress').notNullable()
    })
  }

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
  for (const table of TABLES) await knex.schema.dropTableIfExists(table)
  if (knex.client.config.client === 'pg') await knex.raw('DROP SEQUENCE audit_id')
}

const TABLES = [
  'latched_clients',
  'settings',
  'audit_chains',
  'progress_journal',
  'audit_index',
  'audit',
  'token_progress',
  'tokens',
]
