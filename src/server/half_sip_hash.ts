/**
 * HalfSipHash-1-3 (after Aumasson and Bernstein, "SipHash: a fast short-input PRF"), as Linux uses it: a keyed hash for
 * tables. Whoever does not know the key cannot choose texts that meet in one slot. Not for signatures.
 */
export type HashKey = readonly [number, number]

/** 32 bits, unsigned, of the UTF-16 units of `text`, each as two octets, the low one first. */
export function halfSipHash(text: string, key: HashKey): number {
  const [k0, k1] = key
  let v0 = k0
  let v1 = k1
  let v2 = k0 ^ 0x6c796765
  let v3 = k1 ^ 0x74656462
  const units = text.length
  const even = units & ~1
  // The round stands here twice: as a function it could not return four numbers without an object.
  for (let at = 0; at < even; at += 2) {
    const word = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16)
    v3 ^= word
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    v0 ^= word
  }
  // The last word: the length in octets, and what is left over. Then three rounds more.
  const last = (units << 25) | (even < units ? text.charCodeAt(even) : 0)
  v3 ^= last
  for (let round = 0; round < 4; round++) {
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    if (round > 0) continue
    v0 ^= last
    v2 ^= 0xff
  }
  return (v1 ^ v3) >>> 0
}
