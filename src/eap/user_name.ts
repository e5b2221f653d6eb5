/** The name that a peer gives for a user: the same rules as for RADIUS's own User-Name (spec/radius.md, "Credentials"). */
import { decodeUtf8 } from '../radius/utf8.ts'

/** Longer ones do not fit into a User-Name. */
const MAX_OCTETS = 253

export type UserName =
  | { readonly name: string }
  | { readonly refused: 'identity-not-utf8' | 'identity-blank' }

export function readUserName(octets: Uint8Array): UserName {
  const name = octets.length > MAX_OCTETS ? null : decodeUtf8(octets)
  if (name === null) return { refused: 'identity-not-utf8' }
  // Nothing in it can be seen.
  return /[^\s\p{Cc}\p{Cf}]/u.test(name) ? { name } : { refused: 'identity-blank' }
}

/** A password as typed. RFC 5281 §11.2.5: filled up with zeros, so that its length does not show. */
export function readPassword(octets: Uint8Array): string | null {
  let end = octets.length
  while (end > 0 && octets[end - 1] === 0) end--
  return decodeUtf8(octets.subarray(0, end))
}
