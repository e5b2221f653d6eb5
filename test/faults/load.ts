/**
 * Load: logins of many users, so many at once (closed loop) or so many a second whatever the answers (open loop). Each
 * login goes to every server of the list at the same moment. Keeps the ledger, and what was fast.
 */
import type { Endpoint } from '../../src/network.ts'
import { CLIENT_SECRET } from '../e2e/server.ts'
import { type Chance, chance as seeded } from './chance.ts'
import { Latencies } from './latencies.ts'
import { type Ledger, type Login, type LoginKind, passwordOf, type User } from './ledger.ts'
import { Nas } from './nas.ts'
import { Queue } from './queue.ts'

export interface LoadOptions {
  readonly servers: readonly Endpoint[]
  readonly ledger: Ledger
  readonly seed: number
  /** Logins under way at once; with `rate`, the most that may be. */
  readonly outstanding: number
  /** Logins a second, begun when they are due. */
  readonly rate?: number
  /** Shares of logins with a wrong PIN, and of logins with an OTP that was accepted before. */
  readonly wrong?: number
  readonly replays?: number
  readonly retryAfterMs?: number
  readonly tries?: number
  /** Of the users: which of them log in. Default: all. */
  readonly users?: readonly User[]
}

const TURN_MS = 2

export class Load {
  /** Of Accepts; whoever reads it may begin another. */
  latencies = new Latencies()
  readonly #options: LoadOptions
  readonly #chance: Chance
  readonly #nas: readonly Nas[]
  readonly #idle = new Queue<User>()
  readonly #timer: NodeJS.Timeout | null
  #openLogins = 0
  #state: 'running' | 'ending' = 'running'
  #whenIdle: (() => void) | null = null
  #due = 0
  #turnAt = performance.now()
  /** Logins that were due in the open loop and found no user or Identifier. */
  starved = 0
  /** When the last Accept came, and the longest time without one. */
  lastAcceptAt = performance.now()
  longestGapMs = 0
  accepts = 0
  begun = 0

  private constructor(options: LoadOptions, nas: readonly Nas[]) {
    this.#options = options
    this.#chance = seeded(options.seed)
    this.#nas = nas
    this.#idle.push(...shuffled(options.users ?? options.ledger.users, this.#chance))
    this.#timer = options.rate === undefined ? null : setInterval(() => this.#beginDue(), TURN_MS)
    if (options.rate === undefined) this.#fill()
  }

  static async start(options: LoadOptions): Promise<Load> {
    const nas = await openNas(options)
    return new Load(options, nas)
  }

  #fill(): void {
    while (this.#state === 'running' && this.#openLogins < this.#options.outstanding) {
      if (!this.#begin()) return
    }
  }

  #beginDue(): void {
    const now = performance.now()
    this.#due += ((now - this.#turnAt) / 1000) * (this.#options.rate as number)
    this.#turnAt = now
    while (this.#due >= 1 && this.#state === 'running') {
      this.#due--
      if (this.#openLogins >= this.#options.outstanding || !this.#begin()) this.starved++
    }
  }

  #begin(): boolean {
    const user = this.#idle.shift()
    if (user === undefined || !this.#nas.every(({ hasRoom }) => hasRoom)) {
      if (user !== undefined) this.#idle.push(user)
      return false
    }
    const kind = this.#kindFor(user)
    const counter = kind === 'replay' ? this.#chance.pick([...user.accepted].slice(-20)) : user.counter
    this.begun++
    this.#openLogins++
    ask(this.#options.ledger, this.#nas, { kind, user, counter }, (login, ms) => {
      if (login.accepted) this.#accepted(ms)
      this.#openLogins--
      this.#idle.push(user)
      if (this.#options.rate === undefined) this.#fill()
      if (this.#openLogins === 0) this.#whenIdle?.()
    })
    return true
  }

