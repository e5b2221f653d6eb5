/**
 * Fills a database with HOTP tokens as fast as it takes them, on the same road as `token enroll`: the action, the
 * committer and the store, audit trail included. Users are those of `sallyport bench --hotp` (and of radload).
 */
import { randomBytes } from 'node:crypto'
import { enroll, newToken } from '../src/admin/enroll.ts'
import { type Token, userKey } from '../src/auth/account.ts'
import { type PinKey, pinKey, sealPin } from '../src/auth/pin.ts'
import { nameOf, seedOf } from '../src/load/credentials.ts'
import { deriveKeys } from '../src/seal.ts'
import { Committer } from '../src/server/committer.ts'
import { masterKey } from '../src/server/data_directory.ts'
import { openDatabase } from '../src/storage/open_store.ts'
import { tokenType } from '../src/tokens/registry.ts'

export interface Seed {
  readonly databaseUrl: string
  /** Made if it is missing and the database is new. */
  readonly masterKeyFile: string
  /** Each has two tokens: the one that logs in, and one with another secret and another PIN. */
  readonly accounts: number
  readonly node?: string
}

/** Of the generated users. */
export const USERS = { prefix: 'u', first: 0, pin: '1234', digits: 6 } as const
const OTHER_PIN = '8765'

/** Below the committer's bound. */
const AT_ONCE = 4096
const BATCH = 1024

export async function seed({ databaseUrl, masterKeyFile, accounts, node = 'bench' }: Seed): Promise<void> {
  const database = await openDatabase(databaseUrl)
  const { key } = masterKey(masterKeyFile, (await database.keyFingerprint()) === null)
  const keys = deriveKeys(key)
  const store = await database.store(keys, node)
  const committer = new Committer({ store, now: Date.now, maxBatch: BATCH })
  const pins = pinKey(keys.pin)
  try {
    for (let from = 0; from < accounts; from += AT_ONCE / 2) {
      const until = Math.min(accounts, from + AT_ONCE / 2)
      const tokens = Array.from({ length: until - from }, (_, i) => tokensOf(from + i, pins)).flat()
      const by = { actor: 'admin:bench', source: 'socket' }
      await Promise.all(tokens.map((token) => committer.transact(userKey(token.user!), enroll(token, by))))
    }
    await committer.close()
  } finally {
    await store.close()
  }
}

function tokensOf(number: number, pins: PinKey): Token[] {
  const user = nameOf(USERS, number)
  const serial = String(number).padStart(8, '0')
  return [
    hotpToken(`BENCH${serial}`, user, seedOf(user), sealPin(pins, USERS.pin, randomBytes(16))),
    hotpToken(`OTHER${serial}`, user, seedOf(`other ${user}`), sealPin(pins, OTHER_PIN, randomBytes(16))),
  ]
}

function hotpToken(serial: string, user: string, secret: Uint8Array, pin: string | null): Token {
  const type = tokenType('hotp')
  const state = type.enroll({ digits: USERS.digits, secret }, new Uint8Array(64))
  const { window, syncWindow } = type.defaults
  return newToken({
    serial,
    kind: type.kind,
    state,
    user,
    description: null,
    pin,
    window,
    syncWindow,
    maxFail: 10,
    counter: 0,
  })
}
