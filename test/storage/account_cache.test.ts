import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Account, type Token, userKey } from '../../src/auth/account.ts'
import { AccountCache } from '../../src/storage/account_cache.ts'
import { makeToken } from '../auth/make_token.ts'
import { changed, deleted, inserts } from './stored.ts'

let ids = 0
const tokenOf = (user: string | null, serial = `S${++ids}`): Token => ({
  ...makeToken({ user, serial }),
  id: ++ids,
})
const accountOf = (user: string, tokens: number): Account => ({
  key: userKey(user),
  tokens: Array.from({ length: tokens }, () => tokenOf(user)),
})

test('remembers what it was told last', () => {
  const cache = new AccountCache()
  const [first, second] = [accountOf('alice', 1), accountOf('alice', 2)]
  expect(cache.get('user:alice')).toBeUndefined()
  cache.set(first)
  expect(cache.get('user:alice')).toEqual(first)
  cache.set(second)
  expect([cache.get('user:alice'), cache.size]).toEqual([second, 2])
  cache.delete('user:alice')
  expect([cache.get('user:alice'), cache.size]).toEqual([undefined, 0])
})

test('does not remember who has no token: anybody can make up names', () => {
  const cache = new AccountCache()
  cache.set(accountOf('alice', 1))
  cache.set(accountOf('nobody', 0))
  expect(cache.get('user:nobody')).toBeUndefined()
  cache.set(accountOf('alice', 0))
  expect([cache.get('user:alice'), cache.size]).toEqual([undefined, 0])
})

test('holds no more tokens than its limit, and forgets the longest known first', () => {
  const cache = new AccountCache({ limit: 5 })
  for (const user of ['a', 'b', 'c']) cache.set(accountOf(user, 2))
  expect(['a', 'b', 'c'].map((user) => cache.get(userKey(user))?.tokens.length)).toEqual([undefined, 2, 2])
  cache.set(accountOf('d', 5))
  expect(['b', 'c', 'd'].map((user) => cache.get(userKey(user))?.tokens.length)).toEqual([
    undefined,
    undefined,
    5,
  ])
  cache.set(accountOf('larger than all', 6))
  expect([cache.get('user:larger than all'), cache.size]).toEqual([undefined, 0])
})

test('counts its tokens right, whatever happens', () => {
  const users = ['a', 'b', 'c', 'd']
  const step = fc.record({
    kind: fc.constantFrom('set', 'set', 'delete', 'login', 'detail', 'remove', 'move'),
    user: fc.constantFrom(...users),
    tokens: fc.nat(4),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const cache = new AccountCache({ limit: 9 })
      for (const { kind, user, tokens } of steps) {
        const key = userKey(user)
        const [token] = cache.get(key)?.tokens ?? []
        if (kind === 'set') cache.set(accountOf(user, tokens))
        else if (kind === 'delete') cache.delete(key)
        else if (token === undefined) continue
        else if (kind === 'login') cache.committed(changed(token, { counter: token.counter + 1 }))
        else if (kind === 'detail') cache.committed(changed(token, { active: !token.active }))
        else if (kind === 'remove') cache.committed(deleted(token))
        else cache.committed(changed(token, { user: users[tokens] ?? null }))
        const kept = users.map((name) => cache.get(userKey(name))?.tokens.length ?? 0)
        expect(cache.size).toBe(kept.reduce((sum, n) => sum + n, 0))
        expect(cache.size).toBeLessThanOrEqual(9)
        for (const { id, version, counter } of users.flatMap(
          (name) => cache.get(userKey(name))?.tokens ?? [],
        ))
          expect(cache.progressOf(id)).toEqual({ version, counter })
        if (
          token !== undefined &&
          !users.some((name) => cache.get(userKey(name))?.tokens.some(({ id }) => id === token.id))
        )
          expect(cache.progressOf(token.id)).toBeUndefined()
      }
    }),
  )
})

