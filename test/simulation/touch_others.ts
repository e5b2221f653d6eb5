import { keyOf, type Token } from '../../src/auth/account.ts'
import type { TokenChange } from '../../src/auth/action.ts'

/** As PostgreSQL does it: a token that comes to a user moves the versions of his others. `tokens`: after the changes. */
export function touchOthers(tokens: readonly Token[], changes: readonly TokenChange[]): readonly Token[] {
  const grown = new Set(
    changes.flatMap(({ key, before, after }) =>
      after !== null && (before === null || keyOf(after) !== key) ? [keyOf(after)] : [],
    ),
  )
  const changed = new Set(changes.flatMap(({ after }) => after?.serial ?? []))
  return tokens.map((token) =>
    token.user !== null && grown.has(keyOf(token)) && !changed.has(token.serial)
      ? { ...token, version: token.version + 1 }
      : token,
  )
}
