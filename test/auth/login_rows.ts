/** Rows of logins and their runner: what an account was, who knocked, what was answered, and what the account became. */
import { expect, test } from '@jest/globals'
import type { Token } from '../../src/auth/account.ts'
import { authenticate, type Policy } from '../../src/auth/authenticate.ts'
import type { Accept, Reject, RejectReason, Verdict } from '../../src/auth/verdict.ts'
import type { Instant } from '../../src/tokens/token_type.ts'
import { makeAccount, makeLogin, NOW, POLICY } from './make_token.ts'

export interface LoginRow {
  readonly name: string
  readonly given: {
    readonly tokens: readonly Token[]
    readonly policy?: Partial<Policy>
    /** One after the other; a bare password comes at NOW. */
    readonly logins: readonly (string | { readonly at: Instant; readonly password: string })[]
  }
  readonly expect: {
    /** One for each login. */
    readonly verdicts: readonly Verdict[]
    /** What is different about the tokens in the end, by serial; those not named are the very same objects. */
    readonly changes?: Readonly<Record<string, Partial<Token>>>
  }
}

export function testLogins(rows: readonly LoginRow[]): void {
  test.each(rows)('$name', ({ given, expect: expected }) => {
    let tokens = given.tokens
    const verdicts = given.logins.map((login) => {
      const { at, password } = typeof login === 'string' ? { at: NOW, password: login } : login
      const action = authenticate(makeLogin(password), { ...POLICY, ...given.policy })
      const outcome = action(makeAccount(tokens), at)
      tokens = outcome.tokens
      return outcome.result
    })
    const { changes = {} } = expected
    expect(verdicts).toEqual(expected.verdicts)
    expect(tokens).toEqual(given.tokens.map((token) => ({ ...token, ...changes[token.serial] })))
    for (const [i, token] of given.tokens.entries()) {
      if (changes[token.serial] === undefined) expect(tokens[i]).toBe(token)
    }
  })
}

export function accepted(...serials: string[]): Accept {
  return { kind: 'accept', reason: 'otp-accepted', serials }
}

export function resynced(...serials: string[]): Accept {
  return { kind: 'accept', reason: 'resynced', serials }
}

export function rejected(reason: RejectReason, ...serials: string[]): Reject {
  return { kind: 'reject', reason, serials }
}

/** What the spec's step 6 makes of an unused token when `movingFactor` is found at `at`. */
export function spentAt(movingFactor: number, at: Instant = NOW): Partial<Token> {
  return { counter: movingFactor + 1, attemptCount: 1, successCount: 1, failCount: 0, lastUsedAt: at }
}

/** An unused token after so many failures that counted. */
export function failed(times: number): Partial<Token> {
  return { failCount: times, attemptCount: times }
}
