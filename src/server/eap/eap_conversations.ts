/**
 * EAP conversations that wait for their next message, by the State that it must bring: random, and another each time, so that
 * none is answered twice. Bounded in number and time, the oldest out first; those that have not got through a handshake push
 * out none that have, since a flood consists of the former. They live in this process and end with it.
 */
import { randomBytes } from 'node:crypto'

export interface Conversation {
  /** By name. Whoever ends a conversation gets its keys: nobody goes on with another's. */
  readonly client: string
  /** It has a tunnel, or will never need one. */
  readonly isEstablished: boolean
  close(): void
}

export interface ConversationLimits {
  /** Of each kind. */
  readonly max: number
  /** Somebody may have to look for his token. */
  readonly idleMs: number
}

export const CONVERSATION_LIMITS: ConversationLimits = { max: 1024, idleMs: 120_000 }
const STATE_OCTETS = 16

interface Waiting<C> {
  readonly conversation: C
  readonly since: number
}

export class Conversations<C extends Conversation> {
  readonly #limits: ConversationLimits
  // In the order in which they began to wait.
  readonly #halfOpen = new Map<string, Waiting<C>>()
  readonly #established = new Map<string, Waiting<C>>()
  readonly counts = { pushedOut: 0, timedOut: 0 }

  constructor(limits: ConversationLimits = CONVERSATION_LIMITS) {
    this.#limits = limits
  }

  /** The State of its next message. */
  wait(conversation: C, now: number): Uint8Array {
    this.tidy(now)
    const kind = conversation.isEstablished ? this.#established : this.#halfOpen
    if (kind.size >= this.#limits.max) {
      const [oldest] = kind
      this.counts.pushedOut++
      end(kind, oldest!)
    }
    const state = randomBytes(STATE_OCTETS)
    kind.set(state.toString('latin1'), { conversation, since: now })
    return state
  }

  /** Null for a State that is not ours, not any more, was used before, or was given to another client. */
  take(state: Uint8Array, client: string, now: number): C | null {
    this.tidy(now)
    const name = Buffer.from(state).toString('latin1')
    const { conversation } = this.#halfOpen.get(name) ?? this.#established.get(name) ?? {}
    if (conversation?.client !== client) return null
    this.#halfOpen.delete(name)
    this.#established.delete(name)
    return conversation
  }

  /** Ends those that nobody goes on with. */
  tidy(now: number): void {
    for (const kind of [this.#halfOpen, this.#established]) {
      for (const entry of kind) {
        if (now - entry[1].since < this.#limits.idleMs) break
        this.counts.timedOut++
        end(kind, entry)
      }
    }
  }

  get size(): number {
    return this.#halfOpen.size + this.#established.size
  }

  close(): void {
    for (const kind of [this.#halfOpen, this.#established]) for (const entry of kind) end(kind, entry)
  }
}

function end<C extends Conversation>(
  kind: Map<string, Waiting<C>>,
  [state, { conversation }]: readonly [string, Waiting<C>],
): void {
  kind.delete(state)
  conversation.close()
}
