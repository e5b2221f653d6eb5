/** Whose turn it is to log in: one after the other, or at random; a user whose request is outstanding may have to wait. */
import { randomInt } from 'node:crypto'
import type { Credentials } from './credentials.ts'

export type UserOrder = 'sequential' | 'random'

/** How many taken users are drawn at random before the next free one in order is taken. */
const DRAWS = 8

export class UserTurns {
  readonly #size: number
  readonly #order: UserOrder
  /** By user; null: anybody may always log in. */
  readonly #taken: Uint8Array | null
  #takenCount = 0
  #at = 0
  /** Other users in each run: else the server would remember those of the last one. */
  #random = randomInt(1, 2 ** 32)

  constructor({ size, exclusive }: Pick<Credentials, 'size' | 'exclusive'>, order: UserOrder) {
    this.#size = size
    this.#order = order
    this.#taken = exclusive ? new Uint8Array(size) : null
  }

  /** Now taken; null if everybody is. */
  next(): number | null {
    if (this.#takenCount === this.#size) return null
    let user = this.#order === 'random' ? this.#draw() : this.#inOrder()
    for (let draws = 0; this.#order === 'random' && this.#isTaken(user) && draws < DRAWS; draws++)
      user = this.#draw()
    while (this.#isTaken(user)) user = this.#inOrder()
    if (this.#taken !== null) {
      this.#taken[user] = 1
      this.#takenCount++
    }
    return user
  }

  release(user: number): void {
    if (this.#taken === null) return
    this.#taken[user] = 0
    this.#takenCount--
  }

  #isTaken(user: number): boolean {
    return this.#taken !== null && this.#taken[user] === 1
  }

  #inOrder(): number {
    const user = this.#at
    this.#at = user + 1 === this.#size ? 0 : user + 1
    return user
  }

  // xorshift32: evenly spread, which is all that is asked.
  #draw(): number {
    let x = this.#random
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#random = x
    return (x >>> 0) % this.#size
  }
}
