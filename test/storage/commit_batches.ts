/**
 * Commits batches of logins to the SQLite file that it is given until it is killed, from the number that it is given, and
 * tells of each when it is durable. Which tokens a batch moves follows from its number, so that others can know it too.
 */
import { writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Token, userKey } from '../../src/auth/account.ts'
import { deriveKeys } from '../../src/seal.ts'
import { openDatabase } from '../../src/storage/open_store.ts'
import { NOW } from '../auth/make_token.ts'
import { changed, entry } from './stored.ts'

export const TOKENS = 300

/** The users of batch `n`: of two to fifty, so that some go by the journal and some do not. */
export function usersOf(n: number): string[] {
  const size = n % 7 === 0 ? 2 + (n % 15) : 17 + (n % 34)
  return Array.from({ length: size }, (_, i) => `user ${(n * 97 + i * 7) % TOKENS}`)
}

if (process.argv[1] === resolve('test/storage/commit_batches.ts')) {
  const database = await openDatabase(process.argv[2] as string)
  const store = await database.store(deriveKeys(new Uint8Array(32).fill(1)), 'child')
  for (let n = Number(process.argv[3]) + 1; ; n++) {
    const accounts = await store.load(usersOf(n).map(userKey))
    const tokens = [...accounts.values()].map((account) => account.tokens[0] as Token)
    const changes = tokens.map((token) =>
      changed(token, { counter: token.counter + 1, lastUsedAt: NOW + n, successCount: n }),
    )
    const audit = tokens.map(({ user, serial }) => entry({ user, serials: [serial], detail: `${n}` }))
    const losers = await store.commit(changes, audit)
    if (losers.size > 0) throw new Error('lost')
    writeSync(1, `${n}\n`)
  }
}
