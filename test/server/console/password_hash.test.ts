import { argon2Sync } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { PasswordHasher, TooBusy } from '../../../src/server/console/password_hash.ts'

const yes = () => true

test('is argon2id with the parameters that it says, and finds the password again', async () => {
  const hasher = new PasswordHasher()
  const stored = await hasher.hash('Grüße an alle')
  const [, kind, version, cost, salt = '', tag = ''] = stored.split('$')
  expect([kind, version, cost]).toEqual(['argon2id', 'v=19', 'm=19456,t=2,p=1'])
  const expected = argon2Sync('argon2id', {
    ...{ message: 'Grüße an alle', nonce: Buffer.from(salt, 'base64') },
    ...{ memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 },
  })
  expect(Buffer.from(tag, 'base64').equals(expected)).toBe(true)
  expect(await hasher.verify('Grüße an alle', stored, yes)).toBe(true)
  // The same letters as another keyboard sends them.
  expect(await hasher.verify('Grüße an alle'.normalize('NFD'), stored, yes)).toBe(true)
  expect(await hasher.verify('grüße an alle', stored, yes)).toBe(false)
  expect(await hasher.hash('Grüße an alle')).not.toBe(stored)
})

test('takes as long for a user who has none', async () => {
  const hasher = new PasswordHasher()
  const stored = await hasher.hash('a password')
  const time = async (hash: string | null) => {
    const times: number[] = []
    for (let i = 0; i < 5; i++) {
      const start = performance.now()
      expect(await hasher.verify('another', hash, yes)).toBe(false)
      times.push(performance.now() - start)
    }
    return Math.min(...times)
  }
  const [of, without] = [await time(stored), await time(null)]
  expect(Math.min(of, without) / Math.max(of, without)).toBeGreaterThan(0.5)
})

test.each([
  '$argon2id$v=19$m=9999999,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  '$argon2id$v=19$m=19456,t=999,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  '$argon2i$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  'plain',
  '',
])('a stored hash that is none of ours matches nothing and costs no more: %s', async (stored) => {
  expect(await new PasswordHasher().verify('plain', stored, yes)).toBe(false)
})

test('works one after the other, refuses what is too much, and asks again when the turn has come', async () => {
  const hasher = new PasswordHasher({ maxQueue: 2 })
  let mayTry = true
  const first = hasher.hash('a password')
  const second = hasher.verify('a password', null, () => mayTry)
  const third = hasher.verify('a password', null, yes)
  await expect(hasher.hash('one too many')).rejects.toThrow(TooBusy)
  mayTry = false
  expect([typeof (await first), await second, await third]).toEqual(['string', null, false])
  expect(await hasher.verify('free again', null, yes)).toBe(false)
})
