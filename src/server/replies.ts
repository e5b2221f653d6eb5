/**
 * What an Access-Accept says beside yes: by the client, the groups of the user and the user himself, the last word being
 * the user's. Made from the configuration; what a login adds is looking up a record that was seen before.
 */
import type { AccountRecord } from '../auth/account.ts'
import type { RecordProblem } from '../auth/verdict.ts'
import type { Config } from '../config/config.ts'
import type { Answer } from '../radius/access.ts'
import type { Attribute } from '../radius/attribute.ts'
import { builtinDictionary } from '../radius/builtin_dictionary.ts'
import { combine, NO_ATTRIBUTES, type ReplyRules, readReply, sizeProblem } from '../radius/reply_rules.ts'

export interface ClientReply {
  /** Nothing but for an Access-Accept: the session that it would be about does not begin. */
  attributesOf(answer: Answer): readonly Attribute[]
}

export type ReplyConfig = Pick<Config['radius'], 'dictionary' | 'groups' | 'clients'>

export class Replies {
  readonly #config: ReplyConfig
  /** What records come to, as long as they are remembered. */
  readonly #levels = new WeakMap<AccountRecord, readonly ReplyRules[] | RecordProblem>()

  constructor(config: ReplyConfig) {
    this.#config = config
  }

  /** Without groups: only clients say something. */
  static none(): Replies {
    return new Replies({ dictionary: builtinDictionary(), groups: new Map(), clients: [] })
  }

  get groups(): readonly string[] {
    return [...this.#config.groups.keys()]
  }

  ofClient(rules: ReplyRules): ClientReply {
    const own = combine([rules])
    const known = new WeakMap<AccountRecord, readonly Attribute[]>()
    return {
      attributesOf: (answer) => {
        if (answer.kind !== 'accept') return NO_ATTRIBUTES
        const { record } = answer
        if (record === undefined) return own
        const remembered = known.get(record)
        if (remembered !== undefined) return remembered
        const levels = this.#levelsOf(record)
        // Nobody is let in with less said of his session than there should be (auth/authenticate.ts).
        if (typeof levels === 'string') throw new Error(`the reply cannot be made: ${levels}`)
        const attributes = combine([rules, ...levels])
        known.set(record, attributes)
        return attributes
      },
    }
  }

  /** A group that is gone, or an attribute that no dictionary has any more. */
  problemOf(record: AccountRecord): RecordProblem | null {
    const levels = this.#levelsOf(record)
    return typeof levels === 'string' ? levels : null
  }

  /** Why these lines cannot be set for a user in these groups, whichever client asks; null = they can. */
  problemWith(groups: readonly string[], reply: readonly string[]): string | null {
    const { dictionary, clients } = this.#config
    const { rules, problems } = readReply(reply, dictionary)
    const [first] = problems
    if (first !== undefined) return first.text
    const levels = [...this.#rulesOf(groups), rules]
    for (const client of clients) {
      const problem = sizeProblem(combine([client.reply, ...levels]))
      if (problem !== null) return `with those of the client ${client.name} and the groups, ${problem}`
    }
    return null
  }

  /** What an Access-Accept would say now; null: there is no such client. */
  namesFor(client: string, record: AccountRecord | undefined): readonly string[] | RecordProblem | null {
    const found = this.#config.clients.find(({ name }) => name === client)
    if (found === undefined) return null
    const levels = record === undefined ? [] : this.#levelsOf(record)
    if (typeof levels === 'string') return levels
    return [...new Set([found.reply, ...levels].flatMap((rules) => rules.map(({ name }) => name)))]
  }

  #levelsOf(record: AccountRecord): readonly ReplyRules[] | RecordProblem {
    const known = this.#levels.get(record)
    if (known !== undefined) return known
    const levels = this.#readLevels(record)
    this.#levels.set(record, levels)
    return levels
  }

  #readLevels({ isReadable, groups, reply }: AccountRecord): readonly ReplyRules[] | RecordProblem {
    if (!isReadable) return 'user-record-unreadable'
    const { dictionary, groups: known } = this.#config
    if (!groups.every((group) => known.has(group))) return 'unknown-group'
    const { rules, problems } = readReply(reply, dictionary)
    return problems.length > 0 ? 'bad-reply-attribute' : [...this.#rulesOf(groups), rules]
  }

  #rulesOf(groups: readonly string[]): readonly ReplyRules[] {
    return groups.flatMap((group) => {
      const rules = this.#config.groups.get(group)
      return rules === undefined ? [] : [rules]
    })
  }
}
