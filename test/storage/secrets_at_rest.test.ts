import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { Token } from '../../src/auth/account.ts'
import { authenticate } from '../../src/auth/authenticate.ts'
import { Committer } from '../../src/server/committer.ts'
import { encodeBase32 } from '../../src/tokens/otpauth_uri.ts'
import { tokenType } from '../../src/tokens/registry.ts'
import { makeLogin, makeToken, NOW, otpAt, POLICY } from '../auth/make_token.ts'
import { DATABASES, type TestDatabase } from '../support/databases.ts'
import { inserts, put } from './stored.ts'

const PIN = 'Geheim-4711-PIN'
const SECRETS = [20, 32, 64].map((length, i) => Buffer.alloc(length, `a secret that must not be found ${i} `))

describe.each(DATABASES)('$name', ({ create }) => {
  let database: TestDatabase
  afterEach(() => database.drop())

  test('holds no secret, PIN, password or OTP in any spelling, after enrolment, logins and changes', async () => {
    database = await create()
    const store = await database.open()
    const tokens = SECRETS.map((secret, i) =>
      makeToken({
        serial: `S${i}`,
        user: 'alice',
        pin: PIN,
        pinStorage: i === 2 ? 'sealed' : 'mac',
        secret,
        digits: 8,
        kind: i === 1 ? 'totp' : 'hotp',
        algorithm: (['sha1', 'sha256', 'sha512'] as const)[i] as 'sha1',
      }),
    )
    const temporary = makeToken({ serial: 'PW', kind: 'password', pin: PIN })
    await put(store, inserts(...tokens, temporary))
    const committer = new Committer({ store, now: () => NOW })
    const otps = [
      otpAt(tokens[0] as Token, 3),
      otpAt(tokens[2] as Token, 500),
      otpAt(tokens[2] as Token, 501),
    ]
    const password = passwordOf(temporary)
    for (const typed of [
      ...otps.map((otp) => PIN + otp),
      `${PIN}00000000`,
      `wrong${otps[0]}`,
      PIN + password,
    ]) {
      await committer.transact('user:alice', authenticate(makeLogin(typed), POLICY))
    }
    expect((await store.listAudit({ limit: 9, cursor: null })).rows.map(({ reason }) => reason)).toContain(
      'resynced',
    )

    const needles = [
      ...SECRETS.flatMap(spellings),
      ...spellings(Buffer.from(PIN)),
      ...spellings(Buffer.from(password)),
      ...otps.map((otp) => Buffer.from(otp)),
    ]
    const stored = await everything(database)
    expect(stored.includes('alice')).toBe(true)
    expect(needles.filter((needle) => stored.includes(needle)).map(String)).toEqual([])
  })
})

/** The octets themselves, and how programs write them. */
function spellings(octets: Buffer): Buffer[] {
  const hex = octets.toString('hex')
  const base32 = encodeBase32(octets)
  const base64 = octets.toString('base64').replace(/=+$/, '')
  const texts = [hex, hex.toUpperCase(), base32, base32.toLowerCase(), base64, octets.toString('base64url')]
  return [octets, ...texts.map((text) => Buffer.from(text))]
}

/** Every octet of the files of SQLite; every value of every table of PostgreSQL, binary ones as they are and as hex. */
async function everything(database: TestDatabase): Promise<Buffer> {
  const { directory } = database
  if (directory !== null) {
    return Buffer.concat(readdirSync(directory).map((name) => readFileSync(join(directory, name))))
  }
  const tables = await database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
  const rows = await Promise.all(
    tables.map(({ tablename }) => database.query(`SELECT * FROM "${tablename}"`)),
  )
  const values = rows.flat().flatMap((row) => Object.values(row))
  return Buffer.concat(
    values.flatMap((value) =>
      Buffer.isBuffer(value) ? [value, Buffer.from(value.toString('hex'))] : [Buffer.from(String(value))],
    ),
  )
}

function passwordOf({ kind, state }: Token): string {
  const { password } = tokenType(kind).serialize(state)
  return String(password)
}
