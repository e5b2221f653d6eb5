/**
 * Holds the server against the ledger after a fault: no OTP that was answered Accept is accepted again, no counter fell,
 * the audit trail verifies and has a row for every reply that left, and a login's effect and its row stand together.
 */
import type { TokenView } from '../../src/admin/token_view.ts'
import type { Ledger, User } from './ledger.ts'
import { replay } from './load.ts'
import type { Node } from './node.ts'

export interface Checked {
  readonly replayed: number
  readonly auditRows: number
  readonly verifyMs: number
}

export class Checker {
  readonly #ledger: Ledger
  readonly #seed: number
  readonly #most: number
  readonly #replayed = new Map<User, number>()
  #replayedInAll = 0

  /** `most`: OTPs that are replayed a second time at the end, the latest of each user. */
  constructor(ledger: Ledger, seed: number, most: number) {
    this.#ledger = ledger
    this.#seed = seed
    this.#most = most
  }

  /** After each fault: replays what was accepted since the last time, at most so many, and compares the counters. */
  async quickly(nodes: readonly Node[], most = Number.POSITIVE_INFINITY): Promise<number> {
    const all = this.#ledger.users.flatMap((user) => {
      const counters = [...user.accepted].slice(this.#replayed.get(user) ?? 0)
      this.#replayed.set(user, user.accepted.size)
      return counters.map((counter) => ({ user, counter }))
    })
    const every = Math.ceil(all.length / most)
    const fresh = every > 1 ? all.filter((_, index) => index % every === 0) : all
    await this.#replay(nodes, fresh)
    await this.#compareCounters(nodes[0]!)
    return fresh.length
  }

  /** At the end: replays the last OTPs of every user once more, and reads the whole audit trail. */
  async thoroughly(nodes: readonly Node[]): Promise<Checked> {
    await this.quickly(nodes)
    const again = this.#again()
    await this.#replay(nodes, again)
    const tokens = await this.#compareCounters(nodes[0]!)
    const startedAt = performance.now()
    const verified = await nodes[0]!.command('audit', 'verify')
    const verifyMs = performance.now() - startedAt
    if (verified.ok !== true) this.#ledger.violated(`the audit trail: ${JSON.stringify(verified.firstBad)}`)
    const auditRows = await this.#compareAudit(nodes[0]!, tokens)
    for (const node of nodes) {
      if (node.crashes > 0) this.#ledger.violated(`node ${node.name} ended by itself\n${node.logTail()}`)
      for (const line of await node.logged(/internal-error|uncaught|unhandled/i, 3)) {
        this.#ledger.violated(`node ${node.name} logs: ${line}`)
      }
    }
    return { replayed: this.#replayedInAll, auditRows, verifyMs }
  }

  #again(): { user: User; counter: number }[] {
    const { users } = this.#ledger
    const each = Math.ceil(this.#most / users.length)
    return users.flatMap((user) => [...user.accepted].slice(-each).map((counter) => ({ user, counter })))
  }

  async #replay(nodes: readonly Node[], otps: readonly { user: User; counter: number }[]): Promise<void> {
    const ledger = this.#ledger
    const servers = nodes.map(({ endpoint }) => endpoint)
    const unanswered = await replay({ servers, ledger, seed: this.#seed }, otps)
    this.#replayedInAll += otps.length
    if (unanswered > 0) ledger.violated(`${unanswered} replays were not answered by a server that is up`)
    for (const { user, counter } of ledger.takeSuspects()) await this.#judge(nodes[0]!, user, counter)
  }

  /** Of ten million OTPs that are replayed, one is by chance again the next. Then the counter stands right behind that. */
  async #judge(node: Node, user: User, counter: number): Promise<void> {
    const { token } = await node.command<{ token: TokenView }>('token', 'show', { serial: user.serial })
    const spent = token.counter - 1
    if (spent > counter && user.otp(spent) === user.otp(counter)) {
      user.accepted.add(spent)
      user.counter = spent + 1
    } else this.#ledger.violated(`${user.name}: OTP ${counter} was accepted, and again when it was replayed`)
  }

  async #compareCounters(node: Node): Promise<Map<string, TokenView>> {
    const tokens = new Map<string, TokenView>()
    await pages<TokenView>(node, 'token', 'tokens', (token) => tokens.set(token.serial, token))
    for (const user of this.#ledger.users) {
      const counter = tokens.get(user.serial)?.counter ?? -1
      const highest = Math.max(-1, ...user.accepted)
      if (counter < user.seenCounter) {
        this.#ledger.violated(`${user.name}: the counter fell from ${user.seenCounter} to ${counter}`)
      }
      if (counter <= highest) {
        this.#ledger.violated(`${user.name}: OTP ${highest} was accepted, and the counter is ${counter}`)
      }
      if (counter > user.counter + 1) {
        this.#ledger.violated(
          `${user.name}: the counter is ${counter}, and OTP ${user.counter} was the last sent`,
        )
      }
      user.seenCounter = counter
    }
    return tokens
  }

  async #compareAudit(node: Node, tokens: ReadonlyMap<string, TokenView>): Promise<number> {
    const rows = new Map<string, { accept: number; reject: number }>()
    let count = 0
    await pages<{ user: string; outcome: string }>(node, 'audit', 'entries', ({ user, outcome }) => {
      count++
      const counts = rows.get(user) ?? { accept: 0, reject: 0 }
      rows.set(user, counts)
      if (outcome === 'accept' || outcome === 'reject') counts[outcome]++
    })
    for (const user of this.#ledger.users) {
      const { accept, reject } = rows.get(user.name) ?? { accept: 0, reject: 0 }
      const successes = tokens.get(user.serial)?.successCount
      if (accept < user.accepts)
        this.#ledger.violated(`${user.name}: ${user.accepts} Accepts, and ${accept} rows of them`)
      if (reject < user.rejects)
        this.#ledger.violated(`${user.name}: ${user.rejects} Rejects, and ${reject} rows of them`)
      if (accept + reject > user.datagrams)
        this.#ledger.violated(`${user.name}: ${user.datagrams} datagrams, and ${accept + reject} rows`)
      if (accept !== successes)
        this.#ledger.violated(`${user.name}: ${accept} rows of Accepts, and the token counts ${successes}`)
    }
    return count
  }
}

async function pages<T>(node: Node, noun: string, name: string, each: (row: T) => void): Promise<void> {
  let cursor: unknown
  do {
    const page = await node.command(noun, 'list', cursor == null ? { limit: 1000 } : { limit: 1000, cursor })
    for (const row of page[name] as T[]) each(row)
    cursor = page.nextCursor
  } while (cursor !== null)
}
