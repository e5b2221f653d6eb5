/** First in, first out, in constant time whatever its length. */
export class Queue<T> {
  #items: T[] = []
  #head = 0

  push(...items: readonly T[]): void {
    for (const item of items) this.#items.push(item)
  }

  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined
    const item = this.#items[this.#head] as T
    this.#head++
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  peek(): T | undefined {
    return this.#items[this.#head]
  }

  get length(): number {
    return this.#items.length - this.#head
  }
}
