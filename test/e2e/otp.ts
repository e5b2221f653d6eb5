/** OTPs from the RFCs' text and `node:crypto`, so that the tests share nothing with the code they test. */
import { createHmac } from 'node:crypto'

export interface Generator {
  readonly secretHex: string
  readonly algorithm?: 'sha1' | 'sha256' | 'sha512'
  readonly digits?: 6 | 8
}

/** RFC 4226 §5.3 */
export function hotp({ secretHex, algorithm = 'sha1', digits = 6 }: Generator, counter: number): string {
  const message = Buffer.alloc(8)
  message.writeBigUInt64BE(BigInt(counter))
  const mac = createHmac(algorithm, Buffer.from(secretHex, 'hex')).update(message).digest()
  const truncated = mac.readUInt32BE(mac.at(-1)! & 0xf) & 0x7fffffff
  return String(truncated % 10 ** digits).padStart(digits, '0')
}

/** RFC 6238 §4.2: of the time step `stepsLater` than the one of now. */
export function totp(generator: Generator, stepsLater = 0, periodSeconds = 30): string {
  return hotp(generator, Math.floor(Date.now() / 1000 / periodSeconds) + stepsLater)
}

/** Of 20 octets, different for each name. */
export function secretOf(name: string): string {
  return createHmac('sha1', 'sallyport tests').update(name).digest('hex')
}

export function base32(hex: string): string {
  const bits = [...Buffer.from(hex, 'hex')].map((octet) => octet.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('')
}

/** Of base32. */
export function hexOf(secret: string): string {
  const bits = [...secret].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  )
  const octets = bits.join('').match(/.{8}/g) ?? []
  return Buffer.from(octets.map((octet) => Number.parseInt(octet, 2))).toString('hex')
}
