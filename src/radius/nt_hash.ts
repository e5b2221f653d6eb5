/** The NT hash of a password: MD4 over UTF-16LE (RFC 2759 §8.3). Not for anything but MS-CHAP, which leaves no choice. */
import { createMD4 } from 'hash-wasm'

const md4 = await createMD4()

export function ntHash(password: string): Uint8Array {
  return md4.init().update(Buffer.from(password, 'utf16le')).digest('binary')
}

/** RFC 2759 §8.4: the hash of the hash. */
export function ntHashHash(hash: Uint8Array): Uint8Array {
  return md4.init().update(hash).digest('binary')
}