  #accepted(ms: number): void {
    const now = performance.now()
    this.longestGapMs = Math.max(this.longestGapMs, now - this.lastAcceptAt)
    this.lastAcceptAt = now
    this.accepts++
    this.latencies.add(ms)
  }

  #kindFor({ accepted }: User): LoginKind {
    const { wrong = 0, replays = 0 } = this.#options
    const drawn = this.#chance.next()
    if (drawn < wrong) return 'wrong-pin'
    return drawn < wrong + replays && accepted.size > 0 ? 'replay' : 'good'
  }

  get strayReplies(): number {
    return this.#nas.reduce((sum, { strayReplies }) => sum + strayReplies, 0)
  }

  get retransmissions(): number {
    return this.#nas.reduce((sum, { retransmissions }) => sum + retransmissions, 0)
  }

  /** Begins no more; resolves when every login is answered or given up. */
  async end(): Promise<void> {
    this.#state = 'ending'
    if (this.#timer !== null) clearInterval(this.#timer)
    if (this.#openLogins > 0) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve
      })
    }
    await Promise.all(this.#nas.map((nas) => nas.close()))
  }
}

async function openNas(options: LoadOptions): Promise<Nas[]> {
  const { servers, outstanding, seed, retryAfterMs = 1000, tries = 3 } = options
  // With several servers, one that is down keeps Identifiers busy until its requests are given up.
  const ports = servers.length > 1 ? 64 : Math.ceil(outstanding / 128)
  return await Promise.all(
    servers.map((server, index) =>
      Nas.open({
        server,
        secret: CLIENT_SECRET,
        chance: seeded(seed + 1 + index),
        ports,
        retryAfterMs,
        tries,
      }),
    ),
  )
}

/**
 * `ended`: at the first Accept, as the user sees it, or when every server has rejected or is given up; with milliseconds.
 * What other servers say later still comes into the ledger.
 */
function ask(
  ledger: Ledger,
  nas: readonly Nas[],
  what: Pick<Login, 'kind' | 'user' | 'counter'>,
  ended: (login: Login, ms: number) => void,
): void {
  const login: Login = { ...what, answers: nas.map(() => null), accepted: false }
  const startedAt = performance.now()
  const password = passwordOf(login)
  let open = nas.length
  let isOver = false
  const end = () => {
    if (isOver || (open > 0 && !login.accepted)) return
    isOver = true
    ledger.ended(login)
    ended(login, performance.now() - startedAt)
  }
  for (const [nth, one] of nas.entries()) {
    one.ask(login.user.name, password, {
      sent: () => ledger.sent(login),
      answered: (reply, isLate) => {
        ledger.answered(login, nth, reply)
        if (!isLate) open--
        end()
      },
      gaveUp: () => {
        open--
        end()
      },
    })
  }
}

/** Sends each of these OTPs once more, to the servers in turn. */
export async function replay(
  options: Pick<LoadOptions, 'servers' | 'ledger' | 'seed'>,
  otps: readonly { user: User; counter: number }[],
): Promise<number> {
  const outstanding = Math.min(256, otps.length)
  if (outstanding === 0) return 0
  const nas = await openNas({ ...options, outstanding, retryAfterMs: 1000, tries: 10 })
  let next = 0
  let unanswered = 0
  await new Promise<void>((resolve) => {
    let open = 0
    const fill = () => {
      while (open < outstanding && next < otps.length) {
        const target = nas[next % nas.length]!
        open++
        ask(options.ledger, [target], { kind: 'replay', ...otps[next++]! }, ({ answers: [answer] }) => {
          if (answer === null) unanswered++
          open--
          fill()
        })
      }
      if (open === 0) resolve()
    }
    fill()
  })
  await Promise.all(nas.map((one) => one.close()))
  return unanswered
}

function shuffled<T>(items: readonly T[], { between }: Chance): T[] {
  const shuffled = [...items]
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = between(0, i)
    const taken = shuffled[i] as T
    shuffled[i] = shuffled[j] as T
    shuffled[j] = taken
  }
  return shuffled
}
