/**
 * Room for many small records outside of the heap, where the garbage collector does not look through them. In blocks of
 * whole units; what is given back is wiped and given out again to a record of that size. Knows nothing of what is in it.
 */

/** A record's place: its chunk and its first unit. */
export type Place = number
/** Any number in any chunk. */
export type Spot = number

export interface Chunk {
  readonly numbers: Float64Array
  readonly integers: Int32Array
  readonly octets: Buffer
}

const UNIT_OCTETS = 16
const UNITS_OF_CHUNK = 2 ** 16
const CHUNK_OCTETS = UNIT_OCTETS * UNITS_OF_CHUNK
const NUMBERS_OF_CHUNK = CHUNK_OCTETS / 8
/** Records beyond this are the caller's to do without. */
export const MAX_OCTETS = CHUNK_OCTETS / 8

export class Arena {
  readonly #chunks: Chunk[] = []
  /** By units: places that were given back. */
  readonly #free: Place[][] = []
  /** The first unit that nobody has had, counted over all chunks. */
  #next = 0

  /** At most MAX_OCTETS; all zero. */
  take(octets: number): Place {
    const units = unitsOf(octets)
    const again = this.#free[units]?.pop()
    if (again !== undefined) return again
    const left = UNITS_OF_CHUNK - (this.#next % UNITS_OF_CHUNK)
    if (left < units) this.#next += left
    const place = this.#next
    this.#next += units
    while (this.#chunks.length * UNITS_OF_CHUNK < this.#next) this.#chunks.push(newChunk())
    return place
  }

  /** `octets`: as it was taken. */
  giveBack(place: Place, octets: number): void {
    const units = unitsOf(octets)
    const at = this.octetOf(place)
    this.chunkOf(place).octets.fill(0, at, at + units * UNIT_OCTETS)
    this.#free[units] ??= []
    this.#free[units].push(place)
  }

  chunkOf(place: Place): Chunk {
    return this.#chunks[Math.floor(place / UNITS_OF_CHUNK)]!
  }

  /** Where the record begins in its chunk, a multiple of eight. */
  octetOf(place: Place): number {
    return (place % UNITS_OF_CHUNK) * UNIT_OCTETS
  }

  /** A number over all chunks for what stands in the record's chunk at this octet, a multiple of eight. */
  spotOf(place: Place, octet: number): Spot {
    return (Math.floor(place / UNITS_OF_CHUNK) * CHUNK_OCTETS + octet) / 8
  }

  numbersAt(spot: Spot): Float64Array {
    return this.#chunks[Math.floor(spot / NUMBERS_OF_CHUNK)]!.numbers
  }

  /** Which of the numbers stands there. */
  indexOf(spot: Spot): number {
    return spot % NUMBERS_OF_CHUNK
  }
}

function unitsOf(octets: number): number {
  return Math.ceil(octets / UNIT_OCTETS)
}

function newChunk(): Chunk {
  const buffer = new ArrayBuffer(CHUNK_OCTETS)
  return {
    numbers: new Float64Array(buffer),
    integers: new Int32Array(buffer),
    octets: Buffer.from(buffer),
  }
}