test('an account is old by when it was loaded, however often its tokens have logged in since', async () => {
  const cache = new AccountCache({ maxAgeMs: () => 60 })
  const account = accountOf('alice', 1)
  cache.set(account)
  const loaded = performance.now()
  let [token] = account.tokens as [Token]
  while (performance.now() - loaded < 40) {
    const change = changed(token, { counter: token.counter + 1 })
    cache.committed(change)
    token = change.after as Token
    if (performance.now() - loaded < 50) expect(cache.get('user:alice')?.tokens).toEqual([token])
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await new Promise((resolve) => setTimeout(resolve, 70 - (performance.now() - loaded)))
  expect(cache.get('user:alice')).toBeUndefined()
  cache.committed(changed(token, { counter: token.counter + 1 }))
  expect(cache.get('user:alice')).toBeUndefined()
  cache.set(account)
  expect(cache.get('user:alice')).toEqual(account)
})

test('a login of a token that is known otherwise than it was before makes nothing of what is known', () => {
  const cache = new AccountCache()
  const account = accountOf('alice', 1)
  const [old] = account.tokens as [Token]
  // Elsewhere her PIN was set, and here she logged in by it, when a load that had begun before both came back.
  const set = changed(old, { pin: 'NEW' }).after as Token
  cache.set(account)
  cache.committed(changed(set, { counter: 7 }))
  expect(cache.get('user:alice')).toBeUndefined()
  // Or the token was given to Bob, who logged in by it.
  cache.set(account)
  const given = changed(old, { user: 'bob' }).after as Token
  cache.committed(changed(given, { counter: 7 }))
  expect(cache.get('user:bob')).toBeUndefined()
  const stale = cache.get('user:alice')?.tokens[0]
  expect(stale === undefined || stale.version === old.version).toBe(true)
})

test('after a login the account holds the token as it is now, and the others as they were', () => {
  const cache = new AccountCache()
  const account = accountOf('alice', 3)
  const [a, b, c] = account.tokens as [Token, Token, Token]
  cache.set(account)
  const change = changed(b, { counter: 7, failCount: 1 })
  cache.committed(change)
  expect(cache.get('user:alice')).toEqual({ key: 'user:alice', tokens: [a, change.after, c] })
  // A decision that holds the account as it was is not changed under it.
  expect(account.tokens).toEqual([a, b, c])
})

const gone: { name: string; given: (token: Token) => ReturnType<typeof changed> }[] = [
  { name: 'a detail', given: (token) => changed(token, { description: 'x' }) },
  { name: 'the PIN', given: (token) => changed(token, { pin: 'x' }) },
  { name: 'the switch', given: (token) => changed(token, { active: false }) },
  { name: 'another state', given: (token) => changed(token, { state: makeToken({ serial: 'Z' }).state }) },
  { name: 'a deletion', given: deleted },
  { name: 'an enrolment', given: () => inserts(tokenOf('alice'))[0]! },
  { name: 'another owner', given: (token) => changed(token, { user: 'bob' }) },
  { name: 'no owner', given: (token) => changed(token, { user: null }) },
]
test.each(gone)('after anything else it is read again, on both sides: $name', ({ given }) => {
  const cache = new AccountCache()
  const account = accountOf('alice', 2)
  const [token] = account.tokens as [Token]
  const change = given(token)
  const free: Account = { key: `token:${token.serial}`, tokens: [tokenOf(null, token.serial)] }
  for (const known of [account, accountOf('bob', 1), free, accountOf('carol', 1)]) cache.set(known)
  cache.committed(change)
  expect(cache.get('user:alice')).toBeUndefined()
  expect(cache.get('user:bob') === undefined).toBe(change.after?.user === 'bob')
  expect(cache.get(free.key) === undefined).toBe(change.after?.user === null)
  expect(cache.get('user:carol')).toBeDefined()
})

test('a name with half of a character in it is no other name', () => {
  const cache = new AccountCache()
  cache.set(accountOf('alice \ud83d', 1))
  expect(cache.get(userKey('alice \ufffd'))).toBeUndefined()
  expect(cache.get(userKey('alice \ud83d'))?.tokens.length).toBe(1)
})

test('a login on an account that is not remembered does not begin one', () => {
  const cache = new AccountCache()
  cache.committed(changed(tokenOf('alice'), { counter: 1 }))
  expect([cache.get('user:alice'), cache.size]).toEqual([undefined, 0])
})
