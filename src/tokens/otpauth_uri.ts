/** The otpauth:// URI that authenticator apps scan (Key URI format). */
import { generateURI, ScureBase32Plugin } from 'otplib'
import type { TokenSettings } from './token_type.ts'

const base32 = new ScureBase32Plugin()

export const ISSUER = 'Sallyport'

export interface UriInput {
  readonly kind: 'hotp' | 'totp'
  readonly settings: TokenSettings
  readonly secret: Uint8Array
  readonly counter: number
  /** The user, or the serial while nobody owns the token. */
  readonly label: string
}

export function otpauthUri({ kind, settings, secret, counter, label }: UriInput): string {
  return generateURI({
    strategy: kind,
    issuer: ISSUER,
    label,
    secret: encodeBase32(secret),
    algorithm: settings.algorithm ?? 'sha1',
    digits: settings.digits as 6 | 8,
    ...(kind === 'totp' ? { period: settings.period ?? 30 } : { counter }),
  })
}

export function encodeBase32(secret: Uint8Array): string {
  return base32.encode(secret, { padding: false })
}

/** Octets of a base32 secret as people write it: any case, spaces, hyphens and padding allowed. Throws if it is none. */
export function decodeBase32(text: string): Uint8Array {
  const letters = text.replace(/[\s-]/g, '').replace(/=+$/, '')
  // Checked here, since otplib's capitals turn U+0131 into an I, and its errors name a letter of the secret.
  if (!/^[A-Za-z2-7]*$/.test(letters)) throw new SyntaxError('base32 has the letters A to Z and 2 to 7 only')
  return base32.decode(letters)
}
