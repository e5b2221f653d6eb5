/** The one list of token types. */
import { hotp } from './hotp.ts'
import { temporaryPassword } from './temporary_password.ts'
import type { TokenType } from './token_type.ts'
import { totp } from './totp.ts'
import { unreadable } from './unreadable.ts'

// A token's state was always made by its own type: by enroll() or parse() of the same entry.
const TYPES = [hotp, totp, temporaryPassword] as unknown as readonly TokenType[]

export const TOKEN_KINDS = TYPES.map((type) => type.kind)
export const ENROLLABLE_KINDS = TYPES.filter((type) => type.enrollable).map((type) => type.kind)

const ALL = [...TYPES, unreadable as unknown as TokenType]

/** The type named `kind`; throws if no such type is known to this version. */
export function tokenType(kind: string): TokenType {
  // Not by a Map: of so few, a login finds the one it wants eight times for the price of one look-up.
  for (const type of ALL) if (type.kind === kind) return type
  throw new Error(`token type '${kind}' is not known to this version`)
}
