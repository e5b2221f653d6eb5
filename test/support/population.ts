/**
 * A large company's tokens, for measuring and for plans: two to a user, of every type and state, enrolled on the road of
 * `token enroll`. Token `i` is always the same. As a program: node test/support/population.ts DATABASE_URL FROM TO
 */
import { createHash } from 'node:crypto'
import { enroll, newToken } from '../../src/admin/enroll.ts'
import { keyOf, type Token } from '../../src/auth/account.ts'
import { deriveKeys } from '../../src/seal.ts'
import { Committer } from '../../src/server/committer.ts'
import { openDatabase } from '../../src/storage/open_store.ts'
import type { Store } from '../../src/storage/store.ts'
import { tokenType } from '../../src/tokens/registry.ts'

const FIRST = 'anna bernd chiara daniel emma felix gül hans inés jürgen kim lars maria noah olga peter'.split(
  ' ',
)
const LAST = 'adler braun costa dietz engel faber graf huber ito jansen klein lopez meyer novak'.split(' ')
const SITES = ['berlin', 'lyon', 'osaka', 'porto']
const DAY_MS = 86_400_000
const BEGUN = Date.UTC(2026, 0, 1)
/** Below the committer's bound. */
const AT_ONCE = 4096

export function tokenNumber(i: number): Token {
  const digest = createHash('sha256').update(String(i)).digest()
  const chance = (octet: number, of: number) => digest.readUInt16BE(2 * octet) % of === 0
  const kind = chance(0, 3) ? 'totp' : 'hotp'
  const type = tokenType(kind)
  const user = Math.floor(i / 2)
  const name = `${FIRST[user % FIRST.length]}.${LAST[user % LAST.length]}${user}@example.com`
  const failCount = chance(1, 200) ? 10 : chance(2, 20) ? 1 + ((digest[9] ?? 0) % 8) : 0
  const used = !chance(3, 4)
  return {
    ...newToken({
      serial: `${kind.toUpperCase()}${digest.toString('hex', 20, 24).toUpperCase()}${i % 1000}`,
      kind,
      state: type.enroll({}, createHash('sha512').update(digest).digest()),
      user: chance(4, 50) ? null : name,
      description: chance(5, 5) ? `${SITES[i % SITES.length]}, delivery ${Math.floor(i / 20_000)}` : null,
      pin: null,
      ...type.defaults,
      maxFail: 10,
      counter: used ? 1 + (digest[10] ?? 0) : 0,
    }),
    active: !chance(6, 30),
    failCount,
    lockedAt: failCount === 10 ? BEGUN : null,
    lastUsedAt: used ? BEGUN + (digest.readUInt32BE(24) % (300 * DAY_MS)) : null,
  }
}

/** Tokens `begin` to `end`, the last not included. */
export async function populate(store: Store, begin: number, end: number): Promise<void> {
  const committer = new Committer({ store, now: Date.now })
  const by = { actor: 'admin:seed', source: 'socket' }
  for (let from = begin; from < end; from += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, end - from) }, (_, i) => tokenNumber(from + i))
    await Promise.all(some.map((token) => committer.transact(keyOf(token), enroll(token, by))))
  }
  await committer.close()
}

if (process.argv[1] === import.meta.filename) {
  const [url = '', from = '0', to = '1000'] = process.argv.slice(2)
  const store = await (await openDatabase(url)).store(deriveKeys(new Uint8Array(32).fill(1)), 'a')
  const [begun, cpu] = [performance.now(), process.cpuUsage()]
  await populate(store, Number(from), Number(to))
  const each = (microseconds: number) => `${(microseconds / (Number(to) - Number(from))).toFixed(0)} µs`
  const { user, system } = process.cpuUsage(cpu)
  console.log(`a token: ${each((performance.now() - begun) * 1000)}, of them ${each(user + system)} ours`)
  await store.close()
}
