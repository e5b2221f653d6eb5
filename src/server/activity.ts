/**
 * What the server answered in each minute of the last day, from the counters that it keeps anyway: differences of their sums,
 * taken once a minute, and when somebody looks. Counts nothing itself, and forgets with the process.
 */
import type { Activity, ActivityMinute } from '../admin/command.ts'
import { wordsOf } from '../admin/login_reasons.ts'
import { faultWords } from './fault_words.ts'
import type { Figures } from './figures.ts'

const MINUTE_MS = 60_000
export const MINUTES_KEPT = 1440

type Counters = Figures['counters']

interface Minute extends ActivityMinute {
  readonly reasons: ReadonlyMap<string, number>
}

export class ActivityBook {
  readonly #counters: () => Promise<Counters>
  readonly #now: () => number
  /** The highest of each so far: what a worker does not tell for once is not counted twice later. */
  readonly #seen = new Map<string, number>()
  readonly #minutes: Minute[] = []
  #begun: number
  #taking: Promise<void> | null = null

  constructor(counters: () => Promise<Counters>, now: () => number) {
    this.#counters = counters
    this.#now = now
    this.#begun = now()
  }

  /** To be called every second or so: takes the counters when a minute has ended. */
  async tick(): Promise<void> {
    const isOver = Math.floor(this.#now() / MINUTE_MS) !== Math.floor(this.#begun / MINUTE_MS)
    if (isOver && this.#taking === null) await this.#take()
  }

  /** The last `count` minutes, the current one among them, oldest first. */
  async read(count: number): Promise<Activity> {
    await this.#take()
    const shown = this.#minutes.slice(-count)
    const reasons = new Map<string, number>()
    for (const minute of shown) addAll(reasons, minute.reasons)
    return {
      from: shown[0]?.at ?? this.#now(),
      minutes: shown.map(({ reasons: _, ...minute }) => minute),
      reasons: [...reasons]
        .sort(([, a], [, b]) => b - a)
        .map(([reason, times]) => ({ reason, count: times, words: inWords(reason) })),
    }
  }

  /** One at a time: two would count the same twice. */
  async #take(): Promise<void> {
    this.#taking ??= this.#counters()
      .then((counters) => this.#add(counters))
      .finally(() => {
        this.#taking = null
      })
    await this.#taking
  }

  /** To the minute that was begun before it: a tick late, some of the next one's are among them. */
  #add(counters: Counters): void {
    const at = Math.floor(this.#begun / MINUTE_MS) * MINUTE_MS
    const reasons = new Map<string, number>()
    let dropped = 0
    for (const name of Object.keys(counters)) {
      if (name.startsWith(DROPPED)) dropped += this.#gain(counters, name)
      if (!name.startsWith(REJECTED)) continue
      const gain = this.#gain(counters, name)
      if (gain > 0) reasons.set(name.slice(REJECTED.length), gain)
    }
    const gained = {
      at,
      accept: this.#gain(counters, 'accepted'),
      reject: this.#gain(counters, 'rejected'),
      challenge: this.#gain(counters, 'challenged'),
      dropped,
      reasons,
    }
    const last = this.#minutes.at(-1)
    // A clock that was set back goes on with the minute that it had reached.
    if (last === undefined || last.at < at) this.#minutes.push(gained)
    else this.#minutes[this.#minutes.length - 1] = sumOf(last, gained)
    if (this.#minutes.length > MINUTES_KEPT) this.#minutes.shift()
    this.#begun = Math.max(this.#now(), at)
  }

  #gain(counters: Counters, name: string): number {
    const now = counters[name] ?? 0
    const before = this.#seen.get(name) ?? 0
    if (now <= before) return 0
    this.#seen.set(name, now)
    return now - before
  }
}

const DROPPED = 'dropped.'
const REJECTED = 'rejected.'

function sumOf(one: Minute, other: Minute): Minute {
  const reasons = new Map(one.reasons)
  addAll(reasons, other.reasons)
  return {
    at: one.at,
    accept: one.accept + other.accept,
    reject: one.reject + other.reject,
    challenge: one.challenge + other.challenge,
    dropped: one.dropped + other.dropped,
    reasons,
  }
}

function addAll(sums: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [reason, count] of counts) sums.set(reason, (sums.get(reason) ?? 0) + count)
}

function inWords(reason: string): string {
  return wordsOf(reason)?.means ?? faultWords(reason).cause
}
