import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { seed, USERS } from '../../bench/seed.ts'
import { userKey } from '../../src/auth/account.ts'
import { authenticate } from '../../src/auth/authenticate.ts'
import { pinKey } from '../../src/auth/pin.ts'
import { nameOf, seedOf } from '../../src/load/credentials.ts'
import { deriveKeys } from '../../src/seal.ts'
import { masterKey } from '../../src/server/data_directory.ts'
import { verifyAudit } from '../../src/storage/audit_chain.ts'
import { plain } from '../../src/tokens/credential.ts'
import { formatOtp, otpGenerator } from '../../src/tokens/otp_generator.ts'
import { DATABASES } from '../support/databases.ts'

describe.each(DATABASES)('a seeded $name', ({ create }) => {
  test('has two tokens for each account, accepts the generated users, and an audit trail that verifies', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sallyport-test-'))
    const database = await create()
    const masterKeyFile = join(directory, 'master.key')
    try {
      await seed({ databaseUrl: database.url, masterKeyFile, accounts: 30 })
      const keys = deriveKeys(masterKey(masterKeyFile, false).key)
      const store = await database.open('a', keys)
      expect(await store.countTokens({})).toEqual({ total: 60, isExact: true })
      expect(await verifyAudit(store, keys.audit)).toEqual({ entries: 60, firstBad: null })

      const user = nameOf(USERS, 29)
      const key = userKey(user)
      const account = (await store.load([key])).get(key)!
      const otp = formatOtp(otpGenerator('sha1', seedOf(user)), USERS.digits, 0)
      const login = { user, credential: plain(`${USERS.pin}${otp}`), actor: 'client:a', source: '127.0.0.1' }
      const policy = {
        pinKey: pinKey(keys.pin),
        autoResync: true,
        autoResyncTimeoutMs: 240_000,
        resetFailCounters: 'token',
        unlockAfterMs: 0,
      } as const
      const { result, tokens } = authenticate(login, policy)(account, Date.now())
      expect(result.kind).toBe('accept')
      // The other token's PIN was compared, and is another.
      expect(tokens.map(({ serial, counter }) => [serial, counter])).toEqual([
        ['BENCH00000029', 1],
        ['OTHER00000029', 0],
      ])
    } finally {
      await database.drop()
      rmSync(directory, { recursive: true })
    }
  })
})
