/**
 * MD5 (RFC 1321) for the few hundred octets of a packet, in plain JavaScript because a call of `node:crypto`
 * costs ten times as much. Knows nothing of RADIUS; not for anything but RADIUS, which leaves no choice.
 */

/** The four words of the chaining value, after a whole number of 64-octet blocks. */
export type Md5State = Int32Array

export const BLOCK_OCTETS = 64
export const DIGEST_OCTETS = 16

/** Most packets; what is longer is hashed in between. A whole number of blocks. */
const GATHERED_OCTETS = 8 * BLOCK_OCTETS
/** From so many octets on, `set` copies faster than a loop. */
const LONG_OCTETS = 64

/**
 * One digest being made, to be used again and again: `start`, `add` as often as needed, `finish`. What is added is gathered
 * and hashed where it lies, so that it is copied once, in as few pieces as the caller has.
 */
export class Md5 {
  readonly #state: Md5State = new Int32Array(4)
  /** With room for the padding. */
  readonly #gathered = new Uint8Array(GATHERED_OCTETS + BLOCK_OCTETS)
  readonly #view = new DataView(this.#gathered.buffer)
  #used = 0
  /** Of what went before. */
  #hashed = 0

  /** Begins a new digest; or goes on from `saved`, the state after one block (the inner and outer keys of an HMAC). */
  start(saved?: Md5State): void {
    const from = saved ?? INITIAL_STATE
    const state = this.#state
    state[0] = from[0]!
    state[1] = from[1]!
    state[2] = from[2]!
    state[3] = from[3]!
    this.#used = 0
    this.#hashed = saved === undefined ? 0 : BLOCK_OCTETS
  }

