/** What may be a PIN, whoever chooses it: an operator, or the user in a dialogue. */

export const MAX_PIN_CHARACTERS = 64
/** RFC 2865 §5.2: User-Password holds 128 octets, of which the longest OTP (the password of `token lost`) takes 10. */
export const MAX_PIN_OCTETS = 118

/** The empty one too, which is no PIN. */
export function isPin(text: string): boolean {
  return (
    text.length <= MAX_PIN_CHARACTERS &&
    text.isWellFormed() &&
    !/\p{Cc}/u.test(text) &&
    Buffer.byteLength(text) <= MAX_PIN_OCTETS
  )
}
