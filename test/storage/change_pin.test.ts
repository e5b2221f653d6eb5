/** The field `changePin` is in the sealed column, and rows of a version before it are read as they were meant. */
import { expect, test } from '@jest/globals'
import { TokenRows, toProgress } from '../../src/storage/token_rows.ts'
import { makeToken } from '../auth/make_token.ts'
import { DATABASES, KEYS } from '../support/databases.ts'
import { changed, inserts, loadOne, put } from './stored.ts'

test.each(DATABASES)('on $name it is kept', async ({ create }) => {
  const database = await create()
  try {
    const store = await database.open()
    await put(store, inserts(makeToken({ pin: '1', changePin: true })))
    const token = await loadOne(store, 'user:alice')
    expect(token.changePin).toBe(true)
    await put(store, [changed(token, { changePin: false })])
    await database.close(store)
    expect(await loadOne(await database.open(), 'user:alice')).toMatchObject({ changePin: false })
  } finally {
    await database.drop()
  }
})

test('a row without it has a PIN that may stay', () => {
  const rows = new TokenRows(KEYS, (problem) => {
    throw new Error(problem)
  })
  const token = makeToken({ pin: '1', changePin: true })
  const { serial, user_key, sealed } = rows.toDetail(token)
  const context = JSON.stringify([serial, user_key])
  const { changePin: _, ...before } = JSON.parse(Buffer.from(KEYS.open(sealed, context)).toString())
  const row = { id: 1, serial, user_key, ...toProgress(token) }
  expect(rows.toToken({ ...row, sealed }).changePin).toBe(true)
  const old = KEYS.seal(Buffer.from(JSON.stringify(before)), context)
  expect(rows.toToken({ ...row, sealed: old })).toEqual({
    ...token,
    id: 1,
    changePin: false,
    state: expect.anything(),
  })
})
