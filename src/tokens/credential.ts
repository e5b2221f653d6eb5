/**
 * What the user presented as proof of who he is. PAP gives its text; CHAP and MS-CHAPv2 will add a kind
 * that can only be tested against candidates. Knows nothing of the packet that it came in.
 */
export type Credential = PlainCredential

export interface PlainCredential {
  readonly kind: 'plain'
  readonly password: string
}

export function plain(password: string): PlainCredential {
  return { kind: 'plain', password }
}

/** A password cut in two by a token's number of digits (spec/authentication.md, "OTP"). */
export interface Split {
  readonly pin: string
  readonly otp: string
}

/** The last `digits` characters are the OTP, what stands before is the PIN; null if there are fewer than `digits`. */
export function split(credential: Credential, digits: number): Split | null {
  const { password } = credential
  if (password.length < digits) return null
  return { pin: password.slice(0, -digits), otp: password.slice(-digits) }
}
