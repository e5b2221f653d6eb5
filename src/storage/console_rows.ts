/** Sessions of the console and the list of administrators, by knex and alike for both databases. Opens no seal. */
import type { Knex } from 'knex'
import type { UserRow } from './columns.ts'
import type { ConsoleSessionRow, ConsoleStore } from './console_store.ts'
import { answer } from './knex_answer.ts'

const COLUMNS = ['name', 'id', 'user_key', 'expires_at', 'seen_at', 'sealed'] as const

export class ConsoleRows implements ConsoleStore {
  readonly #knex: Knex

  constructor(knex: Knex) {
    this.#knex = knex
  }

  async keepConsoleSession(row: ConsoleSessionRow): Promise<void> {
    await answer(this.#knex('console_sessions').insert({ ...row, sealed: Buffer.from(row.sealed) }))
  }

  async findConsoleSession(name: string): Promise<ConsoleSessionRow | null> {
    return (await answer(this.#knex('console_sessions').where({ name }).first(COLUMNS))) ?? null
  }

  async seeConsoleSession(name: string, seenAt: number): Promise<void> {
    await answer(
      this.#knex('console_sessions')
        .where({ name })
        .andWhere('seen_at', '<', seenAt)
        .update({ seen_at: seenAt }),
    )
  }

  async listConsoleSessions(userKey: string | null, limit: number): Promise<ConsoleSessionRow[]> {
    const select = this.#knex('console_sessions').orderBy('expires_at', 'desc').limit(limit).select(COLUMNS)
    return await answer(userKey === null ? select : select.where({ user_key: userKey }))
  }

  async dropConsoleSessions(names: readonly string[]): Promise<number> {
    return names.length === 0
      ? 0
      : await answer(this.#knex('console_sessions').whereIn('name', names).delete())
  }

  async forgetConsoleSessions(now: number): Promise<void> {
    await answer(this.#knex('console_sessions').where('expires_at', '<=', now).delete())
  }

  async administrators(limit: number): Promise<UserRow[]> {
    const select = this.#knex('users').where('administrator', 1).orderBy('user_key').limit(limit)
    return await answer(select.select('user_key', 'version', 'sealed'))
  }
}