  /** Hashes `octets` from `start` up to, not including, `end`. */
  add(octets: Uint8Array, start = 0, end = octets.length): void {
    const gathered = this.#gathered
    while (end - start > GATHERED_OCTETS - this.#used) {
      const until = start + GATHERED_OCTETS - this.#used
      gathered.set(octets.subarray(start, until), this.#used)
      start = until
      this.#hashGathered()
    }
    let used = this.#used
    this.#used += end - start
    if (end - start < LONG_OCTETS) while (start < end) gathered[used++] = octets[start++]!
    else gathered.set(start === 0 && end === octets.length ? octets : octets.subarray(start, end), used)
  }

  #hashGathered(): void {
    for (let at = 0; at < GATHERED_OCTETS; at += BLOCK_OCTETS) compress(this.#state, this.#view, at)
    this.#hashed += GATHERED_OCTETS
    this.#used = 0
  }

  /** Pads, and writes the 16 octets of the digest into `into` at `at`. */
  finish(into: Uint8Array, at = 0): void {
    const state = this.#state
    this.#hashRest()
    for (let i = 0; i < 4; i++) {
      const word = state[i]!
      into[at++] = word
      into[at++] = word >>> 8
      into[at++] = word >>> 16
      into[at++] = word >>> 24
    }
  }

  /** The same, of the digest so far under another state: the outer half of an HMAC (RFC 2104). */
  finishOuter(outer: Md5State, into: Uint8Array, at = 0): void {
    const view = this.#view
    const state = this.#state
    this.#hashRest()
    for (let i = 0; i < 4; i++) view.setInt32(i << 2, state[i]!, true)
    this.start(outer)
    this.#used = DIGEST_OCTETS
    this.finish(into, at)
  }

  /** RFC 1321 §3.1 and §3.2: a one, zeros, and the length in bits. */
  #hashRest(): void {
    const gathered = this.#gathered
    const view = this.#view
    const octets = this.#hashed + this.#used
    let used = this.#used
    gathered[used++] = 0x80
    while (used % 4 !== 0) gathered[used++] = 0
    const end = used + (-(used + LENGTH_OCTETS) & (BLOCK_OCTETS - 1))
    for (; used < end; used += 4) view.setInt32(used, 0)
    view.setUint32(end, octets << 3, true)
    view.setUint32(end + 4, octets >>> 29, true)
    for (let block = 0; block < end; block += BLOCK_OCTETS) compress(this.#state, view, block)
  }

  /** A copy of the state, to `start` from later. Only after exactly one block. */
  save(): Md5State {
    if (this.#hashed + this.#used !== BLOCK_OCTETS)
      throw new RangeError('an MD5 state is saved after exactly one block')
    const state = this.#state.slice()
    if (this.#hashed === 0) compress(state, this.#view, 0)
    return state
  }
}

const LENGTH_OCTETS = 8
const INITIAL_STATE: Md5State = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476)

/**
 * RFC 1321 §3.4: the four rounds over the block at `at`, each step written out, its T[i] = floor(2^32 * abs(sin(i))). What
 * the step before computed comes last in each sum, so that the rest of it need not wait.
 */
// biome-ignore format: a step a line.
function compress(state: Md5State, block: DataView, at: number): void {
  const x0 = block.getInt32(at, true)
  const x1 = block.getInt32(at + 4, true)
  const x2 = block.getInt32(at + 8, true)
  const x3 = block.getInt32(at + 12, true)
  const x4 = block.getInt32(at + 16, true)
  const x5 = block.getInt32(at + 20, true)
  const x6 = block.getInt32(at + 24, true)
  const x7 = block.getInt32(at + 28, true)
  const x8 = block.getInt32(at + 32, true)
  const x9 = block.getInt32(at + 36, true)
  const x10 = block.getInt32(at + 40, true)
  const x11 = block.getInt32(at + 44, true)
  const x12 = block.getInt32(at + 48, true)
  const x13 = block.getInt32(at + 52, true)
  const x14 = block.getInt32(at + 56, true)
  const x15 = block.getInt32(at + 60, true)
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  a = (b + rotate((a + x0 + 0xd76aa478 + (d ^ (b & (c ^ d)))) | 0, 7)) | 0
  d = (a + rotate((d + x1 + 0xe8c7b756 + (c ^ (a & (b ^ c)))) | 0, 12)) | 0
  c = (d + rotate((c + x2 + 0x242070db + (b ^ (d & (a ^ b)))) | 0, 17)) | 0
  b = (c + rotate((b + x3 + 0xc1bdceee + (a ^ (c & (d ^ a)))) | 0, 22)) | 0
  a = (b + rotate((a + x4 + 0xf57c0faf + (d ^ (b & (c ^ d)))) | 0, 7)) | 0
  d = (a + rotate((d + x5 + 0x4787c62a + (c ^ (a & (b ^ c)))) | 0, 12)) | 0
  c = (d + rotate((c + x6 + 0xa8304613 + (b ^ (d & (a ^ b)))) | 0, 17)) | 0
  b = (c + rotate((b + x7 + 0xfd469501 + (a ^ (c & (d ^ a)))) | 0, 22)) | 0
  a = (b + rotate((a + x8 + 0x698098d8 + (d ^ (b & (c ^ d)))) | 0, 7)) | 0
  d = (a + rotate((d + x9 + 0x8b44f7af + (c ^ (a & (b ^ c)))) | 0, 12)) | 0
  c = (d + rotate((c + x10 + 0xffff5bb1 + (b ^ (d & (a ^ b)))) | 0, 17)) | 0
  b = (c + rotate((b + x11 + 0x895cd7be + (a ^ (c & (d ^ a)))) | 0, 22)) | 0
  a = (b + rotate((a + x12 + 0x6b901122 + (d ^ (b & (c ^ d)))) | 0, 7)) | 0
  d = (a + rotate((d + x13 + 0xfd987193 + (c ^ (a & (b ^ c)))) | 0, 12)) | 0
  c = (d + rotate((c + x14 + 0xa679438e + (b ^ (d & (a ^ b)))) | 0, 17)) | 0
  b = (c + rotate((b + x15 + 0x49b40821 + (a ^ (c & (d ^ a)))) | 0, 22)) | 0
  a = (b + rotate((a + x1 + 0xf61e2562 + (c & ~d) + (b & d)) | 0, 5)) | 0
  d = (a + rotate((d + x6 + 0xc040b340 + (b & ~c) + (a & c)) | 0, 9)) | 0
  c = (d + rotate((c + x11 + 0x265e5a51 + (a & ~b) + (d & b)) | 0, 14)) | 0
  b = (c + rotate((b + x0 + 0xe9b6c7aa + (d & ~a) + (c & a)) | 0, 20)) | 0
  a = (b + rotate((a + x5 + 0xd62f105d + (c & ~d) + (b & d)) | 0, 5)) | 0
  d = (a + rotate((d + x10 + 0x02441453 + (b & ~c) + (a & c)) | 0, 9)) | 0
  c = (d + rotate((c + x15 + 0xd8a1e681 + (a & ~b) + (d & b)) | 0, 14)) | 0
  b = (c + rotate((b + x4 + 0xe7d3fbc8 + (d & ~a) + (c & a)) | 0, 20)) | 0
  a = (b + rotate((a + x9 + 0x21e1cde6 + (c & ~d) + (b & d)) | 0, 5)) | 0
  d = (a + rotate((d + x14 + 0xc33707d6 + (b & ~c) + (a & c)) | 0, 9)) | 0
  c = (d + rotate((c + x3 + 0xf4d50d87 + (a & ~b) + (d & b)) | 0, 14)) | 0
  b = (c + rotate((b + x8 + 0x455a14ed + (d & ~a) + (c & a)) | 0, 20)) | 0
  a = (b + rotate((a + x13 + 0xa9e3e905 + (c & ~d) + (b & d)) | 0, 5)) | 0
  d = (a + rotate((d + x2 + 0xfcefa3f8 + (b & ~c) + (a & c)) | 0, 9)) | 0
  c = (d + rotate((c + x7 + 0x676f02d9 + (a & ~b) + (d & b)) | 0, 14)) | 0
  b = (c + rotate((b + x12 + 0x8d2a4c8a + (d & ~a) + (c & a)) | 0, 20)) | 0
  a = (b + rotate((a + x5 + 0xfffa3942 + (c ^ d ^ b)) | 0, 4)) | 0
  d = (a + rotate((d + x8 + 0x8771f681 + (b ^ c ^ a)) | 0, 11)) | 0
  c = (d + rotate((c + x11 + 0x6d9d6122 + (a ^ b ^ d)) | 0, 16)) | 0
  b = (c + rotate((b + x14 + 0xfde5380c + (d ^ a ^ c)) | 0, 23)) | 0
  a = (b + rotate((a + x1 + 0xa4beea44 + (c ^ d ^ b)) | 0, 4)) | 0
  d = (a + rotate((d + x4 + 0x4bdecfa9 + (b ^ c ^ a)) | 0, 11)) | 0
  c = (d + rotate((c + x7 + 0xf6bb4b60 + (a ^ b ^ d)) | 0, 16)) | 0
  b = (c + rotate((b + x10 + 0xbebfbc70 + (d ^ a ^ c)) | 0, 23)) | 0
  a = (b + rotate((a + x13 + 0x289b7ec6 + (c ^ d ^ b)) | 0, 4)) | 0
  d = (a + rotate((d + x0 + 0xeaa127fa + (b ^ c ^ a)) | 0, 11)) | 0
  c = (d + rotate((c + x3 + 0xd4ef3085 + (a ^ b ^ d)) | 0, 16)) | 0
  b = (c + rotate((b + x6 + 0x04881d05 + (d ^ a ^ c)) | 0, 23)) | 0
  a = (b + rotate((a + x9 + 0xd9d4d039 + (c ^ d ^ b)) | 0, 4)) | 0
  d = (a + rotate((d + x12 + 0xe6db99e5 + (b ^ c ^ a)) | 0, 11)) | 0
  c = (d + rotate((c + x15 + 0x1fa27cf8 + (a ^ b ^ d)) | 0, 16)) | 0
  b = (c + rotate((b + x2 + 0xc4ac5665 + (d ^ a ^ c)) | 0, 23)) | 0
  a = (b + rotate((a + x0 + 0xf4292244 + (c ^ (b | ~d))) | 0, 6)) | 0
  d = (a + rotate((d + x7 + 0x432aff97 + (b ^ (a | ~c))) | 0, 10)) | 0
  c = (d + rotate((c + x14 + 0xab9423a7 + (a ^ (d | ~b))) | 0, 15)) | 0
  b = (c + rotate((b + x5 + 0xfc93a039 + (d ^ (c | ~a))) | 0, 21)) | 0
  a = (b + rotate((a + x12 + 0x655b59c3 + (c ^ (b | ~d))) | 0, 6)) | 0
  d = (a + rotate((d + x3 + 0x8f0ccc92 + (b ^ (a | ~c))) | 0, 10)) | 0
  c = (d + rotate((c + x10 + 0xffeff47d + (a ^ (d | ~b))) | 0, 15)) | 0
  b = (c + rotate((b + x1 + 0x85845dd1 + (d ^ (c | ~a))) | 0, 21)) | 0
  a = (b + rotate((a + x8 + 0x6fa87e4f + (c ^ (b | ~d))) | 0, 6)) | 0
  d = (a + rotate((d + x15 + 0xfe2ce6e0 + (b ^ (a | ~c))) | 0, 10)) | 0
  c = (d + rotate((c + x6 + 0xa3014314 + (a ^ (d | ~b))) | 0, 15)) | 0
  b = (c + rotate((b + x13 + 0x4e0811a1 + (d ^ (c | ~a))) | 0, 21)) | 0
  a = (b + rotate((a + x4 + 0xf7537e82 + (c ^ (b | ~d))) | 0, 6)) | 0
  d = (a + rotate((d + x11 + 0xbd3af235 + (b ^ (a | ~c))) | 0, 10)) | 0
  c = (d + rotate((c + x2 + 0x2ad7d2bb + (a ^ (d | ~b))) | 0, 15)) | 0
  b = (c + rotate((b + x9 + 0xeb86d391 + (d ^ (c | ~a))) | 0, 21)) | 0
  state[0] = state[0]! + a
  state[1] = state[1]! + b
  state[2] = state[2]! + c
  state[3] = state[3]! + d
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
