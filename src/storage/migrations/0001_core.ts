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
    // What follows repeats parts of the sealed token to be searched, and decides nothing. See storage/facet.ts.
    text(table, 'facet').notNullable()
    text(table, 'user_key').nullable()
    table.text('user_name').nullable()
    table.bigint('created_at').notNullable()
    // What `search` looks through: user, serial and description in lower case, a line each.
    text(table, 'search_text').notNullable()
    // The token as an operator set it. Last: SQLite reads past it otherwise.
    table.binary('sealed').notNullable()
    table.index(['user_key', 'id'])
  })
  // Any filter in any order is a few ranges of one index. Where places are equal the id decides, which every index of
  // SQLite ends with.
  const id = postgres ? ', id' : ''
  await knex.raw(`CREATE INDEX tokens_by_serial ON tokens (facet, serial${id})`)
  await knex.raw(`CREATE INDEX tokens_by_user ON tokens (facet, coalesce(user_key, '')${id})`)
  await knex.raw(`CREATE INDEX tokens_by_created ON tokens (facet, created_at${id})`)
  await createSearchIndex(knex, postgres)

  // Everything that a login changes, and nothing else: narrow rows dirty few pages per commit.
  await knex.schema.createTable('token_progress', (table) => {
    if (postgres) table.bigint('token_id').primary()
    else table.integer('token_id').primary()
    // First: the order of use reads this column of all rows.
    table.bigint('last_used_at').nullable()
    table.bigint('version').notNullable()
    table.bigint('counter').notNullable()
    table.integer('drift').notNullable()
    table.integer('fail_count').notNullable()
    table.bigint('attempt_count').notNullable()
    table.bigint('success_count').notNullable()
    table.bigint('locked_at').nullable()
    table.text('pending').nullable()
    // The newest block of `audit` about the token.
    table.bigint('audit_head').notNullable()
    text(table, 'facet').notNullable()
  })
  // The one index beside the key. An accepted login changes neither column, unless it ends failures: SQLite then does not
  // set them, and PostgreSQL finds them equal and keeps its update on the page.
  await knex.raw(
    `CREATE INDEX tokens_by_failures ON token_progress (facet, fail_count${postgres ? ', token_id' : ''})`,
  )
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

/** Finds parts of `search_text` by the three characters that begin at each of its own; SQLite's and PostgreSQL's own means. */
async function createSearchIndex(knex: Knex, postgres: boolean): Promise<void> {
  const statements = postgres ? POSTGRES_SEARCH : SQLITE_SEARCH
  for (const statement of statements) await knex.raw(statement)
}

// The two line ends let the last two characters begin three as well.
const SQLITE_SEARCH = [
  'DROP TABLE IF EXISTS token_search',
  `CREATE VIRTUAL TABLE token_search USING fts5(
     search_text, tokenize = 'trigram case_sensitive 1', content = '', contentless_delete = 1, detail = 'none')`,
  'DROP TABLE IF EXISTS token_search_terms',
  "CREATE VIRTUAL TABLE token_search_terms USING fts5vocab(token_search, 'row')",
  `CREATE TRIGGER token_search_insert AFTER INSERT ON tokens BEGIN
     INSERT INTO token_search (rowid, search_text) VALUES (new.id, new.search_text || char(10, 10));
   END`,
  `CREATE TRIGGER token_search_update AFTER UPDATE OF search_text ON tokens WHEN old.search_text <> new.search_text BEGIN
     DELETE FROM token_search WHERE rowid = old.id;
     INSERT INTO token_search (rowid, search_text) VALUES (new.id, new.search_text || char(10, 10));
   END`,
  `CREATE TRIGGER token_search_delete AFTER DELETE ON tokens BEGIN
     DELETE FROM token_search WHERE rowid = old.id;
   END`,
]

// A tsvector rather than an array: its index also finds what one or two characters begin. pg_trgm is not on every server.
const POSTGRES_SEARCH = [
  `CREATE OR REPLACE FUNCTION sallyport_trigrams(search_text text) RETURNS tsvector
     LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
       SELECT array_to_tsvector(array_agg(DISTINCT substr(search_text || chr(10) || chr(10), i, 3)))
       FROM generate_series(1, length(search_text)) AS i
     $$`,
  `CREATE INDEX tokens_search ON tokens USING gin (sallyport_trigrams(search_text))
     WITH (gin_pending_list_limit = 256)`,
]

export async function down(knex: Knex): Promise<void> {
  for (const table of TABLES) await knex.schema.dropTableIfExists(table)
  if (knex.client.config.client === 'pg') {
    await knex.raw('DROP FUNCTION sallyport_trigrams')
    await knex.raw('DROP SEQUENCE audit_id')
  } else for (const table of ['token_search_terms', 'token_search']) await knex.schema.dropTable(table)
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
