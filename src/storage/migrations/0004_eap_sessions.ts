/** TLS sessions of EAP that may be resumed, sealed: see server/eap/eap_sessions.ts. */
import type { Knex } from 'knex'

export const name = '0004_eap_sessions'

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('eap_sessions', (table) => {
    table.text('name').primary()
    table.bigint('expires_at').notNullable().index()
    table.binary('sealed').notNullable()
  })
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('eap_sessions')
}
