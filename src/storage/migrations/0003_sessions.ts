/** Sessions, as RADIUS accounting tells them. */
import type { Knex } from 'knex'

export const name = '0003_sessions'

export async function up(knex: Knex): Promise<void> {
  const postgres = knex.client.config.client === 'pg'
  const text = (table: Knex.CreateTableBuilder, column: string) =>
    postgres ? table.specificType(column, 'text COLLATE "C"') : table.text(column)

  await knex.schema.createTable('sessions', (table) => {
    // By rising number, which is never given again: what a person types to end one.
    if (postgres) table.bigIncrements('id')
    else table.increments('id')
    // The NAS's name for it, with the NAS's own; null when the NAS has given it to a later session.
    text(table, 'session_key').nullable().unique()
    text(table, 'nas_key').notNullable()
    text(table, 'client').notNullable()
    text(table, 'user_key').nullable()
    table.bigint('stopped_at').nullable()
    // What follows stands in no index: an Interim-Update changes nothing else.
    table.bigint('started_at').notNullable()
    table.bigint('updated_at').notNullable()
    table.bigint('seconds').notNullable()
    table.bigint('input_octets').notNullable()
    table.bigint('output_octets').notNullable()
    table.bigint('records').notNullable()
    table.text('nas_address').nullable()
    table.text('nas_identifier').nullable()
    table.text('session_id').notNullable()
    table.text('source').notNullable()
    table.text('user_name').nullable()
    table.text('framed_address').nullable()
    table.text('calling_station').nullable()
    table.text('class').nullable()
    table.text('cause').nullable()
  })
  const id = postgres ? ', id' : ''
  await knex.raw(`CREATE INDEX sessions_by_user ON sessions (user_key${id})`)
  await knex.raw(`CREATE INDEX sessions_by_client ON sessions (client${id})`)
  await knex.raw('CREATE INDEX sessions_active ON sessions (id) WHERE stopped_at IS NULL')
  await knex.raw(`CREATE INDEX sessions_active_of ON sessions (client${id}) WHERE stopped_at IS NULL`)
  await knex.raw('CREATE INDEX sessions_stopped ON sessions (stopped_at) WHERE stopped_at IS NOT NULL')
  if (postgres) await knex.raw('ALTER TABLE sessions SET (fillfactor = 70)')
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('sessions')
}
