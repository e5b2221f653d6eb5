/** What a login may change of a token without its details being written: a field that is forgotten here would be lost. */
import { expect, test } from '@jest/globals'
import type { Token } from '../../src/auth/account.ts'
import { onlyUsed } from '../../src/storage/token_rows.ts'
import { makeToken } from '../auth/make_token.ts'

/** Of the narrow table that logins write, or of the store itself. Everything else is a detail. */
const PROGRESS: readonly (keyof Token)[] = [
  ...(['id', 'version', 'counter', 'drift', 'failCount', 'attemptCount', 'successCount'] as const),
  ...(['lastUsedAt', 'lockedAt', 'pendingResync', 'auditHead'] as const),
]

const token = makeToken({ user: 'alice', pin: '1234', description: 'a phone' })
const other = (field: string) => ({ ...token, [field]: Symbol(field) }) as unknown as Token

test.each(PROGRESS)('%s is progress', (field) => {
  expect(token).toHaveProperty(field)
  expect(onlyUsed(token, other(field))).toBe(true)
})

test.each(Object.keys(token).filter((field) => !(PROGRESS as readonly string[]).includes(field)))(
  '%s is a detail',
  (field) => {
    expect(onlyUsed(token, other(field))).toBe(false)
  },
)
