/**
 * Time of a simulated world: events in their order, one at a time, each to its end before the next begins. Whatever a
 * program waits for comes from here, so the event loop is at rest after one turn of it, and nothing depends on speed.
 */
import { NOW } from '../auth/make_token.ts'
import type { Life } from './life.ts'

interface Event {
  readonly at: number
  /** A life that has ended takes no part any more. */
  readonly life: Life | null
  readonly run: () => unknown
}

const { max, round } = Math
const nextTurn = setImmediate

export class Scheduler {
  /** The true time; whole milliseconds. */
  now = NOW
  /** What has happened so far. */
  readonly trace: string[] = []
  /** By rising time; what was put in first runs first. */
  readonly #events: Event[] = []

  after(delayMs: number, run: () => unknown, life: Life | null = null): () => void {
    const event = { at: this.now + max(0, round(delayMs)), life, run }
    let [low, high] = [0, this.#events.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#events[middle] as Event).at <= event.at) low = middle + 1
      else high = middle
    }
    this.#events.splice(low, 0, event)
    return () => {
      const index = this.#events.indexOf(event)
      if (index >= 0) this.#events.splice(index, 1)
    }
  }

  note(line: string): void {
    this.trace.push(`${String(this.now - NOW).padStart(7)} ${line}`)
  }

  /** Runs until nothing is left to happen, or `isOver`. */
  async run(isOver: () => boolean): Promise<void> {
    for (let event = this.#events.shift(); event !== undefined && !isOver(); event = this.#events.shift()) {
      this.now = event.at
      if (event.life?.isOver) continue
      await event.run()
      // Every promise that the event settled has been followed up when the event loop comes around.
      await new Promise<void>(nextTurn)
    }
  }
}
