/** DES of one block, as MS-CHAP uses it (RFC 2759 §8.5, §8.6). Not for anything but MS-CHAP, which leaves no choice. */
import des from 'des.js'

export const DES_BLOCK_OCTETS = 8
const KEY_OCTETS = 7

/** `clear` (8 octets) encrypted under the seven octets of key that begin at `at` in `keys`; zeros follow where it ends. */
export function desEncrypt(keys: Uint8Array, at: number, clear: Uint8Array): readonly number[] {
  return des.DES.create({ type: 'encrypt', key: withParity(keys, at), padding: false }).update(clear)
}

/** Seven bits to an octet, the most significant first; the eighth is parity, and DES does not look at it. */
function withParity(keys: Uint8Array, at: number): Uint8Array {
  const key = new Uint8Array(DES_BLOCK_OCTETS)
  for (let i = 0; i < DES_BLOCK_OCTETS; i++) {
    const before = i === 0 ? 0 : octetAt(keys, at + i - 1)
    const here = i === KEY_OCTETS ? 0 : octetAt(keys, at + i)
    key[i] = (before << (8 - i)) | ((here >> i) & 0xfe)
  }
  return key
}

function octetAt(octets: Uint8Array, at: number): number {
  return octets[at] ?? 0
}
