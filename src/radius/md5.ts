/**
 * MD5 (RFC 1321) for the few hundred octets of a packet, in plain JavaScript because a call of `node:crypto`
 * costs ten times as much. Knows nothing of RADIUS; not for anything but RADIUS, which leaves no choice.
 */

/** The four words of the chaining value, after a whole number of 64-octet blocks. */
export type Md5State = Int32Array

export const BLOCK_OCTETS = 64
export const DIGEST_OCTETS = 16

/** One digest being made, to be used again and again: `start`, `add` as often as needed, `finish`. */
export class Md5 {
  readonly #state: Md5State = new Int32Array(4)
  readonly #block = new Uint8Array(BLOCK_OCTETS)
  readonly #view = new DataView(this.#block.buffer)
  #octets = 0

  /** Begins a new digest; or goes on from `saved`, the state after one block (the inner and outer keys of an HMAC). */
  start(saved?: Md5State): void {
    const from = saved ?? INITIAL_STATE
    for (let i = 0; i < 4; i++) this.#state[i] = from[i]!
    this.#octets = saved === undefined ? 0 : BLOCK_OCTETS
  }

  /** Hashes `octets` from `start` up to, not including, `end`. */
  add(octets: Uint8Array, start = 0, end = octets.length): void {
    const block = this.#block
    let used = this.#octets % BLOCK_OCTETS
    this.#octets += end - start
    while (start < end) {
      const until = Math.min(end, start + BLOCK_OCTETS - used)
      while (start < until) block[used++] = octets[start++]!
      if (used < BLOCK_OCTETS) return
      compress(this.#state, this.#view)
      used = 0
    }
  }

  /** Pads, and writes the 16 octets of the digest into `into` at `at`. */
  finish(into: Uint8Array, at = 0): void {
    const block = this.#block
    const view = this.#view
    let used = this.#octets % BLOCK_OCTETS
    block[used++] = 0x80
    while (used % 4 !== 0) block[used++] = 0
    if (used > LENGTH_AT) {
      while (used < BLOCK_OCTETS) block[used++] = 0
      compress(this.#state, view)
      used = 0
    }
    for (; used < LENGTH_AT; used += 4) view.setInt32(used, 0)
    view.setUint32(LENGTH_AT, this.#octets << 3, true)
    view.setUint32(LENGTH_AT + 4, this.#octets >>> 29, true)
    compress(this.#state, view)
    for (let i = 0; i < 4; i++) {
      const word = this.#state[i]!
      into[at++] = word
      into[at++] = word >>> 8
      into[at++] = word >>> 16
      into[at++] = word >>> 24
    }
  }

  /** A copy of the state, to `start` from later. Only after exactly one block. */
  save(): Md5State {
    if (this.#octets !== BLOCK_OCTETS) throw new RangeError('an MD5 state is saved after exactly one block')
    return this.#state.slice()
  }
}

const LENGTH_AT = BLOCK_OCTETS - 8
const INITIAL_STATE: Md5State = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476)

// RFC 1321 §3.4: T[i] = floor(2^32 * abs(sin(i))), i in radians from 1.
const T = Int32Array.from({ length: 64 }, (_, i) => Math.floor(2 ** 32 * Math.abs(Math.sin(i + 1))))

const words = new Int32Array(16)

/**
 * RFC 1321 §3.4: the four rounds over one block, four steps to a turn of each loop. What the step before
 * computed comes last in each sum, so that the rest of it need not wait: a quarter of the time.
 */
function compress(state: Md5State, block: DataView): void {
  const x = words
  for (let i = 0; i < 16; i++) x[i] = block.getInt32(i << 2, true)
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  for (let i = 0; i < 16; i += 4) {
    a = (b + rotate((a + x[i]! + T[i]! + (d ^ (b & (c ^ d)))) | 0, 7)) | 0
    d = (a + rotate((d + x[i + 1]! + T[i + 1]! + (c ^ (a & (b ^ c)))) | 0, 12)) | 0
    c = (d + rotate((c + x[i + 2]! + T[i + 2]! + (b ^ (d & (a ^ b)))) | 0, 17)) | 0
    b = (c + rotate((b + x[i + 3]! + T[i + 3]! + (a ^ (c & (d ^ a)))) | 0, 22)) | 0
  }
  for (let i = 16; i < 32; i += 4) {
    a = (b + rotate((a + x[(5 * i + 1) & 15]! + T[i]! + (c & ~d) + (b & d)) | 0, 5)) | 0
    d = (a + rotate((d + x[(5 * i + 6) & 15]! + T[i + 1]! + (b & ~c) + (a & c)) | 0, 9)) | 0
    c = (d + rotate((c + x[(5 * i + 11) & 15]! + T[i + 2]! + (a & ~b) + (d & b)) | 0, 14)) | 0
    b = (c + rotate((b + x[(5 * i) & 15]! + T[i + 3]! + (d & ~a) + (c & a)) | 0, 20)) | 0
  }
  for (let i = 32; i < 48; i += 4) {
    a = (b + rotate((a + x[(3 * i + 5) & 15]! + T[i]! + (c ^ d ^ b)) | 0, 4)) | 0
    d = (a + rotate((d + x[(3 * i + 8) & 15]! + T[i + 1]! + (b ^ c ^ a)) | 0, 11)) | 0
    c = (d + rotate((c + x[(3 * i + 11) & 15]! + T[i + 2]! + (a ^ b ^ d)) | 0, 16)) | 0
    b = (c + rotate((b + x[(3 * i + 14) & 15]! + T[i + 3]! + (d ^ a ^ c)) | 0, 23)) | 0
  }
  for (let i = 48; i < 64; i += 4) {
    a = (b + rotate((a + x[(7 * i) & 15]! + T[i]! + (c ^ (b | ~d))) | 0, 6)) | 0
    d = (a + rotate((d + x[(7 * i + 7) & 15]! + T[i + 1]! + (b ^ (a | ~c))) | 0, 10)) | 0
    c = (d + rotate((c + x[(7 * i + 14) & 15]! + T[i + 2]! + (a ^ (d | ~b))) | 0, 15)) | 0
    b = (c + rotate((b + x[(7 * i + 5) & 15]! + T[i + 3]! + (d ^ (c | ~a))) | 0, 21)) | 0
  }
  state[0] = state[0]! + a
  state[1] = state[1]! + b
  state[2] = state[2]! + c
  state[3] = state[3]! + d
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
