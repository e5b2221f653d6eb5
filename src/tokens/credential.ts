/**
 * What the user presented as proof of who he is. PAP gives its text; CHAP and MS-CHAP give a proof that can only be
 * tested against candidates. Knows nothing of the packet that it came in.
 */
export type Credential = PlainCredential | ProofCredential

export interface PlainCredential {
  readonly kind: 'plain'
  readonly password: string
}

/** An answer to a challenge that was made of the password, and does not give it back. */
export interface ProofCredential {
  readonly kind: 'proof'
  readonly protocol: ProofProtocol
  /** Candidates that may be tried for one login: as many as its protocol does in some milliseconds. */
  readonly maxTries: number
  /** Was it made of this password? */
  matches(password: string): boolean
  /** What the reply needs to know of the password that matched; left out where it needs nothing. Never to be logged. */
  keyOf?(password: string): Uint8Array
}

export type ProofProtocol = 'chap' | 'mschap' | 'mschapv2'

export function plain(password: string): PlainCredential {
  return { kind: 'plain', password }
}

/** A password cut in two by a token's number of digits (spec/authentication.md, "OTP"). */
export interface Split {
  readonly pin: string
  readonly otp: string
}

/** The last `digits` characters are the OTP, what stands before is the PIN; null if there are fewer than `digits`. */
export function split({ password }: PlainCredential, digits: number): Split | null {
  if (password.length < digits) return null
  return { pin: password.slice(0, -digits), otp: password.slice(-digits) }
}
